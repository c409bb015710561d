/** `--block-updates`: no update of the cluster disturbs an incident. */
import type { Context } from '../../cli/context.ts';
import { CliError } from '../../errors.ts';
import { updateBlock } from '../../registry/cluster-state.ts';
import { runBlock } from '../cluster-update/block.ts';
import { clusterNow } from '../cluster-update/shared.ts';

/** Blocks the updates, unless they are blocked already. A failure is said, and the request goes on. @param incident such as `INC-1234` */
export async function blockUpdates(
  ctx: Context,
  name: string | undefined,
  incident: string,
): Promise<{ sayAgain(): void } | undefined> {
  try {
    const cluster = await clusterNow(ctx, name);
    const before = updateBlock(cluster);
    if (before !== undefined) {
      ctx.messages.say(`updates of ${cluster.alias} are blocked already: ${before}`);
      return undefined;
    }
    await runBlock(ctx, { cluster: cluster.alias, reason: incident });
    return {
      sayAgain: () =>
        ctx.messages.hint(
          `updates of ${cluster.alias} stay blocked; when the incident is over: zkubectl cluster-update unblock --cluster ${cluster.alias}`,
        ),
    };
  } catch (error) {
    if (!(error instanceof CliError) || ctx.io.signal.aborted) throw error;
    ctx.messages.error(error);
    return undefined;
  }
}
