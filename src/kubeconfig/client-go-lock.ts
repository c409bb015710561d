/** client-go's lock of a kubeconfig (clientcmd): FILE.lock, made with O_EXCL and removed afterwards. */
import { CliError } from '../errors.ts';
import { bestEffort, createExclusive, removeFile, renameFile } from '../platform/files/files.ts';
import { uniqueHex } from '../platform/files/hash.ts';
import { isOwnerAlive, ownerMark } from '../platform/files/lock.ts';
import { readText } from '../platform/files/read.ts';
import type { Io } from '../platform/io.ts';

export const LOCK_TIMEOUT_MS = 10_000;
const LOCK_POLL_MS = 50;

/**
 * Takes the lock. Throws CliError (1) after 10 s. Resolves to what releases it.
 * @param mayBreak a lock that a killed zkubectl left is removed: it is recognised by its mark
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
        hint: 'when no kubectl config command is running, remove that file and try again',
      });
    }
    await io.sleep(LOCK_POLL_MS, io.signal);
  }
}

/** Removes the lock of a dead zkubectl. It is moved aside first and looked at there, so that a lock just taken is never the one removed. */
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
