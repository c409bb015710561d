/**
 * Access that was granted while nobody waited: the next kubectl gets it.
 * Rules: without an open request on this machine, nothing is asked. An error changes nothing: kubectl runs with the rights of its token.
 */
import type { AccessApi } from '../access/api.ts';
import { createOpenRequests, type OpenRequest, type OpenRequests } from '../access/open-requests.ts';
import type { ClusterCredentials } from '../clusters/credentials.ts';
import { messageOf } from '../errors.ts';
import { formatSpan } from '../lib/time.ts';
import type { Paths } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';
import type { AccessNote } from './command-journal.ts';

export interface GrantWorld {
  readonly io: Pick<Io, 'now' | 'signal'>;
  readonly globals: { readonly offline: boolean };
  readonly paths: Pick<Paths, 'state'>;
  readonly messages: { say(line: string): void; warn(line: string): void; debug(line: string): void };
  readonly credentials: Pick<ClusterCredentials, 'bearerFor' | 'renew'>;
  config(): Promise<{ text(key: 'access.url'): string | undefined }>;
  tokens(): Promise<{ fromEnvironment(): unknown }>;
  access(bearer: () => Promise<string>, timeoutMs: number): Promise<{ api: AccessApi; open: OpenRequests }>;
  journal(): Promise<{ noteAccess(note: AccessNote): Promise<void> }>;
}

/** The time limit of the question: kubectl waits for it (milliseconds). */
const ASK_MS = 2_000;

/**
 * Resolves to true when the token was renewed.
 * @param cluster its name in the kubeconfig's `credentials` entry
 */
export async function pickUpGrant(ctx: GrantWorld, cluster: string): Promise<boolean> {
  let isRenewed = false;
  try {
    const url = (await ctx.config()).text('access.url');
    if (url === undefined || ctx.globals.offline) return false;
    const requests = createOpenRequests(ctx.paths.state, url);
    const now = ctx.io.now();
    for (const request of requests.all(now))
      if (request.cluster === cluster && requests.mayAsk(request, now))
        isRenewed = (await ask(ctx, cluster, request)) || isRenewed;
  } catch (error) {
    if (ctx.io.signal.aborted) throw error;
    ctx.messages.debug(`open access requests: ${messageOf(error)}`);
  }
  return isRenewed;
}

async function ask(ctx: GrantWorld, cluster: string, request: OpenRequest): Promise<boolean> {
  // A token from the environment cannot be renewed.
  if ((await ctx.tokens()).fromEnvironment() !== undefined) return false;
  const bearer = async () => (await ctx.credentials.bearerFor(cluster, undefined)).token;
  const [{ api, open }, { decisionOf }] = await Promise.all([ctx.access(bearer, ASK_MS), import('../access/api.ts')]);
  const now = await api.status(request);
  const decision = now && decisionOf(now);
  if (now === undefined || decision === undefined) return false;
  open.forget(request);
  if (decision !== 'granted') {
    ctx.messages.warn(
      `request ${request.requestKey} for ${cluster} ${decision === 'rejected' ? 'was rejected' : 'has expired'}`,
    );
    return false;
  }
  const { createGrantMemory } = await import('../access/grants.ts');
  const about = { request: request.requestKey, incident: request.referenceUrl };
  if (now.expiresAt) createGrantMemory(ctx.paths.state).save(cluster, now.expiresAt, ctx.io.now(), about);
  await (await ctx.journal()).noteAccess({ act: 'granted', cluster, environment: undefined, ...about });
  const left = now.expiresAt ? ` for ${formatSpan(now.expiresAt.getTime() - ctx.io.now().getTime())}` : '';
  ctx.messages.say(`request ${request.requestKey} is granted: you can write on ${cluster}${left}`);
  await ctx.credentials.renew(cluster);
  return true;
}
