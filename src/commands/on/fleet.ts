/** One command on many clusters: plan, question, run, results (docs/many-clusters.md). */
import type { Context } from '../../cli/context.ts';
import { localUser } from '../../cli/local-user.ts';
import { readOnlyTerminal } from '../../cli/read-only.ts';
import { ExitCode, messageOf, UsageError } from '../../errors.ts';
import { type ApiAnswers, apiAnswers } from '../../fleet/api-answers.ts';
import { type FleetCommand, fleetCommand, readsStdin } from '../../fleet/fleet-command.ts';
import { OutputSpool } from '../../fleet/output-spool.ts';
import { exitCodeOfResults, type FleetResult, summaryOf } from '../../fleet/results.ts';
import { type RunHead, RunRecords, runLock } from '../../fleet/run-records.ts';
import { selectIn } from '../../fleet/select-in.ts';
import type { SelectionWords } from '../../fleet/selection.ts';
import { showResults, showTable } from '../../fleet/show.ts';
import { LineStream } from '../../fleet/stream.ts';
import { type Wave, wavesByChannel, wavesBySize } from '../../fleet/waves.ts';
import { maskedCommand } from '../../journal/masked-command.ts';
import { targetOverrides, valueOfFlag } from '../../kubectl/line.ts';
import { KUBECTL_VERBS } from '../../kubectl/verbs.ts';
import { sha256Hex } from '../../platform/files/hash.ts';
import { withLockOr } from '../../platform/files/lock.ts';
import { commandWords } from '../../platform/process/command-words.ts';
import { readStdin } from '../../platform/terminal/stdin.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { kubectlVersion, pinned } from './executable.ts';
import { execute, type FleetWork, isData, withRunFolder } from './execute.ts';
import type { FleetFlags } from './fleet-flags.ts';
import type { FleetJob } from './fleet-job.ts';
import { confirmWrite, showPlan } from './plan.ts';

const MAX_STDIN_BYTES = 16 * 1024 * 1024;
const SLOW_STDIN_MS = 2000;
const LOCK_TIMEOUT_MS = 1000;

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
  const check = flags.check === undefined ? undefined : fleetCommand(await commandWords(flags.check));
  const own = fleetCommand(job.command);
  // A check that may write makes the run a write.
  const command = { ...own, isRead: own.isRead && (check?.isRead ?? true) };
  await checkJob(ctx, [command, ...(check ? [check] : [])], clusters.length, flags);
  const answers = apiAnswersOf(ctx, job, own, flags);
  const find = () => pinned(ctx, job.command);
  // Without the program, nothing starts. What this process answers needs none.
  const found = answers ? undefined : await find();
  const pinnedCheck = check && (await pinned(ctx, check.words));
  const waves = wavesOf(clusters, flags, (await ctx.config()).words('fleet.waves'));
  if (flags.dryRun) {
    await showPlan(ctx, command, waves, check);
    return 0;
  }
  const input = await pipedInput(ctx, job, own);
  if (!command.isRead) await confirmWrite(ctx, command, clusters, waves, check);
  if (answers === undefined && /^(get|version)$/.test(command.line?.verb ?? ''))
    messages.debug('running one kubectl for each cluster: zkubectl cannot answer this command itself');
  const work: FleetWork = {
    job,
    command,
    find: async () => found ?? (await find()),
    check: pinnedCheck,
    waves,
    flags,
    answers,
    input: input?.bytes,
  };
  if (flags.everyMs !== undefined) return (await import('./every.ts')).watchEvery(ctx, work, flags.everyMs);
  const records = new RunRecords(ctx.paths.state);
  const head = { ...headOf(ctx, job, command, records, flags), stdin: input?.hash, user: await localUser(ctx) };
  const begin = () => records.begin(head, error => messages.warn(`this run cannot be resumed: ${messageOf(error)}`));
  const stream = flags.stream ? new LineStream(io, clusters, ctx.globals.output) : undefined;
  const end = await withRunFolder(ctx, async folder => {
    const spool = new OutputSpool(folder);
    const run = () => execute(ctx, work, { stream, folder, spool, begin: command.isRead ? () => undefined : begin });
    // Nobody can resume a write that still runs.
    const done = command.isRead || job.resumes ? await run() : await whileRunning(ctx, head.id, run);
    if (command.isRead) begin().ended(...done.results.filter(({ outcome }) => outcome !== 'skipped'));
    if (answers?.table) await showTable(ctx, answers.table, done.results, flags.layout);
    else if (stream === undefined) await showResults(ctx, done.results, flags.layout);
    return done;
  });
  messages.say(summaryOf(end.results, end.seconds));
  const code = io.signal.aborted
    ? exitCodeOfSignalled(io.signal)
    : exitCodeOfResults(end.results, end.wasStopped) || (end.isBad ? ExitCode.failed : ExitCode.ok);
  if (!command.isRead && !head.isMasked) hintResume(ctx, head.id, end.results);
  return code;
}

function hintResume({ messages }: Context, id: string, results: readonly FleetResult[]): void {
  const others = results.filter(({ outcome }) => outcome !== 'ok');
  if (others.length === 0) return;
  const mayBeDone = others.every(({ outcome }) => /^(interrupted|timedOut|unknown)$/.test(outcome));
  messages.hint(
    mayBeDone
      ? `the command may be done there; check, then: zkubectl on --resume ${id} --also-unknown`
      : `to run it again where it failed or did not begin: zkubectl on --resume ${id}`,
  );
}

