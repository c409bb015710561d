/** Shared by `block` and `unblock`: the config item that blocks updates, and the current data of a cluster. */
import type { Context } from '../../cli/context.ts';
import { UnreachableError } from '../../errors.ts';
import type { Cluster } from '../../registry/cluster.ts';

/** The config item that holds back updates while it has a value. */
export const UPDATE_BLOCK_ITEM = 'cluster_update_block';

/** The cluster's current data from the registry: a block must not depend on a snapshot. */
export async function clusterNow(ctx: Context, name: string | undefined): Promise<Cluster> {
  const { cluster, listing } = await (await ctx.registry()).clusterNow(await ctx.clusterName(name));
  if (!listing.stale) return cluster;
  throw (
    listing.failure ??
    new UnreachableError('cannot change updates: --offline is set', {
      code: 'offline',
      hint: 'run the command without --offline',
    })
  );
}

/** Notes in the journal that the updates of a cluster are blocked or allowed again. */
export async function noteUpdate(ctx: Context, { alias, environment }: Cluster): Promise<void> {
  await (await ctx.journal()).willWrite({ cluster: alias, environment, namespace: undefined });
}
