/** `delete`: kubectl delete with a guard (docs/plugins.md). Refuses `--all` in every spelling; passes all other kubectl flags on. */
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { guardPolicy } from '../cli/guard-policy.ts';
import { parseKubectlLine } from '../kubectl/line.ts';

export const deleteCommand: CommandDefinition<readonly string[]> = {
  texts: {
    summary: 'delete resources; on production, show them and ask first',
    description:
      "Runs kubectl delete with all its flags (zkubectl kubectl delete --help), except --all, which is refused. On production it shows what would be deleted and asks you to type the cluster's alias. In a script, add --yes.",
    examples: ['zkubectl delete pod checkout-7d62409c0d-22bcv -n shop', 'zkubectl delete -f old.yaml --yes'],
  },
  options: args => args,
  run: runDelete,
};

async function runDelete(ctx: Context, args: readonly string[]): Promise<number> {
  const line = parseKubectlLine(['delete', ...args], ['yes']);
  const [{ runGuarded }, { createGuardWorld }] = await Promise.all([
    import('../kubectl/guard.ts'),
    import('../cli/guard-world.ts'),
  ]);
  return runGuarded(createGuardWorld(ctx, ctx.globals.yes, guardPolicy(await ctx.config())), line);
}
