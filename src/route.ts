/**
 * Decides whether a command line is for zkubectl, kubectl or a plugin. It only decides; main.ts runs the command.
 * Rule: imports only what pass-through and `credentials` need.
 */
import { beforeDashes } from './argv/globals.ts';
import { resolvePrefix } from './argv/prefix.ts';
import { COMMANDS, commandNamed, commandWords, standsAlone, subcommandsOf } from './commands/index.ts';
import { UsageError } from './errors.ts';
import { firstWordIndex, hasUnknownFlag } from './kubectl/leading-flags.ts';
import { isGuardedVerb, KUBECTL_VERBS } from './kubectl/verbs.ts';
import { nearest } from './lib/nearest.ts';
import { findOnPath } from './platform/files/path-search.ts';
import type { Io } from './platform/io.ts';

export type Route =
  | { readonly kind: 'version' }
  /** `help --all`. */
  | { readonly kind: 'help-all'; readonly argv: readonly string[] }
  /** A completion request: `__complete`, `__completeNoDesc` or `__completeFor`. */
  | { readonly kind: 'complete'; readonly word: string; readonly argv: readonly string[] }
  /** One of our commands. `command` undefined: help or version of the whole program. */
  | {
      readonly kind: 'command';
      readonly command: string | undefined;
      readonly argv: readonly string[];
      /** The command that replaces the one that was typed. */
      readonly renamed?: string;
    }
  /** One of our commands that takes kubectl's own flags: its arguments are not parsed with commander. */
  | {
      readonly kind: 'kubectl-like';
      readonly command: string;
      readonly argv: readonly string[];
      readonly wordIndex: number;
    }
  /** kubectl, or a plugin of that name. */
  | {
      readonly kind: 'kubectl';
      readonly argv: readonly string[];
      readonly wordIndex: number;
      /** `zkubectl kubectl …`: nothing is guarded. */
      readonly isPlain: boolean;
      /** Neither zkubectl nor kubectl knows the first word: it may be a plugin, zkubectl-WORD. */
      readonly mayBePlugin: boolean;
      /** Our command with the most similar name, when kubectl does not know the word. */
      readonly nearest: string | undefined;
    };

type PathIo = Pick<Io, 'env' | 'platform' | 'self'>;

/** Throws UsageError (2) for an ambiguous abbreviation, and for a line whose verb is uncertain. */
export function routeOf(argv: readonly string[], io: PathIo): Route {
  if (argv.length === 1 && argv[0] === '--version') return { kind: 'version' };
  if (/^__complete(NoDesc|For)?$/.test(argv[0] ?? ''))
    return { kind: 'complete', word: argv[0] ?? '', argv: argv.slice(1) };
  const index = firstWordIndex(argv);
  const word = index === undefined ? undefined : argv[index];
  if (index === undefined || word === undefined) return routeWithoutWord(argv);
  if (word === 'kubectl') return kubectl([...argv.slice(0, index), ...argv.slice(index + 1)], index, { isPlain: true });
  const renamed = Object.hasOwn(OLD_NAMES, word) ? OLD_NAMES[word] : undefined;
  if (renamed) return routeRenamed(argv, index, renamed, io);
  if (word === 'help') return routeHelp(argv, index, io);
  refuseHiddenVerb(argv, index);
  const command = resolveCommand(word, io);
  if (command === undefined) {
    const isKubectls = KUBECTL_VERBS.has(word);
    return kubectl(argv, index, {
      mayBePlugin: !isKubectls,
      nearest: isKubectls ? undefined : nearest(word, commandWords(), 1)[0],
    });
  }
  const entry = COMMANDS[command];
  if (entry && 'load' in entry && entry.takesKubectlFlags && !asksForHelp(argv))
    return { kind: 'kubectl-like', command, argv, wordIndex: index };
  const rest = [...argv];
  rest[index] = command;
  return { kind: 'command', command, argv: withoutEquals(expandSubcommand(rest, index, command)) };
}

/** Older names of upstream's commands. */
const OLD_NAMES: Readonly<Record<string, readonly string[]>> = {
  'manual-access': ['cluster-access', 'request'],
  'emergency-access': ['cluster-access', 'request', '--emergency'],
  'list-access-requests': ['cluster-access', 'list'],
  'approve-manual-access': ['cluster-access', 'approve'],
};

function routeRenamed(argv: readonly string[], index: number, words: readonly string[], io: PathIo): Route {
  const rest = argv.slice(index + 1);
  // Some of them had the subcommand `request`.
  const args = rest[0] === 'request' && words.includes('request') ? rest.slice(1) : rest;
  const route = routeOf([...argv.slice(0, index), ...words, ...args], io);
  return route.kind === 'command' ? { ...route, renamed: words.join(' ') } : route;
}

