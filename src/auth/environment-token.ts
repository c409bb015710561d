/** Secrets from the environment: a token that replaces every login, named tokens, and the client secret. */
import path from 'node:path';
import { AuthError, messageOf, UsageError } from '../errors.ts';
import { readText } from '../platform/files/read.ts';
import type { Io } from '../platform/io.ts';
import { type BearerToken, isHeaderSafe, ODD_CHARACTERS } from './bearer.ts';
import { jwtExpiry } from './jwt.ts';

const MAX_BYTES = 1024 * 1024;

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

/**
 * A named token as upstream's tools pass it: `OAUTH2_ACCESS_TOKENS=NAME=TOKEN,…`, else the file `$CREDENTIALS_DIR/NAME-token-secret`.
 * Undefined: there is none. Each call of the result reads it again; it throws AuthError (4) when the value is not a token, and does not show it.
 */
export function namedEnvironmentToken(io: Pick<Io, 'env'>, name: string): (() => BearerToken) | undefined {
  const { OAUTH2_ACCESS_TOKENS = '', CREDENTIALS_DIR } = io.env;
  const pair = OAUTH2_ACCESS_TOKENS.split(',').find(part => part.trim().startsWith(`${name}=`));
  if (pair !== undefined) return () => checkedToken(pair.slice(pair.indexOf('=') + 1), 'OAUTH2_ACCESS_TOKENS', name);
  // A name with a slash would read a file elsewhere.
  if (!CREDENTIALS_DIR || /[\\/]/.test(name)) return undefined;
  const file = path.join(CREDENTIALS_DIR, `${name}-token-secret`);
  const read = () => {
    try {
      return readText(file, MAX_BYTES);
    } catch (error) {
      throw new AuthError(`cannot read the token for ${name}: ${messageOf(error)}`, {
        code: 'bad_token',
        cause: error,
      });
    }
  };
  if (read() === undefined) return undefined;
  return () => checkedToken(read() ?? '', file, name);
}

function checkedToken(text: string, source: string, name: string): BearerToken {
  const token = text.trim();
  if (isHeaderSafe(token)) return { token, expiresAt: jwtExpiry(token) };
  const what = token === '' ? 'is empty' : ODD_CHARACTERS;
  throw new AuthError(`the token for ${name} in ${source} ${what}`, {
    code: 'bad_token',
    hint: 'it must be the token alone; it is not shown here',
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
    text = readText(file, MAX_BYTES);
  } catch (error) {
    throw new UsageError(`cannot read ${name}_FILE: ${messageOf(error)}`, { code: 'bad_secret_file', cause: error });
  }
  if (text === undefined) throw new UsageError(`${name}_FILE does not exist: ${file}`, { code: 'bad_secret_file' });
  if (text.trim() === '') throw new UsageError(`${name}_FILE is empty: ${file}`, { code: 'bad_secret_file' });
  return text.trim();
}
