/**
 * The servers that may have a token: API servers of clusters that the registry or a login has named, noted by the OAuth client that the tokens are for.
 * A kubeconfig can name `credentials` beside any server, and kubectl says which one (KUBERNETES_EXEC_INFO, `spec.cluster`).
 * Rules: address, name, CA and verification must all be the known ones; what a registry said is dropped when it says something else; a file that is
 * damaged or not ours counts as absent.
 */
import path from 'node:path';
import { isRecord, recordsAt } from '../lib/json.ts';
import { notesIn } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';
import { readText } from '../platform/files/read.ts';
import { fileStamp } from '../platform/files/stat.ts';

/** A server that a token would be sent to (RFC 6749 section 1.1), as a kubeconfig's cluster entry or an ExecCredential describes it. */
export interface ResourceServer {
  readonly server: string;
  /** `tls-server-name`: the name that its certificate must have instead of the host's. */
  readonly servername: string | undefined;
  /** PEM in base64; `unknown`: it cannot be told which CA counts. Undefined: the system's roots. */
  readonly ca: string | undefined;
  readonly isInsecure: boolean;
  /** All goes through a proxy that the entry names. */
  readonly isProxied: boolean;
}

/** A server that is known to be a cluster's. */
export interface TrustedServer {
  readonly server: string;
  /** PEM in base64; undefined: the system's roots. */
  readonly certificateAuthorityData: string | undefined;
}

/** Who named a server: a record of a registry, or, where undefined, somebody who logged in to its URL. */
export interface Origin {
  /** The registry's URL or file. */
  readonly registry: string;
  /** The cluster's id. */
  readonly id: string;
  /** Of a registry that is a file: which state of the file said so. */
  readonly stamp?: string | undefined;
}

/** What a registry says today of a server that was noted for a client, by the record of an id. */
export type Verdict = 'same' | 'other' | 'no such record';

interface Noted extends TrustedServer {
  readonly origin: Origin | undefined;
}

export interface TrustedServers {
  /** The servers that tokens of a client are for. */
  of(clientId: string): readonly TrustedServer[];
  note(clientId: string, server: TrustedServer, origin: Origin | undefined): void;
  /**
   * Drops what a registry does not say any more, also where another registry has said it of the same record.
   * @param stamp of a registry that is a file, as it is now
   */
  correct(
    registry: string,
    stamp: string | undefined,
    verdict: (clientId: string, server: TrustedServer, id: string) => Verdict,
  ): void;
}

/** The server of a URL that the user names: what else there is to it, such as its CA, is not told. */
export function serverOfUrl(server: string): ResourceServer {
  return { server, servername: undefined, ca: NOT_TOLD, isInsecure: false, isProxied: false };
}

const NOT_TOLD = 'not told';

const MAX_BYTES = 1024 * 1024;
/** So many servers are kept for a client, the newest. */
const KEPT = 50;
/** Of the file's format: what older versions wrote was not checked against other records. */
const VERSION = 2;

/**
 * The server that a cluster entry names; undefined: it names none.
 * @param file the kubeconfig that the entry stands in, for its `certificate-authority`
 */
export function resourceServerIn(cluster: unknown, file?: string): ResourceServer | undefined {
  if (cluster === undefined || cluster === null) return undefined;
  const entry = isRecord(cluster) ? cluster : {};
  // A value of another type may be read otherwise by whoever connects: it is no value that is known.
  const text = (name: string) => {
    const value = entry[name] ?? '';
    return typeof value !== 'string' ? UNKNOWN : value === '' ? undefined : value;
  };
  const [data, name] = [text('certificate-authority-data'), text('certificate-authority')];
  return {
    server: text('server') ?? '',
    servername: text('tls-server-name'),
    // Beside data, clients differ on which of the two counts.
    ca: name === undefined ? data : data !== undefined || file === undefined ? UNKNOWN : caIn(file, name),
    isInsecure: (entry['insecure-skip-tls-verify'] ?? false) !== false,
    isProxied: text('proxy-url') !== undefined,
  };
}

/** What cannot be compared: it is nobody's. */
const UNKNOWN = 'unknown';

function caIn(file: string, name: string): string {
  try {
    const text = readText(path.resolve(path.dirname(file), name), MAX_BYTES);
    return text === undefined ? UNKNOWN : Buffer.from(text).toString('base64');
  } catch {
    return UNKNOWN;
  }
}

/**
 * Is it that server: verified, by its CA, and under its name: at its own address, or at another one (as when its name does not resolve) or through a
 * proxy where its name is asked for?
 */
