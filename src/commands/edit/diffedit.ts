/**
 * `diffedit FILE`: edits a file and shows the changes before it writes them. It can be kubectl's editor (`edit`, KUBE_EDITOR="zkubectl diffedit").
 * Rules: the editor gets a private copy, deleted afterwards; the file is written at once, after confirmation; values of secrets are not shown.
 */
import path from 'node:path';
import { confirmOrFail } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { CliError, InterruptedError, messageOf, NotFoundError, needsYes } from '../../errors.ts';
import { typesName } from '../../kubectl/confirm.ts';
import { nameIn } from '../../kubectl/objects.ts';
import { isRecord } from '../../lib/json.ts';
import { escapeLogText } from '../../lib/terminal-text.ts';
import { styleFor } from '../../output/style.ts';
import { removeDir, writeFileAtomic, writeStateFile } from '../../platform/files/files.ts';
import { uniqueHex } from '../../platform/files/hash.ts';
import { findOnPath } from '../../platform/files/path-search.ts';
import { STATE } from '../../platform/files/paths.ts';
import { readText } from '../../platform/files/read.ts';
import { exists } from '../../platform/files/stat.ts';
import { type Io, isInteractive } from '../../platform/io.ts';
import { withoutSecrets } from '../../platform/process/child-env.ts';
import { commandWords } from '../../platform/process/command-words.ts';
import { exitCodeOf } from '../../platform/process/signals.ts';
import { changesOf } from './edit-diff.ts';

export const diffeditCommand: CommandDefinition<string> = {
  texts: {
    summary: 'edit a file; review the changes before they are written',
    description:
      'Opens a copy of a file in your editor (KUBE_EDITOR, EDITOR), shows your changes, and writes them when you confirm. Values of secrets are not shown. To use it as the editor of kubectl, set KUBE_EDITOR="zkubectl diffedit".',
    examples: ['zkubectl diffedit deployment.yaml'],
  },
  declare: command => {
    command.argument('<FILE>', 'the file');
  },
  options: ([file = '']) => file,
  run: runDiffedit,
};

/** What `edit` passes to the `diffedit` process that kubectl starts. */
export interface EditOrder {
  /** The command of the editor. */
  readonly editor: string;
  /** Our private folder while kubectl runs. It holds the original object. */
  readonly folder: string;
  /** The cluster that the objects are in. */
  readonly where: string;
  /** `foobarlab (production)`, where the guard asks before workloads lose replicas. */
  readonly guarded?: string;
  readonly yes: boolean;
}

export const EDIT_VARIABLE = 'ZKUBECTL_EDIT';

/** The marker file in the folder of an order: the user cancelled. kubectl only knows that its editor failed. */
export const CANCELLED = 'cancelled';
/** The files in the folder of an order: the text that kubectl gave to its editor first, and the text that was written at last. */
export const FIRST = 'first';
export const WRITTEN = 'written';

/** The user's editor, found as kubectl finds it, but never `diffedit` itself. */
export function editorOf(io: Pick<Io, 'env' | 'platform'>): string {
  const wanted = [io.env['KUBE_EDITOR'], io.env['EDITOR']].find(text => text?.trim() && !/\bdiffedit\b/.test(text));
  return wanted ?? (io.platform === 'win32' ? 'notepad' : 'vi');
}

async function runDiffedit(ctx: Context, file: string): Promise<number> {
  const { io } = ctx;
  const target = path.resolve(io.cwd, file);
  const order = orderOf(io);
  const folder = order?.folder ?? path.join(ctx.paths.state, STATE.edits, uniqueHex());
  if (!(order?.yes || ctx.globals.yes || isInteractive(io))) throw needsYes('write the changes?');
  try {
    const code = await review(ctx, target, folder, order);
    if (order === undefined) removeDir(folder);
    return code;
  } catch (error) {
    // Keeps the folder, so that the user's edits are not lost.
    const copy = path.join(folder, path.basename(target));
    if (order && error instanceof InterruptedError) writeStateFile(path.join(folder, CANCELLED), '');
    if (order === undefined && exists(copy)) ctx.messages.warn(`a copy of your changes has been stored to ${copy}`);
    throw error;
  }
}

function orderOf(io: Pick<Io, 'env'>): EditOrder | undefined {
  const text = io.env[EDIT_VARIABLE];
  if (!text) return undefined;
  const order: unknown = JSON.parse(text);
  return isRecord(order) ? (order as unknown as EditOrder) : undefined;
}

