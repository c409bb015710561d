/** kubectl's command lines as a person has typed them. */
import { firstWordIndex, GUARDED_VERBS } from '../argv/globals.ts';
import { argsOf, parseKubectlLine } from '../kubectl/line.ts';
import type { Context } from './context.ts';
import { runKubectlWithHint } from './kubectl.ts';

/** What a person has typed: guarded, where it destroys something. @param yes every question is answered with yes */
export async function runTyped(ctx: Context, args: readonly string[], yes: boolean): Promise<number> {
  if (!GUARDED_VERBS.has(args[firstWordIndex(args) ?? -1] ?? '')) return runKubectlWithHint(ctx, args);
  const line = parseKubectlLine(args, ['yes']);
  const [{ isGuardedLine, runGuarded, withoutYes }, { createGuardWorld }] = await Promise.all([
    import('../kubectl/guard.ts'),
    import('./guard-world.ts'),
  ]);
  if (isGuardedLine(line)) return runGuarded(createGuardWorld(ctx, yes), line);
  const plain = withoutYes(line);
  return runKubectlWithHint(ctx, plain === undefined ? args : argsOf(plain));
}
