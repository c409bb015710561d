/** What happened when: an entry of the journal, a run on many clusters, or a step of an access request. */
import type { AccessRequest } from '../access/api.ts';
import type { JournalEntry } from '../journal/entry.ts';
import type { JsonObject } from '../lib/json.ts';
import { shellWord } from '../lib/shell-words.ts';
import { formatRfc3339, formatSeconds } from '../lib/time.ts';

export interface Event {
  /** Of a journal entry or a run. */
  readonly id: string | undefined;
  readonly kind: 'command' | 'access' | 'run' | 'request';
  readonly time: Date;
  readonly who: string | undefined;
  /** Aliases. */
  readonly clusters: readonly string[];
  readonly environment: string | undefined;
  readonly namespace: string | undefined;
  /** Did the command certainly change nothing? */
  readonly isRead: boolean;
  /** The command line, or what was asked and decided. */
  readonly what: string;
  /** `exit code 1`, `ok`, `unknown`; empty: nothing to say. */
  readonly outcome: string;
  readonly exitCode: number | undefined;
  readonly seconds: number | undefined;
  readonly incident: string | undefined;
  readonly request: string | undefined;
}

export function eventOfEntry(entry: JournalEntry): Event {
  const { id, kind, time, user, cluster, environment, namespace, argv, act, incident, request, end } = entry;
  const typed = argv.map(shellWord).join(' ');
  return {
    ...{
      id,
      kind,
      time,
      who: user,
      clusters: cluster === undefined ? [] : [cluster],
      environment,
      namespace,
      incident,
      request,
    },
    isRead: false,
    what: act === undefined ? typed : `access ${act}: ${typed}`,
    outcome: kind === 'access' ? '' : outcomeOf(end?.exitCode),
    exitCode: end?.exitCode,
    seconds: kind === 'access' ? undefined : end?.seconds,
  };
}

/** The end of a command is not known when zkubectl was killed, or while it runs. */
function outcomeOf(exitCode: number | undefined): string {
  if (exitCode === undefined) return 'unknown';
  return exitCode === 0 ? 'ok' : `exit code ${exitCode}`;
}

/** What the access service tells of a request: when it was made, who decided, when the access ends. */
export function eventsOfRequest(request: AccessRequest, clusters: readonly string[], now: Date): Event[] {
  const { requestKey, requestor, approvers, reason, status, createdAt, expiresAt, referenceUrl } = request;
  const event = (time: Date, who: string | undefined, what: string): Event => ({
    ...{ id: undefined, kind: 'request', time, who, what, clusters },
    ...{ environment: undefined, namespace: undefined, outcome: '', exitCode: undefined, seconds: undefined },
    ...{ incident: referenceUrl, request: requestKey, isRead: false },
  });
  const by = approvers.length === 0 ? '' : `, decided by ${approvers.join(', ')}`;
  return [
    ...(createdAt ? [event(createdAt, requestor, `request ${requestKey}: ${reason} (now ${status}${by})`)] : []),
    ...(expiresAt && expiresAt <= now ? [event(expiresAt, undefined, `access of request ${requestKey} ended`)] : []),
  ];
}

/** As in `-o json`. */
export function eventJson(event: Event): JsonObject {
  const { id, kind, time, who, clusters, environment, namespace, what, outcome, exitCode, seconds, incident, request } =
    event;
  return {
    ...{ id: id ?? null, kind, time: formatRfc3339(time), user: who ?? null, clusters },
    ...{ environment: environment ?? null, namespace: namespace ?? null, what, outcome, exitCode: exitCode ?? null },
    ...{ seconds: seconds ?? null, incident: incident ?? null, request: request ?? null },
  };
}

export function tookText({ seconds }: Event): string {
  return seconds === undefined ? '' : formatSeconds(seconds);
}
