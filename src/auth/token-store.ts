/**
 * Tokens on disk: one file per issuer, client, scopes and audience under `<state>/tokens`, 0600.
 * Rules: a file that is damaged, owned by another user or for another key counts as absent. The file name is a hash and reveals nothing.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { fileNameFor } from '../platform/files/hash.ts';
import { notesIn, removeNotes } from '../platform/files/notes.ts';
import { lockDir, STATE } from '../platform/files/paths.ts';
import type { Sealer } from '../platform/files/sealer.ts';
import { decodeJwt } from './jwt.ts';

/** What a set of tokens was issued for. */
export interface TokenKey {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly audience?: string | undefined;
  /** The name of a named token. Undefined: the tokens of a login. */
  readonly name?: string | undefined;
}

/** What a named token has of its own. */
export type NamedScopes = Required<Pick<TokenKey, 'name' | 'scopes'>>;

export interface TokenSet {
  readonly accessToken?: string | undefined;
  /** Seconds since the epoch. Undefined: the server sent no expiry. */
  readonly accessExpiresAt?: number | undefined;
  readonly idToken?: string | undefined;
  readonly idExpiresAt?: number | undefined;
  readonly refreshToken?: string | undefined;
}

/** The `sub` of tokens. Empty: they do not say. Undefined: there are no tokens. */
export function subjectOf(tokens: TokenSet | undefined): string | undefined {
  if (tokens === undefined) return undefined;
  const claims = decodeJwt(tokens.idToken ?? '') ?? decodeJwt(tokens.accessToken ?? '');
  return claims?.sub ?? '';
}

export interface TokenStore {
  read(key: TokenKey): TokenSet | undefined;
  write(key: TokenKey, tokens: TokenSet): void;
  remove(key: TokenKey): void;
  /** All stored token sets. */
  all(): { key: TokenKey; tokens: TokenSet }[];
  /** Removes every file, also those that cannot be read. Returns their number. */
  removeAll(): number;
  /** The lock directory for the renewal of a token set. */
  lockDir(key: TokenKey): string;
}

const MAX_TOKEN_FILE_BYTES = 1024 * 1024;

/** @param sealer encrypts the files; undefined: they are readable for the user */
export function createTokenStore(stateDir: string, sealer?: Sealer): TokenStore {
  const options = { maxBytes: MAX_TOKEN_FILE_BYTES, isSecret: true, sealer };
  const notes = notesIn(path.join(stateDir, STATE.tokens), parseTokens, options);
  const noteOf = (key: TokenKey) => notes.of(JSON.stringify(canonical(key)));
  return {
    read: key => {
      const stored = noteOf(key).read();
      return stored && fingerprint(stored.key) === fingerprint(key) ? stored.tokens : undefined;
    },
    write: (key, tokens) => noteOf(key).write({ version: 1, key: canonical(key), tokens }),
    remove: key => noteOf(key).remove(),
    all: () => notes.all().map(({ value }) => value),
    removeAll: () => removeNotes(path.join(stateDir, STATE.tokens)),
    lockDir: key => lockDir(stateDir, `token-${fingerprint(key)}`),
  };
}

function canonical(key: TokenKey): TokenKey {
  const { issuer, clientId, scopes, audience, name } = key;
  return { issuer, clientId, scopes: [...scopes].sort(), audience, name };
}

/** A file or lock name. Equal keys have equal names. */
export function fingerprint(key: TokenKey): string {
  return fileNameFor(JSON.stringify(canonical(key)));
}

function parseTokens(value: unknown): { key: TokenKey; tokens: TokenSet } | undefined {
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['key']) || !isRecord(value['tokens']))
    return undefined;
  const { issuer, clientId, scopes, audience, name } = value['key'];
  if (typeof issuer !== 'string' || typeof clientId !== 'string' || !isStrings(scopes)) return undefined;
  const tokens = value['tokens'];
  return {
    key: { issuer, clientId, scopes, audience: optionalString(audience), name: optionalString(name) },
    tokens: {
      accessToken: optionalString(tokens['accessToken']),
      accessExpiresAt: optionalNumber(tokens['accessExpiresAt']),
      idToken: optionalString(tokens['idToken']),
      idExpiresAt: optionalNumber(tokens['idExpiresAt']),
      refreshToken: optionalString(tokens['refreshToken']),
    },
  };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(v => typeof v === 'string');
}

function optionalString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