async function review(ctx: Context, target: string, folder: string, order?: EditOrder): Promise<number> {
  const { io, messages } = ctx;
  const given = readOrFail(target);
  // kubectl opens the editor again after an error: the changes are still compared with the original object.
  const first = path.join(folder, FIRST);
  const before = readText(first) ?? given;
  writeStateFile(first, before);
  const copy = path.join(folder, path.basename(target));
  writeStateFile(copy, given);
  const code = await runEditor(ctx, order?.editor ?? editorOf(io), copy);
  if (code !== 0) {
    messages.warn(`the editor failed with exit code ${code}: nothing was written`);
    return 1;
  }
  const after = readOrFail(copy);
  if (after === given) {
    if (order === undefined) messages.say('nothing was changed');
    return 0;
  }
  const lines = await changesOf(before, after, await styleFor(io, 'stderr', ctx.globals.color));
  for (const line of lines) io.stderr.write(`${line}\n`);
  if (!(await isConfirmed(ctx, { target, before, after, order }))) {
    messages.say('nothing was written');
    // Acts like an editor that was closed without saving: restores the original.
    if (order !== undefined && before !== given) writeFileAtomic(target, before);
    return 0;
  }
  if (readText(target) !== given) {
    throw new CliError(`${target} not written: another process changed it during the edit`, {
      code: 'changed_meanwhile',
    });
  }
  try {
    if (order !== undefined) writeStateFile(path.join(folder, WRITTEN), after);
    writeFileAtomic(target, after);
  } catch (error) {
    throw new CliError(`${target} could not be written: ${messageOf(error)}`, { code: 'not_written', cause: error });
  }
  return 0;
}

interface Edited {
  readonly target: string;
  readonly before: string;
  readonly after: string;
  readonly order: EditOrder | undefined;
}

/** Asks with y/N; where workloads of a guarded cluster lose replicas, its name must be typed. */
async function isConfirmed(ctx: Context, { target, before, after, order }: Edited): Promise<boolean> {
  if (order === undefined) return confirmOrFail(ctx, `write this to ${path.basename(target)}?`);
  if (order.yes) return true;
  const { objectsInYaml } = await import('../../kubectl/guard-documents.ts');
  const { shrinkingBetween, shrinkingLines } = await import('../../kubectl/replicas.ts');
  const objectsOf = (text: string) => {
    try {
      return objectsInYaml(text);
    } catch {
      // kubectl reports the error, and opens the editor again.
      return [];
    }
  };
  const objects = objectsOf(after);
  const lines = shrinkingLines(order.guarded ?? '', shrinkingBetween(objectsOf(before), objects));
  const { io } = ctx;
  if (order.guarded === undefined || lines.length === 0)
    return confirmOrFail(ctx, `apply this to ${order.where}${namespacesText(objects)}?`);
  for (const line of lines) io.stderr.write(`${escapeLogText(line)}\n`);
  return typesName(io, order.where, 'apply this');
}

/** A text with the namespaces that the objects of a manifest set; empty if they set none. */
function namespacesText(objects: readonly Record<string, unknown>[]): string {
  const namespaces = new Set(objects.flatMap(object => nameIn(object).namespace ?? []));
  if (namespaces.size === 0) return '';
  return `, ${namespaces.size === 1 ? 'namespace' : 'namespaces'} ${[...namespaces].join(', ')}`;
}

function readOrFail(file: string): string {
  try {
    const text = readText(file, undefined, true);
    if (text !== undefined) return text;
  } catch (error) {
    throw new CliError(`${file} could not be read: ${messageOf(error)}`, { code: 'not_read', cause: error });
  }
  throw new NotFoundError(`there is no file ${file}`, { code: 'no_such_file' });
}

async function runEditor({ io }: Context, command: string, file: string): Promise<number> {
  const [name = '', ...args] = await commandWords(command);
  const program = /[\\/]/.test(name) ? name : findOnPath(io, name);
  if (program === undefined) {
    throw new CliError(`the editor ${name} is not on PATH`, {
      code: 'no_editor',
      hint: 'set EDITOR, or KUBE_EDITOR',
    });
  }
  try {
    return exitCodeOf(
      await io.spawn(program, [...args, file], { env: { ...withoutSecrets(io.env), [EDIT_VARIABLE]: undefined } }),
    );
  } catch (error) {
    throw new CliError(`the editor ${name} could not be run: ${messageOf(error)}`, { code: 'no_editor', cause: error });
  }
}
