/** `undo`: takes objects back to how they were before a command of the journal (docs/incidents.md). */
import { confirmOrFail } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { guardPolicy } from '../../cli/guard-policy.ts';
import { pinLine } from '../../cli/guard-world.ts';
import { refuseInReadOnly } from '../../cli/read-only.ts';
import { isGuarded } from '../../clusters/guarded.ts';
import { CliError, ExitCode, NotFoundError, needsYes } from '../../errors.ts';
import { Journal } from '../../journal/journal.ts';
import { type Kept, readKept } from '../../journal/kept.ts';
import { serverOf } from '../../kubeconfig/view.ts';
import { placeOf, typesName } from '../../kubectl/confirm.ts';
import { parseKubectlLine } from '../../kubectl/line.ts';
import type { PinnedTarget } from '../../kubectl/pinned-target.ts';
import { shellWord } from '../../lib/shell-words.ts';
import { canAsk } from '../../platform/io.ts';
import { UndoKubectl } from './undo-kubectl.ts';
import { type ObjectUndo, undoOf } from './undo-object.ts';

export interface UndoOptions {
  /** Undefined: the last command that can be undone. */
  readonly id: string | undefined;
  readonly force: boolean;
}

export const undoCommand: CommandDefinition<UndoOptions> = {
  texts: {
    summary: 'take back what a command changed on production',
    description:
      'Takes the objects of a command in the journal back to how they were before it. It shows the difference and asks. Only what that command changed is restored: what others have changed since stays, and where they have changed the same fields, nothing is done. Deleted objects are created again. Secrets and secret values are not kept and cannot come back. Without ID: the last command that can be undone.',
    examples: ['zkubectl undo', 'zkubectl undo 51b56c5c', 'zkubectl undo 51b56c5c --force'],
  },
  declare: command => {
    command
      .argument('[ID]', 'an entry of the journal; default: the last one that can be undone')
      .option('--force', 'also restore fields that others have changed since');
  },
  options: ([id], flags) => ({ id, force: flags['force'] === true }),
  run: runUndo,
};

export async function runUndo(ctx: Context, { id, force }: UndoOptions): Promise<number> {
  const { messages } = ctx;
  await refuseInReadOnly(ctx);
  const { kept, command } = keptEntry(ctx, id);
  // The question names a cluster: kubectl must use exactly this one.
  const target = await pinLine(ctx, parseKubectlLine(['patch', '--context', kept.context]));
  try {
    const kubectl = new UndoKubectl(ctx, target);
    await checkServer(ctx, kept);
    const undos: ObjectUndo[] = [];
    for (const object of kept.objects) undos.push(undoOf(object, await kubectl.read(object)));
    messages.say(`undo of: ${command}`);
    for (const line of undos.flatMap(undo => undo.lines)) messages.say(line);
    const wanted = undos.filter(undo => undo.hasChanges(force));
    const blocked = undos.filter(undo => undo.isBlocked && !force);
    if (blocked.length > 0)
      throw new CliError('nothing was undone: others have changed the same fields since', {
        code: 'changed_since',
        hint: '--force restores these fields too',
      });
    if (wanted.length === 0) {
      messages.say('nothing to undo');
      return undos.every(undo => undo.isDone) ? ExitCode.ok : ExitCode.failed;
    }
    await confirm(ctx, target, wanted.length);
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

/** Throws NotFoundError (3) when there is no such entry, or nothing of it was kept. */
function keptEntry({ paths }: Context, id: string | undefined): { kept: Kept; command: string } {
  const entries = new Journal(paths.state, 0).entries().filter(entry => id === undefined || entry.id.startsWith(id));
  if (id !== undefined && entries.length > 1)
    throw new NotFoundError(`several entries begin with ${id}`, { code: 'no_such_entry', hint: 'zkubectl journal' });
  for (const { id: found, argv } of entries.reverse()) {
    const kept = readKept(paths.state, found);
    if (kept) return { kept, command: argv.map(shellWord).join(' ') };
  }
  const what = id === undefined ? 'the journal has no command that can be undone' : `nothing was kept of ${id}`;
  throw new NotFoundError(what, { code: 'nothing_kept', hint: 'zkubectl journal' });
}

/** Throws CliError (1) when the context leads to another server now. */
async function checkServer(ctx: Context, { context, server }: Kept): Promise<void> {
  const view = await ctx.kubeconfig.load();
  if (server !== undefined && serverOf(view, context) === server) return;
  throw new CliError(`the context ${context} leads to another server now: nothing was undone`, {
    code: 'other_server',
  });
}

/** On a guarded cluster, the alias is typed. */
async function confirm(ctx: Context, target: PinnedTarget, count: number): Promise<void> {
  if (ctx.globals.yes) return;
  const what = count === 1 ? 'this object' : `these ${count} objects`;
  const { environments } = guardPolicy(await ctx.config());
  const question = `restore ${what} on ${placeOf(target)}?`;
  if (!isGuarded(target.environment, environments)) {
    if (await confirmOrFail(ctx, question)) return;
  } else {
    if (!canAsk(ctx.io)) throw needsYes(question);
    if (await typesName(ctx.io, target.name, `restore ${what}`)) return;
  }
  throw new CliError('not confirmed; nothing was undone', { code: 'not_confirmed' });
}
