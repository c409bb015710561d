/** How commands and plugins talk to a cluster's API in this process. */
import type { Context } from '../context.ts';
import type { ApiTarget } from '../kube/api.ts';
import { clusterNameOf, type KubeconfigView, userName } from '../kube/kubeconfig.ts';

/** A context with our token where it is ours; others log in as their user says. */
export function apiTarget(ctx: Context, view: KubeconfigView, context: string): ApiTarget {
  const name = clusterNameOf(view, context);
  const user = String(view.contexts.get(context)?.body['user'] ?? '');
  const isOurs = user === userName(context);
  return { view, context, token: isOurs ? async () => (await ctx.tokenOfCluster(name)).token : undefined };
}
