/** `on … --every SPAN`: repeats a read and prints only changed answers: cluster, old, new and time. */
import { untilCtrlC } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { answerKey, shortAnswer } from '../../fleet/fold.ts';
import { clusterJson, type FleetResult, summaryOf } from '../../fleet/results.ts';
import { showResults } from '../../fleet/show.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import { formatRfc3339 } from '../../lib/time.ts';
import { execute, type FleetWork, withRunFolder } from './execute.ts';

/** Goes on until Ctrl-C, which is no error. Resolves to 0. */
export async function watchEvery(ctx: Context, work: FleetWork, everyMs: number): Promise<number> {
  const { io, messages } = ctx;
  await untilCtrlC(io, async () => {
    let before: ReadonlyMap<string, FleetResult> | undefined;
    for (;;) {
      const { results, seconds } = await withRunFolder(ctx, folder =>
        execute(ctx, work, { folder, begin: () => undefined }),
      );
      io.signal.throwIfAborted();
      if (before === undefined) {
        await showResults(ctx, results, work.flags.layout);
        messages.say(summaryOf(results, seconds));
      } else for (const result of results) tellMove(ctx, before.get(result.cluster.id), result);
      before = new Map(results.map(result => [result.cluster.id, result]));
      messages.progress(`as of ${io.now().toTimeString().slice(0, 8)}; press Ctrl-C to stop`);
      await io.sleep(everyMs, io.signal);
    }
  });
  return 0;
}

function tellMove({ io, globals }: Context, before: FleetResult | undefined, now: FleetResult): void {
  if (before === undefined || answerKey(before) === answerKey(now)) return;
  const time = io.now();
  if (globals.output === 'json') {
    const side = ({ outcome, exitCode, stdout }: FleetResult) => ({ outcome, exitCode: exitCode ?? null, stdout });
    const line = { time: formatRfc3339(time), cluster: clusterJson(now.cluster), from: side(before), to: side(now) };
    io.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  const [from, to] = changedParts(before, now);
  const text = `${time.toTimeString().slice(0, 8)} ${now.cluster.alias}: ${shortAnswer(from)} → ${shortAnswer(to)}`;
  io.stdout.write(`${escapeForTerminal(text)}\n`);
}

/** Of two answers of several lines, what follows their equal beginning. */
function changedParts(before: FleetResult, now: FleetResult): [FleetResult, FleetResult] {
  if (before.outcome !== 'ok' || now.outcome !== 'ok') return [before, now];
  const [old, current] = [before.stdout.split('\n'), now.stdout.split('\n')];
  let same = 0;
  while (same < old.length - 1 && same < current.length - 1 && old[same] === current[same]) same++;
  const after = (result: FleetResult, lines: readonly string[]) => ({
    ...result,
    stdout: lines.slice(same).join('\n'),
  });
  return [after(before, old), after(now, current)];
}
