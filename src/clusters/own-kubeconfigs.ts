/**
 * Kubeconfigs for one terminal or one command: small files in `<state>/shells`. A `.pid` file beside each names the owning process.
 * Rule: after the owner has exited, the file is kept until it has not been read for a week, because child processes may still use it.
 */
import path from 'node:path';
import { removeFile } from '../platform/files/files.ts';
import { uniqueHex } from '../platform/files/hash.ts';
import { STATE } from '../platform/files/paths.ts';
import { readText } from '../platform/files/read.ts';
import { listDir, statOrUndefined } from '../platform/files/stat.ts';
import { isRunning } from '../platform/process/processes.ts';

const UNREAD_MS = 7 * 24 * 3_600_000;

function folder(stateDir: string): string {
  return path.join(stateDir, STATE.ownKubeconfigs);
}

/** A path for a new file, with the context's name in it for readability. */
export function newOwnKubeconfig(stateDir: string, context: string): string {
  const readable = context
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[.-]/, '_')
    .slice(0, 60);
  return path.join(folder(stateDir), `${readable}-${uniqueHex()}.yaml`);
}

/** The file with the pid of the owning process. */
export function ownerFileOf(file: string): string {
  return file.replace(/\.yaml$/, '.pid');
}

/** Removes kubeconfigs whose owner has exited and that nobody has read for a week. */
export function sweepOwnKubeconfigs(stateDir: string, now: Date): void {
  const dir = folder(stateDir);
  const names = listDir(dir);
  for (const name of names) {
    // A shell can note itself when its kubeconfig has gone already.
    if (name.endsWith('.pid') && !names.includes(name.replace(/\.pid$/, '.yaml')))
      removeStale(path.join(dir, name), now);
    if (!name.endsWith('.yaml')) continue;
    const file = path.join(dir, name);
    const stat = statOrUndefined(file);
    if (stat === undefined || ownerRuns(file)) continue;
    if (now.getTime() - Math.max(stat.atimeMs, stat.mtimeMs) > UNREAD_MS) removeOwnKubeconfig(file);
  }
}

/** Not while a kubeconfig is being made: its owner is noted first. */
function removeStale(file: string, now: Date): void {
  const stat = statOrUndefined(file);
  if (stat && now.getTime() - stat.mtimeMs > 3_600_000) removeFile(file);
}

export function removeOwnKubeconfig(file: string): void {
  removeFile(file);
  removeFile(ownerFileOf(file));
}

/** Has the owner noted its process id? A shell creates the file before it writes to it. */
export function hasOwner(file: string): boolean {
  return (readText(ownerFileOf(file), 64) ?? '').trim() !== '';
}

/** Does the process that owns the kubeconfig still run? */
export function ownerRuns(file: string): boolean {
  try {
    const pid = Number((readText(ownerFileOf(file), 64) ?? '').trim());
    return Number.isInteger(pid) && pid > 0 && isRunning(pid);
  } catch {
    return false;
  }
}
