/** Pass-through: kubectl with argv verbatim, no shell, stdio inherited, signals forwarded, its exit code. */

import { CliError, ExitCode, messageOf, systemErrorCode } from '../errors.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import type { ApiRoute } from '../kubernetes/api-route.ts';
import type { Env, Io, SpawnOptions, SpawnResult } from '../platform/io.ts';
import { childDepth } from '../platform/process/child-depth.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
import type { HintWorld } from './forbidden-hint.ts';
import { firstWordIndex } from './leading-flags.ts';
import { hasFlag, parseKubectlLine, SERVER_FLAGS, valueOfFlag } from './line.ts';
import { isQuiet, talksToServer } from './verbs.ts';

/** The dependencies for running kubectl. */
export interface KubectlWorld {
  readonly io: Pick<Io, 'env' | 'spawn'>;
  readonly messages: { debug(line: string): void; endProgress(): void };
  /** The absolute path of kubectl. */
  kubectl(): Promise<string>;
  /** Finds the route to the API server of a cluster entry. Undefined: no lookup is needed. */
  apiRoute(cluster: Readonly<Record<string, unknown>>): Promise<ApiRoute | undefined>;
  kubeconfigAt(file: string | undefined): Pick<Kubeconfig, 'load' | 'whileOthersWait'>;
}

export async function runKubectl(ctx: KubectlWorld, args: readonly string[], env: Env = {}): Promise<number> {
  return exitCodeOf(await spawnKubectl(ctx, args, { stdio: 'inherit' }, env));
}

/** Runs a command that the user typed. After a Forbidden error on production, shows how to request access. */
export async function runKubectlWithHint(
  ctx: KubectlWorld & HintWorld,
  args: readonly string[],
  env: Env = {},
): Promise<number> {
  if (!isQuiet(args[firstWordIndex(args) ?? -1] ?? '')) return runKubectl(ctx, args, env);
  const { watchForbidden } = await import('./forbidden-hint.ts');
  const watch = await watchForbidden(ctx, args);
  const options = { stdio: 'inherit', ...(watch ? { onStderr: watch.onStderr } : {}) } as const;
  const code = exitCodeOf(await spawnKubectl(ctx, args, options, env));
  watch?.end();
  return code;
}

export type CaptureOptions = Pick<SpawnOptions, 'input' | 'onStdout' | 'ignoreSignals' | 'timeoutMs'> & {
  /** Start at once, without looking up the API server. */
  readonly skipRoute?: boolean;
};

/** Runs kubectl without a terminal and captures its output. */
export function captureKubectl(
  ctx: KubectlWorld,
  args: readonly string[],
  env: Env = {},
  { skipRoute, ...options }: CaptureOptions = {},
): Promise<SpawnResult> {
  return spawnKubectl(ctx, args, { ...options, stdio: 'capture' }, env, skipRoute);
}

async function spawnKubectl(
  ctx: KubectlWorld,
  args: readonly string[],
  options: SpawnOptions,
  env: Env,
  skipRoute = false,
): Promise<SpawnResult> {
  const depth = childDepth(ctx.io.env);
  const file = await ctx.kubectl();
  ctx.messages.endProgress();
  const route = skipRoute ? undefined : await routeOf(ctx, args);
  ctx.messages.debug(`running ${file}`);
  try {
    const detour = route?.detour && (await import('../kubernetes/api-route.ts')).detourFlags(route.detour);
    const spawn = () =>
      ctx.io.spawn(file, [...(detour ?? []), ...args], { ...options, env: { ...ctx.io.env, ...depth, ...env } });
    const result = changesKubeconfig(args) ? await inTurn(ctx, args, spawn) : await spawn();
    if (result.code === 0) route?.reached();
    return result;
  } catch (error) {
    throw new CliError(`cannot run kubectl: ${messageOf(error)}`, {
      code: `kubectl_${(systemErrorCode(error) ?? 'failed').toLowerCase()}`,
      hint: `run it directly: ${file} version --client`,
      cause: error,
    });
  }
}

/** Is it a kubectl command that changes the kubeconfig? */
function changesKubeconfig(args: readonly string[]): boolean {
  const at = firstWordIndex(args);
  return at !== undefined && args[at] === 'config' && /^(set|unset|use|delete|rename)/.test(args[at + 1] ?? '');
}

/** Runs kubectl while no other zkubectl changes the kubeconfig. If the lock cannot be taken, runs it without the lock. */
async function inTurn<T>(ctx: KubectlWorld, args: readonly string[], spawn: () => Promise<T>): Promise<T> {
  let hasRun = false;
  const once = () => {
    hasRun = true;
    return spawn();
  };
  try {
    const kubeconfig = ctx.kubeconfigAt(valueOfFlag(parseKubectlLine(args), '--kubeconfig'));
    return await kubeconfig.whileOthersWait(once);
  } catch (error) {
    if (hasRun || !(error instanceof CliError) || error.exitCode === ExitCode.interrupted) throw error;
    ctx.messages.debug(error.message);
    return spawn();
  }
}

/** Finds the route to the API server of a command line. Undefined: kubectl resolves the address itself. */
async function routeOf(ctx: KubectlWorld, args: readonly string[]): Promise<ApiRoute | undefined> {
  const verb = args[firstWordIndex(args) ?? -1] ?? '';
  // A kubectl plugin does not allow flags before its name.
  if (!talksToServer(verb)) return undefined;
  try {
    const line = parseKubectlLine(args);
    // The line sets the server itself, or needs no server.
    if ([...SERVER_FLAGS, '--help', '--client'].some(flag => hasFlag(line, flag))) return undefined;
    const view = await ctx.kubeconfigAt(valueOfFlag(line, '--kubeconfig')).load();
    const context = view.contexts.get(valueOfFlag(line, '--context') ?? view.currentContext);
    const cluster = view.clusters.get(valueOfFlag(line, '--cluster') ?? String(context?.body['cluster'] ?? ''));
    return cluster && (await ctx.apiRoute(cluster.body));
  } catch (error) {
    // kubectl reports the error in the kubeconfig.
    ctx.messages.debug(`no API server lookup: ${messageOf(error)}`);
    return undefined;
  }
}
