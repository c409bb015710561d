/**
 * `delete`: kubectl's, with a guard. `--all` is refused in every spelling; on production it is shown what will go, by a server-side dry run, and the alias
 * of the cluster must be typed. All of kubectl's own flags pass.
 * Rule: a cluster that nobody can vouch for counts as production.
 */
import { CliError, needsYes, UsageError } from '../errors.ts';
import { beforeDashes } from '../globals.ts';
import { hasFlag, isSwitchedOn, type KubectlLine, readKubectlFlags } from '../kubectl-flags.ts';
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
  const line = readKubectlFlags(args);
  if (hasFlag(line, '--all')) {
    throw new UsageError('delete --all is refused: it takes everything of a kind with one word', {
      code: 'delete_all',
      hint: 'name what is to go, or choose it by labels: -l app=checkout',
    });
  }
  const end = beforeDashes(args).length;
  const rest = args.filter((arg, i) => arg !== '--yes' || i > end);
  if (ctx.globals.yes || isDryRun(line, args) || isSwitchedOn(line, '--help')) return kubectlDelete(ctx, rest);
  const cluster = await theCluster(ctx, line);
  if (cluster.environment !== undefined && cluster.environment !== 'production') return kubectlDelete(ctx, rest);
  const confirmed = await isConfirmed(ctx, line, rest, cluster);
  return typeof confirmed === 'number' ? confirmed : kubectlDelete(ctx, rest);
}

/** kuberc is not read: a default in it could lead to another cluster than the one that was looked at, or stand for --all. */
const WITHOUT_KUBERC = { KUBECTL_KUBERC: 'false' };

async function kubectlDelete(ctx: PluginContext, args: readonly string[]): Promise<number> {
  const { runKubectlWithHint } = await import('../commands/kubectl.ts');
  return runKubectlWithHint(ctx.base, ['delete', ...args], WITHOUT_KUBERC);
}

/** A dry run for certain: what stands after another flag could be its value, and --raw deletes whatever else is said. */
function isDryRun(line: KubectlLine, args: readonly string[]): boolean {
  if (hasFlag(line, '--raw')) return false;
  const at = args.findLastIndex(arg => /^--dry-run(=|$)/.test(arg));
  if (at === -1 || !/^--dry-run(=(client|server))?$/.test(args[at] ?? '')) return false;
  const before = args[at - 1] ?? '';
  return (!before.startsWith('-') || before.includes('=')) && hasFlag(line, '--dry-run');
}

interface Target {
  /** What has to be typed. */
  readonly name: string;
  /** Undefined: nobody knows. */
  readonly environment: string | undefined;
}

/** What leads kubectl to a server past the context: what that is, nobody can vouch for. */
const ELSEWHERE = ['--server', '--cluster', '--user', '--token', '--kuberc', '--tls-server-name'];

async function theCluster(ctx: PluginContext, line: KubectlLine): Promise<Target> {
  const { clusterName } = await ctx.target();
  if (line.isUncertain || ELSEWHERE.some(flag => hasFlag(line, flag)))
    return { name: clusterName, environment: undefined };
  return { name: clusterName, environment: (await ctx.vouchedCluster())?.environment };
}

const STDIN = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** True, or the exit code to end with. */
async function isConfirmed(
  ctx: PluginContext,
  line: KubectlLine,
  rest: readonly string[],
  cluster: Target,
): Promise<true | number> {
  if (!isInteractive(ctx.io))
    throw needsYes(`delete on ${cluster.name}, which is ${cluster.environment ?? 'perhaps production'}?`);
  const files = line.flags.filter(flag => flag.name === '--filename').flatMap(flag => flag.value?.split(',') ?? []);
  if (files.some(file => STDIN.has(file)) || hasFlag(line, '--raw')) {
    throw new UsageError(
      `what ${hasFlag(line, '--raw') ? '--raw deletes' : 'comes from stdin'} cannot be shown first`,
      {
        code: 'delete_unseen',
        hint: 'name it, or put it into a file; or say --yes',
      },
    );
  }
  const { captureKubectl } = await import('../commands/kubectl.ts');
  const at = beforeDashes(rest).length;
  // The last of a flag counts for kubectl; after -- there are only names.
  const look = ['--dry-run=server', '--interactive=false', '-o', 'name'];
  const shown = await captureKubectl(
    ctx.base,
    ['delete', ...rest.slice(0, at), ...look, ...rest.slice(at)],
    WITHOUT_KUBERC,
  );
  if (shown.code !== 0) return ctx.failed(shown);
  const names = shown.stdout.split('\n').filter(name => /^[a-z0-9.-]+\/\S+$/.test(name));
  if (names.length === 0) {
    ctx.messages.say('nothing matches: nothing to delete');
    return 0;
  }
  const { namespace } = await ctx.target();
  const where = isSwitchedOn(line, '--all-namespaces') ? 'all namespaces' : `namespace ${namespace}`;
  ctx.messages.say(`on ${cluster.name} (${cluster.environment ?? 'perhaps production'}), ${where}, this goes:`);
  for (const name of names.slice(0, SHOWN)) ctx.messages.say(`  ${name}`);
  if (names.length > SHOWN) ctx.messages.say(`  and ${names.length - SHOWN} more`);
  const typed = await ctx.io.prompt.input(`type ${cluster.name} to delete ${names.length === 1 ? 'it' : 'them'}:`);
  if (typed.trim() === cluster.name) return true;
  throw new CliError(`that is not ${cluster.name}: nothing was deleted`, { code: 'not_confirmed' });
}
