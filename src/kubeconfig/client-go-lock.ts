/** client-go's lock on a kubeconfig (clientcmd): FILE.lock, created with O_EXCL and then removed. */
import { CliError } from '../errors.ts';
import { bestEffort, createExclusive, removeFile, renameFile } from '../platform/files/files.ts';
import { uniqueHex } from '../platform/files/hash.ts';
import { isOwnerAlive, ownerMark } from '../platform/files/lock.ts';
import { readText } from '../platform/files/read.ts';
import type { Io } from '../platform/io.ts';

export const LOCK_TIMEOUT_MS = 10_000;
const LOCK_POLL_MS = 50;

/**
 * Takes the lock. Resolves to a function that releases it. Throws CliError (1) after 10 s.
 * @param mayBreak remove the lock of a killed zkubectl, which is recognised by its owner mark
 */
export async function lockLikeClientGo(
  io: Pick<Io, 'sleep' | 'signal'>,
  file: string,
  mayBreak: boolean,
): Promise<() => void> {
  const lock = `${file}.lock`;
  for (let waited = 0; ; waited += LOCK_POLL_MS) {
    if (createExclusive(lock, `${ownerMark()}\n`)) return () => bestEffort(() => removeFile(lock));
    if (mayBreak && isOwnerAlive(safeRead(lock) ?? '') === false && breakStaleLock(lock)) continue;
    if (waited >= LOCK_TIMEOUT_MS) {
      throw new CliError(`the kubeconfig is locked: ${lock}`, {
        code: 'kubeconfig_locked',
        hint: 'if no kubectl config command is running, remove the lock file and try again',
      });
    }
    await io.sleep(LOCK_POLL_MS, io.signal);
  }
}

/** Removes the lock of a dead zkubectl. It is renamed and checked first, so that a lock taken in the meantime is not removed. */
function breakStaleLock(lock: string): boolean {
  const aside = `${lock}.${uniqueHex()}`;
  if (!renameFile(lock, aside)) return true;
  if (isOwnerAlive(safeRead(aside) ?? '') !== false) renameFile(aside, lock);
  else removeFile(aside);
  return true;
}

function safeRead(file: string): string | undefined {
  try {
    return readText(file, 4096);
  } catch {
    return undefined;
  }
}
