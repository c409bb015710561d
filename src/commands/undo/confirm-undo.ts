/** The question of `undo`, and its refusal. */
import { confirmOrFail } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { guardPolicy } from '../../cli/guard-policy.ts';
import { isGuarded } from '../../clusters/guarded.ts';
import { CliError, needsYes } from '../../errors.ts';
import { placeOf, typesName } from '../../kubectl/confirm.ts';
import type { PinnedTarget } from '../../kubectl/pinned-target.ts';
import { canAsk } from '../../platform/io.ts';

/** @param forced the command that restores all the same. Undefined: nothing can be restored by force. */
export function changedSince(forced: string | undefined): CliError {
  return new CliError('nothing was undone: others have changed the same objects since', {
    code: 'changed_since',
    hint: forced && `to overwrite their changes: ${forced}`,
  });
}

/** Throws CliError (1) without a yes. On a guarded cluster, the alias is typed. @param action such as `restore this object` */
export async function confirmUndo(
  ctx: Context,
  target: Pick<PinnedTarget, 'name' | 'environment'>,
  action: string,
): Promise<void> {
  if (ctx.globals.yes) return;
  const { environments } = guardPolicy(await ctx.config());
  const question = `${action} on ${placeOf(target)}?`;
  if (!isGuarded(target.environment, environments)) {
    if (await confirmOrFail(ctx, question)) return;
  } else {
    if (!canAsk(ctx.io)) throw needsYes(question);
    if (await typesName(ctx.io, target.name, action)) return;
  }
  throw new CliError('not confirmed; nothing was undone', { code: 'not_confirmed' });
}
