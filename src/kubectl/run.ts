/** Pass-through: kubectl with argv verbatim, no shell, stdio inherited, signals forwarded, its exit code. */

import { CliError, ExitCode, messageOf, systemErrorCode } from '../errors.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import { type LocatedEntry, meantContext } from '../kubeconfig/view.ts';
import type { ApiRoute } from '../kubernetes/api-route.ts';
import type { Env, Io, SpawnOptions, SpawnResult } from '../platform/io.ts';
import { childDepth } from '../platform/process/child-depth.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
import { firstWordIndex } from './leading-flags.ts';
import {
  hasFlag,
  isDryRun,
  isSwitchedOn,
  type KubectlLine,
  parseKubectlLine,
  SERVER_FLAGS,
  USER_FLAGS,
  valueOfFlag,
} from './line.ts';
import { isCertainRead } from './reads.ts';
import type { StderrHintWorld } from './stderr-hints.ts';
import { isLocalCommand, isQuiet, needsNoArguments, talksToServer } from './verbs.ts';

/** kuberc is not read: its defaults could select another cluster than the one that was checked, or add --all. LC_ALL=C: messages in English. */
export const PLAIN_KUBECTL: Env = { KUBECTL_KUBERC: 'false', LC_ALL: 'C' };

/** The dependencies for running kubectl. */
export interface KubectlWorld {
  readonly io: Pick<Io, 'env' | 'spawn'>;
  readonly messages: { debug(line: string): void; endProgress(): void };
  /** The absolute path of kubectl. */
  kubectl(): Promise<string>;
  /** Logs in where kubectl would need it. Throws AuthError (4) when a login is needed and must not start. */
  ensureLogin(user: LocatedEntry, cluster: LocatedEntry): Promise<void>;
  /** Finds the route to the API server of a cluster entry. Undefined: no lookup is needed. */
  apiRoute(cluster: Readonly<Record<string, unknown>>): Promise<ApiRoute | undefined>;
  kubeconfigAt(file: string | undefined): Pick<Kubeconfig, 'load' | 'whileOthersWait'>;
  /** Notes a line that may write, before it runs. Never rejects. */
  willRun(line: KubectlLine): Promise<void>;
  /** After it. Never rejects. */
  didRun(): Promise<void>;
}

export async function runKubectl(ctx: KubectlWorld, args: readonly string[], env: Env = {}): Promise<number> {
  return exitCodeOf(await spawnKubectl(ctx, args, { stdio: 'inherit' }, env));
}

/** Runs a command that the user typed. After some of kubectl's errors, shows what to do next. */
export async function runKubectlWithHint(
  ctx: KubectlWorld & StderrHintWorld,
  args: readonly string[],
  env: Env = {},
): Promise<number> {
  if (!isQuiet(args[firstWordIndex(args) ?? -1] ?? '')) return runKubectl(ctx, args, env);
  let text = '';
  const onStderr = (more: string) => {
    // Keep only the end. A line can arrive in several chunks.
    text = (text + more).slice(-100_000);
  };
  const code = exitCodeOf(await spawnKubectl(ctx, args, { stdio: 'inherit', onStderr }, env));
  if (text !== '') await (await import('./stderr-hints.ts')).hintAfterLine(ctx, args, text);
  return code;
}

export type CaptureOptions = Pick<SpawnOptions, 'input' | 'onStdout' | 'ignoreSignals' | 'timeoutMs'> & {
  /** Start at once: no login, and no lookup of the API server. For completion. */
  readonly unprepared?: boolean;
  /** The line changes only objects that zkubectl has made: nothing is kept for `undo`. */
  readonly isTidyUp?: boolean;
};

/** Runs kubectl without a terminal and captures its output. */
export function captureKubectl(
  ctx: KubectlWorld,
  args: readonly string[],
  env: Env = {},
  { unprepared = false, isTidyUp = false, ...options }: CaptureOptions = {},
): Promise<SpawnResult> {
  return spawnKubectl(ctx, args, { ...options, stdio: 'capture' }, env, { unprepared, isTidyUp });
}

