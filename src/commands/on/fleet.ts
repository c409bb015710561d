/** One command on many clusters: plan, question, tokens, run, results (docs/many-clusters.md). */
import { Context } from '../../cli/context.ts';
import { readOnlyTerminal } from '../../cli/read-only.ts';
import { UsageError } from '../../errors.ts';
import { tokensForAll } from '../../fleet/fleet-tokens.ts';
import { type GetRequest, getRequestOf } from '../../fleet/get-request.ts';
import { runGet } from '../../fleet/get-run.ts';
import { maskedCommand } from '../../fleet/masked-command.ts';
import { runProcess } from '../../fleet/processes.ts';
import { showProgress } from '../../fleet/progress.ts';
import { type FleetCommand, fleetCommand } from '../../fleet/reads.ts';
import { exitCodeOfResults, type FleetResult, summaryOf } from '../../fleet/results.ts';
import { type RunEnd, runWaves } from '../../fleet/run.ts';
import { type RunHead, RunRecords, type RunWriter } from '../../fleet/run-records.ts';
import { selectIn } from '../../fleet/select-in.ts';
import type { SelectionWords } from '../../fleet/selection.ts';
import { showResults, showTable } from '../../fleet/show.ts';
import { LineStream } from '../../fleet/stream.ts';
import { maxFailures, type Wave, wavesByChannel, wavesBySize } from '../../fleet/waves.ts';
import { targetOverrides, valueOfFlag } from '../../kubectl/line.ts';
import { makePrivateTempDir, removeDir } from '../../platform/files/files.ts';
import { sha256Hex } from '../../platform/files/hash.ts';
import { readStdin } from '../../platform/terminal/stdin.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { executableOf } from './executable.ts';
import type { FleetFlags } from './fleet-flags.ts';
import { confirmWrite, showPlan } from './plan.ts';
import { betweenWaves } from './wave-end.ts';

const MAX_STDIN_BYTES = 16 * 1024 * 1024;
const MIN_PARALLEL = 8;
const PER_CORE = 2;
const IN_PROCESS_PARALLEL = 64;

export interface FleetJob {
  readonly clusters: readonly Cluster[];
  readonly command: readonly string[];
  readonly namespace: string | undefined;
  /** The run that this one goes on with, and the hash of its stdin. */
  readonly resumes?: Pick<RunHead, 'id' | 'stdin'>;
}

export async function runOnFleet(
  ctx: Context,
  selection: SelectionWords,
  command: readonly string[],
  flags: FleetFlags,
): Promise<number> {
  const clusters = await selectIn(ctx, selection);
  return runFleetJob(ctx, { clusters, command, namespace: ctx.globals.namespace }, flags);
}

export async function runFleetJob(ctx: Context, job: FleetJob, flags: FleetFlags): Promise<number> {
  const { io, messages } = ctx;
  const { clusters } = job;
  const command = fleetCommand(job.command);
  await checkJob(ctx, command, clusters.length, flags);
  const [name = '', ...args] = job.command;
  const program = await executableOf(ctx, name);
  const waves = wavesOf(clusters, flags, (await ctx.config()).words('fleet.waves'));
  if (flags.dryRun) {
    showPlan(ctx, command, waves);
    return 0;
  }
  if (!command.isRead) await confirmWrite(ctx, command, clusters, waves);
  const records = new RunRecords(ctx.paths.state);
  const head = headOf(ctx, job, command, records);
  const begin = () => records.begin(head, error => messages.warn(`this run cannot be resumed: ${String(error)}`));
  const folder = makePrivateTempDir();
  const begun = io.now().getTime();
  const done = new Map<Cluster, FleetResult>();
  const forget = io.onExit(() => {
    const left = clusters.filter(cluster => !done.has(cluster)).map(({ alias }) => alias);
    if (left.length > 0) io.stderr.write(`zkubectl: warning: not done: ${left.join(', ')}\n`);
    removeDir(folder);
  });
  const get = inProcess(ctx, job, command, flags);
  if (get === undefined && command.line?.verb === 'get')
    messages.debug('kubectl answers this get, a process for each cluster');
  const stream = flags.stream ? new LineStream(io, clusters, ctx.globals.output) : undefined;
  try {
    messages.progress('getting tokens');
    const refused = await tokensForAll(new Context(io, ctx.globals, { mayLogin: false }), ctx, clusters);
    messages.endProgress();
    const writer = command.isRead ? undefined : begin();
    const input = inputOf(ctx, job, writer);
    const progress = showProgress(ctx, clusters.length);
    const parallel = flags.parallel ?? (get ? IN_PROCESS_PARALLEL : Math.max(MIN_PARALLEL, PER_CORE * io.cores));
    const runOne = async (cluster: Cluster) =>
      (get && (await runGet(ctx, get, cluster, flags.timeoutMs))) ??
      runProcess(
        {
          io,
          program,
          args,
          isOurs: name === 'kubectl' || name === 'zkubectl',
          namespace: job.namespace,
          folder,
          input,
          timeoutMs: flags.timeoutMs,
          ...(stream && { onOutput: stream.write }),
        },
        cluster,
      );
    let end: RunEnd;
    try {
      end = await runWaves({
        io,
        waves,
        parallel,
        maxFailures: maxFailures(flags.maxFailures, clusters.length, command.isRead),
        writer,
        progress,
        refused,
        runOne,
        onResult: result => {
          done.set(result.cluster, result);
          stream?.ended(result);
        },
        mayGoOn: wave => betweenWaves(ctx, wave, { flags, folder, parallel, namespace: job.namespace }),
      });
    } finally {
      progress.end();
    }
    if (command.isRead) recordRead(begin(), end.results);
    if (get) await showTable(ctx, get, end.results, flags.layout);
    else if (stream === undefined) await showResults(ctx, end.results, flags.layout);
    messages.say(summaryOf(end.results, (io.now().getTime() - begun) / 1000));
    const code = io.signal.aborted ? exitCodeOfSignalled(io.signal) : exitCodeOfResults(end.results, end.wasStopped);
    if (code !== 0 && !command.isRead)
      messages.hint('to go on with what failed or was not begun: zkubectl on --resume');
    return code;
  } finally {
    forget();
    removeDir(folder);
  }
}

