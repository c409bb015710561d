/** `undo`: takes objects back to how they were before a command of the journal (docs/incidents.md). */
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { pinLine } from '../../cli/guard-world.ts';
import { refuseInReadOnly } from '../../cli/read-only.ts';
import { CliError, ExitCode, NotFoundError } from '../../errors.ts';
import type { Event } from '../../incident/event.ts';
import { type Kept, readKept } from '../../journal/kept.ts';
import { serverOf } from '../../kubeconfig/view.ts';
import { parseKubectlLine } from '../../kubectl/line.ts';
import { localEvents } from '../journal/events.ts';
import { changedSince, confirmUndo } from './confirm-undo.ts';
import { undoBlock } from './undo-block.ts';
import { UndoKubectl } from './undo-kubectl.ts';
import { type ObjectUndo, undoOf } from './undo-object.ts';

export interface UndoOptions {
  /** Undefined: the last command. */
  readonly id: string | undefined;
  readonly force: boolean;
}

export const undoCommand: CommandDefinition<UndoOptions> = {
  texts: {
    summary: 'take back what a command changed on production',
    description:
      'Takes the objects of a command in the journal back to how they were before it. It shows the difference and asks. Only what that command changed is restored: what others have changed since stays, and where they have changed the same fields, nothing is done. Deleted objects are created again. Secrets and secret values are not kept and cannot come back. Without ID: the last command; if nothing was kept of it, it names the last one that can be undone.',
    examples: ['zkubectl undo', 'zkubectl undo 51b56c5c', 'zkubectl undo 51b56c5c --force'],
  },
  declare: command => {
    command
      .argument('[ID]', 'an entry of the journal; default: the last command')
      .option('--force', 'also restore fields that others have changed since');
  },
  options: ([id], flags) => ({ id, force: flags['force'] === true }),
  run: runUndo,
};

export async function runUndo(ctx: Context, { id, force }: UndoOptions): Promise<number> {
  const { messages } = ctx;
  await refuseInReadOnly(ctx);
  const { kept, command } = keptEntry(ctx, id);
  messages.say(`undo of: ${command}`);
  if (kept.block) return undoBlock(ctx, kept.block, force);
  // The question names a cluster: kubectl must use exactly this one.
  const target = await pinLine(ctx, parseKubectlLine(['patch', '--context', kept.context]));
  try {
    const kubectl = new UndoKubectl(ctx, target);
    await checkServer(ctx, kept);
    const undos: ObjectUndo[] = [];
    for (const object of kept.objects) undos.push(undoOf(object, await kubectl.read(object)));
    for (const line of undos.flatMap(undo => undo.lines)) messages.say(line);
    const wanted = undos.filter(undo => undo.hasChanges(force));
    const blocked = undos.filter(undo => undo.isBlocked && !force);
    if (blocked.length > 0) throw changedSince();
    if (wanted.length === 0) {
      messages.say('nothing to undo');
      return undos.every(undo => undo.isDone) ? ExitCode.ok : ExitCode.failed;
    }
    await confirmUndo(ctx, target, wanted.length === 1 ? 'this object' : `these ${wanted.length} objects`);
    let code: number = ExitCode.ok;
    for (const undo of wanted) {
      const ended = await undo.apply(kubectl, force);
      code ||= ended;
    }
    return code;
  } finally {
    target.remove();
  }
}

/**
 * Without an id: the last command that may have changed something. Another command is never taken instead of it.
 * Throws NotFoundError (3) when there is no such entry, or nothing of it was kept.
 */
function keptEntry(ctx: Context, id: string | undefined): { kept: Kept; command: string } {
  const events = localEvents(ctx, undefined).filter(event => id === undefined || event.id?.startsWith(id));
  if (id !== undefined && events.length > 1)
    throw new NotFoundError(`several entries begin with ${id}`, { code: 'no_such_entry', hint: 'zkubectl journal' });
  const newestFirst = events.reverse().map(event => ({ event, kept: readKept(ctx.paths.state, event.id ?? '') }));
  const found = newestFirst.find(({ event, kept }) => kept ?? (id !== undefined || mayHaveChanged(event)));
  if (found?.kept) return { kept: found.kept, command: found.event.what };
  const older = newestFirst.find(({ kept }) => kept);
  throw new NotFoundError(found ? `nothing was kept of: ${found.event.what}` : 'the journal has no such command', {
    code: 'nothing_kept',
    hint: older
      ? `to undo an older command: zkubectl undo ${older.event.id} (${older.event.what})`
      : 'zkubectl journal',
  });
}

/** A run on many clusters may have changed some of them before it failed. */
function mayHaveChanged({ kind, isRead, exitCode }: Event): boolean {
  return kind === 'run' ? !isRead : kind === 'command' && (exitCode ?? 0) === 0;
}

/** Throws CliError (1) when the context leads to another server now. */
async function checkServer(ctx: Context, { context, server }: Kept): Promise<void> {
  const view = await ctx.kubeconfig.load();
  if (server !== undefined && serverOf(view, context) === server) return;
  throw new CliError(`the context ${context} leads to another server now: nothing was undone`, {
    code: 'other_server',
  });
}
