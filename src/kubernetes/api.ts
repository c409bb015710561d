/** In-process access to the Kubernetes API with @kubernetes/client-node, which is loaded at the first use. */
import type { RequestOptions } from 'node:https';
import path from 'node:path';
import type { KubeConfig, RequestContext, User } from '@kubernetes/client-node';
import {
  AuthError,
  CliError,
  ForbiddenError,
  messageOf,
  NotFoundError,
  UnreachableError,
  UsageError,
} from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { oneLine } from '../lib/one-line.ts';
import type { Io } from '../platform/io.ts';
import { describeNetworkError } from '../platform/net/network-errors.ts';
import type { ApiRoute } from './api-route.ts';

const TIMEOUT_MS = 10_000;

/** A cluster or user entry of a kubeconfig, and the file that contains it. */
export interface KubeconfigEntry {
  readonly body: Readonly<Record<string, unknown>>;
  readonly file: string;
}

/** The context to connect to. `token`, if set, replaces the context's user; it is called before every request. */
export interface ApiTarget {
  readonly context: string;
  /** Undefined: the context has no cluster entry. */
  readonly cluster: KubeconfigEntry | undefined;
  readonly user: KubeconfigEntry | undefined;
  readonly token: (() => Promise<string>) | undefined;
  /** The route to the API server, if it was determined. */
  readonly route?: ApiRoute | undefined;
}

/** The Kubernetes client's configuration for a context. Throws NotFoundError (3) when the context has no cluster. */
export async function kubeConfigOf(target: ApiTarget): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  /** Sets certificate verification explicitly. The client only ever turns it off, and otherwise leaves it to NODE_TLS_REJECT_UNAUTHORIZED. */
  class VerifyingConfig extends KubeConfig {
    override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
      options.rejectUnauthorized = true;
      await super.applyToHTTPSOptions(options as never);
    }

    override async applySecurityAuthentication(context: RequestContext): Promise<void> {
      await super.applySecurityAuthentication(context);
      const agent = context.getAgent() as { options?: { rejectUnauthorized?: boolean } } | undefined;
      if (agent?.options) agent.options.rejectUnauthorized ??= true;
    }
  }
  const config = new VerifyingConfig();
  const { token } = target;
  if (token !== undefined) {
    config.addAuthenticator({
      isAuthProvider: () => true,
      applyAuthentication: async (_user: User, options) => {
        options.headers = { ...options.headers, Authorization: `Bearer ${await token()}` };
      },
    });
  }
  config.loadFromString(JSON.stringify(minimalKubeconfig(target)));
  return config;
}

/** The names of the cluster's namespaces. Throws AuthError, ForbiddenError or UnreachableError. */
export async function listNamespaces(io: Pick<Io, 'sleep'>, target: ApiTarget): Promise<string[]> {
  const [config, { CoreV1Api }] = await Promise.all([kubeConfigOf(target), import('@kubernetes/client-node')]);
  const list = await answerInTime(io, target, 'list namespaces', () => config.makeApiClient(CoreV1Api).listNamespace());
  return list.items.map(item => item.metadata?.name ?? '').filter(Boolean);
}

/** The API server's response, with a time limit. Throws AuthError (4), ForbiddenError (5), UnreachableError (6). */
export async function answerInTime<T>(
  io: Pick<Io, 'sleep'>,
  { context, token, route }: Pick<ApiTarget, 'context' | 'token' | 'route'>,
  act: string,
  ask: () => Promise<T>,
): Promise<T> {
  // Get the token before the time limit starts: a login waits for the user.
  await token?.();
  const done = new AbortController();
  const timeout = io.sleep(TIMEOUT_MS, done.signal).then(() => {
    throw new UnreachableError(`the API server of ${context} did not answer within ${TIMEOUT_MS / 1000} s`, {
      code: 'unreachable',
    });
  });
  try {
    const answer = await Promise.race([ask(), timeout]);
    route?.reached();
    return answer;
  } catch (error) {
    throw apiError(error, context, act);
  } finally {
    done.abort(new Error('done'));
    timeout.catch(() => undefined);
  }
}

