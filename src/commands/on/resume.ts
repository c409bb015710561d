/** `on --resume [RUN]`: goes on with a run. Rule: a cluster whose outcome is unknown is repeated only with --also-unknown. */
import type { Context } from '../../cli/context.ts';
import { CliError, NotFoundError, UsageError } from '../../errors.ts';
import { namesOf } from '../../fleet/results.ts';
import { type RunRecord, RunRecords, runLock } from '../../fleet/run-records.ts';
import { shellWord } from '../../lib/shell-words.ts';
import { withLock } from '../../platform/files/lock.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { runFleetJob } from './fleet.ts';
import type { FleetFlags } from './fleet-flags.ts';

const LOCK_TIMEOUT_MS = 1000;

export async function runResume(ctx: Context, flags: FleetFlags): Promise<number> {
  const records = new RunRecords(ctx.paths.state);
  const named =
    typeof flags.resume === 'string'
      ? records.find(flags.resume)
      : (records.last(run => !run.isRead) ?? records.last());
  if (named === undefined) throw new NotFoundError('there is no run to go on with', { code: 'no_run' });
  const first = records.whole(named);
  let hasBegun = false;
  try {
    return await withLock(ctx.io, runLock(ctx.paths.state, first.id), { timeoutMs: LOCK_TIMEOUT_MS }, () => {
      hasBegun = true;
      // Another process may have gone on with it before this one took the lock.
      return resume(ctx, records.whole(first), flags);
    });
  } catch (error) {
    if (hasBegun || ctx.io.signal.aborted) throw error;
    throw new CliError(`the run ${first.id} has not ended: another process works on it`, {
      code: 'running',
      cause: error,
    });
  }
}

async function resume(ctx: Context, run: RunRecord, flags: FleetFlags): Promise<number> {
  if (run.isMasked)
    throw new UsageError('cannot resume: the command had a secret value, which is not kept', {
      code: 'masked_command',
      hint: 'zkubectl on @failed -- COMMAND',
    });
  if (run.stdin !== undefined && !ctx.io.isPiped)
    throw new UsageError('cannot resume: the run had input on stdin', {
      code: 'no_stdin',
      hint: `zkubectl on --resume ${run.id} < FILE`,
    });
  if (run.cwd !== ctx.io.cwd)
    throw new UsageError(`cannot resume: the run began in ${run.cwd}`, {
      code: 'other_folder',
      hint: `cd ${shellWord(run.cwd)}`,
    });
  const open = run.clusters.filter(({ id }) => run.outcomes.get(id) !== 'ok');
  // A write that was ended half-way may be done.
  const uncertain: readonly (string | undefined)[] = run.isRead ? ['unknown'] : ['unknown', 'timedOut', 'interrupted'];
  const unknown = open.filter(({ id }) => uncertain.includes(run.outcomes.get(id)));
  if (unknown.length > 0 && !flags.alsoUnknown)
    ctx.messages.warn(
      `unknown on ${namesOf(unknown)}: the command may be done there; check, then: zkubectl on --resume ${run.id} --also-unknown`,
    );
  const wanted = open.filter(cluster => flags.alsoUnknown || !unknown.includes(cluster));
  ctx.messages.say(`going on with the run ${run.id}`);
  if (wanted.length === 0) {
    if (unknown.length > 0)
      throw new CliError('nothing was run: only unknown clusters are left', {
        code: 'only_unknown',
        hint: `zkubectl on --resume ${run.id} --also-unknown`,
      });
    ctx.messages.say('all of its clusters are done');
    return 0;
  }
  const clusters = await clustersOf(
    ctx,
    wanted.map(({ id }) => id),
  );
  const { command, namespace } = run;
  return runFleetJob(ctx, { clusters, command, namespace, resumes: run }, withOptions(flags, run.options));
}

/** The flags of the run, where none are given now. */
function withOptions(
  flags: FleetFlags,
  { waves, soakMs, check, maxFailures, timeoutMs, parallel }: RunRecord['options'],
): FleetFlags {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
  return {
    ...flags,
    waves: flags.waves ?? (waves === true ? true : text(waves)),
    soakMs: flags.soakMs || (number(soakMs) ?? 0),
    check: flags.check ?? text(check),
    maxFailures: flags.maxFailures ?? text(maxFailures),
    timeoutMs: flags.timeoutMs ?? number(timeoutMs),
    parallel: flags.parallel ?? number(parallel),
  };
}

/** The records of these clusters now. Throws NotFoundError (3) when the registry has one of them no more. */
async function clustersOf(ctx: Context, ids: readonly string[]): Promise<Cluster[]> {
  const { clusters } = await (await ctx.registry()).clusters('now');
  return ids.map(id => {
    const cluster = clusters.find(other => other.id === id);
    if (cluster === undefined) throw new NotFoundError(`the registry has no cluster ${id} any more`, { code: 'gone' });
    return cluster;
  });
}
