/** Processes other than our children. */
import { systemErrorCode } from '../../errors.ts';

/** Asks a process to end (SIGTERM). False when there is none. */
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

/** Is there a process of this number? One of somebody else's counts. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}
