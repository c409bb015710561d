/** How commands and plugins talk to a cluster's API in this process. */
import { resourceServerIn } from '../clusters/trusted-servers.ts';
import { clusterNameOf, type KubeconfigView, userName } from '../kubeconfig/view.ts';
import type { ApiTarget } from '../kubernetes/api.ts';
import type { Context } from './context.ts';

/** The API of a context. Contexts that zkubectl wrote use our token; other contexts use the credentials of their kubeconfig user. */
export async function apiTarget(ctx: Context, view: KubeconfigView, context: string): Promise<ApiTarget> {
  ctx.network.warnOfVerification();
  const name = clusterNameOf(view, context);
  const body = view.contexts.get(context)?.body ?? {};
  const isOurs = String(body['user'] ?? '') === userName(context);
  const cluster = view.clusters.get(String(body['cluster'] ?? ''));
  return {
    context,
    cluster,
    user: view.users.get(String(body['user'] ?? '')),
    token: isOurs
      ? async () => (await ctx.credentials.bearerFor(name, resourceServerIn(cluster?.body, cluster?.file))).token
      : undefined,
    route: cluster && (await ctx.apiRoute(cluster.body)),
  };
}