async function spawnKubectl(
  ctx: KubectlWorld,
  args: readonly string[],
  options: SpawnOptions,
  env: Env,
  { unprepared, isTidyUp }: Pick<CaptureOptions, 'unprepared' | 'isTidyUp'> = {},
): Promise<SpawnResult> {
  const depth = childDepth(ctx.io.env);
  const target = unprepared ? undefined : await targetOf(ctx, args);
  const file = await ctx.kubectl();
  if (target?.user) await ctx.ensureLogin(target.user, target.cluster);
  const write = unprepared || isTidyUp ? undefined : writeIn(args);
  if (write) await ctx.willRun(write);
  ctx.messages.endProgress();
  const route = target && (await routeTo(ctx, target.cluster));
  ctx.messages.debug(`running ${file}`);
  try {
    const detour = route?.detour && (await import('../kubernetes/api-route.ts')).detourFlags(route.detour);
    const spawn = () =>
      ctx.io.spawn(file, [...(detour ?? []), ...args], { ...options, env: { ...ctx.io.env, ...depth, ...env } });
    const result = changesKubeconfig(args) ? await inTurn(ctx, args, spawn) : await spawn();
    if (result.code === 0) route?.reached();
    if (write) await ctx.didRun();
    return result;
  } catch (error) {
    throw new CliError(`cannot run kubectl: ${messageOf(error)}`, {
      code: `kubectl_${(systemErrorCode(error) ?? 'failed').toLowerCase()}`,
      hint: `run it directly: ${file} version --client`,
      cause: error,
    });
  }
}

/** The line, if it may write. */
function writeIn(args: readonly string[]): KubectlLine | undefined {
  const line = parseKubectlLine(args);
  return isLocalCommand(line.verb) || isCertainRead(line) || isLocal(line) ? undefined : line;
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

interface LineTarget {
  readonly cluster: LocatedEntry;
  /** Undefined: the line gives the credentials itself. */
  readonly user: LocatedEntry | undefined;
}

/**
 * The kubeconfig entries that a command line uses. Undefined: it needs no server, gives the server itself, or kubectl has to report the error.
 * Throws NotFoundError (3) without a context: kubectl would try localhost:8080.
 */
async function targetOf(ctx: KubectlWorld, args: readonly string[]): Promise<LineTarget | undefined> {
  // A kubectl plugin does not allow flags before its name.
  if (!talksToServer(args[firstWordIndex(args) ?? -1] ?? '')) return undefined;
  const line = parseKubectlLine(args);
  const namesServer = SERVER_FLAGS.some(flag => hasFlag(line, flag));
  if (line.problem !== undefined || namesServer || isLocal(line)) return undefined;
  let view: Awaited<ReturnType<Kubeconfig['load']>>;
  try {
    view = await ctx.kubeconfigAt(valueOfFlag(line, '--kubeconfig')).load();
  } catch (error) {
    // kubectl reports the error in the kubeconfig.
    ctx.messages.debug(`the kubeconfig cannot be read: ${messageOf(error)}`);
    return undefined;
  }
  const named = valueOfFlag(line, '--cluster');
  // As in kubectl: in a pod it uses the service account, and KUBERNETES_MASTER is a server.
  const { KUBERNETES_SERVICE_HOST: inPod, KUBERNETES_MASTER: master } = ctx.io.env;
  if (!view.currentContext && !valueOfFlag(line, '--context') && (named || inPod || master)) return undefined;
  const context = view.contexts.get(meantContext(view, valueOfFlag(line, '--context')));
  const cluster = view.clusters.get(named ?? String(context?.body['cluster'] ?? ''));
  const user = USER_FLAGS.some(flag => hasFlag(line, flag))
    ? undefined
    : view.users.get(valueOfFlag(line, '--user') ?? String(context?.body['user'] ?? ''));
  return cluster && { cluster, user };
}

/** Does kubectl answer the line without any server? */
function isLocal(line: KubectlLine): boolean {
  if (line.words.length === 0 && line.flags.length === 0) return !needsNoArguments(line.verb);
  const isClientRun = isDryRun(line) && valueOfFlag(line, '--dry-run') !== 'server';
  return isClientRun || ['--help', '--client', '--local'].some(flag => isSwitchedOn(line, flag));
}

/** Finds the route to an API server. Undefined: kubectl resolves the address itself. */
async function routeTo(ctx: KubectlWorld, cluster: LocatedEntry): Promise<ApiRoute | undefined> {
  try {
    return await ctx.apiRoute(cluster.body);
  } catch (error) {
    ctx.messages.debug(`no API server lookup: ${messageOf(error)}`);
    return undefined;
  }
}
