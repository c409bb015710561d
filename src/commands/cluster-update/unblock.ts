/** `cluster-update unblock`: allows updates of a cluster again. */
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { updateBlock } from '../../registry/cluster-state.ts';
import { clusterNow, setUpdateBlock } from './shared.ts';

export const unblockCommand: CommandDefinition<{ cluster?: string }> = {
  texts: {
    summary: 'allow updates of a cluster again',
    description: "Allows updates of the current context's cluster again.",
    examples: ['zkubectl cluster-update unblock', 'zkubectl cluster-update unblock --cluster foobarlab'],
  },
  declare: command => {
    command.option(...CLUSTER_FLAG);
  },
  options: (_, flags) => flags,
  run: runUnblock,
};

export async function runUnblock(ctx: Context, options: { cluster?: string }): Promise<void> {
  const cluster = await clusterNow(ctx, options.cluster);
  const before = updateBlock(cluster);
  if (before === undefined) {
    ctx.messages.say(`updates of ${cluster.alias} are not blocked`);
    return;
  }
  await setUpdateBlock(ctx, cluster, undefined);
  ctx.messages.say(`updates of ${cluster.alias} are allowed again; they were blocked: ${before}`);
}
