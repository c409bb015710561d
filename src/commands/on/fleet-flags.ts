/** The flags of a run over many clusters. */
import { countOf, parseSpan } from '../../cli/checks.ts';
import type { CommandFlags } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import type { Layout } from '../../fleet/show.ts';

export interface FleetFlags {
  readonly parallel: number | undefined;
  /** Milliseconds. Undefined: no limit. */
  readonly timeoutMs: number | undefined;
  readonly layout: Layout;
  readonly stream: boolean;
  /** The time between two runs of a read (milliseconds). */
  readonly everyMs: number | undefined;
  readonly dryRun: boolean;
  readonly expect: number | undefined;
  /** True: by channel. Undefined: one wave. */
  readonly waves: string | true | undefined;
  readonly soakMs: number;
  readonly check: string | undefined;
  /** A number or a percentage. */
  readonly maxFailures: string | undefined;
  /** True: the last run. Undefined: a new run. */
  readonly resume: string | true | undefined;
  readonly alsoUnknown: boolean;
  /** The given flags that need many clusters. */
  readonly given: readonly string[];
}

const NAMES: Readonly<Record<string, string>> = {
  parallel: '--parallel',
  timeout: '--timeout',
  diff: '--diff',
  stream: '--stream',
  every: '--every',
  dryRun: '--dry-run',
  expect: '--expect',
  waves: '--waves',
  soak: '--soak',
  check: '--check',
  maxFailures: '--max-failures',
  alsoUnknown: '--also-unknown',
};

/** A flag that only a run over many clusters has. Undefined: none was given. */
export function givenFleetFlag({ given }: FleetFlags): string | undefined {
  return given[0];
}

/** Throws UsageError (2). */
export function fleetFlags(flags: CommandFlags): FleetFlags {
  const text = (name: string) => (typeof flags[name] === 'string' ? String(flags[name]) : undefined);
  const optional = (name: string) => (flags[name] === true ? true : text(name));
  const span = (flag: string, name: string, least = 0) => {
    const value = text(name);
    return value === undefined ? undefined : parseSpan(flag, value, least) * 1000;
  };
  const isFolded = flags['fold'] !== false;
  const [isDiff, isStream] = [flags['diff'] === true, flags['stream'] === true];
  const layouts = [isDiff && '--diff', !isFolded && '--no-fold', isStream && '--stream'].filter(Boolean);
  if (layouts.length > 1)
    throw new UsageError(`${layouts.join(' and ')} cannot be used together`, { code: 'bad_usage' });
  const waves = optional('waves');
  if (waves === undefined && (flags['soak'] !== undefined || flags['check'] !== undefined))
    throw new UsageError('--soak and --check need --waves', { code: 'bad_usage' });
  const given = Object.entries(NAMES).flatMap(([name, flag]) => (flags[name] === undefined ? [] : [flag]));
  return {
    parallel: countOf('--parallel', text('parallel')),
    timeoutMs: span('--timeout', 'timeout', 1),
    layout: isDiff ? 'diff' : isFolded ? 'fold' : 'blocks',
    stream: isStream,
    everyMs: span('--every', 'every', 1),
    dryRun: flags['dryRun'] === true,
    expect: countOf('--expect', text('expect')),
    waves,
    soakMs: span('--soak', 'soak') ?? 0,
    check: text('check'),
    maxFailures: text('maxFailures'),
    resume: optional('resume'),
    alsoUnknown: flags['alsoUnknown'] === true,
    given: isFolded ? given : [...given, '--no-fold'],
  };
}
