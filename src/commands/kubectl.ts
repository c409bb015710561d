/** Pass-through: kubectl with argv verbatim, no shell, stdio inherited, signals forwarded, its exit code. */
import type { Context } from '../context.ts';
import { CliError, messageOf, systemErrorCode } from '../errors.ts';
import { firstWordIndex } from '../globals.ts';
import { childDepth } from '../platform/child-depth.ts';
import type { Env, SpawnOptions, SpawnResult } from '../platform/io.ts';
import { exitCodeOf } from '../platform/signals.ts';

export async function runKubectl(
  ctx: Pick<Context, 'io' | 'kubectl' | 'messages'>,
  args: readonly string[],
  env: Env = {},
): Promise<number> {
  return exitCodeOf(await spawnKubectl(ctx, args, { stdio: 'inherit' }, env));
}

/** kubectl's verbs that neither take over the terminal nor run for long. */
const QUIET_VERBS = new Set(
  'annotate apply autoscale cordon create delete drain expose get describe label patch replace rollout scale set taint uncordon'.split(
    ' ',
  ),
);

/** The same for what a person has typed: where production says Forbidden, it says how to get access. */
export async function runKubectlWithHint(ctx: Context, args: readonly string[], env: Env = {}): Promise<number> {
  if (!QUIET_VERBS.has(args[firstWordIndex(args) ?? -1] ?? '')) return runKubectl(ctx, args, env);
  const { watchForbidden } = await import('./forbidden-hint.ts');
  const watch = await watchForbidden(ctx, args);
  const options = { stdio: 'inherit', ...(watch ? { onStderr: watch.onStderr } : {}) } as const;
  const code = exitCodeOf(await spawnKubectl(ctx, args, options, env));
  watch?.end(code);
  return code;
}

export type CaptureOptions = Pick<SpawnOptions, 'input' | 'onStdout' | 'survives' | 'timeoutMs'>;

/** kubectl with its output kept and no terminal. */
export function captureKubectl(
  ctx: Pick<Context, 'io' | 'kubectl' | 'messages'>,
  args: readonly string[],
  env: Env = {},
  options: CaptureOptions = {},
): Promise<SpawnResult> {
  return spawnKubectl(ctx, args, { ...options, stdio: 'capture' }, env);
}

async function spawnKubectl(
  ctx: Pick<Context, 'io' | 'kubectl' | 'messages'>,
  args: readonly string[],
  options: SpawnOptions,
  env: Env,
): Promise<SpawnResult> {
  const depth = childDepth(ctx.io.env);
  const file = await ctx.kubectl();
  ctx.messages.endProgress();
  ctx.messages.debug(`runs ${file}`);
  try {
    return await ctx.io.spawn(file, args, { ...options, env: { ...ctx.io.env, ...depth, ...env } });
  } catch (error) {
    throw new CliError(`kubectl could not be run: ${messageOf(error)}`, {
      code: `kubectl_${(systemErrorCode(error) ?? 'failed').toLowerCase()}`,
      hint: `try it by itself: ${file} version --client`,
      cause: error,
    });
  }
}
