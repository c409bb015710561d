/** `undo`: takes objects back to how they were before a command of the journal (docs/incidents.md). */
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { pinLine } from '../../cli/guard-world.ts';
import { refuseInReadOnly } from '../../cli/read-only.ts';
import { CliError, ExitCode, NotFoundError, UsageError } from '../../errors.ts';
import type { Event } from '../../incident/event.ts';
import { type Kept, readKept } from '../../journal/kept.ts';
import { clusterNameOf, type KubeconfigView, serverOf } from '../../kubeconfig/view.ts';
import { placeOf } from '../../kubectl/confirm.ts';
import { parseKubectlLine } from '../../kubectl/line.ts';
import type { PinnedTarget } from '../../kubectl/pinned-target.ts';
import { localEvents } from '../journal/events.ts';
import { changedSince, confirmUndo } from './confirm-undo.ts';
import { undoBlock } from './undo-block.ts';
import { UndoKubectl } from './undo-kubectl.ts';
import { type ObjectUndo, undoOf } from './undo-object.ts';

export interface UndoOptions {
  /** Undefined: the last command of the current cluster. */
  readonly id: string | undefined;
  readonly force: boolean;
}

export const undoCommand: CommandDefinition<UndoOptions> = {
  texts: {
    summary: 'take back what a command changed on production',
    description:
      'Takes the objects of a command in the journal back to how they were before it. It shows the difference and asks. Only what that command changed is restored: what others have changed since stays, and where they have changed the same fields, nothing is done without --force. Deleted objects are created again. Secrets and secret values are not kept and cannot come back. Without ID: the last command; if nothing was kept of it, it names the last one that can be undone.',
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
  const { entry, kept, command } = keptEntry(ctx, id);
  if (!kept.isAfterKnown)
    throw new CliError(
      `nothing was undone: what this command changed is not known, because the objects could not be read after it: ${command}`,
      {
        code: 'after_unknown',
        hint: 'compare by hand: zkubectl get',
      },
    );
  await checkCluster(ctx, kept, entry, id);
  (await ctx.journal()).willUndo(entry);
  const forced = `zkubectl undo ${entry} --force`;
  if (kept.block) {
    messages.say(`undo of: ${command} on ${kept.block.cluster}`);
    return undoBlock(ctx, kept.block, force, forced);
  }
  // The question names a cluster: kubectl must use exactly this one.
  const target = await pinLine(ctx, parseKubectlLine(['patch', '--context', kept.context]));
  try {
    const kubectl = new UndoKubectl(ctx, target);
    await checkServer(ctx, kept);
    const undos: ObjectUndo[] = [];
    for (const object of kept.objects) undos.push(undoOf(object, await kubectl.read(object)));
    messages.say(`undo of: ${command} on ${placeOf(target)}`);
    for (const line of undos.flatMap(undo => undo.lines)) messages.say(line);
    for (const text of kept.notKept) messages.say(`${text}: was not kept, and cannot come back`);
    return await applyUndos(ctx, { target, kubectl, undos, force, forced, isWhole: kept.notKept.length === 0 });
  } finally {
    target.remove();
  }
}

interface Applied {
  readonly target: PinnedTarget;
  readonly kubectl: UndoKubectl;
  readonly undos: readonly ObjectUndo[];
  readonly force: boolean;
  /** The command that overwrites others' changes. */
  readonly forced: string;
  /** Was everything kept that the command changed? */
  readonly isWhole: boolean;
}

async function applyUndos(ctx: Context, { target, kubectl, undos, force, forced, isWhole }: Applied): Promise<number> {
  const wanted = undos.filter(undo => undo.hasChanges(force));
  const isBlocked = undos.some(undo => undo.isBlocked);
  if (isBlocked && !force)
    throw changedSince(undos.some(undo => undo.isBlocked && undo.hasChanges(true)) ? forced : undefined);
  const whole = isWhole ? ExitCode.ok : ExitCode.failed;
  if (wanted.length === 0) {
    const isDone = undos.every(undo => undo.isDone);
    ctx.messages.say(
      isDone ? 'nothing to undo: all is as it was before' : 'nothing was undone: none of this can be restored',
    );
    return isDone ? whole : ExitCode.failed;
  }
  const verbs = [...new Set(wanted.map(({ effect = 'restore' }) => effect))].sort().join(' and ');
  await confirmUndo(ctx, target, `${verbs} ${wanted.length === 1 ? 'this object' : `these ${wanted.length} objects`}`);
  let code: number = whole;
  for (const undo of wanted) {
    const ended = await undo.apply(kubectl, force);
    code ||= ended;
  }
  return code;
}

interface Chosen {
  readonly kept: Kept;
  readonly command: string;
  /** The id of the journal's entry. */
  readonly entry: string;
}

/**
 * Without an id: the last command that may have changed something. Another command is never taken instead of it. An undo that failed is tried again.
 * Throws NotFoundError (3) when there is no such entry, or nothing of it was kept.
 */
function keptEntry(ctx: Context, id: string | undefined): Chosen {
  const all = localEvents(ctx, undefined);
  const keptOf = (event: Event) => readKept(ctx.paths.state, event.id ?? '');
  const named = id === undefined ? all : all.filter(event => event.id?.startsWith(id));
  if (id !== undefined && named.length > 1)
    throw new NotFoundError(`several entries begin with ${id}`, { code: 'no_such_entry', hint: 'zkubectl journal' });
  const last = named.findLast(event => id !== undefined || mayHaveChanged(event));
  const kept = last && keptOf(last);
  if (last && kept) {
    const unfinished = id === undefined && last.exitCode !== 0 ? kept.undoes : undefined;
    const first = unfinished === undefined ? undefined : all.find(event => event.id === unfinished);
    const again = first && keptOf(first);
    if (first && again) return { kept: again, command: first.what, entry: first.id ?? '' };
    return { kept, command: last.what, entry: last.id ?? '' };
  }
  const older = named.findLast(event => event !== last && keptOf(event)?.isAfterKnown);
  throw new NotFoundError(last ? `nothing was kept of: ${last.what}` : 'the journal has no such command', {
    code: 'nothing_kept',
    hint: older ? `to undo an older command: zkubectl undo ${older.id} (${older.what})` : 'zkubectl journal',
  });
}

/** Also a command that failed: it may have changed something before. */
function mayHaveChanged({ kind, isRead }: Event): boolean {
  return kind === 'command' || (kind === 'run' && !isRead);
}

/** Throws UsageError (2) when the command was run on another cluster than the current one, and is not named by its id. */
async function checkCluster(ctx: Context, kept: Kept, entry: string, id: string | undefined): Promise<void> {
  if (id !== undefined && ctx.globals.context === undefined) return;
  const view = await ctx.kubeconfig.load();
  const current = ctx.globals.context ?? view.currentContext;
  const isSame = kept.block ? kept.block.cluster === safeName(view, current) : kept.context === current;
  if (isSame) return;
  throw new UsageError(
    `the command was run on ${kept.block?.cluster ?? kept.context}, not on ${current || 'the current cluster'}: nothing was undone`,
    { code: 'other_cluster', hint: `to undo it there: zkubectl undo ${entry}` },
  );
}

function safeName(view: KubeconfigView, context: string): string | undefined {
  return view.contexts.has(context) ? clusterNameOf(view, context) : undefined;
}

/** Throws CliError (1) when the context leads to another server now. */
async function checkServer(ctx: Context, { context, server }: Kept): Promise<void> {
  const view = await ctx.kubeconfig.load();
  if (server !== undefined && serverOf(view, context) === server) return;
  throw new CliError(`the context ${context} leads to another server now: nothing was undone`, {
    code: 'other_server',
  });
}
