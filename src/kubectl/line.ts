/**
 * Parses a kubectl command line as kubectl does (spf13/pflag): `_` for `-` in long flags, groups of short flags, values in the same or the next
 * argument, `--` as the end of flags. The flag table comes from the pinned kubectl (generated/flags.json, made by `npm run kubectl-flags`).
 * Rule: a line that kubectl would refuse, or that the table cannot parse with certainty, has a `problem`. A guard must refuse it.
 */
import table from './generated/flags.json' with { type: 'json' };

export interface KubectlFlag {
  /** The long name: `--output`, also for `-o`. Underscores are replaced by dashes. */
  readonly name: string;
  /** Undefined: the flag has no value, like a switch. */
  readonly value: string | undefined;
}

export interface KubectlLine {
  /** `delete`, `rollout undo`; the first word if kubectl has no such command; empty if there is no word. */
  readonly verb: string;
  readonly flags: readonly KubectlFlag[];
  /** The arguments that are neither flags nor their values, without the verb. */
  readonly words: readonly string[];
  /** A flag is not in the table, so its effect is unknown. */
  readonly hasUnknownFlag: boolean;
  /** Why the line cannot be parsed with certainty, in kubectl's wording. Undefined: it can. */
  readonly problem: string | undefined;
}

/** The kubectl version of the table. */
export const TABLE_VERSION = table.kubectl;

type Arity = 'switch' | 'value' | 'optional';

interface FlagTable {
  readonly long: ReadonlyMap<string, Arity>;
  /** Short letters and their long names. */
  readonly short: ReadonlyMap<string, string>;
}

const COMMANDS: Readonly<Record<string, string>> = table.commands;

/** Replaces underscores with dashes (cliflag.WordSepNormalizeFunc). */
function longName(written: string): string {
  return written.replaceAll('_', '-');
}

/** `all`, `all-namespaces:A`, `output:o=`, `dry-run?`: name, short letter, and whether it takes a value. */
function flagTable(verb: string, ours: readonly string[]): FlagTable {
  const long = new Map<string, Arity>(['help', ...ours].map(name => [name, 'switch']));
  const short = new Map<string, string>([['h', 'help']]);
  for (const entry of `${table.globals} ${COMMANDS[verb] ?? ''}`.split(' ')) {
    const [, name = '', letter, mark] = /^([\w-]+)(?::(\w))?([=?]?)$/.exec(entry) ?? [];
    if (name === '') continue;
    long.set(name, mark === '=' ? 'value' : mark === '?' ? 'optional' : 'switch');
    if (letter !== undefined) short.set(letter, name);
  }
  return { long, short };
}

/**
 * Reads a command line.
 * @param argv as kubectl gets it: flags may stand before the verb
 * @param ours zkubectl's switches that are allowed among kubectl's flags, such as `yes`
 */
export function parseKubectlLine(argv: readonly string[], ours: readonly string[] = []): KubectlLine {
  let verb = '';
  let args = argv;
  for (;;) {
    const at = commandIndex(flagTable(verb, ours), args);
    const word = at === undefined ? undefined : args[at];
    const next = verb === '' ? word : `${verb} ${word}`;
    if (at === undefined || next === undefined || !(verb === '' || Object.hasOwn(COMMANDS, next)))
      return { verb, ...parseFlags(flagTable(verb, ours), args) };
    verb = next;
    args = [...args.slice(0, at), ...args.slice(at + 1)];
  }
}

/**
 * The index of the word that may be a command, found as in cobra (Command.Find): cobra takes the word after any flag that is not a known switch as
 * that flag's value, and skips groups of short flags.
 */
function commandIndex({ long, short }: FlagTable, args: readonly string[]): number | undefined {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') return undefined;
    if (!arg.startsWith('-')) {
      if (arg !== '') return i;
      continue;
    }
    if (arg.includes('=') || !(arg.startsWith('--') || arg.length === 2)) continue;
    const name = arg.startsWith('--') ? longName(arg.slice(2)) : (short.get(arg.slice(1)) ?? '');
    const arity = long.get(name);
    if (arity !== undefined && arity !== 'value') continue;
    i++;
    if (i >= args.length - 1) return undefined;
  }
  return undefined;
}

