/**
 * `logtail QUERY`: the logs of every container of every pod that matches, as they come (docs/plugins.md).
 * Rules: lines are never split; control characters in a line are escaped; stdout has only log lines; stderr names the containers that start and end.
 */
import { apiTarget } from '../../cli/api-target.ts';
import { checkNamespaceName, untilCtrlC } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { type CommandDefinition, collect } from '../../cli/definition.ts';
import { ExitCode, ForbiddenError, messageOf } from '../../errors.ts';
import { isEmptySelection, isOneName } from '../../fleet/selection.ts';
import { declareClusterFlags } from '../../fleet/selection-flags.ts';
import type { LogListener, LogSource, Unmatched } from '../../kubernetes/container-log.ts';
import { LOG_FORMATS } from '../../output/view.ts';
import { formatLines } from './line-format.ts';
import { type LogtailOptions, logtailOptions, withTimestampFormat } from './logtail-options.ts';
import { nothingMatches } from './nothing-matches.ts';
import { isOwnerQuery, podsOf } from './pod-query.ts';

export const logtailCommand: CommandDefinition<LogtailOptions> = {
  texts: {
    summary: 'follow the logs of many pods',
    description:
      'Follows the logs of all containers of all pods that match, including pods that start later. QUERY is a regular expression for the names of pods, or KIND/NAME of an object that owns pods. On many clusters, the lines of all of them are ordered by time. Press Ctrl-C to stop.',
    examples: [
      'zkubectl logtail checkout -n shop',
      'zkubectl logtail deployment/checkout -n shop --tail 20',
      "zkubectl logtail '^(cart|checkout)-' -c '^app$' --since 10m --exclude /health",
      'zkubectl logtail -l application=checkout -A -o json --no-follow',
      'zkubectl logtail checkout -n shop --cluster @shop,foobarlab-test',
    ],
  },
  formats: LOG_FORMATS,
  normalize: withTimestampFormat,
  declare: command => {
    command
      .argument('[QUERY]', 'pods: a regular expression, or KIND/NAME; optional with a selector')
      .option('-l, --selector <SELECTOR>', 'only pods with these labels')
      .option('--field-selector <SELECTOR>', 'only pods with these fields')
      .option('--node <NODE>', 'only pods on this node')
      .option('-A, --all-namespaces', 'in all namespaces')
      .option('--exclude-pod <REGEX>', 'leave out pods whose name matches; may be repeated', collect)
      .option('-c, --container <REGEX>', 'only containers whose name matches')
      .option('-E, --exclude-container <REGEX>', 'leave out containers whose name matches; may be repeated', collect)
      .option('--init-containers <BOOL>', 'false: leave out init containers')
      .option('--ephemeral-containers <BOOL>', 'false: leave out ephemeral containers')
      .option('--container-state <STATE>', 'running, waiting, terminated or all; may be repeated', collect)
      .option('-i, --include <REGEX>', 'only lines that match; may be repeated', collect)
      .option('-e, --exclude <REGEX>', 'hide lines that match; may be repeated', collect)
      .option('-H, --highlight <REGEX>', 'highlight what matches in a line; may be repeated', collect)
      .option('-s, --since <DURATION>', 'how far back, such as 30s, 10m, 48h', '48h')
      .option('--tail <LINES>', 'print at most this many existing lines of each container; -1: all')
      .option('-t, --timestamps [FORMAT]', 'print the time before each line: default, or =short')
      .option('--timezone <ZONE>', 'the time zone of timestamps, such as UTC or Europe/Berlin')
      .option('--template <TEMPLATE>', 'a Go template for each line (docs/plugins.md)')
      .option('-T, --template-file <FILE>', 'the file with the template')
      .option('--max-log-requests <N>', 'the most logs to read at a time')
      .option('--only-log-lines', 'do not print which containers start and end')
      .option('--no-follow', 'print the existing lines, then exit');
    declareClusterFlags(command);
  },
  options: logtailOptions,
  run: runLogtail,
};

async function runLogtail(ctx: Context, options: LogtailOptions): Promise<number> {
  const { clusters } = options;
  if (!isEmptySelection(clusters) && !isOneName(clusters))
    return (await import('./many-clusters.ts')).logtailOnMany(ctx, options);
  const [{ readPodLogs }, view, target] = await Promise.all([
    import('../../kubernetes/pod-logs.ts'),
    ctx.kubeconfig.load(),
    ctx.target(clusters.names[0]),
  ]);
  const namespaces = options.allNamespaces
    ? [undefined]
    : options.namespaces.length > 0
      ? options.namespaces
      : [target.namespace];
  for (const namespace of namespaces) if (namespace !== undefined) checkNamespaceName(namespace);
  const logs = isOwnerQuery(options.query)
    ? { ...options.logs, ...(await podsOf(ctx, options.query, target, namespaces, options.logs.selector)) }
    : options.logs;
  const withNamespace = namespaces.length > 1 || options.allNamespaces;
  const format = await formatLines(ctx, options, withNamespace);
  const { io, messages } = ctx;
  const done = new AbortController();
  const signal = AbortSignal.any([io.signal, done.signal]);
  const what = ({ namespace, pod, container }: LogSource) =>
    `${withNamespace ? `${namespace} ` : ''}${pod} ${container}`;
  const unmatched: Unmatched[] = [];
  const listener: LogListener = {
    opened: source => (options.onlyLogLines ? undefined : messages.say(`+ ${what(source)}`)),
    closed: source => (options.onlyLogLines ? undefined : messages.say(`- ${what(source)}`)),
    warn: line => messages.warn(line),
    nothing: found => {
      unmatched.push(found);
      // Each namespace says so; the message is about all of them.
      if (unmatched.length === namespaces.length) nothingMatches(ctx, options, unmatched);
    },
    lines: (source, lines) => {
      const text = lines
        .filter(line => options.isWanted(line.message))
        .map(line => format(source, line))
        .join('');
      if (text === '') return;
      io.stdout.write(text);
      // The reader closed stdout, for example `| head`.
      if (io.stdout.isOver) done.abort(new Error('stdout is closed'));
    },
  };
  const api = await apiTarget(ctx, view, target.context);
  const read = (namespace: string | undefined) => readPodLogs(io, api, { ...logs, namespace }, listener, signal);
  try {
    await untilCtrlC(io, async () => void (await Promise.all(namespaces.map(read))));
    return ExitCode.ok;
  } catch (error) {
    if (done.signal.aborted && !io.signal.aborted) return ExitCode.ok;
    if (!(error instanceof ForbiddenError)) throw error;
    messages.error(error);
    const { hintAfter } = await import('../../kubectl/stderr-hints.ts');
    await hintAfter(ctx, async () => target.clusterName, messageOf(error.cause));
    return error.exitCode;
  } finally {
    done.abort(new Error('done'));
  }
}
