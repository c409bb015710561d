/** After a wave: the result so far, a pause, a check on each cluster, and the question for the next wave. */
import type { Context } from '../../cli/context.ts';
import { inPool } from '../../fleet/pool.ts';
import { runProcess } from '../../fleet/processes.ts';
import { summaryOf } from '../../fleet/results.ts';
import type { WaveEnd } from '../../fleet/run.ts';
import { showResults } from '../../fleet/show.ts';
import { formatSpan } from '../../lib/time.ts';
import { isInteractive } from '../../platform/io.ts';
import { commandWords } from '../../platform/process/command-words.ts';
import { executableOf } from './executable.ts';
import type { FleetFlags } from './fleet-flags.ts';

interface WaveParts {
  readonly flags: FleetFlags;
  readonly folder: string;
  readonly parallel: number;
  readonly namespace: string | undefined;
}

/** Is the wave good, and may the next one begin? */
export async function betweenWaves(ctx: Context, { wave, results, next }: WaveEnd, parts: WaveParts): Promise<boolean> {
  const { io, messages } = ctx;
  const { flags } = parts;
  if (next === undefined && flags.check === undefined) return true;
  messages.say(`wave ${wave.name}: ${summaryOf(results, Math.max(0, ...results.map(({ seconds }) => seconds)))}`);
  for (let left = flags.soakMs; left > 0; left -= 1000) {
    messages.progress(`waiting after the wave, ${formatSpan(left)} left`);
    await io.sleep(Math.min(1000, left), io.signal).catch(() => undefined);
    if (io.signal.aborted) return false;
  }
  messages.endProgress();
  if (flags.check !== undefined && !(await check(ctx, { wave, results, next }, parts, flags.check))) return false;
  if (next === undefined || ctx.globals.yes || !isInteractive(io)) return true;
  const go = await io.prompt.confirm(`begin wave ${next.name} (clusters: ${next.clusters.length})?`);
  if (!go) messages.say('stopped; the next waves were not begun');
  return go;
}

/** Runs the check on the clusters of the wave. False: it failed on one of them. */
async function check(ctx: Context, { wave, next }: WaveEnd, parts: WaveParts, text: string): Promise<boolean> {
  const [name = '', ...args] = await commandWords(text);
  const program = await executableOf(ctx, name);
  const isOurs = name === 'kubectl' || name === 'zkubectl';
  const shared = { io: ctx.io, program, args, isOurs, input: undefined, timeoutMs: parts.flags.timeoutMs };
  const { folder, namespace, parallel } = parts;
  ctx.messages.progress(`checking: ${text}`);
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
