/** kubectl command lines that the user typed. */
import path from 'node:path';
import { UsageError } from '../errors.ts';
import { firstWordIndex } from '../kubectl/leading-flags.ts';
import { argsOf, hasFlag, isDryRun, type KubectlLine, parseKubectlLine, valueOfFlag } from '../kubectl/line.ts';
import { runKubectlWithHint } from '../kubectl/run.ts';
import { isGuardedVerb } from '../kubectl/verbs.ts';
import { readText } from '../platform/files/read.ts';
import type { Context } from './context.ts';
import { refuseInReadOnly } from './read-only.ts';

export interface TypedOptions {
  /** Answer every question with yes. */
  readonly yes: boolean;
  /** `zkubectl kubectl …`: runs without the guard. */
  readonly isPlain: boolean;
}

/** Runs a kubectl command line that the user typed; destructive commands go through the guard. */
export async function runTyped(ctx: Context, args: readonly string[], { yes, isPlain }: TypedOptions): Promise<number> {
  if (isPlain) return runKubectlWithHint(ctx, args);
  const line = parseKubectlLine(args, ['yes']);
  if (!isGuardedVerb(line.verb) && line.verb !== 'edit') return runKubectlWithHint(ctx, args);
  refuseHiddenVerb(line, args);
  refuseKubercDefaults(ctx, line);
  const [{ isGuardedLine, runGuarded, withoutYes }, { createGuardWorld }] = await Promise.all([
    import('../kubectl/guard.ts'),
    import('./guard-world.ts'),
  ]);
  if (isGuardedLine(line)) {
    if (!isDryRun(line)) await refuseInReadOnly(ctx);
    return runGuarded(createGuardWorld(ctx, yes), line);
  }
  const plain = withoutYes(line);
  return runKubectlWithHint(ctx, plain === undefined ? args : argsOf(plain));
}

/** kubectl takes the argument after an unknown flag as the flag's value, even `--`, and may then run a verb that we did not see. */
function refuseHiddenVerb({ verb }: KubectlLine, args: readonly string[]): void {
  const at = firstWordIndex(args);
  if (at !== undefined && args[at] === verb && verb !== 'delete' && verb !== 'edit') return;
  throw new UsageError(`flags must come after ${verb}`, {
    code: 'hidden_verb',
    hint: `zkubectl ${verb} … FLAGS`,
  });
}

/** Flags that make a verb destructive. */
const DESTROYING: Readonly<Record<string, string>> = { apply: 'prune', replace: 'force' };

/** kuberc can add the flag after the guard has checked the line, so the flag must be on the command line. */
function refuseKubercDefaults({ io }: Pick<Context, 'io'>, line: KubectlLine): void {
  const flag = DESTROYING[line.verb];
  if (flag === undefined || hasFlag(line, `--${flag}`) || /^(0|f|false)$/i.test(io.env['KUBECTL_KUBERC'] ?? '')) return;
  const file = valueOfFlag(line, '--kuberc') ?? io.env['KUBERC'] ?? path.join(io.home, '.kube', 'kuberc');
  let text: string | undefined;
  try {
    text = readText(path.resolve(io.cwd, file), 1024 * 1024);
  } catch {
    // kubectl reports the error itself.
  }
  if (text === undefined || !new RegExp(`\\b${flag}\\b`).test(text)) return;
  throw new UsageError(`${file} may set --${flag} by default: the flag must be on the command line`, {
    code: 'kuberc_default',
    hint: `add --${flag}, or --${flag}=false`,
  });
}
