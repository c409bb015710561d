/** `cluster-update status`: up to date, being updated, failing, or blocked. */

import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { reportQuality } from '../../cli/listing.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import { printThing } from '../../output/sections.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../output/view.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { isUpdating, problemText, shortVersion, updateBlock } from '../../registry/cluster-state.ts';

export interface UpdateStatusOptions {
  readonly cluster?: string | undefined;
  /** Watch until no update is in progress. */
  readonly watch?: boolean | undefined;
}

export const updateStatusCommand: CommandDefinition<UpdateStatusOptions> = {
  texts: {
    summary: 'show the update status of a cluster',
    description:
      "Says whether the current context's cluster is up to date, being updated, failing (with its problems), or blocked.",
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
      .option('--watch', 'keep running until the update is done, failing or blocked, and print every change');
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
    problems: cluster.problems.map(({ type, title }) => ({ type, title })),
  };
  const texts = { ...json, problems: problemText(cluster) };
  const fields = Object.entries(texts).map(([key, value]) => [key, value ?? ''] as const);
  await printThing(
    ctx.io,
    { kind: 'ClusterUpdateStatus', name: cluster.alias, json, sections: [{ fields }] },
    { format, color: ctx.globals.color },
  );
}

type UpdateState = 'blocked' | 'failing' | 'updating' | 'up-to-date';

function stateOf(cluster: Cluster): UpdateState {
  if (updateBlock(cluster) !== undefined) return 'blocked';
  if (cluster.problems.length > 0) return 'failing';
  return isUpdating(cluster) ? 'updating' : 'up-to-date';
}

export function statusText(cluster: Cluster): string {
  const { alias, currentVersion, nextVersion } = cluster;
  const block = updateBlock(cluster);
  const problem = problemText(cluster);
  const version = shortVersion(currentVersion) || 'no version';
  const versions = isUpdating(cluster) ? `${version} → ${shortVersion(nextVersion)}` : version;
  if (block !== undefined) return `${alias}: blocked: ${block}${problem === undefined ? '' : `; failing: ${problem}`}`;
  if (problem !== undefined) return `${alias}: failing (${versions}): ${problem}`;
  return `${alias}: ${isUpdating(cluster) ? 'being updated' : 'up-to-date'} (${versions})`;
}
