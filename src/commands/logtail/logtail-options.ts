/** The options of `logtail`: stern's flags. */
import { parseRegExp, parseSpan } from '../../cli/checks.ts';
import type { CommandFlags } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import type { SelectionWords } from '../../fleet/selection.ts';
import { clusterFlagWords } from '../../fleet/selection-flags.ts';
import { CONTAINER_STATES, type ContainerState, type LogOptions } from '../../kubernetes/container-log.ts';

export interface LogtailOptions {
  /** Empty: the current context's cluster. */
  readonly clusters: SelectionWords;
  /** As typed; undefined: the selectors choose. */
  readonly query: string | undefined;
  /** Empty: the context's. */
  readonly namespaces: readonly string[];
  readonly allNamespaces: boolean;
  readonly timestamps: 'default' | 'short' | undefined;
  /** IANA; undefined: the machine's. */
  readonly timezone: string | undefined;
  readonly highlight: readonly RegExp[];
  readonly template: string | undefined;
  readonly templateFile: string | undefined;
  readonly onlyLogLines: boolean;
  /** The options of the log request, without the namespace. */
  readonly logs: Omit<LogOptions, 'namespace'>;
  /** Is a line to be shown? */
  readonly isWanted: (message: string) => boolean;
  /** ` in shop`, for messages. */
  readonly where: string;
}

/** `-t` and `--timestamps` take their format only after `=`, as in stern: the next word is the query. */
export function withTimestampFormat(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((arg, i) =>
    (arg === '-t' || arg === '--timestamps') && (end === -1 || i < end) ? '--timestamps=default' : arg,
  );
}

export function logtailOptions(
  [query]: readonly string[],
  flags: CommandFlags,
  argv: readonly string[],
): LogtailOptions {
  const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const list = (name: string) => (Array.isArray(flags[name]) ? (flags[name] as string[]) : []);
  const patterns = (name: string, flag: string) => list(name).map(pattern => parseRegExp(flag, pattern));
  const selectors = [text('selector'), text('fieldSelector'), text('node')];
  if (query === undefined && selectors.every(selector => selector === undefined)) {
    throw new UsageError('no pods given', {
      code: 'no_pods',
      hint: 'zkubectl logtail QUERY, or -l SELECTOR; the query . matches all pods',
    });
  }
  const allNamespaces = flags['allNamespaces'] === true;
  const namespaces = allNamespaces ? [] : namespacesIn(argv);
  const timezone = text('timezone');
  if (timezone !== undefined && timezone !== 'Local') checkTimezone(timezone);
  return {
    clusters: clusterFlagWords(flags),
    query,
    namespaces,
    allNamespaces,
    timestamps: timestampsOf(text('timestamps')),
    timezone: timezone === 'Local' ? undefined : timezone,
    highlight: patterns('highlight', '--highlight'),
    template: text('template'),
    templateFile: text('templateFile'),
    onlyLogLines: flags['onlyLogLines'] === true,
    isWanted: lineFilter(patterns('include', '--include'), patterns('exclude', '--exclude')),
    where: namespaces.length > 0 ? ` in ${namespaces.join(', ')}` : '',
    logs: {
      selector: text('selector'),
      fieldSelector: fieldSelectorOf(text('fieldSelector'), text('node')),
      pods: parseRegExp('QUERY', query === undefined || query.includes('/') ? '.' : query),
      excludedPods: patterns('excludePod', '--exclude-pod'),
      containers: parseRegExp('--container', text('container') ?? '.'),
      excludedContainers: patterns('excludeContainer', '--exclude-container'),
      withInitContainers: parseBool('--init-containers', text('initContainers')),
      withEphemeralContainers: parseBool('--ephemeral-containers', text('ephemeralContainers')),
      states: statesOf(list('containerState')),
      sinceSeconds: parseSpan('--since', text('since') ?? '48h', 1),
      tailLines: parseNumber('--tail', text('tail'), 0),
      maxRequests: parseNumber('--max-log-requests', text('maxLogRequests'), 1),
      follow: flags['follow'] !== false,
    },
  };
}

/** All values of `-n`, each a list: `-n a,b -n c`. */
function namespacesIn(argv: readonly string[]): string[] {
  const values: string[] = [];
  for (let i = 0; i < argv.length && argv[i] !== '--'; i++) {
    const arg = argv[i] ?? '';
    const [, joined] = /^(?:--namespace=|-n=?)(.+)$/s.exec(arg) ?? [];
    if (arg === '-n' || arg === '--namespace') values.push(argv[++i] ?? '');
    else if (joined !== undefined) values.push(joined);
  }
  return [...new Set(values.flatMap(value => value.split(',')).map(value => value.trim()))].filter(Boolean);
}

function lineFilter(include: readonly RegExp[], exclude: readonly RegExp[]): (message: string) => boolean {
  return message =>
    (include.length === 0 || include.some(pattern => pattern.test(message))) &&
    !exclude.some(pattern => pattern.test(message));
}

/** @param least the smallest number that is one; below it: no limit (undefined) */
function parseNumber(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined || text === '-1') return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new UsageError(`${flag} takes a number, not ${text}`, { code: 'bad_flag' });
}

function parseBool(flag: string, text: string | undefined): boolean {
  if (text === undefined || /^(true|t|1)$/i.test(text)) return true;
  if (/^(false|f|0)$/i.test(text)) return false;
  throw new UsageError(`${flag} is true or false, not ${text}`, { code: 'bad_flag' });
}

function timestampsOf(text: string | undefined): LogtailOptions['timestamps'] {
  if (text === undefined || text === 'default' || text === 'short') return text;
  throw new UsageError(`--timestamps is default or short, not ${text}`, {
    code: 'bad_flag',
    hint: '-t before another flag, or --timestamps=short',
  });
}

function checkTimezone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    throw new UsageError(`unknown time zone: ${zone}`, {
      code: 'bad_flag',
      hint: 'UTC, Local, or such as Europe/Berlin',
    });
  }
}

function fieldSelectorOf(selector: string | undefined, node: string | undefined): string | undefined {
  const parts = [selector, node === undefined ? undefined : `spec.nodeName=${node}`];
  return parts.filter(part => part !== undefined).join(',') || undefined;
}

/** Undefined: every state. */
function statesOf(values: readonly string[]): ReadonlySet<ContainerState> | undefined {
  const words = values.flatMap(value => value.split(','));
  for (const word of words)
    if (word !== 'all' && !CONTAINER_STATES.some(state => state === word))
      throw new UsageError(`--container-state is ${CONTAINER_STATES.join(', ')} or all, not ${word}`, {
        code: 'bad_flag',
      });
  return words.length === 0 || words.includes('all') ? undefined : new Set(words as ContainerState[]);
}
