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

/**
 * Blocks the cluster's updates with a reason, or allows them again. Notes it in the journal, and keeps the old reason for undo.
 * @param reason undefined: the updates are allowed again
 */
export async function setUpdateBlock(ctx: Context, cluster: Cluster, reason: string | undefined): Promise<void> {
  const { alias, environment, configItems } = cluster;
  const journal = await ctx.journal();
  await journal.willWrite({ cluster: alias, environment, namespace: undefined });
  const registry = await ctx.registry();
  if (reason === undefined) await registry.removeConfigItem(cluster, UPDATE_BLOCK_ITEM);
  else await registry.setConfigItem(cluster, UPDATE_BLOCK_ITEM, reason);
  journal.didBlock({ cluster: alias, before: configItems[UPDATE_BLOCK_ITEM], after: reason });
}