/** A kubeconfig with only this context, its cluster and user. Paths relative to the original file are made absolute. */
function minimalKubeconfig({ context, cluster, user, token, route }: ApiTarget): unknown {
  if (cluster && typeof cluster.body['server'] !== 'string')
    throw new NotFoundError(`the cluster of the context ${context} has no server in the kubeconfig`, {
      code: 'no_server',
    });
  if (!cluster)
    throw new NotFoundError(`the context ${context} has no cluster in the kubeconfig`, { code: 'no_such_context' });
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    contexts: [{ name: context, context: { cluster: 'cluster', user: 'user' } }],
    clusters: [
      {
        name: 'cluster',
        cluster: {
          ...absolute(cluster.body, cluster.file, ['certificate-authority']),
          ...(route?.detour && { server: route.detour.server, 'tls-server-name': route.detour.tlsServerName }),
        },
      },
    ],
    users: [
      {
        name: 'user',
        user:
          token === undefined
            ? absolute(user?.body ?? {}, user?.file ?? '', ['client-certificate', 'client-key', 'tokenFile'])
            : {},
      },
    ],
  };
}

function absolute(
  body: Readonly<Record<string, unknown>>,
  file: string,
  fields: readonly string[],
): Record<string, unknown> {
  const copy = { ...body };
  for (const field of fields) {
    const value = copy[field];
    if (typeof value === 'string' && value !== '') copy[field] = path.resolve(path.dirname(file), value);
  }
  return copy;
}

/** Converts an error from the client. `act` completes the sentence "does not let you …". */
export function apiError(error: unknown, context: string, act: string): Error {
  if (error instanceof CliError) return error;
  // The HTTP client's error for an invalid header contains the token: do not show it.
  if (/not a legal HTTP header|invalid (character in )?header/i.test(messageOf(error)) && !(error instanceof CliError))
    return new AuthError(
      `the token of the context ${context} contains characters that are not allowed in an HTTP header`,
      {
        code: 'bad_token',
      },
    );
  const status = (error as { code?: unknown }).code ?? (error as { statusCode?: unknown }).statusCode;
  const server = `the API server of ${context}`;
  if (status === 401)
    return new AuthError(`${server} does not accept your login`, {
      code: 'unauthorized',
      hint: `zkubectl login ${context}`,
      cause: error,
    });
  if (status === 403)
    return new ForbiddenError(`${server} does not let you ${act}`, {
      code: 'forbidden',
      cause: new Error(statusMessage(error), { cause: error }),
    });
  if (typeof status === 'number' && status >= 400) return refusedRequest(status, server, act, error);
  return new UnreachableError(`cannot reach ${server}: ${oneLine(describeNetworkError(error))}`, {
    code: 'unreachable',
    hint: 'check the network and VPN: zkubectl doctor',
    cause: error,
  });
}

/** The error for a status of the Kubernetes API (metav1.Status), in the server's own words. */
function refusedRequest(status: number, server: string, act: string, cause: unknown): CliError {
  const said = statusMessage(cause) || `HTTP ${status}`;
  if (status === 400) return new UsageError(`${server} refused to ${act}: ${said}`, { code: 'bad_request', cause });
  if (status === 404) return new NotFoundError(`${server}: ${said}`, { code: 'not_found', cause });
  if (status === 429)
    return new UnreachableError(`${server} is overloaded: ${said}`, {
      code: 'too_many_requests',
      hint: 'try again in 1 minute',
      cause,
    });
  if (status >= 500)
    return new UnreachableError(`${server} failed to ${act}: ${said}`, {
      code: 'server_error',
      hint: 'try again in 1 minute',
      cause,
    });
  const code = status === 409 ? 'conflict' : status === 410 ? 'gone' : status === 422 ? 'invalid' : 'refused';
  return new CliError(`${server} refused to ${act}: ${said}`, { code, cause });
}

/** The `message` of a Status in an error of the client; its body is text or an object. Empty: there is none. */
function statusMessage(error: unknown): string {
  const { body: sent, message } = isRecord(error) ? error : {};
  const text = sent ?? message;
  let body = text;
  if (typeof text === 'string') {
    try {
      body = JSON.parse(text);
    } catch {
      return oneLine(text);
    }
  }
  return isRecord(body) && typeof body['message'] === 'string' ? oneLine(body['message']) : '';
}
