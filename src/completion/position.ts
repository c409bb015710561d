/** Classifies the word under the cursor: a command, a flag, a value, an argument, or part of a kubectl command line. Words are never evaluated. */

import { resolvePrefix } from '../argv/prefix.ts';
import { firstWordIndex, kubectlArgv, takesGlobalValue } from '../kubectl/leading-flags.ts';
import { KUBECTL_VERBS } from '../kubectl/verbs.ts';
import type { ArgumentEntry, CommandEntry, FlagEntry } from './table.ts';
import { COMMAND_TABLE } from './table.ts';

export type Position =
  /** The first word: a command of zkubectl or kubectl. */
  | { readonly kind: 'command'; readonly partial: string; readonly args: readonly string[] }
  | { readonly kind: 'subcommand'; readonly partial: string; readonly entry: CommandEntry }
  | {
      readonly kind: 'flag';
      readonly partial: string;
      readonly entry: CommandEntry | undefined;
      readonly args: readonly string[];
    }
  /** `prefix` is the part of the word before the value, such as `--cluster=`. */
  | {
      readonly kind: 'value';
      readonly partial: string;
      readonly prefix: string;
      readonly flag: FlagEntry;
      readonly command: string;
    }
  | {
      readonly kind: 'argument';
      readonly partial: string;
      readonly argument: ArgumentEntry;
      readonly command: string;
      /** The arguments before it. */
      readonly before: readonly string[];
    }
  /** `args` are kubectl's arguments; the last is being typed. `flags` are the zkubectl flags allowed there. */
  | {
      readonly kind: 'kubectl';
      readonly partial: string;
      readonly prefix: string;
      readonly args: readonly string[];
      readonly flags: readonly FlagEntry[];
    }
  | { readonly kind: 'files' }
  | { readonly kind: 'nothing' };

/** @param words the words after the program name; the last is under the cursor and may be empty */
export function positionOf(words: readonly string[]): Position {
  const partial = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const index = firstWordIndex(before);
  const globals = COMMAND_TABLE.globals;
  if (index === undefined) {
    const pending = before.at(-1) ?? '';
    if (takesGlobalValue(pending, before)) return globalValue(pending, partial, words);
    if (before.includes('--')) return kubectlPosition(words, words.length - 1, partial);
    const glued = gluedValue(partial, globals, '');
    if (glued) return glued;
    if (partial.startsWith('-'))
      return { kind: 'flag', partial, entry: undefined, args: toKubectl(words, before.length) };
    return { kind: 'command', partial, args: toKubectl(words, before.length) };
  }
  const word = before[index] ?? '';
  if (word === 'kubectl')
    return kubectlPosition(
      words.filter((_, i) => i !== index),
      index,
      partial,
    );
  if (word === 'help') return { kind: 'command', partial, args: [partial] };
  const entry = commandNamed(word);
  if (entry === undefined) return kubectlPosition(words, index, partial);
  if (entry.isKubectl) {
    const yes = COMMAND_TABLE.globals.filter(flag => flag.names.includes('--yes'));
    return kubectlPosition(words, index, partial, [...entry.flags, ...yes]);
  }
  return within(entry, before.slice(index + 1), partial);
}

function globalValue(name: string, partial: string, words: readonly string[]): Position {
  const flag = flagNamed(name, COMMAND_TABLE.globals);
  if (flag) return { kind: 'value', partial, prefix: '', flag, command: '' };
  return kubectlPosition(words, words.length - 1, partial);
}

function kubectlPosition(
  words: readonly string[],
  wordIndex: number,
  partial: string,
  flags: readonly FlagEntry[] = [],
): Position {
  return kubectlLine(toKubectl(words, wordIndex), partial, flags);
}

/** For `--flag=value`, kubectl completes only the value, without `--flag=`. */
function kubectlLine(args: readonly string[], partial: string, flags: readonly FlagEntry[]): Position {
  const prefix = /^--?[^=]+=/.exec(partial)?.[0] ?? '';
  return { kind: 'kubectl', partial: partial.slice(prefix.length), prefix, args, flags };
}

function toKubectl(words: readonly string[], wordIndex: number): string[] {
  return kubectlArgv(words, wordIndex).args;
}

