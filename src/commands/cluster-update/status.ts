/** `cluster-update status`: up to date, being updated, or blocked. */

import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { reportQuality } from '../../cli/listing.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import { printThing } from '../../output/sections.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../output/view.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { isUpdating, shortVersion, updateBlock } from '../../registry/cluster-state.ts';

export interface UpdateStatusOptions {
  readonly cluster?: string | undefined;
  /** Watch until no update is in progress. */
  readonly watch?: boolean | undefined;
}

export const updateStatusCommand: CommandDefinition<UpdateStatusOptions> = {
  texts: {
    summary: 'show the update status of a cluster',
    description: "Says whether the current context's cluster is up to date, being updated, or blocked.",
    examples: [
      'zkubectl cluster-update status',
      'zkubectl cluster-update status --cluster foobarlab -o json',
      'zkubectl cluster-update status --watch',
    ],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command
      .option(...CLUSTER_FLAG)
      .option('--watch', 'keep running until the update is done or blocked, and print every change');
  },
  options: (_, flags) => flags,
  run: runUpdateStatus,
};

export async function runUpdateStatus(ctx: Context, options: UpdateStatusOptions): Promise<void> {
  const format = formatOf(ctx);
  const name = await ctx.clusterName(options.cluster);
  const registry = await ctx.registry();
  let told: string | undefined;
  for (;;) {
    const { cluster, listing } = await registry.clusterNow(name);
    const text = statusText(cluster);
    // Prints the status only when it has changed.
    if (text !== told) {
      reportQuality(ctx, { ...listing, malformed: [] });
      await print(ctx, cluster, format);
      told = text;
    }
    if (!options.watch || stateOf(cluster) !== 'updating') return;
    await ctx.io.sleep(WATCH_MS, ctx.io.signal);
  }
}

const WATCH_MS = 10_000;

async function print(ctx: Context, cluster: Cluster, format: OutputFormat): Promise<void> {
  if (format === 'table' || format === 'wide') {
    ctx.io.stdout.write(`${escapeForTerminal(statusText(cluster))}\n`);
    return;
  }
  const json = {
    alias: cluster.alias,
    id: cluster.id,
    state: stateOf(cluster),
    current_version: cluster.currentVersion,
    next_version: cluster.nextVersion,
    reason: updateBlock(cluster) ?? null,
  };
  const fields = Object.entries(json).map(([key, value]) => [key, value ?? ''] as const);
  await printThing(
    ctx.io,
    { kind: 'ClusterUpdateStatus', name: cluster.alias, json, sections: [{ fields }] },
    { format, color: ctx.globals.color },
  );
}

function stateOf(cluster: Cluster): 'blocked' | 'updating' | 'up-to-date' {
  if (updateBlock(cluster) !== undefined) return 'blocked';
  return isUpdating(cluster) ? 'updating' : 'up-to-date';
}

export function statusText(cluster: Cluster): string {
  const block = updateBlock(cluster);
  if (block !== undefined) return `${cluster.alias}: blocked: ${block}`;
  if (!isUpdating(cluster))
    return `${cluster.alias}: up-to-date (${shortVersion(cluster.currentVersion) || 'no version'})`;
  return `${cluster.alias}: being updated (${shortVersion(cluster.currentVersion) || 'no version'} → ${shortVersion(cluster.nextVersion)})`;
}
