/**
 * `logtail REGEX`: the logs of every container of every pod whose name matches, as they come (docs/plugins.md).
 * Rules: a line comes whole; what it holds cannot steer the terminal; stdout has lines alone, and what comes and goes is said on stderr.
 */
import { apiTarget } from '../cli/api-target.ts';
import { checkNamespaceName, formatOf, parseRegExp, parseSpan } from '../cli/command.ts';
import { UsageError } from '../errors.ts';
import type { LogLine } from '../kubernetes/log-lines.ts';
import type { LogListener, LogOptions, LogSource } from '../kubernetes/pod-logs.ts';
import { escapeForTerminal, escapeInDocument, escapeLogText } from '../lib/terminal-text.ts';
import { type Style, styleFor } from '../output/style.ts';
import type { Plugin, PluginContext, PluginFlags } from './plugin.ts';

export const logtailPlugin: Plugin = {
  name: 'logtail',
  texts: {
    summary: 'follow the logs of many pods',
    description:
      'Follows the logs of all containers of all pods whose name matches, also of pods that come while it runs. Ctrl-C ends it.',
    examples: [
      'zkubectl logtail checkout -n shop',
      "zkubectl logtail '^(cart|checkout)-' -c '^app$' --since 10m --exclude /health",
      'zkubectl logtail -l application=checkout -A -o json --no-follow',
    ],
    formats: ['json'],
  },
  declare: command => {
    const several = (value: string, before: string[] = []) => [...before, value];
    command
      .argument('[REGEX]', 'pods whose name matches; with -l it may be left out')
      .option('-c, --container <REGEX>', 'only containers whose name matches')
      .option('-l, --selector <SELECTOR>', 'only pods with these labels')
      .option('-A, --all-namespaces', 'in all namespaces')
      .option('--include <REGEX>', 'only lines that match; may be given again', several)
      .option('--exclude <REGEX>', 'no lines that match; may be given again', several)
      .option('--since <DURATION>', 'how far back, such as 30s, 10m, 48h', '48h')
      .option('--tail <LINES>', 'at most so many lines of what is there already')
      .option('-t, --timestamps', 'the time before every line')
      .option('--no-follow', 'end with what is there');
  },
  run: runLogtail,
};

async function runLogtail(ctx: PluginContext, args: readonly string[], flags: PluginFlags): Promise<number> {
  const asJson = formatOf(ctx, ['table', 'json']) === 'json';
  const options = await optionsOf(ctx, args, flags);
  const isWanted = lineFilter(flags);
  const [{ readPodLogs }, view, { context }] = await Promise.all([
    import('../kubernetes/pod-logs.ts'),
    ctx.view(),
    ctx.target(),
  ]);
  const format = asJson
    ? jsonLine
    : textFormat(await styleFor(ctx.io, 'stdout', ctx.globals.color), {
        withNamespace: options.namespace === undefined,
        withTime: flags['timestamps'] === true,
      });
  const { io, messages } = ctx;
  const done = new AbortController();
  const signal = AbortSignal.any([io.signal, done.signal]);
  const what = (source: LogSource) =>
    `${options.namespace === undefined ? `${source.namespace} ` : ''}${source.pod} ${source.container}`;
  const listener: LogListener = {
    opened: source => messages.say(`+ ${what(source)}`),
    closed: source => messages.say(`- ${what(source)}`),
    warn: line => messages.warn(line),
    waiting: () => messages.say(options.follow ? 'no pod matches yet: waiting for one' : 'no pod matches'),
    lines: (source, lines) => {
      const text = lines
        .filter(line => isWanted(line.message))
        .map(line => format(source, line))
        .join('');
      if (text === '') return;
      io.stdout.write(text);
      // `| head` has had enough.
      if (io.stdout.isOver) done.abort(new Error('nobody reads any more'));
    },
  };
  try {
    await readPodLogs(io, await apiTarget(ctx.base, view, context), options, listener, signal);
  } catch (error) {
    if (!done.signal.aborted) throw error;
  }
  return 0;
}

async function optionsOf(ctx: PluginContext, [regex]: readonly string[], flags: PluginFlags): Promise<LogOptions> {
  const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
  if (regex === undefined && text('selector') === undefined) {
    throw new UsageError('which pods?', {
      code: 'no_pods',
      hint: 'zkubectl logtail REGEX, or -l SELECTOR; . is all of them',
    });
  }
  const tail = text('tail');
  if (tail !== undefined && !/^\d{1,9}$/.test(tail))
    throw new UsageError(`--tail takes a number of lines, not ${tail}`, { code: 'bad_flag' });
  const everywhere = flags['allNamespaces'] === true;
  const namespace = everywhere ? undefined : (await ctx.target()).namespace;
  if (namespace !== undefined) checkNamespaceName(namespace);
  return {
    namespace,
    selector: text('selector'),
    pods: parseRegExp('REGEX', regex ?? '.'),
    containers: parseRegExp('--container', text('container') ?? '.'),
    sinceSeconds: parseSpan('--since', text('since') ?? '48h', 1),
    tailLines: tail === undefined ? undefined : Number(tail),
    follow: flags['follow'] !== false,
  };
}

function lineFilter(flags: PluginFlags): (message: string) => boolean {
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
