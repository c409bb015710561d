/**
 * `traffic STACKSET [STACK WEIGHT]`: shows the traffic of a StackSet's stacks, or switches it and waits (docs/plugins.md).
 * Rule: a write replaces all weights, so it contains every stack.
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
  /** The StackSet's name. */
  readonly set: string;
  /** The stack and its new weight; undefined: only show the traffic. */
  readonly wanted: Wanted | undefined;
  readonly cluster: string | undefined;
  readonly force: boolean;
  /** Wait until the traffic has moved. */
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
      'Shows how the stacks of a StackSet share the traffic. With STACK and WEIGHT, the stack gets that percentage and the others share the rest in the same proportion as before. It waits until the traffic has moved, unless --no-wait is given.',
    examples: ['zkubectl traffic storefront -n shop', 'zkubectl traffic storefront v10 50 -n shop'],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command
      .argument('<STACKSET>', 'the StackSet')
      .argument('[STACK]', 'a stack, by its full name or without the name of the StackSet')
      .argument('[WEIGHT]', 'percent, from 0 to 100')
      .option(...CLUSTER_FLAG)
      .option('-t, --timeout <SPAN>', 'how long to wait, such as 90s or 10m', DEFAULT_TIMEOUT)
      .option('-f, --force', 'write the weights of an Ingress directly, without its controller')
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
    throw new UsageError(`no weight given for ${stack}`, {
      code: 'no_weight',
      hint: 'zkubectl traffic STACKSET STACK WEIGHT',
    });
  if (!/^\d{1,3}(\.\d+)?%?$/.test(weight))
    throw new UsageError(`invalid weight ${weight}: must be from 0 to 100`, { code: 'bad_weight' });
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

/** How often to try when others change the weights at the same time. */
const MAX_ATTEMPTS = 10;

/**
 * Writes the desired weights and resolves to them. If somebody else has changed the weights, reads them again and keeps that change.
 * Throws CliError (1) when others change them too often.
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
      ctx.messages.say(`switching ${stack} to ${percent(wanted.weight)} in ${clusterName}, namespace ${namespace}`);
      return desired;
    }
    const now = await source.load();
    if (!isReached(traffic.desired, now.desired))
      ctx.messages.say(`somebody else changed the weights of ${set}: reading them again`);
    traffic = now;
  }
  throw new CliError(`the traffic of ${set} was not switched: others change it at the same time`, {
    code: 'conflict',
    hint: `to see the weights: zkubectl traffic ${set}`,
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

/** The switch to wait for. */
interface PendingSwitch {
  readonly set: string;
  readonly desired: Weights;
  /** The ids of earlier refusals, which do not concern these weights. */
  readonly seen: ReadonlySet<string>;
  readonly timeoutMs: number;
}

/**
 * Waits until the traffic is as desired. The controller says `TrafficNotSwitched` at every sync, until the stacks that get more are ready: that is
 * progress. Throws CliError (1) after the timeout, with the controller's last reason.
 */
async function waitFor(
  ctx: Context,
  kubectl: TargetKubectl,
  source: TrafficSource,
  { set, desired, seen, timeoutMs }: PendingSwitch,
): Promise<void> {
  const until = ctx.io.now().getTime() + timeoutMs;
  let said: string | undefined;
  for (;;) {
    const { actual, desired: now } = await source.load();
    if (!isReached(desired, now))
      throw new CliError('stopped waiting: somebody else changed the desired weights', {
        code: 'traffic_changed',
        hint: `to see the weights: zkubectl traffic ${set}`,
      });
    if (isReached(desired, actual)) return ctx.messages.endProgress();
    const refusal = (await refusals(kubectl, set)).findLast(({ id }) => !seen.has(id))?.message;
    // On a terminal, the line with the progress has it.
    if (refusal !== undefined && refusal !== said && !ctx.io.isTTY.stderr)
      ctx.messages.say(`not switched yet: ${refusal}`);
    said = refusal ?? said;
    const left = until - ctx.io.now().getTime();
    if (left <= 0)
      throw new CliError(
        `the traffic was not switched within ${formatSpan(timeoutMs)}${said === undefined ? '' : `: ${said}`}`,
        { code: 'timeout', hint: `the switch may still be in progress: zkubectl traffic ${set}` },
      );
    const shares = [...actual]
      .sort(([a], [b]) => naturalOrder(a, b))
      .map(([name, weight]) => `${name} ${percent(weight)}`);
    ctx.messages.progress(`${shares.join(', ')}; ${said === undefined ? '' : `${said}; `}${formatSpan(left)} left`);
    await ctx.io.sleep(Math.min(POLL_MS, left), ctx.io.signal);
  }
}

/** The controller's TrafficNotSwitched events of a StackSet. */
async function refusals(kubectl: TargetKubectl, set: string): Promise<{ id: string; message: string }[]> {
  const selector = `involvedObject.kind=StackSet,involvedObject.name=${set},reason=TrafficNotSwitched`;
  const list = await getJson(kubectl, 'get', 'events', '--field-selector', selector, '-o', 'json');
  return recordsAt(list, 'items').map(event => {
    const metadata = recordAt(event, 'metadata');
    // A repeated event keeps its uid and increases its count.
    return {
      id: `${metadata['uid']} ${event['count']}`,
      message: oneLine(String(event['message'])).replace(/^(traffic not switched|failed to switch traffic): /i, ''),
    };
  });
}
