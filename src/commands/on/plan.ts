/** What a run would do, and the question before a write. */
import { createGrantMemory } from '../../access/grants.ts';
import type { Context } from '../../cli/context.ts';
import { guardPolicy } from '../../cli/guard-policy.ts';
import { isGuarded } from '../../clusters/guarded.ts';
import { CliError, needsYes } from '../../errors.ts';
import type { FleetCommand } from '../../fleet/fleet-command.ts';
import { namesOf } from '../../fleet/results.ts';
import type { Wave } from '../../fleet/waves.ts';
import { maskedCommand } from '../../journal/masked-command.ts';
import { shellWord } from '../../lib/shell-words.ts';
import { isInteractive } from '../../platform/io.ts';
import type { Cluster } from '../../registry/cluster.ts';

/** A grant that ends so soon may not outlast the run (milliseconds). */
const SHORT_GRANT_MS = 5 * 60_000;

/** Prints the plan on stdout: it is what the user asked for. */
export async function showPlan(
  ctx: Context,
  command: FleetCommand,
  waves: readonly Wave[],
  check: FleetCommand | undefined,
): Promise<void> {
  const { io } = ctx;
  const { environments } = guardPolicy(await ctx.config());
  const count = waves.reduce((sum, wave) => sum + wave.clusters.length, 0);
  const kind = command.isRead ? 'a read' : 'a write';
  io.stdout.write(`${lineOf(command)} (${kind}), on ${clusterCount(count)}\n`);
  if (check) io.stdout.write(`after each wave: ${lineOf(check)}\n`);
  for (const [index, { name, clusters }] of waves.entries()) {
    const wave = waves.length === 1 ? '' : `wave ${index + 1} (${name}), `;
    const guarded = clusters.filter(({ environment }) => isGuarded(environment, environments)).length;
    const names = clusters.map(({ alias }) => alias).join(', ');
    io.stdout.write(`${wave}${clusterCount(clusters.length)}, ${guarded} guarded: ${names}\n`);
  }
}

/** Throws CliError (1) unless the user types the number of clusters; UsageError (2) without a terminal. */
export async function confirmWrite(
  ctx: Context,
  command: FleetCommand,
  clusters: readonly Cluster[],
  waves: readonly Wave[],
  check: FleetCommand | undefined,
): Promise<void> {
  const { io, messages } = ctx;
  const { environments } = guardPolicy(await ctx.config());
  const guarded = clusters.filter(({ environment }) => isGuarded(environment, environments));
  const others = clusters.filter(cluster => !guarded.includes(cluster));
  messages.say(lineOf(command));
  if (check) messages.say(`after each wave: ${lineOf(check)}`);
  messages.say(`on ${clusterCount(clusters.length)}, ${guarded.length} of them guarded`);
  if (guarded.length > 0) messages.alarm(`guarded: ${guarded.map(({ alias }) => alias).join(', ')}`);
  if (others.length > 0) messages.say(`others: ${namesOf(others)}`);
  if (waves.length > 1)
    messages.say(`in ${waves.length} waves: ${waves.map(w => `${w.name} (${w.clusters.length})`).join(', ')}`);
  sayGrants(ctx, guarded);
  if (ctx.globals.yes) return;
  const count = String(clusters.length);
  if (!isInteractive(io)) throw needsYes(`run it on ${clusterCount(clusters.length)}?`);
  const typed = await io.prompt.input(
    `type ${count} to run it on ${clusters.length === 1 ? 'this cluster' : `these ${count} clusters`}:`,
  );
  if (typed.trim() !== count)
    throw new CliError(`not confirmed: the answer is not ${count}; nothing was run`, { code: 'not_confirmed' });
}

/** Says which guarded clusters have no production access, as far as this machine knows, or not for long. */
function sayGrants({ io, paths, messages }: Context, guarded: readonly Cluster[]): void {
  const grants = createGrantMemory(paths.state);
  const now = io.now();
  const ends = guarded.map(cluster => ({ cluster, end: grants.find(cluster.alias, now) }));
  const missing = ends.filter(({ end }) => end === undefined).map(({ cluster }) => cluster);
  const short = ends
    .filter(({ end }) => end && end.getTime() - now.getTime() < SHORT_GRANT_MS)
    .map(({ cluster }) => cluster);
  if (missing.length > 0) messages.warn(`this machine knows of no production access to ${namesOf(missing)}`);
  if (short.length > 0) messages.warn(`production access ends within 5 minutes on ${namesOf(short)}`);
}

function lineOf({ words }: FleetCommand): string {
  return maskedCommand(words).command.map(shellWord).join(' ');
}

function clusterCount(count: number): string {
  return count === 1 ? '1 cluster' : `${count} clusters`;
}
