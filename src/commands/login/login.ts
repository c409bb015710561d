/** `login [CLUSTER|URL]`: gets tokens for the platform and the cluster, writes the context and switches to it. */

import path from 'node:path';
import { type ClusterName, parseClusterName } from '../../argv/cluster-name.ts';
import type { Context } from '../../cli/context.ts';
import { addUpstreamFlags, type CommandDefinition, type CommandFlags } from '../../cli/definition.ts';
import { pickCluster } from '../../cli/pick-cluster.ts';
import { readOnlyTerminal, staysOnItsCluster } from '../../cli/read-only.ts';
import { registryToken } from '../../cli/registry-token.ts';
import { switchTo } from '../../cli/switch.ts';
import { apiServerOf } from '../../clusters/api-server.ts';
import { LOGIN_FLOWS, type LoginFlow } from '../../config/keys.ts';
import { saveLastConfig } from '../../config/last-config.ts';
import { UsageError } from '../../errors.ts';
import { isEmptySelection, isOneName, type SelectionWords } from '../../fleet/selection.ts';
import { declareSelection, selectionWords } from '../../fleet/selection-flags.ts';
import { isInteractive } from '../../platform/io.ts';
import { parseServiceUrl } from '../../platform/net/service-url.ts';

export interface LoginOptions {
  readonly cluster: string | undefined;
  /** Set when the words mean several clusters. Undefined: they name one cluster, or none. */
  readonly selection: SelectionWords | undefined;
  readonly flow: LoginFlow | undefined;
  readonly browser: boolean;
  readonly forceRefresh: boolean;
  readonly clientId: string | undefined;
  /** A PEM file: the CA of a URL's server. */
  readonly certificateAuthority: string | undefined;
}

export const loginCommand: CommandDefinition<LoginOptions> = {
  texts: {
    summary: 'log in, write the context, switch to it',
    description:
      'Logs in to the platform and to a cluster, writes a context named after the cluster and switches to that context. With several clusters, the current context stays. Later commands need no browser. A URL needs no registry.',
    examples: [
      'zkubectl login foobarlab',
      'zkubectl login --flow device foobarlab',
      'zkubectl login https://kube-1.foobarlab.example.org',
      'zkubectl login @shop',
      'zkubectl login -l team=shop --environment test',
      'ZKUBECTL_AUTH_CLIENT_SECRET_FILE=/run/secret zkubectl login --flow client-credentials foobarlab',
    ],
  },
  declare: command => {
    command
      .argument(
        '[CLUSTER|URL...]',
        'alias, id, URL, pattern or @GROUP; several: log in to each; default: log in to the platform, then choose a cluster (on a terminal)',
      )
      .addOption(command.createOption('--flow <FLOW>', 'how to log in').choices([...LOGIN_FLOWS]))
      .option('--no-browser', 'print the URL instead of opening a browser')
      .option('--force-refresh', 'renew the tokens even if they have not expired')
      .option('--okta-auth-client-id <ID>', "the cluster's OAuth client, if the registry does not name it")
      .option('--certificate-authority <FILE>', "the CA of a URL's server (PEM); default: tls.ca_file");
    declareSelection(command);
    addUpstreamFlags(command, '--no-force-refresh');
  },
  options: (
    names,
    flags: CommandFlags & {
      flow?: LoginFlow;
      browser?: boolean;
      forceRefresh?: boolean;
      oktaAuthClientId?: string;
      certificateAuthority?: string;
    },
  ) => {
    const selection = selectionWords(names, flags);
    const isMany = !isEmptySelection(selection) && !isOneName(selection);
    return {
      cluster: isMany ? undefined : names[0],
      selection: isMany ? selection : undefined,
      flow: flags.flow,
      browser: flags.browser ?? true,
      forceRefresh: flags.forceRefresh ?? false,
      clientId: flags.oktaAuthClientId,
      certificateAuthority: flags.certificateAuthority,
    };
  },
  login: ({ flow, browser }) => ({ flow, openBrowser: browser }),
  run: runLogin,
};

export async function runLogin(ctx: Context, options: LoginOptions): Promise<number> {
  if (options.selection !== undefined) return (await import('./many.ts')).loginToMany(ctx, options.selection, options);
  await loginToOne(ctx, options);
  return 0;
}

