/** Settings files of other programs, such as the AWS CLI and docker. Rule: a file that cannot be kept as it is, is not written. */
import path from 'node:path';
import { CliError, messageOf } from '../errors.ts';
import { makeDirs, writeFileAtomic } from '../platform/files/files.ts';
import { readText } from '../platform/files/read.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** Undefined: there is no such file. Throws CliError (1) when it cannot be read, or is not UTF-8: writing it would damage it. */
export function readForeign(file: string): string | undefined {
  try {
    return readText(file, MAX_BYTES, true);
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${messageOf(error)}`, { code: 'unreadable', cause: error });
  }
}

/** Writes the file atomically; a new one is for the user alone. @param isSecret others may not read it, also if they could before. Throws CliError (1) */
export function writeForeign(file: string, text: string, isSecret = false): void {
  try {
    makeDirs(path.dirname(file));
    writeFileAtomic(file, text, { mode: 0o600, forceMode: isSecret });
  } catch (error) {
    throw new CliError(`cannot write ${file}: ${messageOf(error)}`, { code: 'unwritable', cause: error });
  }
}
