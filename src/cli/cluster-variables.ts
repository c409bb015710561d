/** How a program that we start is told of a cluster: ZKUBECTL_CLUSTER_ID, ZKUBECTL_CLUSTER_ALIAS, ZKUBECTL_ENVIRONMENT. No request is made. */
import { messageOf } from '../errors.ts';
import type { Context } from './context.ts';

/** For the cluster of a target. */
export async function clusterVariables(
  ctx: Pick<Context, 'knownCluster'>,
  name: string,
): Promise<Record<string, string>> {
  const known = await ctx.knownCluster(name);
  if (known === undefined) return { ZKUBECTL_CLUSTER_ALIAS: name };
  return {
    ZKUBECTL_CLUSTER_ID: known.id,
    ZKUBECTL_CLUSTER_ALIAS: known.alias,
    ZKUBECTL_ENVIRONMENT: known.environment,
  };
}

/** For the cluster of the current context; none where there is no such context. */
export async function currentClusterVariables(ctx: Context): Promise<Record<string, string>> {
  try {
    return await clusterVariables(ctx, await ctx.clusterName(undefined));
  } catch (error) {
    ctx.messages.debug(`the program is not told of a cluster: ${messageOf(error)}`);
    return {};
  }
}
