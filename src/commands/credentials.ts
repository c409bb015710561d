/**
 * `credentials CLUSTER`: kubectl's credential plugin (client.authentication.k8s.io).
 * Rules: stdout gets exactly one JSON document. With a valid token in the store, only the store and one line of the snapshot are read.
 */

import { parseClusterName } from '../argv/cluster-name.ts';
import type { CredentialsOptions } from '../argv/credentials-arguments.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { type GrantWorld, pickUpGrant } from '../cli/pick-up-grant.ts';
import { type ResourceServer, resourceServerIn, serverOfUrl } from '../clusters/trusted-servers.ts';
import { UsageError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { isInteractive } from '../platform/io.ts';

const EXEC_INFO = 'KUBERNETES_EXEC_INFO';
const API_GROUP = 'client.authentication.k8s.io';

export const credentialsCommand: CommandDefinition<CredentialsOptions> = {
  texts: {
    summary: "print a cluster's token, for kubectl",
    description:
      "Prints a cluster's token as an ExecCredential. kubectl runs this command automatically: the kubeconfigs that zkubectl writes contain it.",
    examples: ['zkubectl credentials foobarlab'],
  },
  declare: command => {
    command
      .argument('[CLUSTER]', 'alias, id or URL of the cluster')
      .option('--okta-auth-client-id <ID>', 'the OAuth client that the token is for');
  },
  options: ([cluster], flags: { oktaAuthClientId?: string }) => ({ cluster, clientId: flags.oktaAuthClientId }),
  login: (_, io) => ({ mayLogin: mayLogin(io, parseExecInfo(io.env[EXEC_INFO])) }),
  run: runCredentials,
};

type CredentialsContext = Pick<Context, 'io' | 'credentials'> & GrantWorld;

interface ExecInfo {
  readonly apiVersion: 'v1' | 'v1beta1';
  readonly interactive: boolean | undefined;
  /** The server that the token is for; undefined: the kubeconfig does not set `provideClusterInfo`. */
  readonly server: ResourceServer | undefined;
}

/** Parses KUBERNETES_EXEC_INFO. Throws UsageError when it is set and is not an ExecCredential. */
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
    throw new UsageError('KUBERNETES_EXEC_INFO is not an ExecCredential', { code: 'bad_exec_info' });
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
  // Looks for a terminal only when the result depends on it.
  return info.interactive !== false && isInteractive(io);
}

export async function runCredentials(ctx: CredentialsContext, options: CredentialsOptions): Promise<void> {
  const { io } = ctx;
  const info = parseExecInfo(io.env[EXEC_INFO]);
  const interactive = mayLogin(io, info);
  const bearer = () =>
    ctx.credentials.bearerFor(options.cluster, info.server ?? namedServer(options.cluster), options.clientId);
  let { expiresAt, token } = await bearer();
  if (options.cluster !== undefined && (await pickUpGrant(ctx, options.cluster)))
    ({ expiresAt, token } = await bearer());
  const credential = {
    kind: 'ExecCredential',
    apiVersion: `${API_GROUP}/${info.apiVersion}`,
    spec: { interactive: info.interactive ?? interactive },
    status: { ...(expiresAt ? { expirationTimestamp: expiresAt.toISOString().replace(/\.\d{3}Z$/, 'Z') } : {}), token },
  };
  io.stdout.write(`${JSON.stringify(credential)}\n`);
}

/** The server of a CLUSTER argument that is a URL. */
function namedServer(cluster: string | undefined): ResourceServer | undefined {
  const name = cluster === undefined ? undefined : parseClusterName(cluster);
  return name?.kind === 'url' ? serverOfUrl(name.server) : undefined;
}
