/** The undo of `cluster-update block` and `unblock`. */
import type { Context } from '../../cli/context.ts';
import { ExitCode } from '../../errors.ts';
import type { KeptBlock } from '../../journal/kept.ts';
import { clusterNow, setUpdateBlock, UPDATE_BLOCK_ITEM } from '../cluster-update/shared.ts';
import { changedSince, confirmUndo } from './confirm-undo.ts';

/** Throws CliError (1) when somebody else has changed the block since. */
export async function undoBlock(
  ctx: Context,
  { cluster: name, before, after }: KeptBlock,
  force: boolean,
  forced: string,
): Promise<number> {
  const { messages } = ctx;
  const cluster = await clusterNow(ctx, name);
  const now = cluster.configItems[UPDATE_BLOCK_ITEM];
  if (now === before) {
    messages.say(`updates of ${cluster.alias}: as before`);
    messages.say('nothing to undo');
    return ExitCode.ok;
  }
  messages.say(`updates of ${cluster.alias}: ${stateText(now)} → ${stateText(before)}`);
  if (now !== after && !force) throw changedSince(forced);
  await confirmUndo(
    ctx,
    { name: cluster.alias, environment: cluster.environment },
    before === undefined ? 'allow updates' : 'block updates',
  );
  await setUpdateBlock(ctx, cluster, before);
  messages.say(
    before === undefined
      ? `updates of ${cluster.alias} are allowed again`
      : `updates of ${cluster.alias} are blocked: ${before}`,
  );
  return ExitCode.ok;
}

function stateText(reason: string | undefined): string {
  return reason === undefined ? 'allowed' : `blocked (${reason || 'no reason given'})`;
}
