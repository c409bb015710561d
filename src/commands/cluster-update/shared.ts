/** What `block` and `unblock` share: the item that blocks, and the cluster as it is now. */
import type { Context } from '../../cli/context.ts';
import { UnreachableError } from '../../errors.ts';
import type { Cluster } from '../../registry/cluster.ts';

/** The config item that holds back updates while it has a value. */
export const UPDATE_BLOCK_ITEM = 'cluster_update_block';

/** The cluster as the registry tells it now: a block is not decided on what was. */
export async function clusterNow(ctx: Context, name: string | undefined): Promise<Cluster> {
  const { cluster, listing } = await (await ctx.registry()).clusterNow(await ctx.clusterName(name));
  if (!listing.stale) return cluster;
  throw (
    listing.failure ??
    new UnreachableError('this cannot be done offline', { code: 'offline', hint: 'leave --offline out' })
  );
}