/** Throws UsageError (2) before anything is asked or sent. */
async function checkJob(ctx: Context, command: FleetCommand, count: number, flags: FleetFlags): Promise<void> {
  const { output } = ctx.globals;
  if (output === 'wide' || output === 'tsv')
    throw new UsageError(`-o ${output} is for the list of the selection; a command takes -o json, yaml or name`, {
      code: 'bad_format',
    });
  if (flags.expect !== undefined && flags.expect !== count)
    throw new UsageError(`${count} clusters are selected, not ${flags.expect}`, { code: 'unexpected_count' });
  const { line } = command;
  const elsewhere = line && [
    ...targetOverrides(line),
    ...['--context', '--kubeconfig'].filter(f => valueOfFlag(line, f)),
  ];
  if (elsewhere && elsewhere.length > 0)
    throw new UsageError(`${elsewhere[0]} leads every run to one cluster`, {
      code: 'one_target',
      hint: 'leave it out: each run has the kubeconfig of its cluster',
    });
  if (!command.isRead && (await readOnlyTerminal(ctx)) !== undefined)
    throw new UsageError('this terminal is read-only', { code: 'read_only', hint: 'eval "$(zkubectl env --exit)"' });
}

/** A `kubectl get` that this process can answer, as one table. */
function inProcess(
  { globals }: Context,
  { namespace }: FleetJob,
  { line }: FleetCommand,
  { stream, layout, given }: FleetFlags,
): GetRequest | undefined {
  const isTable = globals.output === undefined || globals.output === 'table' || globals.output === 'name';
  if (stream || layout !== 'fold' || given.includes('--no-fold') || !isTable) return undefined;
  return getRequestOf(line, namespace);
}

function wavesOf(clusters: readonly Cluster[], { waves }: FleetFlags, channels: readonly string[]): Wave[] {
  if (waves === undefined) return [{ name: 'all', clusters }];
  return waves === true ? wavesByChannel(clusters, channels) : wavesBySize(clusters, waves);
}

function headOf({ io }: Context, job: FleetJob, { isRead }: FleetCommand, records: RunRecords): RunHead {
  const begunAt = io.now();
  return {
    id: records.newId(begunAt),
    begunAt,
    ...maskedCommand(job.command),
    isRead,
    namespace: job.namespace,
    stdin: undefined,
    resumes: job.resumes?.id,
    clusters: job.clusters.map(({ id, alias }) => ({ id, alias })),
  };
}

/** What is piped, for each child. Children that do not read it do not wait for it. */
function inputOf(ctx: Context, job: FleetJob, writer: RunWriter | undefined): Promise<Buffer> | undefined {
  if (!ctx.io.isPiped) return undefined;
  const input = readStdin(ctx.io, MAX_STDIN_BYTES).then(bytes => {
    const hash = bytes.length === 0 ? undefined : sha256Hex(bytes);
    if (job.resumes && job.resumes.stdin !== hash)
      throw new UsageError('stdin is not what the run had', { code: 'other_stdin' });
    if (hash !== undefined) writer?.stdin(hash);
    return bytes;
  });
  input.catch((error: unknown) => ctx.messages.error(error));
  return input;
}

function recordRead(writer: RunWriter, results: readonly FleetResult[]): void {
  for (const result of results) if (result.outcome !== 'skipped') writer.ended(result);
}

function exitCodeOfSignalled({ reason }: AbortSignal): number {
  return reason instanceof Error && 'exitCode' in reason ? Number(reason.exitCode) : 130;
}
