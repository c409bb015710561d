/** The events that this machine knows: the journal, and the runs on many clusters. */
import { parseSpan } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { OUTCOMES } from '../../fleet/results.ts';
import { type RunRecord, RunRecords } from '../../fleet/run-records.ts';
import { type Event, eventOfEntry } from '../../incident/event.ts';
import { Journal } from '../../journal/journal.ts';
import { shellWord } from '../../lib/shell-words.ts';

/** The oldest first. @param since undefined: all that is kept */
export function localEvents({ paths }: Pick<Context, 'paths'>, since?: Date): Event[] {
  const entries = new Journal(paths.state, 0).entries(since).map(eventOfEntry);
  const runs = new RunRecords(paths.state).all(since);
  return [...entries, ...runs.map(eventOfRun)].sort((a, b) => a.time.getTime() - b.time.getTime());
}

/** The time of `--since 2h`. Throws UsageError (2). */
export function sinceTime({ io }: Pick<Context, 'io'>, span: string | undefined): Date | undefined {
  return span === undefined ? undefined : new Date(io.now().getTime() - parseSpan('--since', span, 1) * 1000);
}

function eventOfRun(run: RunRecord): Event {
  const counts = OUTCOMES.flatMap(outcome => {
    const count = run.clusters.filter(({ id }) => run.outcomes.get(id) === outcome).length;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  const notBegun = run.clusters.filter(({ id }) => !run.outcomes.has(id)).length;
  return {
    ...{ id: run.id, kind: 'run', time: run.begunAt, who: run.user, clusters: run.clusters.map(({ alias }) => alias) },
    ...{ environment: undefined, namespace: run.namespace, exitCode: undefined, seconds: undefined },
    isRead: run.isRead,
    what: `on ${run.clusters.length} clusters: ${run.command.map(shellWord).join(' ')}`,
    outcome: [...counts, ...(notBegun > 0 ? [`${notBegun} not begun`] : [])].join(', '),
    ...{ incident: undefined, request: undefined },
  };
}
