/**
 * Temporary credentials of AWS accounts, kept in the state folder until five minutes before their end.
 * Rules: valid credentials need no lock and no network. Parallel processes make one request for an account and role.
 */
import path from 'node:path';
import { messageOf, UnreachableError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { removeDir } from '../platform/files/files.ts';
import { fileNameFor } from '../platform/files/hash.ts';
import { withLockOr } from '../platform/files/lock.ts';
import { notesIn } from '../platform/files/notes.ts';
import { lockDir, STATE } from '../platform/files/paths.ts';
import type { Sealer } from '../platform/files/sealer.ts';
import type { Io } from '../platform/io.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Date;
}

/** What the credentials are for. */
export interface AwsRole {
  /** Twelve digits. */
  readonly accountId: string;
  /** Undefined: `aws.role_arn` names the role. */
  readonly role: string | undefined;
}

/** Where credentials come from. */
export interface AwsSource {
  /** Names the source: credentials of another source are not used. */
  readonly id: string;
  credentials(role: AwsRole): Promise<AwsCredentials>;
}

/** Credentials with less than this left are replaced (milliseconds). */
const MIN_LEFT_MS = 5 * 60_000;
const LOCK_TIMEOUT_MS = 60_000;

export interface KeptCredentials {
  /** Stored credentials, else new ones. */
  get(source: AwsSource, role: AwsRole, forceRefresh?: boolean): Promise<AwsCredentials>;
  /** Stored credentials that are still valid. */
  stored(source: Pick<AwsSource, 'id'>, role: AwsRole): AwsCredentials | undefined;
}

/** @param owner who is logged in: one user's credentials are not given to another. Undefined: nobody */
export function keptCredentials(
  io: Pick<Io, 'now' | 'sleep' | 'signal'>,
  stateDir: string,
  sealer: Sealer | undefined,
  owner: () => string | undefined,
  warn: (line: string) => void,
): KeptCredentials {
  const notes = notesIn(path.join(stateDir, STATE.awsCredentials), parseNote, { isSecret: true, sealer });
  const keyOf = ({ id }: Pick<AwsSource, 'id'>, { accountId, role }: AwsRole) =>
    JSON.stringify([id, accountId, role ?? '', owner() ?? null]);
  const stored: KeptCredentials['stored'] = (source, role) => {
    const key = keyOf(source, role);
    const note = notes.of(key).read();
    return note?.key === key && note.credentials.expiresAt.getTime() - io.now().getTime() >= MIN_LEFT_MS
      ? note.credentials
      : undefined;
  };
  return {
    stored,
    get: async (source, role, forceRefresh = false) => {
      const before = stored(source, role);
      if (before && !forceRefresh) return before;
      const key = keyOf(source, role);
      const fetch = async () => {
        const now = stored(source, role);
        if (now && (!forceRefresh || now.accessKeyId !== before?.accessKeyId)) return now;
        const credentials = await source.credentials(role);
        // A logout or another login came meanwhile.
        if (keyOf(source, role) !== key) return credentials;
        try {
          notes.of(key).write({ key, credentials: { ...credentials, expiresAt: credentials.expiresAt.toISOString() } });
        } catch (error) {
          warn(`cannot store the credentials: ${messageOf(error)}`);
        }
        return credentials;
      };
      const dir = lockDir(stateDir, `aws-${fileNameFor(key)}`);
      return withLockOr(io, dir, { timeoutMs: LOCK_TIMEOUT_MS }, fetch, error => {
        warn(`cannot lock the credentials: ${messageOf(error.cause)}`);
        return fetch();
      });
    },
  };
}

/** The source, with its answers checked. They throw UnreachableError (6) when they are damaged or have expired. */
export function checked(source: AwsSource, now: () => Date): AwsSource {
  return {
    id: source.id,
    credentials: async role => {
      const credentials = await source.credentials(role);
      const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = credentials;
      if (![accessKeyId, secretAccessKey, sessionToken].every(isText))
        throw new UnreachableError('the AWS credentials are damaged: they contain other characters than they may', {
          code: 'bad_answer',
        });
      if (expiresAt.getTime() <= now().getTime())
        throw new UnreachableError(`the AWS credentials have expired: ${expiresAt.toISOString()}`, {
          code: 'bad_answer',
          hint: 'check the clock: zkubectl doctor',
        });
      return credentials;
    },
  };
}

/** Deletes all stored credentials. */
export function clearCredentials(stateDir: string): void {
  removeDir(path.join(stateDir, STATE.awsCredentials));
}

function parseNote(value: unknown): { key: string; credentials: AwsCredentials } | undefined {
  if (!isRecord(value) || typeof value['key'] !== 'string' || !isRecord(value['credentials'])) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = value['credentials'];
  const end = new Date(String(expiresAt));
  if (!isText(accessKeyId) || !isText(secretAccessKey) || !isText(sessionToken) || Number.isNaN(end.getTime()))
    return undefined;
  return { key: value['key'], credentials: { accessKeyId, secretAccessKey, sessionToken, expiresAt: end } };
}

/** Visible ASCII only: the values go into headers and files of other programs. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]+$/.test(value);
}
