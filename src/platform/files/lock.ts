/**
 * A lock between processes of one user. At most one process holds it, and a killed holder does not block it.
 *
 * Lamport's bakery algorithm with files. A process first creates `choosing.<identity>`. Then it creates a ticket `<number>.<identity>` in the lock's
 * folder; the number is the highest existing number plus one. The lowest ticket of a living process holds the lock; equal numbers are ordered by
 * identity. A process changes only its own two files and removes files of dead processes. An identity (host, pid namespace, pid, start time, random)
 * is never reused, so a clean-up cannot remove a lock that another process has just taken. Lock files that expire by age or pid have that
 * defect. See docs/decisions/0004-locks.md.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CliError, messageOf, UnreachableError } from '../../errors.ts';
import type { Io } from '../io.ts';
import { bestEffort, ensurePrivateDir, removeFile } from './files.ts';
import { uniqueHex } from './hash.ts';
import { listDir } from './stat.ts';

const POLL_MS = 25;
/** A shorter wait is not reported (milliseconds). */
const TELL_AFTER_MS = 1_000;

/** The process that holds or wants a lock. The file name contains all of it, so creating the file is one atomic step. */
interface Identity {
  readonly host: string;
  readonly namespace: string;
  readonly pid: number;
  readonly startTime: string;
  readonly nonce: string;
}

export interface LockOptions {
  /** Milliseconds to wait before giving up. */
  readonly timeoutMs: number;
  /** Called once with the holder's pid after one second of waiting. */
  readonly onWait?: (pid: number) => void;
}

/**
 * Runs `action` while holding the lock of the folder `dir`.
 * Throws UnreachableError with the holder's name on a timeout, and CliError with the code `lock_unwritable` when the lock cannot be created.
 */
