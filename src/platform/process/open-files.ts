/** How many files and sockets this process may have open at a time (getrlimit(2), RLIMIT_NOFILE). */
import { spawnSync } from 'node:child_process';
import { readText } from '../files/read.ts';

/** Infinity: no limit, or none that can be read. */
export function maxOpenFiles(platform: NodeJS.Platform): number {
  if (platform === 'win32') return Number.POSITIVE_INFINITY;
  const text = platform === 'linux' ? linuxLimit() : shellLimit();
  return /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}

function linuxLimit(): string {
  try {
    return /^Max open files +(\d+)/m.exec(readText('/proc/self/limits') ?? '')?.[1] ?? '';
  } catch {
    return '';
  }
}

/** A child has the limits of its parent. */
function shellLimit(): string {
  return spawnSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout?.trim() ?? '';
}
