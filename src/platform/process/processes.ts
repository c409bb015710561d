/** Signals processes that are not our children. */
import fs from 'node:fs';

import { systemErrorCode } from '../../errors.ts';

/** Sends SIGTERM. False when there is no such process. */
export function endProcess(pid: number): boolean {
  try {
    process.kill(pid, 'SIGTERM');
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

export function ownPid(): number {
  return process.pid;
}

/** Does a process with this pid exist? Processes of other users count, too. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/** The name of the parent process, from /proc. Undefined: there is none (macOS, Windows). */
export function parentProgram(): string | undefined {
  try {
    return fs.readFileSync(`/proc/${process.ppid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
