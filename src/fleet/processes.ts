/**
 * Runs a command as one process per cluster, with its own kubeconfig and no terminal.
 * Rules: no kubeconfig has a secret in it; the folder is private and goes away with the run.
 */
import path from 'node:path';
import { withoutLogLines } from '../cli/say-failed.ts';
import { apiServerOf } from '../clusters/api-server.ts';
import { messageOf, systemErrorCode } from '../errors.ts';
import { userName } from '../kubeconfig/view.ts';
import { clusterFields, userFields } from '../kubeconfig/written-entries.ts';
import { writeStateFile } from '../platform/files/files.ts';
import type { Io, SpawnResult } from '../platform/io.ts';
import { childDepth } from '../platform/process/child-depth.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
import type { Cluster } from '../registry/cluster.ts';
import { type FleetResult, notRun, outcomeOfFailure } from './results.ts';

/** The most characters that are kept of a cluster's stdout, and of its stderr. */
export const MAX_OUTPUT_CHARS = 16 * 1024 * 1024;

export interface ProcessParts {
  readonly io: Pick<Io, 'spawn' | 'env' | 'self' | 'now' | 'signal'>;
  /** The program and its first arguments. */
  readonly program: { readonly file: string; readonly args: readonly string[] };
  /** Is it kubectl or zkubectl, whose words are known? */
  readonly isOurs: boolean;
  readonly args: readonly string[];
  readonly namespace: string | undefined;
  /** A private folder for the kubeconfigs. */
  readonly folder: string;
  readonly input: Buffer | undefined;
  readonly timeoutMs: number | undefined;
  /** Called with the output as it arrives. */
  readonly onOutput?: (cluster: Cluster, stream: 'stdout' | 'stderr', text: string) => void;
}

/** Runs the command against one cluster. Never rejects. */
export async function runProcess(parts: ProcessParts, cluster: Cluster): Promise<FleetResult> {
  const { io, program, onOutput } = parts;
  const started = io.now().getTime();
  const seconds = () => (io.now().getTime() - started) / 1000;
  let result: SpawnResult;
  try {
    const kubeconfig = path.join(parts.folder, `${cluster.alias}.json`);
    writeStateFile(kubeconfig, kubeconfigOf(parts, cluster), { sync: false });
    result = await io.spawn(program.file, [...program.args, ...parts.args], {
      env: {
        ...io.env,
        ...childDepth(io.env),
        ZKUBECTL_CLUSTER_ID: cluster.id,
        ZKUBECTL_CLUSTER_ALIAS: cluster.alias,
        ZKUBECTL_ENVIRONMENT: cluster.environment,
        ZKUBECTL_BIN: io.self.file,
        KUBECONFIG: kubeconfig,
      },
      stdio: 'capture',
      ownGroup: true,
      maxChars: MAX_OUTPUT_CHARS,
      ...(parts.input && { input: parts.input }),
      ...(parts.timeoutMs === undefined ? {} : { timeoutMs: parts.timeoutMs }),
      ...(onOutput && {
        onStdout: text => onOutput(cluster, 'stdout', text),
        onCapturedStderr: text => onOutput(cluster, 'stderr', text),
      }),
    });
  } catch (error) {
    const why = systemErrorCode(error) ?? messageOf(error);
    return {
      ...notRun(cluster, 'failed', `zkubectl: error: the command could not be started: ${why}`),
      seconds: seconds(),
    };
  }
  const isLate = result.signal === 'SIGKILL' && parts.timeoutMs !== undefined && seconds() * 1000 >= parts.timeoutMs;
  const exitCode = exitCodeOf(result);
  const stderr = withoutLogLines(result.stderr);
  const outcome = () => {
    if (isLate) return 'timedOut';
    // Also with exit code 0: a command can end early and well on a signal.
    if (io.signal.aborted) return 'interrupted';
    if (result.code === 0) return 'ok';
    return parts.isOurs ? outcomeOfFailure(exitCode, result.stderr) : 'failed';
  };
  return {
    cluster,
    outcome: outcome(),
    exitCode: isLate ? undefined : exitCode,
    seconds: seconds(),
    stdout: result.stdout,
    stderr: result.isCut ? `${stderr}zkubectl: warning: the output is cut at ${MAX_OUTPUT_CHARS} characters\n` : stderr,
  };
}

/** One context, named after the alias, which asks zkubectl for its credentials. */
function kubeconfigOf({ io, namespace }: ProcessParts, cluster: Cluster): string {
  const name = cluster.alias;
  const target = { name, ...apiServerOf(cluster), command: io.self.file, args: [...io.self.args, 'credentials', name] };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: clusterFields(target, undefined) }],
    users: [{ name: userName(name), user: userFields(target) }],
    contexts: [{ name, context: { cluster: name, user: userName(name), ...(namespace && { namespace }) } }],
  });
}
