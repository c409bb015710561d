/** Reading files: whole, bounded, and, where they are ours, only as we write them. */
import { isAscii } from 'node:buffer';
import fs from 'node:fs';
import { systemErrorCode } from '../../errors.ts';
import { statOrUndefined } from './stat.ts';

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

export function fileError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
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
