/**
 * `traffic STACKSET [STACK WEIGHT]`: the traffic of a StackSet's stacks: shown, or switched and waited for (docs/plugins.md).
 * Rule: what is written replaces all weights, so every stack is sent.
 */
import { checkObjectName, formatOf, parseSpan } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { type TargetKubectl, targetKubectl } from '../../cli/target-kubectl.ts';
import type { ClusterTarget } from '../../clusters/target.ts';
import { CliError, ExitCode, UsageError } from '../../errors.ts';
import { recordAt, recordsAt } from '../../lib/json.ts';
import { oneLine } from '../../lib/one-line.ts';
import { formatSpan } from '../../lib/time.ts';
import { OUTPUT_FORMATS, printList, type View } from '../../output/view.ts';
import { getJson, KubectlFailed, type Traffic, type TrafficSource, trafficSource } from './traffic-source.ts';
import { isReached, naturalOrder, type Weights, withWeight } from './traffic-weights.ts';

interface TrafficOptions {
  /** Of the StackSet. */
  readonly set: string;
  /** What is to become of it; undefined: it is only shown. */
  readonly wanted: Wanted | undefined;
  readonly cluster: string | undefined;
  readonly force: boolean;
  /** Until the traffic has moved. */
  readonly wait: boolean;
  readonly timeoutMs: number;
}

interface TrafficFlags {
  readonly cluster?: string;
  readonly force?: boolean;
  readonly wait?: boolean;
  readonly timeout?: string;
}

export const trafficCommand: CommandDefinition<TrafficOptions> = {
  texts: {
    summary: 'show or switch the traffic of a StackSet',
    description:
      'Shows how the traffic of a StackSet is shared by its stacks. With a stack and a weight, that stack gets so many percent, the others share the rest as before, and it waits until it is so.',
    examples: ['zkubectl traffic storefront -n shop', 'zkubectl traffic storefront v10 50 -n shop'],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command
      .argument('<STACKSET>', 'the StackSet')
      .argument('[STACK]', 'one of its stacks, whole or without the name of the set')
      .argument('[WEIGHT]', 'percent, from 0 to 100')
      .option(...CLUSTER_FLAG)
      .option('--timeout <SPAN>', 'how long to wait, as 90s or 10m', DEFAULT_TIMEOUT)
      .option('--force', 'write the weights of an Ingress past its controller')
      .option('--no-wait', 'do not wait until the traffic has moved');
  },
  options: ([set = '', stack, weight], flags: TrafficFlags) => {
    checkObjectName('StackSet', set);
    return {
      set,
      wanted: stack === undefined ? undefined : parseWanted(stack, weight),
      cluster: flags.cluster,
      force: flags.force ?? false,
      wait: flags.wait ?? true,
      timeoutMs: parseSpan('--timeout', flags.timeout ?? DEFAULT_TIMEOUT) * 1000,
    };
  },
  run: runTraffic,
};

const POLL_MS = 1000;
const DEFAULT_TIMEOUT = '10m';

async function runTraffic(ctx: Context, options: TrafficOptions): Promise<number> {
  const { set, wanted } = options;
  const kubectl = await targetKubectl(ctx, options.cluster);
  try {
    const source = await trafficSource(kubectl, set);
    const traffic = await source.load();
    if (wanted === undefined) {
      await show(ctx, traffic);
      return ExitCode.ok;
    }
    const seen = new Set((await refusals(kubectl, set)).map(refusal => refusal.id));
    const change = { set, ...wanted, force: options.force };
    const desired = await switchTraffic(ctx, kubectl.target, source, traffic, change);
    if (options.wait) await waitFor(ctx, kubectl, source, { set, desired, seen, timeoutMs: options.timeoutMs });
    await show(ctx, await source.load());
    return ExitCode.ok;
  } catch (error) {
    if (error instanceof KubectlFailed) return error.code;
    throw error;
  }
}

interface Wanted {
  readonly stack: string;
  readonly weight: number;
}

function parseWanted(stack: string, weight: string | undefined): Wanted {
  if (weight === undefined)
    throw new UsageError(`which weight is ${stack} to have?`, {
      code: 'no_weight',
      hint: 'zkubectl traffic STACKSET STACK WEIGHT',
    });
  if (!/^\d{1,3}(\.\d+)?%?$/.test(weight))
    throw new UsageError(`a weight is from 0 to 100, not ${weight}`, { code: 'bad_weight' });
  return { stack, weight: Number(weight.replace('%', '')) };
}

interface Row {
  readonly stack: string;
  readonly desired: number;
  readonly actual: number;
}

const percent = (weight: number) => `${Math.round(weight * 100) / 100}%`;

const trafficView: View<Row> = {
  kind: 'StackTraffic',
  name: row => row.stack,
  columns: [
    { title: 'Stack', value: row => row.stack },
    { title: 'Desired', value: row => percent(row.desired) },
    {
      title: 'Actual',
      value: row => percent(row.actual),
      style: (row, style) => (Math.abs(row.desired - row.actual) < 1 ? undefined : style.yellow),
    },
  ],
  toJson: ({ stack, desired, actual }) => ({ stack_name: stack, desired, actual }),
  empty: 'this StackSet has no stacks',
};

