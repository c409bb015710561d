/** Secrets from the environment: a token that replaces every login, and the client secret. */
import { messageOf, UsageError } from '../errors.ts';
import { readText } from '../platform/files/read.ts';
import type { Io } from '../platform/io.ts';
import { type BearerToken, isHeaderSafe, ODD_CHARACTERS } from './bearer.ts';
import { jwtExpiry } from './jwt.ts';

/**
 * Reads ZKUBECTL_TOKEN or ZKUBECTL_TOKEN_FILE. The file is read again at every use. Throws UsageError when the file cannot be read or the
 * value is not a token; the error does not show the value.
 */
export function environmentToken(io: Pick<Io, 'env'>): BearerToken | undefined {
  const name = 'ZKUBECTL_TOKEN';
  const token = fromEnvironment(io, name);
  if (token === undefined) return undefined;
  if (isHeaderSafe(token)) return { token, expiresAt: jwtExpiry(token) };
  const source = io.env[name]?.trim() ? name : `the file in ${name}_FILE`;
  throw new UsageError(`${source} ${ODD_CHARACTERS}`, {
    code: 'bad_token',
    hint: 'it must contain only the token; the value is not shown here',
  });
}

export function clientSecret(io: Pick<Io, 'env'>): string | undefined {
  return fromEnvironment(io, 'ZKUBECTL_AUTH_CLIENT_SECRET');
}

export function fromEnvironment(io: Pick<Io, 'env'>, name: string): string | undefined {
  const value = io.env[name]?.trim();
  if (value) return value;
  const file = io.env[`${name}_FILE`];
  if (!file) return undefined;
  let text: string | undefined;
  try {
    text = readText(file, 1024 * 1024);
  } catch (error) {
    throw new UsageError(`cannot read ${name}_FILE: ${messageOf(error)}`, { code: 'bad_secret_file', cause: error });
  }
  if (text === undefined) throw new UsageError(`${name}_FILE does not exist: ${file}`, { code: 'bad_secret_file' });
  if (text.trim() === '') throw new UsageError(`${name}_FILE is empty: ${file}`, { code: 'bad_secret_file' });
  return text.trim();
}
