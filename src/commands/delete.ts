/** `delete`: kubectl's, with a guard (docs/plugins.md). `--all` is refused in every spelling. All of kubectl's own flags pass. */
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { parseKubectlLine } from '../kubectl/line.ts';

export const deleteCommand: CommandDefinition<readonly string[]> = {
  texts: {
    summary: "kubectl's delete, with a look at what will go",
    description:
      "kubectl's delete with all its flags (zkubectl kubectl delete --help), but --all is refused; and on production it shows what would go and wants the alias of the cluster typed. In a script: --yes.",
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
  return runGuarded(createGuardWorld(ctx, ctx.globals.yes), line);
}