function kubectl(
  argv: readonly string[],
  wordIndex: number,
  more: { isPlain?: boolean; mayBePlugin?: boolean; nearest?: string | undefined } = {},
): Route {
  return { kind: 'kubectl', argv, wordIndex, isPlain: false, mayBePlugin: false, nearest: undefined, ...more };
}

function routeWithoutWord(argv: readonly string[]): Route {
  if (argv.some(arg => arg.startsWith('-') && !isOurTopLevelFlag(arg)) && !argv.includes('--version'))
    return kubectl(argv, 0);
  const asks = argv.some(arg => arg === '--version' || arg === '--help' || arg === '-h');
  return { kind: 'command', command: undefined, argv: withoutEquals(asks ? argv : [...argv, '--help']) };
}

function routeHelp(argv: readonly string[], index: number, io: PathIo): Route {
  if (argv.slice(index).includes('--all')) return { kind: 'help-all', argv };
  const word = argv[index + 1];
  const topic = word === undefined || word.startsWith('-') ? undefined : word;
  const command = topic === undefined ? undefined : resolveCommand(topic, io);
  if (topic !== undefined && command === undefined) return kubectl(argv, index);
  const rest = [...argv.slice(0, index), ...(command === undefined ? [] : [command]), '--help'];
  return { kind: 'command', command, argv: withoutEquals(rest) };
}

/** Refuses an unknown flag before the verb: kubectl may take the next word as the flag's value, and then run a guarded verb that we did not see. */
function refuseHiddenVerb(argv: readonly string[], wordIndex: number): void {
  const hidden = beforeDashes(argv)
    .slice(wordIndex + 1)
    .find(isGuardedVerb);
  if (hidden === undefined || !hasUnknownFlag(argv.slice(0, wordIndex))) return;
  throw new UsageError(`flags must come after ${hidden}`, {
    code: 'hidden_verb',
    hint: `zkubectl ${hidden} … FLAGS`,
  });
}

function asksForHelp(argv: readonly string[]): boolean {
  return beforeDashes(argv).some(arg => arg === '--help' || arg === '-h');
}

function isOurTopLevelFlag(arg: string): boolean {
  return /^(-h|--help|--version|--debug|--offline|--yes|--color(=.*)?|--context(=.*)?|--kubeconfig(=.*)?|--namespace(=.*)?|-n.*|-o.*|--output(=.*)?)$/.test(
    arg,
  );
}

/** Our command for a name or abbreviation; undefined: the word is for kubectl. Throws UsageError for an ambiguous abbreviation. */
function resolveCommand(word: string, io: PathIo): string | undefined {
  const exact = commandNamed(word);
  if (exact !== undefined) return exact;
  if (KUBECTL_VERBS.has(word) || !/^[a-z]/.test(word)) return undefined;
  const { name, ambiguous } = resolvePrefix(word, commandWords(), alias => commandNamed(alias) ?? alias);
  if (name === undefined && ambiguous.length === 0) return undefined;
  // A plugin of exactly this name wins over an abbreviation of our command.
  for (const program of ['kubectl', 'zkubectl'])
    if (findOnPath(io, `${program}-${word.replaceAll('-', '_')}`) !== undefined) return undefined;
  if (name !== undefined) return name;
  throw new UsageError(`"${word}" is ambiguous: ${ambiguous.join(', ')}`, {
    code: 'ambiguous_command',
    hint: 'type more letters of the command',
  });
}

function expandSubcommand(argv: string[], index: number, command: string): string[] {
  const subcommands = subcommandsOf(command);
  const offset = firstWordIndex(argv.slice(index + 1));
  if (subcommands.length === 0 || offset === undefined) return argv;
  const at = index + 1 + offset;
  const word = argv[at] ?? '';
  if (standsAlone(command)) return argv;
  const { name, ambiguous } = resolvePrefix(word, subcommands);
  if (name === undefined) {
    const [best] = nearest(word, subcommands, 1);
    throw new UsageError(
      ambiguous.length > 0
        ? `"${command} ${word}" is ambiguous: ${ambiguous.join(', ')}`
        : `unknown command "${command} ${word}"`,
      {
        code: 'unknown_subcommand',
        hint: best === undefined ? `zkubectl ${command} --help` : `did you mean zkubectl ${command} ${best}?`,
      },
    );
  }
  const expanded = [...argv];
  expanded[at] = name;
  return expanded;
}

/** `-n=shop` is `-nshop`, as for kubectl. */
function withoutEquals(argv: readonly string[]): string[] {
  const end = beforeDashes(argv).length;
  return argv.map((arg, i) => (i < end ? arg.replace(/^(-[nolitc])=/, '$1') : arg));
}
