/** kubectl command lines that the user typed. */
import { UsageError } from '../errors.ts';
import { firstWordIndex } from '../kubectl/leading-flags.ts';
import { argsOf, isDryRun, type KubectlLine, parseKubectlLine } from '../kubectl/line.ts';
import { isCertainRead } from '../kubectl/reads.ts';
import { runKubectlWithHint } from '../kubectl/run.ts';
import { isGuardedVerb, isLocalCommand } from '../kubectl/verbs.ts';
import type { Context } from './context.ts';
import { refuseInReadOnly } from './read-only.ts';

export interface TypedOptions {
  /** Answer every question with yes. */
  readonly yes: boolean;
  /** `zkubectl kubectl …`: runs without the guard. */
  readonly isPlain: boolean;
}

/** kuberc is applied here already; kubectl must not read another meaning into the line. */
const WITHOUT_KUBERC = { KUBECTL_KUBERC: 'false' };

/** Runs a kubectl command line that the user typed; commands that may destroy something go through the guard. */
export async function runTyped(
  ctx: Context,
  typed: readonly string[],
  { yes, isPlain }: TypedOptions,
): Promise<number> {
  if (isPlain || isHarmless(parseKubectlLine(typed, ['yes']))) return runKubectlWithHint(ctx, typed);
  const [{ readKuberc, withKuberc }, { guardPolicy }] = await Promise.all([
    import('../kubectl/kuberc.ts'),
    import('./guard-policy.ts'),
  ]);
  const kuberc = await readKuberc(ctx.io, typed);
  const args = kuberc ? withKuberc(typed, kuberc) : typed;
  const line = parseKubectlLine(args, ['yes']);
  const policy = guardPolicy(await ctx.config());
  const isOfGuard = isGuardedVerb(line.verb) || (policy.ask === 'always' && !isHarmless(line));
  if (!isOfGuard && line.verb !== 'edit') {
    const { withoutYes } = await import('../kubectl/guard.ts');
    const without = withoutYes(line);
    return runKubectlWithHint(ctx, without === undefined ? args : argsOf(without), WITHOUT_KUBERC);
  }
  // kuberc's expansion leaves no hidden verb, so only an unexpanded line is checked.
  if (args === typed) refuseHiddenVerb(line, args);
  const [{ isGuardedLine, runGuarded, withoutYes }, { createGuardWorld }] = await Promise.all([
    import('../kubectl/guard.ts'),
    import('./guard-world.ts'),
  ]);
  if (isGuardedLine(line, policy.ask)) {
    if (!isDryRun(line)) await refuseInReadOnly(ctx);
    return runGuarded(createGuardWorld(ctx, yes, policy), line);
  }
  const plain = withoutYes(line);
  return runKubectlWithHint(ctx, plain === undefined ? args : argsOf(plain), WITHOUT_KUBERC);
}

/** Reads and local commands: the guard, kuberc and the configuration are not looked at. */
function isHarmless(line: KubectlLine): boolean {
  return !isGuardedVerb(line.verb) && line.verb !== 'edit' && (isCertainRead(line) || isLocalCommand(line.verb));
}

/** kubectl takes the argument after an unknown flag as the flag's value, even `--`, and may then run a verb that we did not see. */
function refuseHiddenVerb({ verb }: KubectlLine, args: readonly string[]): void {
  const at = firstWordIndex(args);
  const [first = ''] = verb.split(' ');
  if (at !== undefined && args[at] === first && first !== 'delete' && first !== 'edit') return;
  throw new UsageError(`flags must come after ${first}`, {
    code: 'hidden_verb',
    hint: `zkubectl ${verb} … FLAGS`,
  });
}
