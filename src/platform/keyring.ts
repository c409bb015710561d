/**
 * The system's keyring: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows (by @napi-rs/keyring).
 * Rule: a keyring that is not there or locked is an error, and never replaced by something else.
 */
import fs from 'node:fs';
import path from 'node:path';
import { messageOf, UsageError } from '../errors.ts';
import { ensurePrivateDir, writeStateFile } from './files/files.ts';
import { statOrUndefined } from './files/stat.ts';
import type { Io } from './io.ts';
import { busAnswers } from './session-bus.ts';

export interface Keyring {
  /** Undefined: it has no such secret. Throws UsageError (2) when it cannot be read. */
  read(): Promise<Buffer | undefined>;
  /** Throws UsageError (2) when it cannot be written. */
  write(secret: Uint8Array): Promise<void>;
}

/** The part of the library that is used. */
interface Library {
  readonly AsyncEntry: new (
    service: string,
    account: string,
    options: { linux: { store: 'secret-service' } },
  ) => { getSecret(): Promise<ArrayLike<number> | null>; setSecret(secret: Uint8Array): Promise<void> };
}

const SERVICE = 'zkubectl';
/** The keyring may ask the user to unlock it (milliseconds). */
const TIMEOUT_MS = 60_000;
const BUS_TIMEOUT_MS = 10_000;

/** @param account names the secret. @param nativeDir where the executable keeps the library */
export async function openKeyring(
  io: Pick<Io, 'keyringLibrary' | 'signal' | 'env' | 'platform'>,
  account: string,
  nativeDir: string,
): Promise<Keyring> {
  const attempt = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await within(io, TIMEOUT_MS, action());
    } catch (error) {
      if (io.signal.aborted) throw error;
      throw unavailable(error);
    }
  };
  const entry = await attempt(async () => {
    await busAnswers(io, BUS_TIMEOUT_MS);
    const { AsyncEntry } =
      io.keyringLibrary === undefined ? await import('@napi-rs/keyring') : load(io.keyringLibrary, nativeDir);
    // Without this, the library would take the kernel's keyring, which does not outlive the session.
    return new AsyncEntry(SERVICE, account, { linux: { store: 'secret-service' } });
  });
  return {
    read: async () => {
      const secret = await attempt(() => entry.getSecret());
      return secret === null ? undefined : Buffer.from(secret);
    },
    write: secret => attempt(() => entry.setSecret(secret)),
  };
}

/** The work, but not longer than a time limit or until a signal: the library cannot be stopped. */
function within<T>({ signal }: Pick<Io, 'signal'>, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) return end();
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    });
  });
}

/**
 * The library that is inside the executable. It can be loaded only from a file. The runtime would write this file into the temporary folder, which
 * others can write to, so it is written into our own.
 */
function load(embedded: string, nativeDir: string): Library {
  // It is in the executable's own file system, where only readFileSync works.
  const bytes = fs.readFileSync(embedded);
  const file = path.join(nativeDir, `keyring-${path.basename(embedded).replace(/\W+/g, '-')}.node`);
  ensurePrivateDir(nativeDir);
  const there = statOrUndefined(file);
  if (!there?.isFile() || there.size !== bytes.length) writeStateFile(file, bytes);
  const loaded = { exports: {} };
  process.dlopen(loaded, file);
  return loaded.exports as Library;
}

function unavailable(error: unknown): UsageError {
  return new UsageError(`the system's keyring cannot be used: ${messageOf(error)}`, {
    code: 'no_keyring',
    hint: 'unlock the keyring; or keep tokens in files, and log in again: zkubectl configure auth.store=file',
    cause: error,
  });
}
