/** The environment variables that name the cluster for a child process: ZKUBECTL_CLUSTER_ID, _CLUSTER_ALIAS and _ENVIRONMENT. Makes no request. */
import { messageOf } from '../errors.ts';
import type { Context } from './context.ts';

/** The variables for the cluster with this name. */
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

/** The variables for the current context's cluster; empty without a current context. */
export async function currentClusterVariables(ctx: Context): Promise<Record<string, string>> {
  try {
    return await clusterVariables(ctx, await ctx.clusterName(undefined));
  } catch (error) {
    ctx.messages.debug(`no cluster variables for the child process: ${messageOf(error)}`);
    return {};
  }
}
