/**
 * Kubeconfigs of one terminal or one command: small files in `<state>/shells`, each with the process that it belongs to beside it (`.pid`).
 * Rules: one whose process is gone is removed once nobody has read it for a week, as what that process has started may outlive it.
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

/** A path that nothing is at yet, named so that people know it in a listing. */
export function newOwnKubeconfig(stateDir: string, context: string): string {
  const readable = context
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[.-]/, '_')
    .slice(0, 60);
  return path.join(folder(stateDir), `${readable}-${uniqueHex()}.yaml`);
}

/** Is it one of ours? */
export function isOwnKubeconfig(stateDir: string, file: string): boolean {
  return path.dirname(file) === folder(stateDir) && file.endsWith('.yaml');
}

/** Where the number of the process stands that the file belongs to. */
export function ownerFileOf(file: string): string {
  return file.replace(/\.yaml$/, '.pid');
}

/** Removes what nobody needs any more. */
export function sweepOwnKubeconfigs(stateDir: string, now: Date): void {
  const dir = folder(stateDir);
  for (const name of listDir(dir)) {
    if (!name.endsWith('.yaml')) continue;
    const file = path.join(dir, name);
    const stat = statOrUndefined(file);
    if (stat === undefined || ownerRuns(file)) continue;
    if (now.getTime() - Math.max(stat.atimeMs, stat.mtimeMs) > UNREAD_MS) removeOwnKubeconfig(file);
  }
}

export function removeOwnKubeconfig(file: string): void {
  removeFile(file);
  removeFile(ownerFileOf(file));
}

function ownerRuns(file: string): boolean {
  try {
    const pid = Number((readText(ownerFileOf(file), 64) ?? '').trim());
    return Number.isInteger(pid) && pid > 0 && isRunning(pid);
  } catch {
    return false;
  }
}
