/**
 * A lock between processes of one user that a killed holder cannot leave behind and that never admits two.
 *
 * Lamport's bakery over files: who wants the lock puts a ticket `<number>.<identity>` into the lock's folder, the number one above the
 * highest it saw, after announcing by a `choosing.<identity>` file that it is about to pick one. The lowest living ticket holds the lock; equal
 * numbers are ordered by identity. A process touches its own two files and removes those of dead processes, whose names nobody else
 * ever uses again (host, pid namespace, pid, start time, random): so a clean-up can never remove a lock that somebody has just taken,
 * which is where stale-lock files by time or by pid go wrong. See docs/decisions/0004-locks.md.
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
/** Waiting for less is not worth a word (milliseconds). */
const TELL_AFTER_MS = 1_000;

/** Who holds or wants a lock. All of it is in the file's name, so that making the file is one atomic step. */
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
  /** Called once when somebody else has held it for a second, with the holder's pid. */
  readonly onWait?: (pid: number) => void;
}

/**
 * Runs `action` while holding the lock of the folder `dir`.
 * Throws UnreachableError when the lock was not had in time, naming the holder; CliError with the code `lock_unwritable` where none can be made.
 */
export async function withLock<T>(
  io: Pick<Io, 'sleep' | 'signal'>,
  dir: string,
  options: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  const release = await acquireLock(io, dir, options).catch(error => {
    if (error instanceof CliError) throw error;
    throw new CliError(`no lock could be made in ${dir}: ${messageOf(error)}`, {
      code: 'lock_unwritable',
      cause: error,
      hint: 'zkubectl doctor says whether the state folder can be written',
    });
  });
  try {
    return await action();
  } finally {
    release();
  }
}

/** The same where a lock is a help: where none can be made, as in a folder that is read-only or full, `otherwise` is run without. */
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
  // One that cannot be removed is swept once we have ended.
  const release = () => bestEffort(() => removeFile(ticket));
  let waited = 0;
  const started = performance.now();
  let told = false;
  try {
    for (let clear = 0; ; ) {
      const holder = firstBefore(dir, myNumber, suffix);
      if (holder === undefined) {
        // One look at a folder can miss somebody who turns his `choosing` into a ticket just then; two in a row cannot.
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
            // A pid of another machine or container means nothing here.
            hint: isLocal(holder)
              ? `see what it does (ps ${holder.pid}), or end it, and try again`
              : `it runs on another machine or in another container; if it is gone, delete what is in ${dir}`,
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

/** The first living process that stands before us in the queue; files of the dead are swept on the way. */
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
    // Somebody who is just choosing may get our number and come before us: wait until it has chosen.
    const number = name.startsWith('choosing.') ? 0 : parseTicket(name)?.number;
    if (number === undefined) continue;
    const before = number < myNumber || (number === myNumber && suffix < mySuffix);
    if (before && (first === undefined || number < first.number)) first = { number, suffix, identity };
  }
  return first?.identity;
}

/** A text that names this process, to be written into a lock file of another kind. */
export function ownerMark(): string {
  return encodeIdentity(myIdentity());
}

/** Is the process that wrote this mark still there? Undefined: that is no mark of ours. */
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

/** Processes of another host or container cannot be looked at: they count as alive, and waiting for them ends by the timeout. */
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

/** Linux: the process's start time in clock ticks since boot (proc(5), field 22), which tells a reused pid; undefined elsewhere. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie holds nothing any more: its files are swept like those of the dead.
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
    return fields[19];
  } catch {
    return undefined;
  }
}
