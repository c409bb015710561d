/** `show CLUSTER`: shows all data of one cluster. Values of config items are masked unless --reveal is given. */

import { formatOf } from '../cli/checks.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { reportQuality } from '../cli/listing.ts';
import { type Field, printThing, type Section } from '../output/sections.ts';
import { OUTPUT_FORMATS } from '../output/view.ts';
import { type Cluster, MASK, PUBLIC_CONFIG_ITEMS, rawWithItems } from '../registry/cluster.ts';
import { clusterState, updateBlock, versionText } from '../registry/cluster-state.ts';

export interface ShowOptions {
  readonly cluster: string;
  readonly reveal: boolean;
}

export const showCommand: CommandDefinition<ShowOptions> = {
  texts: {
    summary: 'one cluster whole: status, problems, node pools, config items',
    description:
      'Shows everything the registry knows about a cluster. Values of config items are masked unless --reveal is given.',
    examples: ['zkubectl show foobarlab', 'zkubectl show foobarlab -o json | jq .node_pools'],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command.argument('<CLUSTER>', 'alias or id').option('--reveal', 'show the values of config items');
  },
  options: ([cluster = ''], flags: { reveal?: boolean }) => ({ cluster, reveal: flags.reveal ?? false }),
  run: runShow,
};

export async function runShow(
  ctx: Pick<Context, 'io' | 'registry' | 'globals' | 'messages'>,
  options: ShowOptions,
): Promise<void> {
  const format = formatOf(ctx);
  const registry = await ctx.registry();
  const { cluster, listing } = await registry.clusterNow(options.cluster, options.reveal);
  reportQuality(ctx, { ...listing, malformed: [] });
  const sections: Section[] = [
    { fields: mainFields(cluster) },
    {
      title: 'Problems',
      fields: cluster.problems.map(problem => [problem.type || 'problem', problem.title || '-'] as const),
    },
    { title: 'Node pools', fields: cluster.nodePools.map(poolField) },
    {
      title: 'Config items',
      fields: Object.entries(cluster.configItems)
        .sort(byKey)
        .map(([key, value]) => itemField(key, value, options.reveal)),
    },
  ];
  await printThing(
    ctx.io,
    { kind: 'Cluster', name: cluster.alias, json: rawWithItems(cluster, options.reveal), sections },
    { format, color: ctx.globals.color },
  );
}

function mainFields(cluster: Cluster): Field[] {
  const block = updateBlock(cluster);
  return [
    ['Id', cluster.id],
    ['Alias', cluster.alias],
    ['Environment', cluster.environment],
    ['Status', clusterState(cluster)],
    ['Lifecycle', cluster.lifecycleStatus],
    ['Channel', cluster.channel],
    ['Version', versionText(cluster)],
    ['Updates blocked', block ?? ''],
    ['Criticality', cluster.criticalityLevel === undefined ? '' : String(cluster.criticalityLevel)],
    ['Provider', cluster.provider],
    ['Region', cluster.region],
    ['Account', cluster.infrastructureAccount],
    ['Local id', cluster.localId],
    ['API server', cluster.apiServerUrl],
  ];
}

function poolField(pool: Cluster['nodePools'][number]): Field {
  const size =
    pool.minSize === undefined
      ? ''
      : pool.minSize === pool.maxSize
        ? String(pool.minSize)
        : `${pool.minSize}–${pool.maxSize ?? '?'}`;
  const parts = [
    pool.profile,
    pool.instanceTypes.join(', '),
    size && `${size} nodes`,
    pool.discountStrategy !== 'none' ? pool.discountStrategy : '',
  ];
  return [pool.name, parts.filter(Boolean).join(' · ')];
}

const LONGEST_ITEM = 120;

function itemField(key: string, value: string, reveal: boolean): Field {
  if (reveal) return [key, value];
  if (!PUBLIC_CONFIG_ITEMS.has(key)) return [key, MASK];
  return [
    key,
    value.length > LONGEST_ITEM ? `${value.slice(0, 24)}… (${value.length} characters; --reveal shows them)` : value,
  ];
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
