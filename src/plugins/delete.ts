/**
 * `delete`: kubectl's, with a guard. `--all` is refused in every spelling; on production it is shown what will go, by a server-side dry run, and the alias
 * of the cluster must be typed. All of kubectl's own flags pass.
 * Rule: a cluster that nobody can vouch for counts as production.
 */
import { CliError, UsageError } from '../errors.ts';
import { lastValueOf } from '../globals.ts';
import { isInteractive } from '../platform/io.ts';
import type { Plugin, PluginContext } from './plugin.ts';

export const deletePlugin: Plugin = {
  name: 'delete',
  texts: {
    summary: "kubectl's delete, with a look at what will go",
    description:
      "kubectl's delete with all its flags (zkubectl kubectl delete --help), but --all is refused; and on production it shows what would go and wants the alias of the cluster typed. In a script: --yes.",
    examples: ['zkubectl delete pod checkout-7d62409c0d-22bcv -n shop', 'zkubectl delete -f old.yaml --yes'],
  },
  verbatim: true,
  run: runDelete,
};

const SHOWN = 20;

async function runDelete(ctx: PluginContext, args: readonly string[]): Promise<number> {
  const ours = beforeDashes(args);
  if (ours.some(arg => /^--all(=|$)/.test(arg))) {
    throw new UsageError('delete --all is refused: it takes everything of a kind with one word', {
      code: 'delete_all',
      hint: 'name what is to go, or choose it by labels: -l app=checkout',
    });
  }
  const rest = args.filter((arg, i) => i >= ours.length || arg !== '--yes');
  const run = async () => {
    const { runKubectl } = await import('../commands/kubectl.ts');
    return runKubectl(ctx.base, ['delete', ...rest]);
  };
  if (ctx.globals.yes || ours.some(arg => /^(--dry-run(=|$)|--help$|-h$)/.test(arg))) return run();
  const cluster = await theCluster(ctx, ours);
  if (cluster.environment !== undefined && cluster.environment !== 'production') return run();
  const confirmed = await isConfirmed(ctx, ours, rest, cluster);
  if (typeof confirmed === 'number') return confirmed;
  return run();
}

interface Target {
  /** What has to be typed. */
  readonly name: string;
  /** Undefined: nobody knows. */
  readonly environment: string | undefined;
}

/** kubectl can be led to a server past every context: what that is, nobody can vouch for. */
async function theCluster(ctx: PluginContext, args: readonly string[]): Promise<Target> {
  const elsewhere = lastValueOf(args, ['--server', '-s', '--cluster', '--user', '--token']);
  const { clusterName } = await ctx.target();
  if (elsewhere !== undefined) return { name: clusterName, environment: undefined };
  return { name: clusterName, environment: (await ctx.knownCluster())?.environment };
}

/** True, or the exit code to end with. */
async function isConfirmed(
  ctx: PluginContext,
  ours: readonly string[],
  rest: readonly string[],
  cluster: Target,
): Promise<true | number> {
  if (!isInteractive(ctx.io)) {
    throw new UsageError(`${cluster.name} is ${cluster.environment ?? 'perhaps production'}: this needs a yes`, {
      code: 'needs_yes',
      hint: 'there is no terminal to ask on: say --yes',
    });
  }
  if (['-f', '--filename'].some(flag => lastValueOf(ours, [flag]) === '-')) {
    throw new UsageError('what comes from stdin cannot be shown first', {
      code: 'delete_stdin',
      hint: 'put it into a file, or say --yes',
    });
  }
  const { captureKubectl } = await import('../commands/kubectl.ts');
  // The last of a flag counts for kubectl; after -- there are only names.
  const at = ours.filter(arg => arg !== '--yes').length;
  const dryRun = ['delete', ...rest.slice(0, at), '--dry-run=server', '-o', 'name', ...rest.slice(at)];
  const shown = await captureKubectl(ctx.base, dryRun);
  if (shown.code !== 0) return ctx.failed(shown);
  const names = shown.stdout.split('\n').filter(Boolean);
  if (names.length === 0) {
    ctx.messages.say('nothing matches: nothing to delete');
    return 0;
  }
  const { namespace } = await ctx.target();
  const where = ours.some(arg => /^(-A|--all-namespaces(=true)?)$/.test(arg))
    ? 'all namespaces'
    : `namespace ${namespace}`;
  ctx.messages.say(`on ${cluster.name} (${cluster.environment ?? 'perhaps production'}), ${where}, this goes:`);
  for (const name of names.slice(0, SHOWN)) ctx.messages.say(`  ${name}`);
  if (names.length > SHOWN) ctx.messages.say(`  and ${names.length - SHOWN} more`);
  const typed = await ctx.io.prompt.input(`type ${cluster.name} to delete ${names.length === 1 ? 'it' : 'them'}:`);
  if (typed.trim() === cluster.name) return true;
  throw new CliError(`that is not ${cluster.name}: nothing was deleted`, { code: 'not_confirmed' });
}

function beforeDashes(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end === -1 ? args : args.slice(0, end);
}
