/** `on --resume [RUN]`: goes on with a run. Rule: a cluster whose outcome is unknown is repeated only with --also-unknown. */
import type { Context } from '../../cli/context.ts';
import { CliError, NotFoundError, UsageError } from '../../errors.ts';
import { namesOf } from '../../fleet/results.ts';
import { type RunRecord, RunRecords } from '../../fleet/run-records.ts';
import { withLock } from '../../platform/files/lock.ts';
import { lockDir } from '../../platform/files/paths.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { runFleetJob } from './fleet.ts';
import type { FleetFlags } from './fleet-flags.ts';

const LOCK_TIMEOUT_MS = 1000;

export async function runResume(ctx: Context, flags: FleetFlags): Promise<number> {
  const records = new RunRecords(ctx.paths.state);
  const named = typeof flags.resume === 'string' ? records.find(flags.resume) : records.last();
  if (named === undefined) throw new NotFoundError('there is no run to go on with', { code: 'no_run' });
  const first = records.whole(named);
  return withLock(ctx.io, lockDir(ctx.paths.state, `run-${first.id}`), { timeoutMs: LOCK_TIMEOUT_MS }, () =>
    // Another process may have gone on with it before this one took the lock.
    resume(ctx, records.whole(first), flags),
  );
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
  const open = run.clusters.filter(({ id }) => run.outcomes.get(id) !== 'ok');
  const unknown = open.filter(({ id }) => run.outcomes.get(id) === 'unknown');
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
  return runFleetJob(ctx, { clusters, command, namespace, resumes: run }, flags);
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
