/** Finds the command that starts this program again. */

import fs from 'node:fs';
import path from 'node:path';
import { executablesOnPath } from '../files/path-search.ts';
import type { Io } from '../io.ts';
import { entryCommand } from './entry-point.ts';

/**
 * kubectl starts this program from the kubeconfig, also after an update. So if we were started by a symlink, the symlink's path is used. A script
 * that is executable and has a #! line is started directly. Otherwise, as on Windows, Node is started with the script.
 */
export function selfCommand(entry: string | undefined): Io['self'] {
  if (entry === undefined) return { file: executablePath(), args: [] };
  const started = path.resolve(process.argv[1] ?? entry);
  // As `kubectl-login` it would take every argument for one of `login`.
  const script = isSame(started, entry) && entryCommand(started) === undefined ? started : entry;
  if (process.platform !== 'win32') {
    try {
      fs.accessSync(script, fs.constants.X_OK);
      return { file: script, args: [] };
    } catch {
      // Falls through to Node with the script.
    }
  }
  return { file: process.execPath, args: [script] };
}

function executablePath(): string {
  const started = process.argv0;
  const candidates = /[\\/]/.test(started) ? [path.resolve(started)] : executablesOnPath(process, started);
  for (const file of candidates) if (isSame(file, process.execPath) && entryCommand(file) === undefined) return file;
  return process.execPath;
}

function isSame(a: string, b: string): boolean {
  try {
    return fs.realpathSync(a) === fs.realpathSync(b);
  } catch {
    return false;
  }
}
