/** `journal`: what was done with zkubectl on guarded clusters from this machine (docs/incidents.md). */
import { incidentName, incidentUrl } from '../../access/incident.ts';
import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition, CommandFlags } from '../../cli/definition.ts';
import { NotFoundError } from '../../errors.ts';
import { type Event, eventJson, tookText } from '../../incident/event.ts';
import { localText, markdownOf, utcText } from '../../incident/markdown.ts';
import { foldedNames } from '../../lib/names.ts';
import { printThing } from '../../output/sections.ts';
import { JOURNAL_FORMATS, printList, type View } from '../../output/view.ts';
import { localEvents, sinceTime } from './events.ts';

export interface JournalOptions {
  readonly id: string | undefined;
  readonly cluster: string | undefined;
  readonly incident: string | undefined;
  readonly since: string | undefined;
  /** Also runs that only read. */
  readonly all: boolean;
}

interface JournalFlags extends CommandFlags {
  all?: boolean;
  cluster?: string;
  incident?: string;
  since?: string;
}

export const journalCommand: CommandDefinition<JournalOptions> = {
  texts: {
    summary: 'show what was done on production',
    description:
      'Shows what zkubectl did on this machine: commands that may have changed a production cluster, access requests and decisions, and runs on many clusters. Secret values are masked. Reads are not noted. The outcome unknown means that zkubectl was killed or still runs.',
    examples: [
      'zkubectl journal',
      'zkubectl journal --since 2h --cluster foobarlab',
      'zkubectl journal --incident INC-1234 -o markdown',
    ],
  },
  formats: JOURNAL_FORMATS,
  declare: command => {
    command
      .argument('[ID]', 'show all fields of this entry')
      .option('--cluster <CLUSTER>', 'only this cluster')
      .option('--incident <INCIDENT>', 'only what was done with the access of this incident')
      .option('--since <SPAN>', 'only entries of the last SPAN, such as 2h')
      .option('--all', 'also runs on many clusters that only read');
  },
  options: ([id], { all, cluster, incident, since }: JournalFlags) => ({
    id,
    cluster,
    incident,
    since,
    all: all ?? false,
  }),
  run: runJournal,
};

export async function runJournal(ctx: Context, options: JournalOptions): Promise<void> {
  const events = await wanted(ctx, options);
  const format = formatOf(ctx);
  const { color } = ctx.globals;
  if (options.id !== undefined) return showOne(ctx, events, options.id);
  if (format === 'markdown') return void ctx.io.stdout.write(markdownOf('Journal', events));
  return printList(ctx.io, EVENTS, events, { format, color });
}

async function wanted(ctx: Context, { id, all, cluster, incident, since }: JournalOptions): Promise<Event[]> {
  const url =
    incident === undefined ? undefined : incidentUrl(incident, (await ctx.config()).text('access.incident_url'));
  return localEvents(ctx, sinceTime(ctx, since)).filter(
    event =>
      (all || id !== undefined || !event.isRead) &&
      (cluster === undefined || event.clusters.includes(cluster)) &&
      (url === undefined || event.incident === url),
  );
}

/** An entry by its id, or by the start of it. Throws NotFoundError (3). */
async function showOne(ctx: Context, events: readonly Event[], id: string): Promise<void> {
  // The table shows the end of a run's long id.
  const found = events.filter(event => event.id?.startsWith(id) || (event.kind === 'run' && event.id?.endsWith(id)));
  const [event] = found;
  if (event === undefined || found.length > 1)
    throw new NotFoundError(found.length > 1 ? `several entries begin with ${id}` : `the journal has no entry ${id}`, {
      code: 'no_such_entry',
      hint: 'zkubectl journal',
    });
  const { format, color } = { format: formatOf(ctx), color: ctx.globals.color };
  if (format === 'markdown') return void ctx.io.stdout.write(markdownOf(`Entry ${event.id ?? ''}`, [event]));
  await printThing(
    ctx.io,
    { kind: 'JournalEntry', name: event.id ?? '', json: eventJson(event), sections: [sectionOf(event)] },
    { format, color },
  );
}

function sectionOf(event: Event) {
  return {
    fields: [
      ['Id', event.id ?? ''],
      ['Time', `${localText(event.time)} (${utcText(event.time)} UTC)`],
      ['User', event.who ?? ''],
      ['Cluster', event.clusters.join(', ')],
      ['Environment', event.environment ?? ''],
      ['Namespace', event.namespace ?? ''],
      ['Command', event.what],
      ['Outcome', event.outcome],
      ['Took', tookText(event)],
      ['Incident', event.incident ?? ''],
      ['Request', event.request ?? ''],
    ] as const,
  };
}

/** Also of `incident`. */
export const EVENTS: View<Event> = {
  kind: 'JournalEntry',
  name: event => event.id ?? event.request ?? event.kind,
  columns: [
    { title: 'Time', value: event => localText(event.time) },
    { title: 'UTC', value: event => utcText(event.time), wide: true },
    { title: 'Id', value: event => event.id?.slice(-8) ?? '', dropFirst: 1 },
    { title: 'User', value: event => event.who ?? '', dropFirst: 2 },
    { title: 'Cluster', value: event => foldedNames(event.clusters) },
    { title: 'Namespace', value: event => event.namespace ?? '', dropFirst: 3 },
    { title: 'Took', value: tookText, wide: true },
    { title: 'Incident', value: event => incidentName(event.incident), wide: true },
    { title: 'Request', value: event => event.request ?? '', wide: true },
    { title: 'Outcome', value: event => event.outcome },
    // The longest: last, so that it needs no padding.
    { title: 'What', value: event => event.what },
  ],
  toJson: eventJson,
  empty: 'nothing in the journal',
};
