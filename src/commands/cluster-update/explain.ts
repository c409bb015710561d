/** `cluster-update explain`: why the pods of a drained node have not gone, and when they may be ended by force. */
import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import { latest, marksOf, nameOf, termsOf } from '../../kubernetes/drain.ts';
import { holdOf } from '../../kubernetes/pod-hold.ts';
import { formatRfc3339, formatSpan } from '../../lib/time.ts';
import { OUTPUT_FORMATS, printList } from '../../output/view.ts';
import { type DrainWorld, namespaceIn, nodeIn, openCluster, readDrain } from './drain-world.ts';
import { type ExplainedPod, explainView } from './explain-view.ts';

export interface ExplainOptions {
  readonly name: string | undefined;
  readonly cluster?: string | undefined;
  readonly budgets?: boolean | undefined;
}

export const explainCommand: CommandDefinition<ExplainOptions> = {
  texts: {
    summary: 'say why a node is still being drained',
    description:
      'Says for each pod on the nodes that are drained for an update why it has not gone, and estimates when it may be ended by force. NODE: a node, drained or not. POD or NAMESPACE/POD: one pod. With --budgets: the disruption budgets that never allow an eviction, and the workloads that have none.',
    examples: [
      'zkubectl cluster-update explain',
      'zkubectl cluster-update explain worker-1.foobarlab.internal',
      'zkubectl cluster-update explain shop/checkout-7d62409c0d-22bcv -o json',
      'zkubectl cluster-update explain --budgets --cluster foobarlab',
    ],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command
      .argument('[NODE|POD]', 'a node, or a pod as POD or NAMESPACE/POD; default: the nodes that are drained')
      .option('--budgets', 'list budgets that never allow an eviction, and workloads without a budget')
      .option(...CLUSTER_FLAG);
  },
  options: ([name], flags: { cluster?: string; budgets?: boolean }) => ({ ...flags, name }),
  run: runExplain,
};

export async function runExplain(ctx: Context, { name, cluster: wanted, budgets }: ExplainOptions): Promise<void> {
  if (budgets && name !== undefined)
    throw new UsageError('--budgets takes no node or pod', { code: 'bad_usage', hint: 'to narrow it: -n NAMESPACE' });
  const opened = await openCluster(ctx, wanted);
  const { cluster, reader } = opened;
  try {
    if (budgets) return await (await import('./explain-budgets.ts')).printBudgets(ctx, reader);
    const world = await readDrain(ctx, opened, name);
    sayConditions(ctx, cluster.alias, world, name !== undefined);
    const pods = explained(world);
    // A pod that is named is shown whatever it is.
    const isAll = formatOf(ctx) !== 'table' || pods.length === 1;
    const shown = isAll ? pods : pods.filter(({ hold }) => hold.state !== 'stays' && hold.state !== 'finished');
    if (shown.length < pods.length)
      ctx.messages.say(
        `not shown: ${pods.length - shown.length} pods that do not delay the drain (finished, of a DaemonSet, mirror pods); to show them: -o wide`,
      );
    await printList(ctx.io, explainView(world.now), shown, {
      format: formatOf(ctx),
      color: ctx.globals.color,
      extra: { cluster: cluster.alias, isEstimate: true, serverTime: formatRfc3339(world.now) },
    });
  } finally {
    await reader.close();
  }
}

function explained(world: DrainWorld): ExplainedPod[] {
  const { nodes, pods, budgets, podsByNamespace, rules, now } = world;
  return pods.map(pod => {
    const node = nodes.find(one => nameOf(one) === nodeIn(pod));
    const marks = marksOf(node ?? {});
    const hold = holdOf(pod, budgets);
    const others = podsByNamespace.get(namespaceIn(pod)) ?? [];
    const canBeForced = hold.state === 'blocked' || hold.state === 'evictable';
    const terms = canBeForced ? termsOf(pod, { others, budgets, marks, rules, now }) : [];
    return {
      pod: nameOf(pod),
      namespace: namespaceIn(pod),
      node: nodeIn(pod),
      hold,
      terms,
      earliestEnd: terms.length === 0 ? undefined : latest(terms),
      isDrainStartAssumed: marks.drainStart === undefined,
    };
  });
}

/** A small difference between two clocks does not matter (milliseconds). */
const SKEW_MS = 5_000;

/** Says since when each node is drained, the rules, and what is assumed. */
function sayConditions(ctx: Context, alias: string, world: DrainWorld, isNamed: boolean): void {
  const { messages } = ctx;
  const { nodes, rules, unreadable, now, aheadMs } = world;
  if (nodes.length === 0 && !isNamed) return messages.say(`no node of ${alias} is being drained`);
  const ago = (time: Date) => `${formatRfc3339(time)} (${formatSpan(now.getTime() - time.getTime())} ago)`;
  for (const node of nodes) {
    const { isDrained, drainStart, lastForcedDrain } = marksOf(node);
    const forced = lastForcedDrain ? `; the last pod was ended by force at ${ago(lastForcedDrain)}` : '';
    if (drainStart) messages.say(`${nameOf(node)}: the drain started at ${ago(drainStart)}${forced}`);
    else
      messages.say(
        `${nameOf(node)} ${isDrained ? 'is being drained, but has no start time' : 'is not being drained'}: the estimate assumes that the drain starts now`,
      );
  }
  const text = Object.entries(rules).map(([item, ms]) => `${item} ${formatSpan(ms)}`);
  messages.say(`rules of ${alias}: ${text.join(', ')}`);
  if (unreadable.length > 0)
    messages.warn(
      `config items of ${alias} that are not a valid duration, so the default is used: ${unreadable.join(', ')}`,
    );
  if (Math.abs(aheadMs) > SKEW_MS)
    messages.say(
      `the clock of the API server is ${formatSpan(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's: all times are the server's`,
    );
}
