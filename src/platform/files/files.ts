/**
 * Files, so that each is old or new and never half.
 * Rules: what we own is 0600 in folders of 0700, whatever the umask; a write goes to a temporary file beside the target, is synced,
 * and replaces it by rename; a symlink is followed, so the link stays and its target is replaced.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemErrorCode } from '../../errors.ts';
import { uniqueHex } from './hash.ts';
import { fileError } from './read.ts';
import { listDir, resolveLinks, statOrUndefined } from './stat.ts';

/** Makes a folder of ours, 0700 even if it stood there with another mode. Folders above it are made but left as they are. */
export function ensurePrivateDir(dir: string): void {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  if ((fs.statSync(dir).mode & 0o777) !== 0o700) fs.chmodSync(dir, 0o700);
}

export interface WriteOptions {
  /** Mode of a new file; a file that exists keeps its own unless `forceMode`. */
  readonly mode?: number;
  readonly forceMode?: boolean;
  /** False: for what may be lost with the machine's power, as it can be made again. */
  readonly sync?: boolean;
  /** The file is ours alone: a link or whatever else stands there is replaced, not followed. */
  readonly own?: boolean;
}

/** A temporary file that is left so long was left by somebody who was killed (milliseconds). */
const LEFT_BEHIND_MS = 600_000;

/** Replaces a file's content whole. Throws Node's error (EACCES, EROFS, ENOSPC, …) and then leaves the old file untouched. */
export function writeFileAtomic(file: string, data: string | Uint8Array, options: WriteOptions = {}): void {
  const target = options.own ? path.resolve(file) : resolveLinks(file);
  let mode = options.mode ?? 0o600;
  let owner: { uid: number; gid: number } | undefined;
  const existing = options.own ? undefined : statOrUndefined(target);
  // An empty folder is in the way, and nobody's loss.
  if (options.own && statOrUndefined(target)?.isDirectory()) removeEmptyDir(target);
  if (existing) {
    if (!existing.isFile()) throw fileError('EINVAL', `${target} is not a regular file`);
    if (!options.forceMode) mode = existing.mode & 0o7777;
    owner = { uid: existing.uid, gid: existing.gid };
    // A file that was made read-only is meant to stay as it is, although rename would get round it.
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

/** Removes what writers of a file, and of its lock, have left behind who were killed. */
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

/** Writes a file of ours: folder 0700, file 0600. */
export function writeStateFile(
  file: string,
  data: string | Uint8Array,
  options: Pick<WriteOptions, 'sync'> = {},
): void {
  ensurePrivateDir(path.dirname(file));
  writeFileAtomic(file, data, { ...options, mode: 0o600, own: true });
}

/** Writes a file of ours, 0600, into a folder that may be somebody's. */
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
    // Not every file system can sync a folder; the rename itself has happened.
  }
}

/** Removes a file; does nothing when there is none. */
export function removeFile(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOTDIR') throw error;
  }
}

/** Gives a file another name. False when there is no such file any more. */
export function renameFile(from: string, to: string): boolean {
  try {
    fs.renameSync(from, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A new folder of ours among the system's temporary ones. Throws Node's error. */
export function makePrivateTempDir(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'zkubectl-'));
}

/** Removes a folder that is empty. False when it is not. */
export function removeEmptyDir(dir: string): boolean {
  try {
    fs.rmdirSync(dir);
    return true;
  } catch {
    return false;
  }
}

/** Removes a folder with all that is in it; does nothing when there is none. */
export function removeDir(dir: string): void {
  fs.rmSync(dir, { recursive: true, force: true });
}

/** Removes files of a folder, those first that were written longest ago, until so many are left. */
export function removeOldest(dir: string, keep: number): void {
  const files = listDir(dir).map(name => path.join(dir, name));
  if (files.length <= keep) return;
  const byAge = files
    .map(file => ({ file, time: statOrUndefined(file)?.mtimeMs ?? 0 }))
    .sort((a, b) => a.time - b.time);
  for (const { file } of byAge.slice(0, files.length - keep)) removeFile(file);
}

/** Makes a file that must not exist yet, with all that is in it at once. False when it does. */
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

/** File systems without hard links. */
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

/** For what is tidied up after the work is done: that it fails changes nothing about it. */
export function bestEffort(act: () => void): void {
  try {
    act();
  } catch {
    // Whoever comes next tidies up.
  }
}

export function makeDirs(dir: string): void {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
}