/** Throws UsageError (2) before anything is asked or sent. */
async function checkJob(
  ctx: Context,
  commands: readonly [FleetCommand, ...FleetCommand[]],
  count: number,
  flags: FleetFlags,
): Promise<void> {
  const [command] = commands;
  const { output } = ctx.globals;
  if (output === 'wide' || output === 'tsv')
    throw new UsageError(`-o ${output} works only without a command; a command takes -o json, yaml or name`, {
      code: 'bad_format',
    });
  if (flags.stream && (output === 'name' || output === 'yaml'))
    throw new UsageError(`--stream and -o ${output} cannot be used together`, { code: 'bad_usage' });
  if (flags.expect !== undefined && flags.expect !== count)
    throw new UsageError(`nothing was run: the selection has ${count}, not ${flags.expect}`, {
      code: 'unexpected_count',
    });
  const elsewhere = commands.flatMap(({ line }) =>
    line ? [...targetOverrides(line), ...['--context', '--kubeconfig'].filter(f => valueOfFlag(line, f))] : [],
  );
  if (elsewhere.length > 0)
    throw new UsageError(`${elsewhere[0]} leads every run to one cluster`, {
      code: 'one_target',
      hint: 'leave it out: each run has the kubeconfig of its cluster',
    });
  for (const { line } of commands)
    if (line?.problem !== undefined && KUBECTL_VERBS.has(line.verb.split(' ')[0] ?? ''))
      throw new UsageError(line.problem, {
        code: 'uncertain_line',
        hint: 'flags of on come before --; write a flag of a newer kubectl as --flag=VALUE',
      });
  if (flags.everyMs !== undefined && !command.isRead)
    throw new UsageError('--every works only with reads: this command may write', { code: 'bad_usage' });
  if (!command.isRead && (await readOnlyTerminal(ctx)) !== undefined)
    throw new UsageError('this terminal is read-only: this command may write', {
      code: 'read_only',
      hint: 'eval "$(zkubectl env --exit)"',
    });
}

/** What this process can answer without a kubectl for each cluster. */
function apiAnswersOf(
  ctx: Context,
  { namespace }: FleetJob,
  command: FleetCommand,
  { stream, layout, everyMs, timeoutMs }: FleetFlags,
): ApiAnswers | undefined {
  const isOneTable = layout === 'fold' && !stream && everyMs === undefined;
  return apiAnswers(ctx, command, {
    namespace,
    timeoutMs,
    form: isData(ctx) ? 'objects' : isOneTable ? 'table' : 'text',
    clientVersion: () => kubectlVersion(ctx),
  });
}

function wavesOf(clusters: readonly Cluster[], { waves }: FleetFlags, channels: readonly string[]): Wave[] {
  if (waves === undefined) return [{ name: 'all', clusters }];
  return waves === true ? wavesByChannel(clusters, channels) : wavesBySize(clusters, waves);
}

/** Reads what is piped, before anything starts: each command gets the whole of it. Undefined: nothing is piped, or the command does not read it. */
async function pipedInput(ctx: Context, job: FleetJob, command: FleetCommand) {
  if (!ctx.io.isPiped || !readsStdin(command)) return undefined;
  const done = new AbortController();
  ctx.io.sleep(SLOW_STDIN_MS, done.signal).then(
    () => ctx.messages.say('waiting for the end of stdin; without input: add </dev/null'),
    () => undefined,
  );
  const bytes = await readStdin(ctx.io, MAX_STDIN_BYTES).finally(() => done.abort(new Error('read')));
  const hash = bytes.length === 0 ? undefined : sha256Hex(bytes);
  if (job.resumes && job.resumes.stdin !== hash)
    throw new UsageError('cannot resume: stdin has changed', { code: 'other_stdin' });
  return { bytes, hash };
}

/** Holds the lock of a run, which `--resume` takes too. Without a state folder there is nothing to resume. */
function whileRunning<T>({ io, paths }: Context, id: string, run: () => Promise<T>): Promise<T> {
  return withLockOr(io, runLock(paths.state, id), { timeoutMs: LOCK_TIMEOUT_MS }, run, run);
}

function headOf(
  { io }: Context,
  job: FleetJob,
  { isRead }: FleetCommand,
  records: RunRecords,
  { waves, soakMs, check, maxFailures, timeoutMs, parallel }: FleetFlags,
): Omit<RunHead, 'stdin' | 'user'> {
  const begunAt = io.now();
  const masked = maskedCommand(job.command);
  const hasSecretCheck = check !== undefined && maskedCommand([check]).isMasked;
  return {
    id: records.newId(begunAt),
    begunAt,
    ...masked,
    isMasked: masked.isMasked || hasSecretCheck,
    cwd: io.cwd,
    options: hasSecretCheck ? {} : { waves, soakMs, check, maxFailures, timeoutMs, parallel },
    isRead,
    namespace: job.namespace,
    resumes: job.resumes?.id,
    clusters: job.clusters.map(({ id, alias }) => ({ id, alias })),
  };
}

function exitCodeOfSignalled({ reason }: AbortSignal): number {
  return reason instanceof Error && 'exitCode' in reason ? Number(reason.exitCode) : 130;
}
