/** Pass-through: kubectl with argv verbatim, no shell, stdio inherited, signals forwarded, its exit code. */
import type { Context } from '../context.ts';
import { CliError, messageOf, systemErrorCode } from '../errors.ts';
import { exitCodeOfSignal } from '../platform/signals.ts';

/** Counts how often zkubectl and kubectl have started each other, so that a kubectl on PATH that is a script around us ends. */
const DEPTH = 'ZKUBECTL_DEPTH';
const MAX_DEPTH = 8;

export async function runKubectl(
  ctx: Pick<Context, 'io' | 'kubectl' | 'messages'>,
  args: readonly string[],
): Promise<number> {
  const depth = Number(ctx.io.env[DEPTH] ?? 0) || 0;
  if (depth >= MAX_DEPTH) {
    throw new CliError('the kubectl on PATH runs zkubectl again, which would never end', {
      code: 'kubectl_loop',
      hint: 'set the real one: zkubectl configure kubectl.path=/path/to/kubectl',
    });
  }
  const file = await ctx.kubectl();
  ctx.messages.endProgress();
  ctx.messages.debug(`runs ${file}`);
  try {
    const { code, signal } = await ctx.io.spawn(file, args, { env: { ...ctx.io.env, [DEPTH]: String(depth + 1) } });
    return signal === null ? (code ?? 1) : exitCodeOfSignal(signal);
  } catch (error) {
    throw new CliError(`kubectl could not be run: ${messageOf(error)}`, {
      code: `kubectl_${(systemErrorCode(error) ?? 'failed').toLowerCase()}`,
      hint: `try it by itself: ${file} version --client`,
      cause: error,
    });
  }
}