function commandNamed(word: string): CommandEntry | undefined {
  const commands = COMMAND_TABLE.commands;
  const exact = commands.find(entry => entry.name === word || entry.aliases?.includes(word));
  if (exact || KUBECTL_VERBS.has(word)) return exact;
  const { name } = resolvePrefix(
    word,
    commands.map(entry => entry.name),
  );
  return commands.find(entry => entry.name === name);
}

/** The position after a zkubectl command. */
function within(command: CommandEntry, before: readonly string[], partial: string): Position {
  let entry = command;
  let path = command.name;
  let pending: FlagEntry | undefined;
  let isOver = false;
  const given: string[] = [];
  for (const word of before) {
    if (pending) {
      pending = undefined;
      continue;
    }
    if (!isOver && word === '--') isOver = true;
    else if (!isOver && word.startsWith('-') && word !== '-') {
      const flag = flagNamed(word, allFlags(entry));
      pending = flag?.value !== undefined && !flag.isOptional ? flag : undefined;
    } else if (entry.subcommands && given.length === 0) {
      const sub = subcommandOf(entry, word);
      if (sub === undefined && entry.arguments.length === 0) return { kind: 'nothing' };
      if (sub === undefined) given.push(word);
      else {
        entry = sub;
        path = `${path} ${sub.name}`;
      }
    } else given.push(word);
  }
  if (entry.name === 'on' && isOver) return otherProgram(before, given, partial);
  if (pending) return { kind: 'value', partial, prefix: '', flag: pending, command: path };
  if (!isOver && partial.startsWith('-')) {
    return gluedValue(partial, allFlags(entry), path) ?? { kind: 'flag', partial, entry, args: [] };
  }
  if (entry.subcommands && given.length === 0) return { kind: 'subcommand', partial, entry };
  const argument = entry.arguments[given.length] ?? entry.arguments.find(one => one.isVariadic);
  return argument ? { kind: 'argument', partial, argument, command: path, before: given } : { kind: 'nothing' };
}

/** A command that stands alone takes arguments as well, so its subcommands cannot be abbreviated. */
function subcommandOf({ subcommands = [], arguments: taken }: CommandEntry, word: string): CommandEntry | undefined {
  const names = subcommands.map(sub => sub.name);
  const name = taken.length > 0 ? word : resolvePrefix(word, names).name;
  return subcommands.find(sub => sub.name === name);
}

/** After `on SELECTION -- PROGRAM`, the rest belongs to that program. kubectl completes with the first cluster. @param given the selection and the program */
function otherProgram(before: readonly string[], given: readonly string[], partial: string): Position {
  const [program, ...args] = before.slice(before.indexOf('--') + 1);
  if (program === undefined)
    return { kind: 'argument', partial, argument: { name: 'COMMAND' }, command: 'on', before: given };
  if (program !== 'kubectl') return { kind: 'files' };
  const selection = given.slice(0, given.length - args.length - 1);
  const cluster = selection.flatMap(word => word.split(',')).find(word => /^[A-Za-z0-9][^*?[]*$/.test(word));
  return kubectlLine([...(cluster === undefined ? [] : ['--context', cluster]), ...args, partial], partial, []);
}

export function allFlags(entry: CommandEntry | undefined): readonly FlagEntry[] {
  const own = entry?.flags ?? [];
  const taken = new Set(own.flatMap(flag => flag.names));
  return [...own, ...COMMAND_TABLE.globals.filter(flag => !flag.names.some(name => taken.has(name)))];
}

function flagNamed(word: string, flags: readonly FlagEntry[]): FlagEntry | undefined {
  return flags.find(flag => flag.names.includes(word));
}

/** `--cluster=foo` and `-nfoo`: a flag with its value in one word. */
function gluedValue(partial: string, flags: readonly FlagEntry[], command: string): Position | undefined {
  const [, name = '', separator = '', value = ''] =
    /^(--[^=]+)(=)(.*)$/s.exec(partial) ?? /^(-[A-Za-z])(=?)(.+)$/s.exec(partial) ?? [];
  const flag = flagNamed(name, flags);
  if (flag?.value === undefined) return undefined;
  return { kind: 'value', partial: value, prefix: `${name}${separator}`, flag, command };
}
