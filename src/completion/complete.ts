/**
 * `__complete` and `__completeFor`: the hidden commands that a shell runs when TAB is pressed.
 * `__complete WORD…` uses cobra's format, so that tools that complete kubectl can complete zkubectl. zkubectl's own scripts run
 * `__completeFor SHELL COLUMNS TYPE COUNT WORD…`. Rules: nothing is ever written to stderr. An error gives no candidates.
 */

import { NO_GLOBALS } from '../argv/globals.ts';
import { Context } from '../cli/context.ts';
import { messageOf } from '../errors.ts';
import { KUBECTL_VERBS } from '../kubectl/verbs.ts';
import type { Io } from '../platform/io.ts';
import { joinBashWords } from './bash-words.ts';
import {
  type Candidate,
  COMPLETION_SHELLS,
  type Completion,
  cobraLines,
  fitting,
  linesFor,
  NOTHING,
} from './candidates.ts';
import { completeByKubectl } from './kubectl.ts';
import { allFlags, type Position, positionOf } from './position.ts';
import { globalsOfWords, SOURCES } from './sources.ts';
import type { FlagEntry } from './table.ts';
import { COMMAND_TABLE } from './table.ts';

/** @param argv the arguments after the hidden command */
export async function runComplete(name: string, argv: readonly string[], io: Io): Promise<number> {
  const lines = name === '__completeFor' ? await forShell(argv, io) : await asCobra(name, argv, io);
  io.stdout.write(lines.map(line => `${line}\n`).join(''));
  return 0;
}

async function asCobra(name: string, words: readonly string[], io: Io): Promise<string[]> {
  return cobraLines(await complete(words.length === 0 ? [''] : words, io), name === '__complete');
}

async function forShell(argv: readonly string[], io: Io): Promise<string[]> {
  const [shellName, columns = '', type = '', count = '', ...given] = argv;
  const shell = COMPLETION_SHELLS.find(one => one === shellName);
  if (shell === undefined) return [];
  // Windows PowerShell drops empty arguments.
  const pieces = given.length < Number(count) || given.length === 0 ? [...given, ''] : given;
  const { words, cut } = shell === 'bash' ? joinBashWords(pieces) : { words: pieces, cut: 0 };
  const how = { columns: Number(columns) || 80, completionType: Number(type) || 0, cut };
  return linesFor(shell, await complete(words, io), how);
}

/** @param words the words after the program name; the last is being typed */
export async function complete(words: readonly string[], io: Io): Promise<Completion> {
  const ctx = new Context(io, { ...NO_GLOBALS, ...globalsOfWords(words), offline: true });
  try {
    const position = positionOf(words);
    const completion = await at(ctx, position);
    const prefix = 'prefix' in position ? position.prefix : '';
    const partial = 'partial' in position ? position.partial : '';
    const isFlag = position.kind === 'flag' || position.kind === 'kubectl' || position.kind === 'command';
    return {
      ...completion,
      candidates: fitting(completion.candidates, partial, isFlag && partial.startsWith('-')).map(candidate =>
        prefix === '' ? candidate : { ...candidate, word: prefix + candidate.word },
      ),
    };
  } catch (error) {
    ctx.messages.debug(`nothing is completed: ${messageOf(error)}`);
    return NOTHING;
  }
}

async function at(ctx: Context, position: Position): Promise<Completion> {
  switch (position.kind) {
    case 'command':
      return commands(ctx, position.args);
    case 'subcommand':
      return {
        candidates: (position.entry.subcommands ?? []).map(sub => ({ word: sub.name, description: sub.summary })),
      };
    case 'flag': {
      const ours = flagCandidates(allFlags(position.entry), position.partial);
      if (position.entry !== undefined) return { candidates: ours };
      return { candidates: [...ours, ...(await completeByKubectl(ctx, position.args)).candidates] };
    }
    case 'kubectl': {
      const completion = await completeByKubectl(ctx, position.args);
      if (!position.partial.startsWith('-') || position.flags.length === 0) return completion;
      return {
        ...completion,
        candidates: [...flagCandidates(position.flags, position.partial), ...completion.candidates],
      };
    }
    case 'value':
      return values(ctx, position.flag.value ?? '', position.flag.choices, position.command, position.partial, []);
    case 'argument':
      return values(
        ctx,
        position.argument.name,
        position.argument.choices,
        position.command,
        position.partial,
        position.before,
      );
    case 'files':
      return { candidates: [], files: 'files' };
    case 'nothing':
      return NOTHING;
  }
}

async function values(
  ctx: Context,
  name: string,
  choices: readonly string[] | undefined,
  command: string,
  partial: string,
  before: readonly string[],
): Promise<Completion> {
  if (choices) return { candidates: choices.map(word => ({ word })) };
  const source = SOURCES[`${command} ${name}`] ?? SOURCES[name];
  return source ? source(ctx, { partial, before }) : NOTHING;
}

/** Long flag names. Short names only after `-`, or when typed in full. */
function flagCandidates(flags: readonly FlagEntry[], partial: string): Candidate[] {
  return flags
    .filter(flag => !flag.isHidden)
    .flatMap(flag => {
      const names = flag.names.filter(name => name.startsWith('--') || partial === '-' || name === partial);
      const shown = partial.startsWith('--') ? names.filter(name => name.startsWith('--')) : names;
      return shown.map(word => ({ word, description: flag.help }));
    });
}

/** zkubectl's commands, kubectl's commands, and plugins on PATH. */
async function commands(ctx: Context, args: readonly string[]): Promise<Completion> {
  const ours = COMMAND_TABLE.commands.map(entry => ({ word: entry.name, description: entry.summary }));
  const [kubectls, { listExecutables }] = await Promise.all([
    completeByKubectl(ctx, args),
    import('../platform/files/path-search.ts'),
  ]);
  const theirs = kubectls.candidates.length > 0 ? kubectls.candidates : [...KUBECTL_VERBS].map(word => ({ word }));
  const plugins = listExecutables(ctx.io, /^zkubectl-[A-Za-z0-9_]+$/).map(({ name }) => ({
    word: name.slice('zkubectl-'.length).replaceAll('_', '-'),
    description: 'plugin',
  }));
  return {
    candidates: [...ours, ...theirs, ...plugins, { word: 'kubectl', description: 'run kubectl directly' }],
  };
}
