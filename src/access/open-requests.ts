/**
 * Stores this user's requests that were still pending when the command ended. The same command within an hour resumes its request.
 * Rules: one small file per request under `<state>/access`. A damaged file counts as absent.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { bestEffort, removeFile, writeStateFile } from '../platform/files/files.ts';
import { fileNameFor } from '../platform/files/hash.ts';
import { type Note, notesIn } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';
import { readOwnText } from '../platform/files/read.ts';
import { exists } from '../platform/files/stat.ts';
import type { AccessType } from './api.ts';

const KEPT_MS = 3_600_000;
/** The shortest time between two questions about a request that nobody waits for. */
const ASK_AGAIN_MS = 15_000;

export interface OpenRequest {
  readonly requestKey: string;
  /** The cluster that it was made for, as `credentials` takes it. Undefined: an older note. */
  readonly cluster: string | undefined;
  readonly accountName: string;
  readonly type: AccessType;
  readonly statusUrl: string | undefined;
  readonly approvalUrl: string | undefined;
  readonly reason: string;
  /** The incident's URL, for emergencies. */
  readonly referenceUrl: string | undefined;
  readonly createdAt: Date;
}

/** Identifies a request: the same command, typed again, has the same fingerprint. */
export type RequestFingerprint = Pick<OpenRequest, 'accountName' | 'type' | 'reason' | 'referenceUrl'>;

export interface OpenRequests {
  find(request: RequestFingerprint, now: Date): OpenRequest | undefined;
  save(request: OpenRequest): void;
  forget(request: RequestFingerprint): void;
  /** Call this before the request is sent. Its outcome is then unknown until `save`, `forget` or `clearSent`. */
  markSent(request: RequestFingerprint, now: Date): void;
  /** Removes the sent mark: the outcome is known and there is nothing to resume. An older open request stays. */
  clearSent(request: RequestFingerprint): void;
  /** When the request was sent, if no reply has arrived. Undefined: no reply is missing. */
  sentWithoutReplySince(request: RequestFingerprint, now: Date): Date | undefined;
  /** The open requests of this API. */
  all(now: Date): OpenRequest[];
  /** True at most once in 15 s for a request: then the API may be asked whether it is granted. */
  mayAsk(request: RequestFingerprint, now: Date): boolean;
}

/** @param apiUrl the access API; each API has its own requests */
export function createOpenRequests(stateDir: string, apiUrl: string): OpenRequests {
  const folder = path.join(stateDir, STATE.accessRequests);
  const keyOf = ({ accountName, type, reason, referenceUrl }: RequestFingerprint) =>
    JSON.stringify([apiUrl, accountName, type, reason, referenceUrl ?? null]);
  const notes = notesIn(folder, parse);
  /** The marker file: its existence means that a request was sent and no reply was saved. */
  const sentFileOf = (request: RequestFingerprint) => path.join(folder, `${fileNameFor(keyOf(request))}.unsure`);
  const stillKept = (note: Note<OpenRequest>, now: Date): OpenRequest | undefined => {
    const request = note.read();
    if (request === undefined || now.getTime() - request.createdAt.getTime() < KEPT_MS) return request;
    note.remove();
    return undefined;
  };
  return {
    find: (fingerprint, now) => {
      const request = stillKept(notes.of(keyOf(fingerprint)), now);
      return request && keyOf(request) === keyOf(fingerprint) ? request : undefined;
    },
    save: request => {
      notes.of(keyOf(request)).write({ ...request, createdAt: request.createdAt.toISOString() });
      removeFile(sentFileOf(request));
    },
    forget: request => {
      const note = notes.of(keyOf(request));
      note.remove();
      removeFile(`${note.file}.asked`);
      removeFile(sentFileOf(request));
    },
    clearSent: request => bestEffort(() => removeFile(sentFileOf(request))),
    markSent: (request, now) => writeStateFile(sentFileOf(request), `${now.toISOString()}\n`),
    sentWithoutReplySince: (request, now) => {
      const file = sentFileOf(request);
      if (!exists(file)) return undefined;
      // An unreadable marker counts as sent KEPT_MS ago: the reply is still missing.
      const sent = Date.parse(safeText(file));
      if (Number.isNaN(sent)) return new Date(now.getTime() - KEPT_MS);
      if (now.getTime() - sent < KEPT_MS) return new Date(sent);
      removeFile(file);
      return undefined;
    },
    all: now =>
      notes
        .all()
        .filter(({ note, value }) => note.file === notes.of(keyOf(value)).file)
        .flatMap(({ note }) => stillKept(note, now) ?? []),
    mayAsk: (request, now) => {
      const file = `${notes.of(keyOf(request)).file}.asked`;
      const age = now.getTime() - Date.parse(safeText(file));
      if (age >= 0 && age < ASK_AGAIN_MS) return false;
      bestEffort(() => writeStateFile(file, `${now.toISOString()}\n`, { sync: false }));
      return true;
    },
  };
}

function safeText(file: string): string {
  try {
    return readOwnText(file, 4096)?.trim() ?? '';
  } catch {
    return '';
  }
}

function parse(value: unknown): OpenRequest | undefined {
  if (!isRecord(value)) return undefined;
  const { requestKey, cluster, accountName, type, statusUrl, approvalUrl, reason, referenceUrl, createdAt } = value;
  if (typeof requestKey !== 'string' || typeof accountName !== 'string' || typeof reason !== 'string') return undefined;
  if (type !== 'privileged' && type !== 'emergency') return undefined;
  const time = new Date(String(createdAt));
  if (Number.isNaN(time.getTime())) return undefined;
  const optional = (v: unknown) => (typeof v === 'string' ? v : undefined);
  return {
    requestKey,
    accountName,
    type,
    reason,
    cluster: optional(cluster),
    createdAt: time,
    referenceUrl: optional(referenceUrl),
    statusUrl: optional(statusUrl),
    approvalUrl: optional(approvalUrl),
  };
}
