/** Tokens for many clusters, before anything runs: renewals many at a time, logins one after the other. */
import type { Context } from '../cli/context.ts';
import { apiServerOf } from '../clusters/api-server.ts';
import { type ResourceServer, resourceServerIn } from '../clusters/trusted-servers.ts';
import { AuthError, CliError, messageOf, UnreachableError } from '../errors.ts';
import type { Cluster } from '../registry/cluster.ts';
import { inPool } from './pool.ts';
import { type FleetResult, notRun, type Outcome } from './results.ts';

const RENEWALS_AT_A_TIME = 8;

/**
 * Gets the token of each cluster; logs in where that is possible. Resolves to a result for each cluster without one.
 * @param wish explicit: the user asked for the login
 */
export async function tokensForAll(
  ctx: Context,
  clusters: readonly Cluster[],
  wish: { readonly forceRefresh?: boolean; readonly explicit?: boolean } = {},
): Promise<Map<Cluster, FleetResult>> {
  const refused = new Map<Cluster, FleetResult>();
  const needLogin: Cluster[] = [];
  const { io } = ctx;
  const quiet = ctx.withoutLogin();
  const mayLogin = wish.explicit || (io.isTTY.stdin && io.isTTY.stderr);
  await inPool(clusters, { parallel: RENEWALS_AT_A_TIME, signal: io.signal }, async cluster => {
    try {
      if (wish.forceRefresh) await quiet.credentials.login(cluster, { forceRefresh: true });
      else await quiet.credentials.bearerFor(cluster.alias, serverOf(cluster));
    } catch (error) {
      if (isNotLoggedIn(error) && mayLogin) needLogin.push(cluster);
      else refused.set(cluster, refusalOf(cluster, error));
    }
  });
  for (const [index, cluster] of needLogin.entries()) {
    io.signal.throwIfAborted();
    const progress = { done: index, total: needLogin.length };
    try {
      await ctx.credentials.login(cluster, { ...wish, progress });
    } catch (error) {
      if (io.signal.aborted) throw error;
      refused.set(cluster, refusalOf(cluster, error));
    }
  }
  return refused;
}

function serverOf(cluster: Cluster): ResourceServer | undefined {
  const { server, certificateAuthorityData } = apiServerOf(cluster);
  return resourceServerIn({ server, 'certificate-authority-data': certificateAuthorityData });
}

function isNotLoggedIn(error: unknown): boolean {
  return error instanceof AuthError && error.code === 'not_logged_in';
}

function refusalOf(cluster: Cluster, error: unknown): FleetResult {
  const outcome: Outcome =
    error instanceof AuthError ? 'notLoggedIn' : error instanceof UnreachableError ? 'unreachable' : 'failed';
  const hint = error instanceof CliError && error.hint ? `\nzkubectl: hint: ${error.hint}` : '';
  return notRun(cluster, outcome, `zkubectl: error: ${messageOf(error)}${hint}`);
}