async function loginToOne(ctx: Context, options: LoginOptions): Promise<void> {
  // Reads the kubeconfig first, so that an unreadable file is an error before a browser opens.
  await ctx.kubeconfig.load();
  const readOnly = await readOnlyTerminal(ctx);
  if (readOnly !== undefined && options.cluster !== readOnly) throw staysOnItsCluster();
  const named = options.cluster === undefined ? undefined : parseClusterName(options.cluster);
  if (named?.kind === 'url') return loginToUrl(ctx, options, named);
  if (options.cluster !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(options.cluster)) {
    throw new UsageError(`not an http(s) URL: ${options.cluster}`, { code: 'bad_url' });
  }
  if (options.certificateAuthority !== undefined)
    throw new UsageError('--certificate-authority works only with a URL: the CA of a cluster comes from the registry', {
      code: 'bad_usage',
    });
  const wish = { explicit: true, forceRefresh: options.forceRefresh };
  // Where the registry's token comes from another place, a cluster needs no login to the platform.
  if (options.cluster === undefined || registryToken(ctx.io, await ctx.config()) === undefined)
    await ctx.platformToken(wish);
  if (options.cluster === undefined && !isInteractive(ctx.io)) {
    ctx.messages.say((await isFromEnvironment(ctx)) ? NOT_CHECKED : 'logged in');
    return;
  }
  const name = options.cluster ?? (await pickCluster(ctx, 'log in to which cluster?'));
  const registry = await ctx.registry();
  const cluster = await registry.cluster(name, 'recent');
  const { server, certificateAuthorityData } = apiServerOf(cluster);
  await ctx.credentials.login(cluster, { ...wish, clientId: options.clientId });
  if (readOnly !== undefined) return ctx.messages.say(`logged in to ${cluster.alias}; this terminal stays read-only`);
  await switchTo(ctx, await ctx.kubeconfig.load(), {
    name: cluster.alias,
    server,
    certificateAuthorityData,
    arguments: credentialsArguments(cluster.alias, options.clientId),
  });
  await ctx.network.noteApiServer(server);
  await sayLoggedIn(ctx, `${cluster.alias} (${cluster.environment || 'no environment'})`);
}

const NOT_CHECKED = 'the token of ZKUBECTL_TOKEN or ZKUBECTL_TOKEN_FILE replaces every login; it was not checked';

async function isFromEnvironment(ctx: Context): Promise<boolean> {
  return (await ctx.tokens()).fromEnvironment() !== undefined;
}

async function sayLoggedIn(ctx: Context, name: string): Promise<void> {
  saveLastConfig(ctx.paths, await ctx.config());
  if (!(await isFromEnvironment(ctx)))
    return ctx.messages.say(`logged in to ${name}, which is now the current context`);
  ctx.messages.say(`${name} is now the current context`);
  ctx.messages.say(NOT_CHECKED);
}

async function loginToUrl(
  ctx: Context,
  options: LoginOptions,
  target: Extract<ClusterName, { kind: 'url' }>,
): Promise<void> {
  parseServiceUrl('the API server', target.server);
  const server = { server: target.server, certificateAuthorityData: await authorityData(ctx, options) };
  await ctx.network.reach(target.server, server.certificateAuthorityData);
  await ctx.credentials.loginToUrl(target.argument, server, {
    clientId: options.clientId,
    explicit: true,
    forceRefresh: options.forceRefresh,
  });
  await switchTo(ctx, await ctx.kubeconfig.load(), {
    name: target.host,
    ...server,
    arguments: credentialsArguments(target.argument, options.clientId),
  });
  await ctx.network.noteApiServer(target.server);
  await sayLoggedIn(ctx, target.host);
}

/** The CA to trust for a URL, as a kubeconfig holds it: PEM in base64. Undefined: the system's. */
async function authorityData(ctx: Context, { certificateAuthority }: LoginOptions): Promise<string | undefined> {
  const { readPem } = await import('../../platform/net/roots.ts');
  const pem = (file: string, source: string) => Buffer.from(readPem(file, source)).toString('base64');
  if (certificateAuthority !== undefined)
    return pem(path.resolve(ctx.io.cwd, certificateAuthority), '--certificate-authority');
  const file = (await ctx.config()).text('tls.ca_file');
  return file === undefined ? undefined : pem(file, 'tls.ca_file');
}

function credentialsArguments(name: string, clientId: string | undefined): string[] {
  return ['credentials', name, ...(clientId === undefined ? [] : ['--okta-auth-client-id', clientId])];
}
