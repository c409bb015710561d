/**
 * Saves the last working addresses of hosts, for use when DNS fails.
 * Rules: an address is saved after a response over TLS with a verified host name. It is used only while the name does not resolve, and TLS verifies
 * the name then, too. Each host has one small file in the cache. A damaged file counts as absent.
 */
import net from 'node:net';
import path from 'node:path';
import { systemErrorCode } from '../../errors.ts';
import { isRecord } from '../../lib/json.ts';
import { bestEffort, removeFile, writeStateFile } from '../files/files.ts';
import { notesIn } from '../files/notes.ts';
import { CACHE } from '../files/paths.ts';
import { readOwnText } from '../files/read.ts';
import type { Io } from '../io.ts';

export interface SeenAddresses {
  readonly addresses: readonly string[];
  readonly seenAt: Date;
}

/** The addresses of a host, and whether they come from DNS or from the saved file. */
export interface Located {
  readonly addresses: readonly string[];
  /** Set when the name does not resolve and these are the saved addresses: the time they were saved. */
  readonly seenAt: Date | undefined;
}

export interface AddressBook {
  /** Resolves a host; falls back to its saved addresses. Throws the resolver's error when there are none. */
  locate(host: string): Promise<Located>;
  /** The host responded at the addresses from `locate`: save them. */
  confirm(host: string): void;
  /** The saved addresses, without a DNS query. */
  seen(host: string): SeenAddresses | undefined;
}

/** Unchanged addresses are saved again after this time. */
const NOTE_AGAIN_MS = 12 * 3_600_000;
/** A long-running command resolves a host again after this time. */
const LOCATED_MS = 60_000;
/** For this long after a DNS failure, hosts with saved addresses are not resolved again. */
const DEAD_MS = 20_000;
const MAX_ADDRESSES = 8;
const MAX_BYTES = 64 * 1024;

type BookIo = Pick<Io, 'now' | 'lookup'>;

export function createAddressBook(io: BookIo, cacheDir: string): AddressBook {
  const folder = path.join(cacheDir, CACHE.addresses);
  const notes = notesIn(folder, parseSeen, { maxBytes: MAX_BYTES, sync: false });
  const noteOf = (host: string) => notes.of(host.toLowerCase());
  const deadFile = path.join(folder, 'dns-does-not-answer');
  const found = new Map<string, readonly string[]>();
  const located = new Map<string, { at: number; answer: Promise<Located> }>();
  const seen = (host: string): SeenAddresses | undefined => {
    const known = noteOf(host).read();
    return known?.host === host ? { addresses: known.addresses, seenAt: known.seenAt } : undefined;
  };

  const ask = async (host: string): Promise<Located> => {
    const before: Located | undefined = seen(host);
    if (before && isRecent(deadFile, io.now())) return before;
    try {
      const addresses = (await io.lookup(host)).filter(address => net.isIP(address) !== 0).slice(0, MAX_ADDRESSES);
      if (addresses.length === 0 && before) return before;
      found.set(host, addresses);
      bestEffort(() => removeFile(deadFile));
      return { addresses, seenAt: undefined };
    } catch (error) {
      if (before === undefined) throw error;
      // ENOTFOUND concerns this name only: DNS itself works.
      if (systemErrorCode(error) !== 'ENOTFOUND')
        bestEffort(() => writeStateFile(deadFile, `${io.now().toISOString()}\n`, { sync: false }));
      return before;
    }
  };

  return {
    seen,
    locate: host => {
      const now = io.now().getTime();
      const last = located.get(host);
      if (last && Math.abs(now - last.at) < LOCATED_MS) return last.answer;
      const answer = ask(host);
      located.set(host, { at: now, answer });
      answer.catch(() => located.delete(host));
      return answer;
    },
    confirm: host => {
      const addresses = found.get(host);
      if (addresses === undefined || isNotWorthNoting(host)) return;
      found.delete(host);
      const known = seen(host);
      const age = io.now().getTime() - (known?.seenAt.getTime() ?? 0);
      if (known && age >= 0 && age < NOTE_AGAIN_MS && sameSet(known.addresses, addresses)) return;
      noteOf(host).tryWrite({ host, addresses, seenAt: io.now().toISOString() });
    },
  };
}

/** A `lookup` function for net.connect() that uses the address book. It calls `onSeen` for every host whose saved addresses are used. */
export function socketLookup(book: AddressBook, onSeen: (host: string, located: Located) => void): net.LookupFunction {
  return (host, options, done) => {
    book.locate(host).then(
      located => {
        if (located.seenAt) onSeen(host, located);
        const family = options.family === 4 || options.family === 'IPv4' ? 4 : options.family === 6 ? 6 : 0;
        const all = located.addresses
          .map(address => ({ address, family: net.isIP(address) }))
          .filter(entry => family === 0 || entry.family === family);
        const [first] = all;
        if (first === undefined) done(Object.assign(new Error(`no address of ${host}`), { code: 'ENOTFOUND' }), '', 0);
        else if (options.all) done(null, all);
        else done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    );
  };
}

/** True for IP addresses and localhost names: they need no DNS. */
export function isNotWorthNoting(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return net.isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}

function parseSeen(value: unknown): (SeenAddresses & { readonly host: string }) | undefined {
  if (!isRecord(value) || typeof value['host'] !== 'string' || !Array.isArray(value['addresses'])) return undefined;
  const addresses = value['addresses'].filter((a): a is string => typeof a === 'string' && net.isIP(a) !== 0);
  const seenAt = new Date(String(value['seenAt']));
  if (addresses.length === 0 || Number.isNaN(seenAt.getTime())) return undefined;
  return { host: value['host'], addresses: addresses.slice(0, MAX_ADDRESSES), seenAt };
}

function isRecent(file: string, now: Date): boolean {
  try {
    return Math.abs(now.getTime() - Date.parse(readOwnText(file, MAX_BYTES)?.trim() ?? '')) < DEAD_MS;
  } catch {
    return false;
  }
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(item => b.includes(item));
}
