/** `cluster-update block`: blocks the updates of a cluster. */

import { userOf } from '../../auth/jwt.ts';
import { confirmOrFail } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { platformClaims } from '../../cli/identity.ts';
import { CliError, UsageError } from '../../errors.ts';
import { isInteractive } from '../../platform/io.ts';
import { readStdin } from '../../platform/terminal/stdin.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { updateBlock } from '../../registry/cluster-state.ts';
import { clusterNow, setUpdateBlock } from './shared.ts';

export interface BlockOptions {
  readonly cluster?: string | undefined;
  readonly reason?: string | undefined;
}

export const blockCommand: CommandDefinition<BlockOptions> = {
  texts: {
    summary: 'block updates of a cluster',
    description:
      "Blocks updates of the current context's cluster. The reason and your name are written into the registry, for all to see.",
    examples: [
      'zkubectl cluster-update block --reason "cyber week"',
      'zkubectl cluster-update block --cluster foobarlab --reason "INC-1234" --yes',
    ],
  },
  declare: command => {
    command
      .option('--reason <TEXT>', 'the reason; default: stdin, or a question on a terminal')
      .option(...CLUSTER_FLAG);
  },
  options: (_, flags) => flags,
  run: runBlock,
};

export async function runBlock(ctx: Context, options: BlockOptions): Promise<void> {
  const cluster = await clusterNow(ctx, options.cluster);
  const reason = (options.reason ?? (await askReason(ctx, cluster))).trim();
  if (reason === '') throw new UsageError('no reason given', { code: 'no_reason', hint: '--reason TEXT' });
  const before = updateBlock(cluster);
  if (before !== undefined) {
    ctx.messages.say(`updates of ${cluster.alias} are blocked already: ${before}`);
    if (!(await confirmOrFail(ctx, 'overwrite the reason?')))
      throw new CliError('not confirmed; the block is unchanged', { code: 'not_confirmed' });
  }
  const value = `${reason} (${await userName(ctx)})`;
  await setUpdateBlock(ctx, cluster, value);
  ctx.messages.say(`updates of ${cluster.alias} are blocked: ${value}`);
}

const MAX_REASON_BYTES = 4096;

/** From stdin when it is no terminal, as upstream does. */
async function askReason(ctx: Context, cluster: Cluster): Promise<string> {
  if (!ctx.io.isTTY.stdin)
    return (await readStdin(ctx.io, MAX_REASON_BYTES))
      .toString('utf8')
      .trim()
      .replace(/\s*\n\s*/g, ' ');
  if (!isInteractive(ctx.io)) throw new UsageError('no reason given', { code: 'no_reason', hint: '--reason TEXT' });
  return ctx.io.prompt.input(`why block updates of ${cluster.alias}?`);
}

/** The user's name, from the platform's token. */
async function userName(ctx: Context): Promise<string> {
  return userOf(await platformClaims(ctx, await ctx.platformToken())) ?? ctx.io.env['USER'] ?? 'unknown';
}
