/** After a wave: the result so far, a pause, a check on each cluster, and the question for the next wave. */
import type { Context } from '../../cli/context.ts';
import { inPool } from '../../fleet/pool.ts';
import { runProcess } from '../../fleet/processes.ts';
import { summaryOf } from '../../fleet/results.ts';
import type { WaveEnd } from '../../fleet/run.ts';
import { showResults } from '../../fleet/show.ts';
import { formatSpan } from '../../lib/time.ts';
import { isInteractive } from '../../platform/io.ts';
import type { PinnedCommand } from './executable.ts';
import type { FleetFlags } from './fleet-flags.ts';

interface WaveParts {
  readonly check: PinnedCommand | undefined;
  readonly flags: FleetFlags;
  readonly folder: string;
  readonly parallel: number;
  readonly namespace: string | undefined;
}

/** Is the wave good, and may the next one begin? */
export async function betweenWaves(ctx: Context, { wave, results, next }: WaveEnd, parts: WaveParts): Promise<boolean> {
  const { io, messages } = ctx;
  const { flags } = parts;
  if (next === undefined && parts.check === undefined) return true;
  messages.say(`wave ${wave.name}: ${summaryOf(results, Math.max(0, ...results.map(({ seconds }) => seconds)))}`);
  for (let left = flags.soakMs; left > 0; left -= 1000) {
    messages.progress(`waiting after the wave, ${formatSpan(left)} left`);
    await io.sleep(Math.min(1000, left), io.signal).catch(() => undefined);
    if (io.signal.aborted) return false;
  }
  messages.endProgress();
  if (parts.check !== undefined && !(await isCheckPassed(ctx, { wave, next }, parts, parts.check))) return false;
  if (next === undefined || ctx.globals.yes || !isInteractive(io)) return true;
  const go = await io.prompt.confirm(`begin wave ${next.name} (clusters: ${next.clusters.length})?`);
  if (!go) messages.say('stopped; the next waves were not begun');
  return go;
}

/** Runs the check on the clusters of the wave. False: it failed on one of them. */
async function isCheckPassed(
  ctx: Context,
  { wave, next }: Pick<WaveEnd, 'wave' | 'next'>,
  parts: WaveParts,
  check: PinnedCommand,
): Promise<boolean> {
  const shared = { io: ctx.io, ...check, input: undefined, timeoutMs: parts.flags.timeoutMs };
  const { folder, namespace, parallel } = parts;
  ctx.messages.progress(`checking: ${parts.flags.check}`);
  const checked = await inPool(wave.clusters, { parallel, signal: ctx.io.signal }, cluster =>
    runProcess({ ...shared, folder, namespace }, cluster),
  );
  ctx.messages.endProgress();
  const failed = [...checked.values()].filter(({ outcome }) => outcome !== 'ok');
  if (failed.length === 0) return true;
  await showResults(ctx, failed, 'fold');
  ctx.messages.warn(
    `the check failed on ${failed.length} of ${wave.clusters.length} clusters${next === undefined ? '' : '; the next waves were not begun'}`,
  );
  return false;
}
