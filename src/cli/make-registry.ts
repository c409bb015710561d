/** Creates the registry that the configuration names. */

import type { Globals } from '../argv/globals.ts';
import type { ClusterCredentials } from '../clusters/credentials.ts';
import type { Config } from '../config/config.ts';
import { UsageError } from '../errors.ts';
import type { Paths } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';
import type { HttpClient } from '../platform/net/http-types.ts';
import type { Registry } from '../registry/registry.ts';
import { registryToken } from './registry-token.ts';

interface RegistryParts {
  readonly io: Pick<Io, 'now' | 'env' | 'spawn' | 'platform' | 'self'>;
  readonly paths: Paths;
  readonly globals: Pick<Globals, 'offline'>;
  readonly messages: { warn(line: string): void };
  readonly credentials: Pick<ClusterCredentials, 'correct'>;
  config(): Promise<Config>;
  http(): Promise<HttpClient>;
  platformToken(options: { forceRefresh: boolean }): Promise<{ readonly token: string }>;
}

/** Throws UsageError (2) when no registry is configured, or two registries. */
export async function makeRegistry(ctx: RegistryParts): Promise<Registry> {
  const [config, source, { createSnapshotStore }, { Registry }] = await Promise.all([
    ctx.config(),
    import('../registry/source.ts'),
    import('../registry/snapshot.ts'),
    import('../registry/registry.ts'),
  ]);
  const { file, url } = chosenRegistry(config);
  const registrySource =
    file !== undefined
      ? source.createFileSource(file)
      : source.createRestSource(
          url ?? '',
          () => ctx.http(),
          registryToken(ctx.io, config) ?? (async renew => (await ctx.platformToken({ forceRefresh: renew })).token),
        );
  const { origin } = registrySource;
  return new Registry(ctx.io, registrySource, createSnapshotStore(ctx.paths, origin), {
    offline: ctx.globals.offline,
    warn: line => ctx.messages.warn(line),
    accounts: async () => {
      const { createAccountMemory } = await import('../registry/accounts.ts');
      return createAccountMemory(ctx.paths.cache, origin);
    },
    history: async () => (await import('../registry/version-history.ts')).createVersionHistory(ctx.paths.state, origin),
    onSeen: (clusters, stamp) => ctx.credentials.correct(origin, clusters, stamp),
  });
}

/** registry.file or registry.url, whichever is set. If both are set, a value from the environment wins over the file's; else throws UsageError. */
function chosenRegistry(config: Config): { file?: string | undefined; url?: string | undefined } {
  const [file, url] = [config.text('registry.file'), config.text('registry.url')];
  if (file === undefined && url === undefined) {
    throw new UsageError('no registry is configured', {
      code: 'not_configured',
      hint: 'zkubectl configure registry.url=https://…, or registry.file=clusters.yaml; to try zkubectl without a registry: zkubectl sandbox up',
    });
  }
  if (file === undefined || url === undefined) return { file, url };
  const [fileSource = '', urlSource = ''] = [
    config.settings.get('registry.file')?.source,
    config.settings.get('registry.url')?.source,
  ];
  const isFromEnvironment = (source: string) => source.startsWith('ZKUBECTL_');
  if (isFromEnvironment(fileSource) !== isFromEnvironment(urlSource))
    return isFromEnvironment(fileSource) ? { file } : { url };
  throw new UsageError(`registry.file (${fileSource}) and registry.url (${urlSource}) are both set`, {
    code: 'two_registries',
    hint: 'keep one of them',
  });
}
