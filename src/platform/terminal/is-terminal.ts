/** Is a file descriptor a terminal? */
import fs from 'node:fs';

/** True for a terminal. It checks for a character device other than /dev/null first, so that node:tty is loaded only when needed. */
export function isTerminal(fd: number): boolean {
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isCharacterDevice()) return false;
    if (stat.rdev === fs.statSync('/dev/null', { throwIfNoEntry: false })?.rdev) return false;
    return process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    // The descriptor is closed.
    return false;
  }
}

/** Is it a pipe, a socket or a file, not a terminal or /dev/null? */
export function isPipe(fd: number): boolean {
  try {
    const stat = fs.fstatSync(fd);
    return stat.isFIFO() || stat.isSocket() || stat.isFile();
  } catch {
    return false;
  }
}

const TERMINAL = '/dev/tty';

/** Does the process have a controlling terminal (POSIX)? Then it can ask even if stdin is not a terminal. */
export function hasControllingTerminal(): boolean {
  try {
    fs.closeSync(fs.openSync(TERMINAL, 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** Where answers are read from: stdin, or the terminal when stdin has data. */
export function questionInput(): NodeJS.ReadStream {
  if (isTerminal(0) || !hasControllingTerminal()) return process.stdin;
  const { ReadStream } = process.getBuiltinModule('node:tty');
  return new ReadStream(fs.openSync(TERMINAL, 'r+')) as NodeJS.ReadStream;
}
