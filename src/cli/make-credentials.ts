/** Creates the credentials of clusters from configuration and saved data. */
import type { Tokens } from '../auth/tokens.ts';
import { type ClientMemory, createClientMemory } from '../clusters/client-memory.ts';
import { ClusterCredentials } from '../clusters/credentials.ts';
import { createTrustedServers } from '../clusters/trusted-servers.ts';
import type { Config } from '../config/config.ts';
import type { Paths } from '../platform/files/paths.ts';
import type { Registry } from '../registry/registry.ts';

interface CredentialsWorld {
  readonly paths: Pick<Paths, 'state'>;
  readonly messages: { debug(line: string): void };
  tokens(): Promise<Tokens>;
  config(): Promise<Config>;
  registry(): Promise<Registry>;
}

export function makeCredentials(ctx: CredentialsWorld): ClusterCredentials {
  const issuer = async () => (await ctx.config()).text('auth.issuer') ?? '';
  let memory: ClientMemory | undefined;
  return new ClusterCredentials({
    tokens: () => ctx.tokens(),
    rules: async () => {
      const config = await ctx.config();
      // The configuration file decides which servers may receive a token, so a broken file is an error.
      if (config.broken !== undefined) throw config.broken;
      return { platform: config.required('auth.client_id'), template: config.text('auth.cluster_client_id') };
    },
    registry: () => ctx.registry(),
    memory: async () => {
      memory ??= createClientMemory(ctx.paths.state, await issuer());
      return memory;
    },
    trusted: async () => createTrustedServers(ctx.paths.state, await issuer()),
    debug: line => ctx.messages.debug(line),
  });
}
