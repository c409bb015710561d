/** kubectl's command lines as a person has typed them. */
import path from 'node:path';
import { UsageError } from '../errors.ts';
import { firstWordIndex } from '../kubectl/leading-flags.ts';
import { argsOf, hasFlag, type KubectlLine, parseKubectlLine, valueOfFlag } from '../kubectl/line.ts';
import { runKubectlWithHint } from '../kubectl/run.ts';
import { isGuardedVerb } from '../kubectl/verbs.ts';
import { readText } from '../platform/files/read.ts';
import type { Context } from './context.ts';

export interface TypedOptions {
  /** Every question is answered with yes. */
  readonly yes: boolean;
  /** kubectl itself is meant: nothing is guarded. */
  readonly isPlain: boolean;
}

/** Runs what a person has typed: guarded, where it destroys something. */
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
  if (isGuardedLine(line)) return runGuarded(createGuardWorld(ctx, yes), line);
  const plain = withoutYes(line);
  return runKubectlWithHint(ctx, plain === undefined ? args : argsOf(plain));
}

/** kubectl takes the argument after a flag that it does not know for its value, `--` too: it then finds a verb where nobody looks for it. */
function refuseHiddenVerb({ verb }: KubectlLine, args: readonly string[]): void {
  const at = firstWordIndex(args);
  if (at !== undefined && args[at] === verb && verb !== 'delete' && verb !== 'edit') return;
  throw new UsageError(`the flags of ${verb} must stand after it`, {
    code: 'hidden_verb',
    hint: `zkubectl ${verb} …, and then its flags`,
  });
}

/** Flags that make a verb one that destroys something. */
const DESTROYING: Readonly<Record<string, string>> = { apply: 'prune', replace: 'force' };

/** A default in kuberc would be added behind the guard's back: it must be said on the line. */
function refuseKubercDefaults({ io }: Pick<Context, 'io'>, line: KubectlLine): void {
  const flag = DESTROYING[line.verb];
  if (flag === undefined || hasFlag(line, `--${flag}`) || /^(0|f|false)$/i.test(io.env['KUBECTL_KUBERC'] ?? '')) return;
  const file = valueOfFlag(line, '--kuberc') ?? io.env['KUBERC'] ?? path.join(io.home, '.kube', 'kuberc');
  let text: string | undefined;
  try {
    text = readText(path.resolve(io.cwd, file), 1024 * 1024);
  } catch {
    // kubectl says what is wrong with it.
  }
  if (text === undefined || !new RegExp(`\\b${flag}\\b`).test(text)) return;
  throw new UsageError(`${file} may have a default for --${flag}, which is asked about only where the line says it`, {
    code: 'kuberc_default',
    hint: `add --${flag}, or --${flag}=false`,
  });
}
