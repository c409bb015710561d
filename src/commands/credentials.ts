/**
 * `credentials CLUSTER`: kubectl's credential plugin (client.authentication.k8s.io).
 * Rules: stdout gets one JSON document and nothing else; with a valid token in the store, nothing but the store and the snapshot's one line is read.
 */

import { parseClusterName } from '../argv/cluster-name.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { type ResourceServer, resourceServerIn, serverOfUrl } from '../clusters/trusted-servers.ts';
import { UsageError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { isInteractive } from '../platform/io.ts';

const EXEC_INFO = 'KUBERNETES_EXEC_INFO';
const API_GROUP = 'client.authentication.k8s.io';

export interface CredentialsOptions {
  readonly cluster: string | undefined;
  readonly clientId: string | undefined;
}

/** The plain forms that kubeconfigs hold, read without the command tree; undefined: anything else. */
export function parseCredentialsFast(argv: readonly string[]): CredentialsOptions | undefined {
  let cluster: string | undefined;
  let clientId: string | undefined;
  if (argv[0] !== 'credentials') return undefined;
  for (let i = 1; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (arg === '--okta-auth-client-id' && argv[i + 1] !== undefined) clientId = argv[++i];
    else if (arg.startsWith('-') || cluster !== undefined) return undefined;
    else cluster = arg;
  }
  return cluster === undefined && clientId === undefined ? undefined : { cluster, clientId };
}

export const credentialsCommand: CommandDefinition<CredentialsOptions> = {
  texts: {
    summary: "a cluster's token, for kubectl",
    description:
      "Prints a cluster's token as an ExecCredential. kubectl runs this by itself: kubeconfigs that zkubectl writes name it.",
    examples: ['zkubectl credentials foobarlab'],
  },
  declare: command => {
    command
      .argument('[CLUSTER]', 'alias, id or URL of the cluster')
      .option('--okta-auth-client-id <ID>', 'the OAuth client whose token is wanted');
  },
  options: ([cluster], flags: { oktaAuthClientId?: string }) => ({ cluster, clientId: flags.oktaAuthClientId }),
  login: (_, io) => ({ mayLogin: mayLogin(io, parseExecInfo(io.env[EXEC_INFO])) }),
  run: runCredentials,
};

type CredentialsContext = Pick<Context, 'io' | 'credentials'>;

interface ExecInfo {
  readonly apiVersion: 'v1' | 'v1beta1';
  readonly interactive: boolean | undefined;
  /** The server that the token is for; undefined: kubectl was not told to say (`provideClusterInfo`). */
  readonly server: ResourceServer | undefined;
}

/** What kubectl says in KUBERNETES_EXEC_INFO. Throws UsageError when that is there and no ExecCredential. */
export function parseExecInfo(text: string | undefined): ExecInfo {
  if (!text) return { apiVersion: 'v1', interactive: undefined, server: undefined };
  let info: unknown;
  try {
    info = JSON.parse(text);
  } catch (error) {
    throw new UsageError('KUBERNETES_EXEC_INFO is not JSON', { code: 'bad_exec_info', cause: error });
  }
  const apiVersion = isRecord(info) ? info['apiVersion'] : undefined;
  if (!isRecord(info) || typeof apiVersion !== 'string' || !apiVersion.startsWith(`${API_GROUP}/`)) {
    throw new UsageError('KUBERNETES_EXEC_INFO is no ExecCredential', { code: 'bad_exec_info' });
  }
  const version = apiVersion.slice(API_GROUP.length + 1);
  if (version !== 'v1' && version !== 'v1beta1') {
    throw new UsageError(`kubectl asks for ${apiVersion}, which is not supported`, {
      code: 'bad_exec_info',
      hint: 'use kubectl 1.22 or newer',
    });
  }
  const spec = isRecord(info['spec']) ? info['spec'] : {};
  return {
    apiVersion: version,
    interactive: typeof spec['interactive'] === 'boolean' ? spec['interactive'] : undefined,
    server: resourceServerIn(spec['cluster']),
  };
}

function mayLogin(io: Pick<Context['io'], 'isTTY' | 'env'>, info: ExecInfo): boolean {
  // Whether there is a terminal is only found out where that matters.
  return info.interactive !== false && isInteractive(io);
}

export async function runCredentials(ctx: CredentialsContext, options: CredentialsOptions): Promise<void> {
  const { io } = ctx;
  const info = parseExecInfo(io.env[EXEC_INFO]);
  const interactive = mayLogin(io, info);
  const { expiresAt, token } = await ctx.credentials.bearerFor(
    options.cluster,
    info.server ?? namedServer(options.cluster),
    options.clientId,
  );
  const credential = {
    kind: 'ExecCredential',
    apiVersion: `${API_GROUP}/${info.apiVersion}`,
    spec: { interactive: info.interactive ?? interactive },
    status: { ...(expiresAt ? { expirationTimestamp: expiresAt.toISOString().replace(/\.\d{3}Z$/, 'Z') } : {}), token },
  };
  io.stdout.write(`${JSON.stringify(credential)}\n`);
}

/** A URL names its server itself. */
function namedServer(cluster: string | undefined): ResourceServer | undefined {
  const name = cluster === undefined ? undefined : parseClusterName(cluster);
  return name?.kind === 'url' ? serverOfUrl(name.server) : undefined;
}