export async function withLock<T>(
  io: Pick<Io, 'sleep' | 'signal'>,
  dir: string,
  options: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  const release = await acquireLock(io, dir, options).catch(error => {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot create a lock in ${dir}: ${messageOf(error)}`, {
      code: 'lock_unwritable',
      cause: error,
      hint: 'check the state folder: zkubectl doctor',
    });
  });
  try {
    return await action();
  } finally {
    release();
  }
}

/** Like `withLock` for an optional lock: when the lock cannot be created (read-only or full folder), runs `otherwise` without a lock. */
export async function withLockOr<T>(
  io: Pick<Io, 'sleep' | 'signal'>,
  dir: string,
  options: LockOptions,
  action: () => Promise<T>,
  otherwise: (error: CliError) => Promise<T>,
): Promise<T> {
  try {
    return await withLock(io, dir, options, action);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'lock_unwritable') throw error;
    return otherwise(error);
  }
}

async function acquireLock(io: Pick<Io, 'sleep' | 'signal'>, dir: string, options: LockOptions): Promise<() => void> {
  ensurePrivateDir(dir);
  const me = myIdentity();
  const suffix = encodeIdentity(me);
  const choosing = path.join(dir, `choosing.${suffix}`);
  fs.writeFileSync(choosing, '', { mode: 0o600 });
  let ticket: string;
  let myNumber: number;
  try {
    myNumber = 1 + listDir(dir).reduce((max, name) => Math.max(max, parseTicket(name)?.number ?? 0), 0);
    ticket = path.join(dir, `${myNumber}.${suffix}`);
    fs.writeFileSync(ticket, '', { mode: 0o600 });
  } finally {
    bestEffort(() => removeFile(choosing));
  }
  // If removing the ticket fails, another process removes it after this process has ended.
  const release = () => bestEffort(() => removeFile(ticket));
  let waited = 0;
  const started = performance.now();
  let told = false;
  try {
    for (let clear = 0; ; ) {
      const holder = firstBefore(dir, myNumber, suffix);
      if (holder === undefined) {
        // One listing can miss a process that replaces its `choosing` file by a ticket at this moment. Two listings in a row cannot.
        if (++clear === 2) return release;
        continue;
      }
      clear = 0;
      if (!told && waited >= Math.min(TELL_AFTER_MS, options.timeoutMs)) {
        told = true;
        options.onWait?.(holder.pid);
      }
      if (waited >= options.timeoutMs) {
        throw new UnreachableError(
          `gave up waiting for process ${holder.pid}${isLocal(holder) ? '' : ` of ${holder.host}`} after ${Math.round(waited / 1000)} s`,
          {
            code: 'lock_timeout',
            // A pid from another machine or container is meaningless here.
            hint: isLocal(holder)
              ? `check or end that process, then try again: ps ${holder.pid}`
              : `that process runs on another machine or in another container; if it has ended, delete the files in ${dir}`,
          },
        );
      }
      await io.sleep(POLL_MS, io.signal);
      waited = Math.max(waited + POLL_MS, performance.now() - started);
    }
  } catch (error) {
    release();
    throw error;
  }
}

/** The first living process before us in the queue. Removes the files of dead processes that it finds. */
function firstBefore(dir: string, myNumber: number, mySuffix: string): Identity | undefined {
  let first: { number: number; suffix: string; identity: Identity } | undefined;
  for (const name of listDir(dir)) {
    const suffix = name.slice(name.indexOf('.') + 1);
    if (suffix === mySuffix) continue;
    const identity = decodeIdentity(suffix);
    if (identity === undefined) continue;
    if (!isAlive(identity)) {
      bestEffort(() => removeFile(path.join(dir, name)));
      continue;
    }
    // A process that is choosing can get our number and come before us: wait until it has chosen.
    const number = name.startsWith('choosing.') ? 0 : parseTicket(name)?.number;
    if (number === undefined) continue;
    const before = number < myNumber || (number === myNumber && suffix < mySuffix);
    if (before && (first === undefined || number < first.number)) first = { number, suffix, identity };
  }
  return first?.identity;
}

/** The identity of this process as text, for lock files of other kinds. */
export function ownerMark(): string {
  return encodeIdentity(myIdentity());
}

/** Is the process that wrote this mark still running? Undefined: zkubectl did not write this mark. */
export function isOwnerAlive(mark: string): boolean | undefined {
  const identity = decodeIdentity(mark.trim());
  return identity && isAlive(identity);
}

function parseTicket(name: string): { number: number } | undefined {
  const match = /^(\d{1,15})\./.exec(name);
  return match?.[1] === undefined ? undefined : { number: Number(match[1]) };
}

function encodeIdentity(identity: Identity): string {
  return [identity.host, identity.namespace, String(identity.pid), identity.startTime, identity.nonce].join('~');
}

function decodeIdentity(suffix: string): Identity | undefined {
  const [host, namespace, pid, startTime, nonce] = suffix.split('~');
  if (host === undefined || namespace === undefined || startTime === undefined || nonce === undefined) return undefined;
  if (!/^\d+$/.test(pid ?? '')) return undefined;
  return { host, namespace, pid: Number(pid), startTime, nonce };
}

function myIdentity(): Identity {
  return {
    host: safeName(os.hostname()),
    namespace: pidNamespace(),
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '0',
    nonce: uniqueHex(),
  };
}

function safeName(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/g, '_').slice(0, 64) || 'host';
}

/** Processes on another host or in another container cannot be checked. They count as alive; waiting for them ends at the timeout. */
function isAlive(identity: Identity): boolean {
  if (!isLocal(identity)) return true;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
  const started = startTimeOf(identity.pid);
  return started === undefined || identity.startTime === '0' || started === identity.startTime;
}

function isLocal(identity: Identity): boolean {
  return identity.host === safeName(os.hostname()) && identity.namespace === pidNamespace();
}

function pidNamespace(): string {
  try {
    return safeName(fs.readlinkSync('/proc/self/ns/pid'));
  } catch {
    return 'none';
  }
}

/** On Linux: the process's start time in clock ticks since boot (proc(5), field 22). It detects a reused pid. Undefined elsewhere. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie holds no lock: its files are removed like those of dead processes.
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
    return fields[19];
  } catch {
    return undefined;
  }
}