export function isTrusted(asked: ResourceServer, { server, certificateAuthorityData }: TrustedServer): boolean {
  if (asked.isInsecure) return false;
  if (asked.ca !== NOT_TOLD && !isSameCa(asked.ca, certificateAuthorityData)) return false;
  // What we wrote into the kubeconfig comes back as it was.
  if (asked.server === server && !asked.isProxied && asked.servername === undefined) return true;
  if (!URL.canParse(asked.server) || !URL.canParse(server)) return false;
  const [theirs, ours] = [new URL(asked.server), new URL(server)];
  if (theirs.protocol !== ours.protocol || pathOf(theirs) !== pathOf(ours)) return false;
  if (theirs.username !== '' || theirs.password !== '') return false;
  const isAtItsAddress = theirs.origin === ours.origin;
  const name = asked.servername ?? (isAtItsAddress ? ours.hostname : '');
  const isItsName = plainName(name) === plainName(ours.hostname);
  return isItsName && ((isAtItsAddress && !asked.isProxied) || theirs.protocol === 'https:');
}

/** A host as certificates have it: an IPv6 address without its brackets. */
function plainName(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function pathOf(url: URL): string {
  return url.pathname.replace(/\/+$/, '');
}

/** The same certificates, or fewer of them: kubectl encodes anew what it has read. */
function isSameCa(asked: string | undefined, known: string | undefined): boolean {
  if (asked === known) return true;
  if (asked === undefined || known === undefined) return false;
  const [theirs, ours] = [certificatesIn(asked), certificatesIn(known)];
  return theirs !== undefined && ours !== undefined && theirs.size > 0 && [...theirs].every(c => ours.has(c));
}

/** The certificates of a bundle; undefined where it holds something else: OpenSSL reads certificates under other labels too. */
function certificatesIn(data: string): Set<string> | undefined {
  const text = Buffer.from(data, 'base64').toString('latin1');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length !== (text.match(/BEGIN/g) ?? []).length) return undefined;
  return new Set(blocks.map(block => block.replace(/\s+/g, '')));
}

/** @param issuer clients are those of an issuer */
export function createTrustedServers(stateDir: string, issuer: string): TrustedServers {
  const notes = notesIn(path.join(stateDir, STATE.trustedServers), parseClient, { maxBytes: MAX_BYTES });
  const noteOf = (clientId: string) => notes.of(`${issuer} ${clientId}`);
  const fields = (clientId: string, servers: readonly Noted[]) => ({ version: VERSION, issuer, clientId, servers });
  const of = (clientId: string): readonly Noted[] => {
    const noted = noteOf(clientId).read();
    return noted?.issuer === issuer && noted.clientId === clientId ? noted.servers : [];
  };
  return {
    // What a file has said counts as long as the file is the same.
    of: clientId => of(clientId).filter(({ origin }) => !origin?.stamp || fileStamp(origin.registry) === origin.stamp),
    note: (clientId, server, origin) => {
      const before = of(clientId);
      const noted: Noted = { ...server, origin };
      if (before.some(known => isSame(known, noted))) return;
      const servers = [...before.filter(known => known.server !== noted.server), noted].slice(-KEPT);
      noteOf(clientId).write(fields(clientId, servers));
    },
    correct: (registry, stamp, verdict) => {
      for (const { note, value: noted } of notes.all()) {
        if (noted.issuer !== issuer) continue;
        const kept = noted.servers.flatMap(known => {
          const { origin, ...server } = known;
          if (origin === undefined) return [known];
          const said = verdict(noted.clientId, server, origin.id);
          const isTheirs = origin.registry === registry;
          if (said === 'other' || (said === 'no such record' && isTheirs)) return [];
          return [isTheirs ? { ...server, origin: { registry, id: origin.id, stamp } } : known];
        });
        if (JSON.stringify(kept) === JSON.stringify(noted.servers)) continue;
        if (kept.length === 0) note.remove();
        else note.write(fields(noted.clientId, kept));
      }
    },
  };
}

function isSame(a: Noted, b: Noted): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function parseClient(value: unknown): { issuer: string; clientId: string; servers: readonly Noted[] } | undefined {
  if (!isRecord(value) || value['version'] !== VERSION) return undefined;
  const { issuer, clientId } = value;
  if (typeof issuer !== 'string' || typeof clientId !== 'string') return undefined;
  return { issuer, clientId, servers: recordsAt(value, 'servers').flatMap(parseNoted) };
}

function parseNoted({ server, certificateAuthorityData: ca, origin }: Record<string, unknown>): Noted[] {
  if (typeof server !== 'string') return [];
  const { registry, id, stamp } = isRecord(origin) ? origin : {};
  const certificateAuthorityData = typeof ca === 'string' ? ca : undefined;
  if (origin === undefined) return [{ server, certificateAuthorityData, origin: undefined }];
  return typeof registry === 'string' && typeof id === 'string'
    ? [
        {
          server,
          certificateAuthorityData,
          origin: { registry, id, stamp: typeof stamp === 'string' ? stamp : undefined },
        },
      ]
    : [];
}
