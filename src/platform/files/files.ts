/**
 * Writes files atomically.
 * Rules: zkubectl's own files are 0600 in 0700 folders, whatever the umask. A write goes to a temporary file beside the target, is synced,
 * and replaces the target by rename. A symlink is followed: the link stays and its target is replaced.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemErrorCode } from '../../errors.ts';
import { uniqueHex } from './hash.ts';
import { fileError } from './read.ts';
import { listDir, resolveLinks, statOrUndefined } from './stat.ts';

/** Creates a private folder, or changes an existing one to mode 0700. Missing parents are created; existing parents are not changed. */
export function ensurePrivateDir(dir: string): void {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  if ((fs.statSync(dir).mode & 0o777) !== 0o700) fs.chmodSync(dir, 0o700);
}

export interface WriteOptions {
  /** The mode of a new file. An existing file keeps its mode unless `forceMode` is set. */
  readonly mode?: number;
  readonly forceMode?: boolean;
  /** False: skip fsync. For files that can be created again after a power failure. */
  readonly sync?: boolean;
  /** The path belongs to zkubectl: replace a symlink or anything else there, do not follow it. */
  readonly own?: boolean;
}

/** A temporary file older than this belongs to a killed process (milliseconds). */
const LEFT_BEHIND_MS = 600_000;

/** Replaces a file's content atomically. Throws Node's error (EACCES, EROFS, ENOSPC, …); the old file is then unchanged. */
export function writeFileAtomic(file: string, data: string | Uint8Array, options: WriteOptions = {}): void {
  const target = options.own ? path.resolve(file) : resolveLinks(file);
  let mode = options.mode ?? 0o600;
  let owner: { uid: number; gid: number } | undefined;
  const existing = options.own ? undefined : statOrUndefined(target);
  // Remove an empty folder at this path: no data is lost.
  if (options.own && statOrUndefined(target)?.isDirectory()) removeEmptyDir(target);
  if (existing) {
    if (!existing.isFile()) throw fileError('EINVAL', `${target} is not a regular file`);
    if (!options.forceMode) mode = existing.mode & 0o7777;
    owner = { uid: existing.uid, gid: existing.gid };
    // Do not replace a read-only file, although rename could: its owner made it read-only on purpose.
    fs.accessSync(target, fs.constants.W_OK);
    if ((existing.mode & 0o222) === 0) throw fileError('EACCES', `${target} is read-only`);
  }
  const temporary = temporaryBeside(target);
  const fd = fs.openSync(temporary, 'wx', 0o600);
  try {
    try {
      fs.writeFileSync(fd, data);
      fs.fchmodSync(fd, mode);
      const uid = process.getuid?.();
      if (owner && uid === 0 && (owner.uid !== 0 || owner.gid !== 0)) fs.fchownSync(fd, owner.uid, owner.gid);
      if (options.sync !== false) fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, target);
  } catch (error) {
    bestEffort(() => removeFile(temporary));
    throw error;
  }
  if (options.sync !== false) syncDir(path.dirname(target));
  sweepTemporaries(target);
}

function temporaryBeside(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${uniqueHex()}.tmp`);
}

/** Removes temporary files of a file and of its lock that killed processes have left. */
function sweepTemporaries(target: string): void {
  const [dir, start] = [path.dirname(target), `.${path.basename(target)}.`];
  bestEffort(() => {
    for (const name of fs.readdirSync(dir)) {
      if (!name.startsWith(start) || !/\.[0-9a-f]{12}\.tmp$/.test(name)) continue;
      const file = path.join(dir, name);
      if (Date.now() - fs.lstatSync(file).mtimeMs > LEFT_BEHIND_MS) removeFile(file);
    }
  });
}

/** Writes one of zkubectl's own files: folder 0700, file 0600. */
export function writeStateFile(
  file: string,
  data: string | Uint8Array,
  options: Pick<WriteOptions, 'sync'> = {},
): void {
  ensurePrivateDir(path.dirname(file));
  writeFileAtomic(file, data, { ...options, mode: 0o600, own: true });
}

/** Writes a private file (0600) into a folder that may not be zkubectl's own. */
export function writePrivateFile(file: string, data: string | Uint8Array): void {
  writeFileAtomic(file, data, { mode: 0o600, forceMode: true });
}

function syncDir(dir: string): void {
  try {
    const fd = fs.openSync(dir, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // Some file systems cannot sync a folder. The rename is already done.
  }
}

/** Removes a file. Does nothing when the file does not exist. */
export function removeFile(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOTDIR') throw error;
  }
}

/** Renames a file. False when the file does not exist. */
export function renameFile(from: string, to: string): boolean {
  try {
    fs.renameSync(from, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Creates a private folder in the system's temporary directory. Throws Node's error. */
export function makePrivateTempDir(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'zkubectl-'));
}

/** Removes an empty folder. False when it cannot be removed. */
export function removeEmptyDir(dir: string): boolean {
  try {
    fs.rmdirSync(dir);
    return true;
  } catch {
    return false;
  }
}

/** Removes a folder and its contents. Does nothing when the folder does not exist. */
export function removeDir(dir: string): void {
  fs.rmSync(dir, { recursive: true, force: true });
}

/** Removes the oldest files in a folder, by modification time, until `keep` files are left. */
export function removeOldest(dir: string, keep: number): void {
  const files = listDir(dir).map(name => path.join(dir, name));
  if (files.length <= keep) return;
  const byAge = files
    .map(file => ({ file, time: statOrUndefined(file)?.mtimeMs ?? 0 }))
    .sort((a, b) => a.time - b.time);
  for (const { file } of byAge.slice(0, files.length - keep)) removeFile(file);
}

/** Creates a file with its content in one atomic step. False when the file already exists. */
export function createExclusive(file: string, data: string, mode = 0o600): boolean {
  const temporary = temporaryBeside(file);
  try {
    fs.writeFileSync(temporary, data, { flag: 'wx', mode });
    fs.linkSync(temporary, file);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return false;
    if (code === undefined || !NO_LINKS.has(code)) throw error;
    return createInPlace(file, data, mode);
  } finally {
    bestEffort(() => removeFile(temporary));
  }
}

/** Error codes of file systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

function createInPlace(file: string, data: string, mode: number): boolean {
  try {
    fs.writeFileSync(file, data, { flag: 'wx', mode });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Adds a line at the end of one of our files, in one write, so that many processes can do it at once. A symlink is refused. Throws Node's error. */
export function appendLine(file: string, line: string): void {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = fs.constants;
  const fd = fs.openSync(file, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    fs.writeSync(fd, `${line}\n`);
  } finally {
    fs.closeSync(fd);
  }
}

/** Runs a clean-up step and ignores its errors: the work itself is already done. */
export function bestEffort(act: () => void): void {
  try {
    act();
  } catch {
    // The next run cleans up.
  }
}

export function makeDirs(dir: string): void {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
}
