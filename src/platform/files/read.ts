/** Reads whole files with a size limit. zkubectl's own files must have the owner and mode that zkubectl writes. */
import { isAscii } from 'node:buffer';
import fs from 'node:fs';
import { systemErrorCode } from '../../errors.ts';
import { statOrUndefined } from './stat.ts';

/** The default size limit (bytes). */
const MAX_TEXT_BYTES = 512 * 1024 * 1024;

/**
 * The text of a regular file. Undefined when the file does not exist. Throws Node's error otherwise (EACCES, EISDIR, EFBIG). With `strict`, throws
 * an error when the text is not UTF-8.
 */
export function readText(file: string, maxBytes = MAX_TEXT_BYTES, strict = false): string | undefined {
  const bytes = readBytes(file, maxBytes);
  if (bytes === undefined) return undefined;
  if (!strict) return textOf(bytes);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Decodes UTF-8. Pure ASCII is decoded as Latin-1, which gives the same text faster. */
export function textOf(bytes: Buffer): string {
  return isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
}

/**
 * The text of one of zkubectl's own files, like `readText`. Also undefined for a symlink, a file of another user, a file that others can write, and,
 * with `secret`, a file that others can read: another user could have written such a file.
 */
export function readOwnText(file: string, maxBytes?: number, secret = false): string | undefined {
  const bytes = readOwnBytes(file, maxBytes, secret);
  return bytes && textOf(bytes);
}

/** Like `readOwnText`, but returns bytes. */
export function readOwnBytes(file: string, maxBytes?: number, secret = false): Buffer | undefined {
  try {
    return readBytes(file, maxBytes, secret ? OTHERS_READ_OR_WRITE : OTHERS_WRITE);
  } catch (error) {
    const code = systemErrorCode(error);
    // The last path component is a symlink (open(2)).
    if (code === 'ELOOP' || code === 'EMLINK') return undefined;
    throw error;
  }
}

const OTHERS_WRITE = 0o022;
const OTHERS_READ_OR_WRITE = 0o077;

/**
 * The bytes of a regular file, like `readText`.
 * @param forbidden mode bits that zkubectl's own files never have; if given, a file with such a bit or another owner counts as absent
 */
export function readBytes(file: string, maxBytes = MAX_TEXT_BYTES, forbidden?: number): Buffer | undefined {
  let fd: number;
  try {
    // Without O_NONBLOCK, opening a FIFO would block until it has a writer.
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

/** The bytes of a file of any kind; a pipe is read to its end. Throws Node's error, or EFBIG for more than `maxBytes`. */
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

/** The first bytes of a file, as Latin-1. Throws Node's error. */
export function readHead(file: string, bytes: number): string {
  const fd = fs.openSync(file, 'r');
  try {
    const head = Buffer.alloc(bytes);
    return head.subarray(0, fs.readSync(fd, head, 0, bytes, 0)).toString('latin1');
  } finally {
    fs.closeSync(fd);
  }
}

/** Always true on Windows, which has no POSIX owners and modes. */
function isAsWeWrite(stat: fs.Stats, forbidden: number): boolean {
  const uid = process.geteuid?.();
  return uid === undefined || (stat.uid === uid && (stat.mode & forbidden) === 0);
}

export function fileError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Is this the user's own file, and not writable by others? */
export function isOwnFile(file: string): boolean {
  try {
    const stat = fs.lstatSync(file);
    return stat.isFile() && isAsWeWrite(stat, OTHERS_WRITE);
  } catch {
    return false;
  }
}

/**
 * Why a configuration file or folder is not trusted, such as `belongs to another user`. Undefined: it belongs to the user or root and others cannot
 * write it, or it does not exist. Symlinks are followed.
 */
export function notOwnReason(file: string): { text: string; isWritable: boolean } | undefined {
  const uid = process.geteuid?.();
  let stat: fs.Stats | undefined;
  try {
    stat = uid === undefined ? undefined : statOrUndefined(file);
  } catch {
    // Reading the file reports this error.
  }
  if (!stat?.isFile() && !stat?.isDirectory()) return undefined;
  if (stat.uid !== uid && stat.uid !== 0) return { text: 'belongs to another user', isWritable: false };
  return (stat.mode & OTHERS_WRITE) === 0 ? undefined : { text: 'is writable by others', isWritable: true };
}
