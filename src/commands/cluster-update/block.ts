/** `cluster-update block` and `unblock`: hold back the updates of a cluster, or let them come. */
import type { Command } from 'commander';
import { addCommand, confirmOrFail } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { platformClaims, userOf } from '../../cli/identity.ts';
import { InterruptedError, UnreachableError, UsageError } from '../../errors.ts';
import { isInteractive } from '../../platform/io.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { updateBlock } from '../../registry/cluster-state.ts';

const ITEM = 'cluster_update_block';

export interface BlockOptions {
  readonly cluster?: string | undefined;
  readonly reason?: string | undefined;
}

export function registerBlock(parent: Command, ctx: Context, run = runBlock): void {
  addCommand(parent, 'block', {
    summary: 'hold back updates',
    description:
      "Blocks updates of the current context's cluster. The reason and your name are written into the registry, for all to see.",
    examples: [
      'zkubectl cluster-update block --reason "cyber week"',
      'zkubectl cluster-update block --cluster foobarlab --reason "INC-1234" --yes',
    ],
  })
    .option('--reason <TEXT>', 'why; asked for on a terminal')
    .option('--cluster <CLUSTER>', "another cluster than the current context's")
    .action((flags: BlockOptions) => run(ctx, flags));
}

export async function runBlock(ctx: Context, options: BlockOptions): Promise<void> {
  const cluster = await clusterNow(ctx, options.cluster);
  const reason = (options.reason ?? (await askReason(ctx, cluster))).trim();
  if (reason === '') throw new UsageError('say why: a reason is needed', { code: 'no_reason', hint: '--reason TEXT' });
  const before = updateBlock(cluster);
  if (before !== undefined) {
    ctx.messages.say(`updates of ${cluster.alias} are blocked already: ${before}`);
    if (!(await confirmOrFail(ctx, 'overwrite that?'))) throw new InterruptedError('the block was left as it is');
  }
  const value = `${reason} (${await userName(ctx)})`;
  await (await ctx.registry()).setConfigItem(cluster, ITEM, value);
  ctx.messages.say(`updates of ${cluster.alias} are blocked: ${value}`);
}

export function registerUnblock(parent: Command, ctx: Context, run = runUnblock): void {
  addCommand(parent, 'unblock', {
    summary: 'let updates come',
    description: "Lets updates of the current context's cluster come again.",
    examples: ['zkubectl cluster-update unblock', 'zkubectl cluster-update unblock --cluster foobarlab'],
  })
    .option('--cluster <CLUSTER>', "another cluster than the current context's")
    .action((flags: { cluster?: string }) => run(ctx, flags));
}

export async function runUnblock(ctx: Context, options: { cluster?: string }): Promise<void> {
  const cluster = await clusterNow(ctx, options.cluster);
  const before = updateBlock(cluster);
  if (before === undefined) {
    ctx.messages.say(`updates of ${cluster.alias} are not blocked`);
    return;
  }
  await (await ctx.registry()).removeConfigItem(cluster, ITEM);
  ctx.messages.say(`updates of ${cluster.alias} come again; they were blocked: ${before}`);
}

/** The cluster as the registry tells it now: a block is not decided on what was. */
async function clusterNow(ctx: Context, name: string | undefined): Promise<Cluster> {
  const { cluster, listing } = await (await ctx.registry()).findNow(await ctx.clusterName(name));
  if (!listing.stale) return cluster;
  throw (
    listing.failure ??
    new UnreachableError('this cannot be done offline', { code: 'offline', hint: 'leave --offline out' })
  );
}

function askReason(ctx: Context, cluster: Cluster): Promise<string> {
  if (!isInteractive(ctx.io))
    throw new UsageError('say why: a reason is needed', { code: 'no_reason', hint: '--reason TEXT' });
  return ctx.io.prompt.input(`why block updates of ${cluster.alias}?`);
}

/** Who blocks: as the platform's token says. */
async function userName(ctx: Context): Promise<string> {
  return userOf(await platformClaims(ctx, await ctx.platformToken())) ?? ctx.io.env['USER'] ?? 'unknown';
}
