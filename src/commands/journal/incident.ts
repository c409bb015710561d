/** `incident`: the time line of an incident, from the journal and the access service (docs/incidents.md). */
import { incidentName, incidentUrl } from '../../access/incident.ts';
import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { CliError, messageOf, NotFoundError } from '../../errors.ts';
import { type Event, eventsOfRequest } from '../../incident/event.ts';
import { markdownOf } from '../../incident/markdown.ts';
import { JOURNAL_FORMATS, printList } from '../../output/view.ts';
import { accessService, clustersByAccount } from '../cluster-access/shared.ts';
import { localEvents } from './events.ts';
import { EVENTS } from './journal.ts';

export interface IncidentOptions {
  /** Undefined: the last one of the journal. */
  readonly incident: string | undefined;
}

export const incidentCommand: CommandDefinition<IncidentOptions> = {
  texts: {
    summary: 'show the time line of an incident',
    description:
      'Shows who asked for access in an incident, who decided, which commands were run with this access from this machine, and when the access ended. With -o markdown, the time line can be pasted into a ticket. Without INCIDENT, shows the last incident in the journal.',
    examples: ['zkubectl incident INC-1234', 'zkubectl incident -o markdown'],
  },
  formats: JOURNAL_FORMATS,
  declare: command => {
    command.argument(
      '[INCIDENT]',
      'a key such as INC-1234, or its https URL; default: the last incident in the journal',
    );
  },
  options: ([incident]) => ({ incident }),
  run: runIncident,
};

export async function runIncident(ctx: Context, { incident }: IncidentOptions): Promise<void> {
  const local = localEvents(ctx);
  const url =
    incident === undefined
      ? local.findLast(event => event.incident !== undefined)?.incident
      : incidentUrl(incident, (await ctx.config()).text('access.incident_url'));
  if (url === undefined)
    throw new NotFoundError('the journal has no incident', { code: 'no_incident', hint: 'zkubectl incident INC-1234' });
  const own = local.filter(event => event.incident === url);
  const asked = await requestEvents(ctx, url);
  const events = [...own, ...runsDuring(local, own), ...asked].sort((a, b) => a.time.getTime() - b.time.getTime());
  if (events.length === 0)
    throw new NotFoundError(`no events found for incident ${incidentName(url)}`, { code: 'no_incident' });
  const format = formatOf(ctx);
  if (format === 'markdown') return void ctx.io.stdout.write(markdownOf(`Time line of ${incidentName(url)}`, events));
  return printList(ctx.io, EVENTS, events, { format, color: ctx.globals.color });
}

/** Runs on many clusters have no incident of their own: writes between the grant and the last event that touch one of the incident's clusters. */
function runsDuring(local: readonly Event[], own: readonly Event[]): Event[] {
  const [first, last] = [own.find(({ what }) => what.startsWith('access granted')) ?? own[0], own.at(-1)];
  if (first === undefined || last === undefined) return [];
  const clusters = new Set(own.flatMap(event => event.clusters));
  return local.filter(
    ({ kind, isRead, time, clusters: touched }) =>
      kind === 'run' && !isRead && time >= first.time && time <= last.time && touched.some(name => clusters.has(name)),
  );
}

/** What the access service tells. When it cannot be asked, that is said: the journal is still shown. */
async function requestEvents(ctx: Context, url: string): Promise<Event[]> {
  try {
    const { api } = await accessService(ctx, { cluster: undefined, clientId: undefined });
    const [requests, clusters] = await Promise.all([api.list({}), clustersByAccount(ctx)]);
    return requests
      .filter(({ referenceUrl }) => referenceUrl === url)
      .flatMap(request => {
        const names = (clusters.get(request.accountName) ?? []).map(({ alias }) => alias);
        return eventsOfRequest(request, names, ctx.io.now());
      });
  } catch (error) {
    if (!(error instanceof CliError) || ctx.io.signal.aborted) throw error;
    ctx.messages.warn(`cannot ask the access service: ${messageOf(error)}; showing only the journal of this machine`);
    return [];
  }
}
