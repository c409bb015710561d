/** Runs a command on the clusters of its waves: tokens, input, processes or requests, progress. */
import type { Context } from '../../cli/context.ts';
import { messageOf } from '../../errors.ts';
import type { ApiAnswers } from '../../fleet/api-answers.ts';
import type { FleetCommand } from '../../fleet/fleet-command.ts';
import { tokensForAll } from '../../fleet/fleet-tokens.ts';
import type { OutputSpool } from '../../fleet/output-spool.ts';
import { parallelOf } from '../../fleet/parallel.ts';
import { type ProcessParts, runProcess } from '../../fleet/processes.ts';
import { showProgress } from '../../fleet/progress.ts';
import { type FleetResult, notRun } from '../../fleet/results.ts';
import { type RunEnd, runWaves } from '../../fleet/run.ts';
import type { RunWriter } from '../../fleet/run-records.ts';
import type { LineStream } from '../../fleet/stream.ts';
import { maxFailures, type Wave } from '../../fleet/waves.ts';
import { makePrivateTempDir, removeDir } from '../../platform/files/files.ts';
import type { Cluster } from '../../registry/cluster.ts';
import type { PinnedCommand } from './executable.ts';
import type { FleetFlags } from './fleet-flags.ts';
import type { FleetJob } from './fleet-job.ts';
import { betweenWaves } from './wave-end.ts';

export interface FleetWork {
  readonly job: FleetJob;
  readonly command: FleetCommand;
  readonly find: () => Promise<PinnedCommand>;
  /** Runs on the clusters of each wave after it. */
  readonly check: PinnedCommand | undefined;
  readonly waves: readonly Wave[];
  readonly flags: FleetFlags;
  /** Answered in this process. Undefined: a process for each cluster. */
  readonly answers: ApiAnswers | undefined;
  /** What each command reads from stdin. */
  readonly input: Buffer | undefined;
}

export interface ExecuteOptions {
  readonly stream?: LineStream | undefined;
  /** Begins the record of a write, when the first command is about to start. */
  readonly begin: () => RunWriter | undefined;
  /** A private folder for kubeconfigs. */
  readonly folder: string;
  /** Undefined: long outputs stay in memory. */
  readonly spool?: OutputSpool;
}

/** A private folder for a run. It goes away at the end, also when a second Ctrl-C ends zkubectl. */
export async function withRunFolder<T>({ io }: Pick<Context, 'io'>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = makePrivateTempDir();
  const forget = io.onExit(() => removeDir(folder));
  try {
    return await use(folder);
  } finally {
    forget();
    removeDir(folder);
  }
}

/** Resolves when all commands have ended. If a second signal ends zkubectl first, it names the clusters that are not known to be done. */
export async function execute(
  ctx: Context,
  { job, command, find, check, waves, flags, answers, input }: FleetWork,
  { stream, begin, folder, spool }: ExecuteOptions,
): Promise<RunEnd & { readonly seconds: number }> {
  const { io, messages } = ctx;
  const { clusters } = job;
  const begun = io.now().getTime();
  const parallel = parallelOf(
    { cores: io.cores, maxOpenFiles: await io.maxOpenFiles() },
    {
      wish: flags.parallel,
      isWithoutKubectl: answers !== undefined,
      clusters: clusters.length,
    },
  );
  const done = new Set<Cluster>();
  const forget = io.onExit(() => {
    const left = clusters.filter(cluster => !done.has(cluster)).map(({ alias }) => alias);
    if (left.length > 0) messages.warn(`not known to be done: ${left.join(', ')}`);
  });
  try {
    if (parallel.note) messages.say(parallel.note);
    messages.progress('getting tokens');
    const refused = await tokensForAll(ctx, clusters);
    messages.endProgress();
    const writer = begin();
    const progress = showProgress(ctx, clusters.length);
    const shared = {
      io,
      namespace: job.namespace,
      folder,
      input,
      timeoutMs: flags.timeoutMs,
      ...(stream && { onOutput: stream.write }),
    };
    try {
      const end = await runWaves({
        io,
        waves,
        parallel: parallel.count,
        maxFailures: maxFailures(flags.maxFailures, clusters.length, command.isRead),
        writer,
        progress,
        refused,
        runOne: async cluster => {
          const result = await answers?.run(cluster);
          if (result) stream?.arrived(result);
          const ended = result ?? (await withProgram(shared, find, cluster));
          return spool?.keep(ended) ?? ended;
        },
        onResult: result => {
          done.add(result.cluster);
          stream?.ended(result);
        },
        mayGoOn: wave =>
          betweenWaves(ctx, wave, { check, flags, folder, parallel: parallel.count, namespace: job.namespace }),
      });
      return { ...end, seconds: (io.now().getTime() - begun) / 1000 };
    } finally {
      progress.end();
      answers?.end();
    }
  } finally {
    forget();
  }
}

/** Does our own -o ask for JSON or YAML? */
export function isData({ globals }: Pick<Context, 'globals'>): boolean {
  return globals.output === 'json' || globals.output === 'yaml';
}

async function withProgram(
  shared: Omit<ProcessParts, keyof PinnedCommand>,
  find: FleetWork['find'],
  cluster: Cluster,
): Promise<FleetResult> {
  try {
    return await runProcess({ ...shared, ...(await find()) }, cluster);
  } catch (error) {
    return notRun(cluster, 'failed', messageOf(error));
  }
}
