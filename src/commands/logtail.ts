/**
 * `logtail REGEX`: the logs of every container of every pod whose name matches, as they come (docs/plugins.md).
 * Rules: lines are never split; control characters in a line are escaped; stdout has only log lines; stderr names the containers that start and end.
 */
import { apiTarget } from '../cli/api-target.ts';
import { checkNamespaceName, parseRegExp, parseSpan } from '../cli/checks.ts';
import type { Context } from '../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition, type CommandFlags, collect } from '../cli/definition.ts';
import { UsageError } from '../errors.ts';
import type { LogListener, LogOptions, LogSource } from '../kubernetes/container-log.ts';
import type { LogLine } from '../kubernetes/log-lines.ts';
import { escapeForTerminal, escapeInDocument, escapeLogText } from '../lib/terminal-text.ts';
import { type Style, styleFor } from '../output/style.ts';

interface LogtailOptions {
  readonly cluster: string | undefined;
  readonly allNamespaces: boolean;
  readonly withTime: boolean;
  /** The options of the log request, without the namespace. */
  readonly logs: Omit<LogOptions, 'namespace'>;
  /** Is a line to be shown? */
  readonly isWanted: (message: string) => boolean;
}

export const logtailCommand: CommandDefinition<LogtailOptions> = {
  texts: {
    summary: 'follow the logs of many pods',
    description:
      'Follows the logs of all containers of all pods whose name matches, including pods that start later. Press Ctrl-C to stop.',
    examples: [
      'zkubectl logtail checkout -n shop',
      "zkubectl logtail '^(cart|checkout)-' -c '^app$' --since 10m --exclude /health",
      'zkubectl logtail -l application=checkout -A -o json --no-follow',
    ],
  },
  formats: ['json'],
  declare: command => {
    command
      .argument('[REGEX]', 'pods whose name matches; optional with -l')
      .option(...CLUSTER_FLAG)
      .option('-c, --container <REGEX>', 'only containers whose name matches')
      .option('-l, --selector <SELECTOR>', 'only pods with these labels')
      .option('-A, --all-namespaces', 'in all namespaces')
      .option('--include <REGEX>', 'only lines that match; may be repeated', collect)
      .option('--exclude <REGEX>', 'hide lines that match; may be repeated', collect)
      .option('--since <DURATION>', 'how far back, such as 30s, 10m, 48h', '48h')
      .option('--tail <LINES>', 'print at most this many existing lines')
      .option('-t, --timestamps', 'print the timestamp before each line')
      .option('--no-follow', 'print the existing lines, then exit');
  },
  options: optionsOf,
  run: runLogtail,
};

async function runLogtail(ctx: Context, options: LogtailOptions): Promise<void> {
  const [{ readPodLogs }, view, target] = await Promise.all([
    import('../kubernetes/pod-logs.ts'),
    ctx.kubeconfig.load(),
    ctx.target(options.cluster),
  ]);
  const { isWanted } = options;
  const namespace = options.allNamespaces ? undefined : target.namespace;
  if (namespace !== undefined) checkNamespaceName(namespace);
  const format =
    ctx.globals.output === 'json'
      ? jsonLine
      : textFormat(await styleFor(ctx.io, 'stdout', ctx.globals.color), {
          withNamespace: namespace === undefined,
          withTime: options.withTime,
        });
  const { io, messages } = ctx;
  const done = new AbortController();
  const signal = AbortSignal.any([io.signal, done.signal]);
  const what = (source: LogSource) =>
    `${namespace === undefined ? `${source.namespace} ` : ''}${source.pod} ${source.container}`;
  const listener: LogListener = {
    opened: source => messages.say(`+ ${what(source)}`),
    closed: source => messages.say(`- ${what(source)}`),
    warn: line => messages.warn(line),
    waiting: () => messages.say(options.logs.follow ? 'no pod matches yet; waiting for a pod' : 'no pod matches'),
    lines: (source, lines) => {
      const text = lines
        .filter(line => isWanted(line.message))
        .map(line => format(source, line))
        .join('');
      if (text === '') return;
      io.stdout.write(text);
      // The reader closed stdout, for example `| head`.
      if (io.stdout.isOver) done.abort(new Error('stdout is closed'));
    },
  };
  try {
    await readPodLogs(io, await apiTarget(ctx, view, target.context), { ...options.logs, namespace }, listener, signal);
  } catch (error) {
    if (!done.signal.aborted) throw error;
  }
}

function optionsOf([regex]: readonly string[], flags: CommandFlags): LogtailOptions {
  const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
  if (regex === undefined && text('selector') === undefined) {
    throw new UsageError('no pods given', {
      code: 'no_pods',
      hint: 'zkubectl logtail REGEX, or -l SELECTOR; the regex . matches all pods',
    });
  }
  const tail = text('tail');
  if (tail !== undefined && !/^\d{1,9}$/.test(tail))
    throw new UsageError(`--tail takes a number of lines, not ${tail}`, { code: 'bad_flag' });
  return {
    cluster: text('cluster'),
    allNamespaces: flags['allNamespaces'] === true,
    withTime: flags['timestamps'] === true,
    isWanted: lineFilter(flags),
    logs: {
      selector: text('selector'),
      pods: parseRegExp('REGEX', regex ?? '.'),
      containers: parseRegExp('--container', text('container') ?? '.'),
      sinceSeconds: parseSpan('--since', text('since') ?? '48h', 1),
      tailLines: tail === undefined ? undefined : Number(tail),
      follow: flags['follow'] !== false,
    },
  };
}

function lineFilter(flags: CommandFlags): (message: string) => boolean {
  const patterns = (name: string) =>
    Array.isArray(flags[name]) ? (flags[name] as string[]).map(text => parseRegExp(`--${name}`, text)) : [];
  const [include, exclude] = [patterns('include'), patterns('exclude')];
  return message =>
    (include.length === 0 || include.some(pattern => pattern.test(message))) &&
    !exclude.some(pattern => pattern.test(message));
}

type Format = (source: LogSource, line: LogLine) => string;

const jsonLine: Format = ({ namespace, pod, container }, { timestamp, message }) =>
  `${escapeInDocument(JSON.stringify({ namespace, pod, container, timestamp, message }))}\n`;

function textFormat(style: Style, options: { withNamespace: boolean; withTime: boolean }): Format {
  const prefixes = new Map<string, string>();
  const prefixOf = ({ namespace, pod, container }: LogSource): string => {
    const key = `${namespace}/${pod}/${container}`;
    const known = prefixes.get(key);
    if (known !== undefined) return known;
    const paint = paintOf(style, pod);
    const names = options.withNamespace ? [namespace, pod] : [pod];
    const prefix = `${paint(escapeForTerminal(names.join(' ')))} ${style.dim(escapeForTerminal(container))} `;
    prefixes.set(key, prefix);
    return prefix;
  };
  return (source, { timestamp, message }) =>
    `${prefixOf(source)}${options.withTime ? `${timestamp} ` : ''}${escapeLogText(message)}\n`;
}

/** The same colour for the same pod, every time. */
function paintOf(style: Style, pod: string): (text: string) => string {
  const paints = [style.cyan, style.green, style.magenta, style.yellow, style.blue, style.red];
  let sum = 0;
  for (let i = 0; i < pod.length; i++) sum = (sum * 31 + pod.charCodeAt(i)) >>> 0;
  return paints[sum % paints.length] ?? style.cyan;
}
