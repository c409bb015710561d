/**
 * Files, so that each is old or new and never half.
 * Rules: what we own is 0600 in folders of 0700, whatever the umask; a write goes to a temporary file beside the target, is synced,
 * and replaces it by rename; a symlink is followed, so the link stays and its target is replaced.
 */
import { isAscii } from 'node:buffer';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemErrorCode } from '../../errors.ts';
import { uniqueHex } from './hash.ts';

/** Files larger than this are not read whole (bytes). */
const MAX_TEXT_BYTES = 512 * 1024 * 1024;

/**
 * The text of a regular file, or undefined when there is none. Throws Node's error for anything else (EACCES, EISDIR, EFBIG), and with `strict` an error
 * for what is not UTF-8.
 */
export function readText(file: string, maxBytes = MAX_TEXT_BYTES, strict = false): string | undefined {
  const bytes = readBytes(file, maxBytes);
  if (bytes === undefined) return undefined;
  if (!strict) return textOf(bytes);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Bytes of UTF-8 as text. ASCII is the same in Latin-1, which is quicker to decode. */
export function textOf(bytes: Buffer): string {
  return isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
}

/**
 * The text of a file of ours, as `readText` reads it; undefined, too, for one that is not as we write it: a link, somebody else's, one that others may
 * write, or that others may read where it is a secret. What it says may then be of anybody.
 */
export function readOwnText(file: string, maxBytes?: number, secret = false): string | undefined {
  const bytes = readOwnBytes(file, maxBytes, secret);
  return bytes && textOf(bytes);
}

/** The bytes of a file of ours, as `readOwnText` reads it. */
export function readOwnBytes(file: string, maxBytes?: number, secret = false): Buffer | undefined {
  try {
    return readBytes(file, maxBytes, secret ? OTHERS_READ_OR_WRITE : OTHERS_WRITE);
  } catch (error) {
    const code = systemErrorCode(error);
    // The last part of the path is a link (open(2)).
    if (code === 'ELOOP' || code === 'EMLINK') return undefined;
    throw error;
  }
}

const OTHERS_WRITE = 0o022;
const OTHERS_READ_OR_WRITE = 0o077;

/**
 * The bytes of a regular file, as `readText` reads it.
 * @param forbidden bits of a mode that no file of ours has; given, a file that is not ours counts as absent
 */
export function readBytes(file: string, maxBytes = MAX_TEXT_BYTES, forbidden?: number): Buffer | undefined {
  let fd: number;
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer for ever.
    const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = fs.constants;
    fd = fs.openSync(file, O_RDONLY | O_NONBLOCK | (forbidden === undefined ? 0 : O_NOFOLLOW));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    const stat = fs.fstatSync(fd);
    if (forbidden !== undefined && !isAsWeWrite(stat, forbidden)) return undefined;
    if (stat.isDirectory()) throw fileError('EISDIR', `${file} is a directory`);
    if (!stat.isFile() && file !== '/dev/null') throw fileError('EINVAL', `${file} is not a regular file`);
    if (stat.size > maxBytes) throw fileError('EFBIG', `${file} is larger than ${maxBytes} bytes`);
    return fs.readFileSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The bytes of a file of any kind, a pipe too, which is read to its end. Throws Node's error, EFBIG for more than `maxBytes`. */
export function readAnyBytes(file: string, maxBytes: number): Buffer {
  const fd = fs.openSync(file, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let size = 0; ; ) {
      const chunk = Buffer.alloc(64 * 1024);
      const read = fs.readSync(fd, chunk);
      if (read === 0) return Buffer.concat(chunks);
      size += read;
      if (size > maxBytes) throw fileError('EFBIG', `${file} is larger than ${maxBytes} bytes`);
      chunks.push(chunk.subarray(0, read));
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** Windows has neither owners nor modes of this kind. */
function isAsWeWrite(stat: fs.Stats, forbidden: number): boolean {
  const uid = process.geteuid?.();
  return uid === undefined || (stat.uid === uid && (stat.mode & forbidden) === 0);
}

function fileError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

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
export function writePrivate(file: string, data: string | Uint8Array, options: Pick<WriteOptions, 'sync'> = {}): void {
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

/** Follows symlinks to the path a write must replace, also where the last link points to nothing yet. */
export function resolveLinks(file: string): string {
  let current = path.resolve(file);
  for (let hops = 0; hops < 40; hops++) {
    let link: string;
    try {
      link = fs.readlinkSync(current);
    } catch {
      break;
    }
    current = path.resolve(path.dirname(current), link);
  }
  try {
    return path.join(fs.realpathSync(path.dirname(current)), path.basename(current));
  } catch {
    return current;
  }
}

export function statOrUndefined(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

export function exists(file: string): boolean {
  return statOrUndefined(file) !== undefined;
}

/** Is this a file of ours that nobody else may write? */
export function isOwnFile(file: string): boolean {
  try {
    const stat = fs.lstatSync(file);
    return stat.isFile() && isAsWeWrite(stat, OTHERS_WRITE);
  } catch {
    return false;
  }
}

/**
 * Why a file or folder that steers us is not believed, as `belongs to somebody else`; undefined: it is ours or root's, and nobody else may write it, or there is
 * none. Links are followed.
 */
export function notOwnReason(file: string): string | undefined {
  const uid = process.geteuid?.();
  let stat: fs.Stats | undefined;
  try {
    stat = uid === undefined ? undefined : statOrUndefined(file);
  } catch {
    // Reading it says why.
  }
  if (!stat?.isFile() && !stat?.isDirectory()) return undefined;
  if (stat.uid !== uid && stat.uid !== 0) return 'belongs to somebody else';
  return (stat.mode & OTHERS_WRITE) === 0 ? undefined : 'may be written by others';
}

/** May this process write a file that is there? */
export function isWritable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A file that this process may execute. */
export function isExecutableFile(file: string): boolean {
  try {
    if (!fs.statSync(file).isFile()) return false;
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path with every link followed, or undefined when it does not exist. */
export function realPath(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
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

/** Names a state of a file: another after each change of it. Undefined: there is none. */
export function fileStamp(file: string): string | undefined {
  const stat = statOrUndefined(file);
  return stat && `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}

/** Is it a folder itself, and not a link to one? */
export function isFolder(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
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

/** Names in a folder; empty when there is none. */
export function listDir(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
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