async function show(ctx: Context, { stacks, desired, actual }: Traffic): Promise<void> {
  const rows = stacks.map(stack => ({ stack, desired: desired.get(stack) ?? 0, actual: actual.get(stack) ?? 0 }));
  await printList(ctx.io, trafficView, rows, { format: formatOf(ctx), color: ctx.globals.color });
}

/** How often the weights are read anew where others change them at the same time. */
const MAX_ATTEMPTS = 10;

/**
 * Asks for it; resolves to the weights that were asked for. What somebody else has asked for meanwhile is read anew, and stays.
 * Throws CliError (1) where others change it all the time.
 */
async function switchTraffic(
  ctx: Context,
  { clusterName, namespace }: ClusterTarget,
  source: TrafficSource,
  first: Traffic,
  { set, ...wanted }: Wanted & { readonly set: string; readonly force: boolean },
): Promise<Weights> {
  let traffic = first;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { stack, desired } = weightsWanted(set, traffic, wanted);
    if (await source.write(desired, wanted.force, traffic.version)) {
      ctx.messages.say(`${stack} is to have ${percent(wanted.weight)} in ${clusterName}, namespace ${namespace}`);
      return desired;
    }
    const now = await source.load();
    if (!isReached(traffic.desired, now.desired))
      ctx.messages.say(`somebody else has changed the weights of ${set} meanwhile: they are read anew`);
    traffic = now;
  }
  throw new CliError(`the traffic of ${set} was not switched: others change it at the same time`, {
    code: 'conflict',
    hint: `zkubectl traffic ${set} shows how it is`,
  });
}

function weightsWanted(set: string, traffic: Traffic, wanted: Wanted): { stack: string; desired: Weights } {
  const stack = [wanted.stack, `${set}-${wanted.stack}`].find(name => traffic.stacks.includes(name));
  if (stack === undefined)
    throw new UsageError(`${set} has no stack ${wanted.stack}`, {
      code: 'no_such_stack',
      hint: `its stacks are ${traffic.stacks.join(', ')}`,
    });
  const desired = withWeight(
    new Map(traffic.stacks.map(name => [name, traffic.desired.get(name) ?? 0])),
    stack,
    wanted.weight,
  );
  return { stack, desired };
}

/** What is waited for. */
interface PendingSwitch {
  readonly set: string;
  readonly desired: Weights;
  /** The ids of refusals from before: they are not about these weights. */
  readonly seen: ReadonlySet<string>;
  readonly timeoutMs: number;
}

/** Waits until the traffic is as desired. Throws CliError (1) with the controller's reason when it will not be, or when the time is over. */
async function waitFor(
  ctx: Context,
  kubectl: TargetKubectl,
  source: TrafficSource,
  { set, desired, seen, timeoutMs }: PendingSwitch,
): Promise<void> {
  const until = ctx.io.now().getTime() + timeoutMs;
  for (;;) {
    const { actual, desired: now } = await source.load();
    if (!isReached(desired, now))
      throw new CliError('somebody else has asked for other weights meanwhile, so these are not waited for', {
        code: 'traffic_changed',
        hint: `zkubectl traffic ${set} shows how it is`,
      });
    if (isReached(desired, actual)) return ctx.messages.endProgress();
    const refusal = (await refusals(kubectl, set)).find(({ id }) => !seen.has(id));
    if (refusal)
      throw new CliError(`the traffic was not switched: ${refusal.message}`, { code: 'traffic_not_switched' });
    const left = until - ctx.io.now().getTime();
    if (left <= 0)
      throw new CliError(`the traffic was not switched within ${formatSpan(timeoutMs)}`, {
        code: 'timeout',
        hint: `it may still be under way: zkubectl traffic ${set}`,
      });
    const shares = [...actual]
      .sort(([a], [b]) => naturalOrder(a, b))
      .map(([name, weight]) => `${name} ${percent(weight)}`);
    ctx.messages.progress(`${shares.join(', ')}; ${formatSpan(left)} left`);
    await ctx.io.sleep(Math.min(POLL_MS, left), ctx.io.signal);
  }
}

/** What the controller has said of traffic that it did not switch. */
async function refusals(kubectl: TargetKubectl, set: string): Promise<{ id: string; message: string }[]> {
  const selector = `involvedObject.kind=StackSet,involvedObject.name=${set},reason=TrafficNotSwitched`;
  const list = await getJson(kubectl, 'get', 'events', '--field-selector', selector, '-o', 'json');
  return recordsAt(list, 'items').map(event => {
    const metadata = recordAt(event, 'metadata');
    // An event that happens again counts up.
    return {
      id: `${metadata['uid']} ${event['count']}`,
      message: oneLine(String(event['message'])).replace(/^traffic not switched: /i, ''),
    };
  });
}