function parseFlags({ long, short }: FlagTable, args: readonly string[]): Omit<KubectlLine, 'verb'> {
  const flags: KubectlFlag[] = [];
  const words: string[] = [];
  let hasUnknownFlag = false;
  let problem: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      words.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    if (arg.startsWith('--')) {
      const [, written = '', given] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
      const name = longName(written);
      const arity = long.get(name);
      if (name === '' || name.startsWith('-')) problem ??= `bad flag syntax: ${arg}`;
      if (arity === undefined) {
        hasUnknownFlag = true;
        if (given === undefined) problem ??= `unknown flag: --${name}`;
      }
      let value = given;
      if (given === undefined && arity === 'value') {
        if (i + 1 >= args.length) problem ??= `flag needs an argument: --${name}`;
        value = args[++i] ?? '';
      }
      flags.push({ name: `--${name}`, value });
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] ?? '';
      const rest = arg.slice(at + 1);
      const name = short.get(letter);
      if (name === undefined) {
        hasUnknownFlag = true;
        problem ??= `unknown shorthand flag: '${letter}' in ${arg}`;
        break;
      }
      const arity = long.get(name);
      // As in pflag: `=` separates the value only if a value follows.
      if (rest.length > 1 && rest.startsWith('=')) {
        flags.push({ name: `--${name}`, value: rest.slice(1) });
        break;
      }
      if (arity !== 'value') {
        flags.push({ name: `--${name}`, value: undefined });
        continue;
      }
      if (rest === '' && i + 1 >= args.length) problem ??= `flag needs an argument: '${letter}' in ${arg}`;
      flags.push({ name: `--${name}`, value: rest === '' ? (args[++i] ?? '') : rest });
      break;
    }
  }
  return { flags, words, hasUnknownFlag, problem };
}

/** The last value of a flag, which is the effective one. */
export function valueOfFlag({ flags }: Pick<KubectlLine, 'flags'>, ...names: readonly string[]): string | undefined {
  return flags.findLast(flag => names.includes(flag.name))?.value;
}

/** All values of a repeatable flag. */
export function valuesOfFlag({ flags }: Pick<KubectlLine, 'flags'>, name: string): string[] {
  return flags.flatMap(flag => (flag.name === name && flag.value !== undefined ? [flag.value] : []));
}

export function hasFlag({ flags }: Pick<KubectlLine, 'flags'>, name: string): boolean {
  return flags.some(flag => flag.name === name);
}

/** Is a switch given and not false? False values as in Go's strconv.ParseBool. */
export function isSwitchedOn(line: Pick<KubectlLine, 'flags'>, name: string): boolean {
  const flag = line.flags.findLast(f => f.name === name);
  return flag !== undefined && !/^(0|f|F|false|FALSE|False)$/.test(flag.value ?? 'true');
}

/** Is the line certainly a dry run: `--dry-run=client`, `=server`, or without a value, which kubectl reads as `client`? */
export function isDryRun(line: Pick<KubectlLine, 'flags'>): boolean {
  // --raw ignores --dry-run.
  if (hasFlag(line, '--raw')) return false;
  const flag = line.flags.findLast(f => f.name === '--dry-run');
  return flag !== undefined && (flag.value === undefined || flag.value === 'client' || flag.value === 'server');
}

/** Builds a command line from its parts. Each flag is one argument, so that it cannot take the next argument as its value. */
export function kubectlArgs(verb: string, flags: readonly KubectlFlag[], words: readonly string[] = []): string[] {
  const args = flags.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
  const isPlain = words.every(word => !word.startsWith('-'));
  return isPlain ? [...verb.split(' '), ...words, ...args] : [...verb.split(' '), ...args, '--', ...words];
}

/** kubectl's arguments for a line. */
export function argsOf({ verb, flags, words }: KubectlLine): string[] {
  return kubectlArgs(verb, flags, words);
}

/** Removes the flags with these names. */
export function withoutFlags(flags: readonly KubectlFlag[], ...names: readonly string[]): KubectlFlag[] {
  return flags.filter(flag => !names.includes(flag.name));
}

/** The flags that another verb also has. @param except flags with another meaning there */
export function flagsFor(verb: string, flags: readonly KubectlFlag[], ...except: readonly string[]): KubectlFlag[] {
  const { long } = flagTable(verb, []);
  return flags.filter(({ name }) => long.has(name.slice(2)) && !except.includes(name));
}

/** Flags that set the server and its TLS verification. */
export const SERVER_FLAGS: readonly string[] = ['--server', '--tls-server-name', '--insecure-skip-tls-verify'];

/** Flags that give kubectl credentials instead of the kubeconfig's user. */
export const USER_FLAGS: readonly string[] = [
  '--token',
  '--username',
  '--password',
  '--client-certificate',
  '--client-key',
];

/** Flags that override the server or user of the context. */
const LEADS_ELSEWHERE = [...SERVER_FLAGS, '--cluster', '--user', '--token', '--kuberc', '--certificate-authority'];

/** The flags of a line that override the server or user of its context. */
export function targetOverrides({ flags }: Pick<KubectlLine, 'flags'>): string[] {
  return [...new Set(flags.map(flag => flag.name).filter(name => LEADS_ELSEWHERE.includes(name)))];
}
