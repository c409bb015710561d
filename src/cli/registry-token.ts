/**
 * A bearer for the registry that comes from another place than the login: `registry.token_command`, `registry.token_file`, and what upstream and
 * zign use (OAUTH2_ACCESS_TOKENS, CREDENTIALS_DIR). It is for the registry alone.
 * Rules: the token is in no message; the command runs without a shell, and never from the current directory.
 */
import path from 'node:path';
import { isHeaderSafe, ODD_CHARACTERS } from '../auth/bearer.ts';
import { namedEnvironmentToken } from '../auth/environment-token.ts';
import type { Config } from '../config/config.ts';
import { AuthError, messageOf, UsageError } from '../errors.ts';
import { oneLine } from '../lib/one-line.ts';
import { findOnPath } from '../platform/files/path-search.ts';
import { readText } from '../platform/files/read.ts';
import type { Io } from '../platform/io.ts';
import { commandWords } from '../platform/process/command-words.ts';

type TokenIo = Pick<Io, 'env' | 'spawn' | 'platform' | 'self'>;

const COMMAND_MS = 60_000;
const MAX_BYTES = 1024 * 1024;
/** The name under which upstream's tools keep the registry's token. */
const NAME = 'kubectl';

/** Undefined: the registry takes the platform's token. Each call reads the token again. */
export function registryToken(io: TokenIo, config: Config): (() => Promise<string>) | undefined {
  const command = config.text('registry.token_command');
  if (command !== undefined) return async () => checked(await tokenOf(io, command), 'registry.token_command');
  const file = config.text('registry.token_file');
  if (file !== undefined) return async () => checked(tokenIn(file), 'registry.token_file');
  // It replaces every login, and the named tokens as well.
  if (io.env['ZKUBECTL_TOKEN'] || io.env['ZKUBECTL_TOKEN_FILE']) return undefined;
  const named = namedEnvironmentToken(io, NAME);
  return named && (async () => named().token);
}

async function tokenOf(io: TokenIo, text: string): Promise<string> {
  const [name = '', ...args] = await commandWords(text);
  const file = path.isAbsolute(name) ? name : /[\\/]/.test(name) ? undefined : findOnPath(io, name);
  if (file === undefined)
    throw new UsageError(`registry.token_command: ${name} is not on PATH`, {
      code: 'bad_value',
      hint: 'give an absolute path, or a name on PATH',
    });
  let result: Awaited<ReturnType<Io['spawn']>>;
  try {
    result = await io.spawn(file, args, { stdio: 'capture', env: io.env, timeoutMs: COMMAND_MS });
  } catch (error) {
    throw new AuthError(`registry.token_command could not be run: ${messageOf(error)}`, { code: 'no_registry_token' });
  }
  if (result.code === 0) return result.stdout;
  const said = oneLine(result.stderr.trim().split('\n').at(-1) ?? '');
  throw new AuthError(
    `registry.token_command failed (exit code ${result.code ?? result.signal})${said && `: ${said}`}`,
    {
      code: 'no_registry_token',
      hint: `run it by hand: ${text}`,
    },
  );
}

function tokenIn(file: string): string {
  const text = readText(file, MAX_BYTES);
  if (text !== undefined) return text;
  throw new UsageError(`the token file of the registry does not exist: ${file}`, { code: 'bad_secret_file' });
}

function checked(text: string, source: string): string {
  const token = text.trim();
  if (token === '') throw new AuthError(`${source} gave no token for the registry`, { code: 'no_registry_token' });
  if (isHeaderSafe(token)) return token;
  throw new AuthError(`the token of ${source} ${ODD_CHARACTERS}`, {
    code: 'bad_token',
    hint: 'it must be the token alone; it is not shown here',
  });
}
