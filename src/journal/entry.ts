/** What the journal has: commands that may have changed a guarded cluster, and access requests with their decisions. */
import { isRecord, type JsonObject } from '../lib/json.ts';
import { formatRfc3339 } from '../lib/time.ts';

export const KINDS = ['command', 'access'] as const;
export type Kind = (typeof KINDS)[number];

export interface EntryHead {
  readonly id: string;
  readonly kind: Kind;
  readonly time: Date;
  /** The user of the login. Undefined: not known. */
  readonly user: string | undefined;
  /** Alias, or the context's name. */
  readonly cluster: string | undefined;
  readonly environment: string | undefined;
  readonly namespace: string | undefined;
  /** As it was typed, with secret values masked. */
  readonly argv: readonly string[];
  /** The incident's URL or key of the access in force. */
  readonly incident: string | undefined;
  /** The key of the access request in force, or that the entry is about. */
  readonly request: string | undefined;
  /** Of an access entry: what was done, such as `requested`, `approved`. */
  readonly act: string | undefined;
}

export interface JournalEntry extends EntryHead {
  /** Undefined: the end is not known, because zkubectl was killed or still runs. */
  readonly end: EntryEnd | undefined;
}

export interface EntryEnd {
  readonly exitCode: number;
  readonly seconds: number;
}

/** As in `-o json`. */
export function entryJson({ end, ...head }: JournalEntry): JsonObject {
  const { id, kind, time, user, cluster, environment, namespace, argv, incident, request, act } = head;
  return {
    ...{ id, kind, time: formatRfc3339(time), user: user ?? null, cluster: cluster ?? null },
    ...{ environment: environment ?? null, namespace: namespace ?? null, argv, act: act ?? null },
    ...{ incident: incident ?? null, request: request ?? null },
    ...{ exitCode: end?.exitCode ?? null, seconds: end?.seconds ?? null },
  };
}

/** A line of the file. Undefined: it is damaged, or the end of another entry. */
export function headOfLine(value: unknown): EntryHead | undefined {
  if (!isRecord(value) || typeof value['id'] !== 'string') return undefined;
  const kind = KINDS.find(known => known === value['kind']);
  const time = new Date(String(value['time']));
  const argv = value['argv'];
  if (kind === undefined || Number.isNaN(time.getTime()) || !Array.isArray(argv)) return undefined;
  const text = (field: string) => (typeof value[field] === 'string' ? String(value[field]) : undefined);
  return {
    ...{ id: value['id'], kind, time, argv: argv.map(String), user: text('user'), cluster: text('cluster') },
    ...{ environment: text('environment'), namespace: text('namespace'), incident: text('incident') },
    ...{ request: text('request'), act: text('act') },
  };
}

/** For a line that ends an entry: the id of the entry, and its end. Undefined: another kind of line. */
export function endOfLine(value: unknown): [string, EntryEnd] | undefined {
  if (!isRecord(value)) return undefined;
  const { end, exitCode, seconds } = value;
  if (typeof end !== 'string' || typeof exitCode !== 'number' || typeof seconds !== 'number') return undefined;
  return [end, { exitCode, seconds }];
}
