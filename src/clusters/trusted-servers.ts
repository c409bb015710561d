/**
 * The servers that may receive a token: API servers known from the registry or a login, saved per OAuth client.
 * A kubeconfig can combine `credentials` with any server. kubectl passes the server in KUBERNETES_EXEC_INFO (`spec.cluster`).
 * Rules: address, TLS name, CA and verification must all match. A saved server is deleted when its registry record changes. A file that is
 * damaged or owned by another user counts as absent.
 */
import path from 'node:path';
import { isRecord, recordsAt } from '../lib/json.ts';
import { notesIn } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';
import { readText } from '../platform/files/read.ts';
import { fileStamp } from '../platform/files/stat.ts';

/** The server that would receive a token (RFC 6749 section 1.1), as described by a kubeconfig's cluster entry or an ExecCredential. */
export interface ResourceServer {
  readonly server: string;
  /** `tls-server-name`: the name to expect in the certificate, instead of the host. */
  readonly servername: string | undefined;
  /** PEM in base64. `unknown`: the CA in use cannot be determined. Undefined: the system's roots. */
  readonly ca: string | undefined;
  readonly isInsecure: boolean;
  /** The entry sets `proxy-url`. */
  readonly isProxied: boolean;
}

/** A known API server of a cluster. */
export interface TrustedServer {
  readonly server: string;
  /** PEM in base64; undefined: the system's roots. */
  readonly certificateAuthorityData: string | undefined;
}

/** Where a server is known from: a registry record. Undefined: a login to its URL. */
export interface Origin {
  /** The registry's URL or file. */
  readonly registry: string;
  /** The cluster's id. */
  readonly id: string;
  /** For a registry file: the stamp of the file when it was read. */
  readonly stamp?: string | undefined;
}

/** A saved server compared with the current registry record of its id. */
export type Verdict = 'same' | 'other' | 'no such record';

interface Noted extends TrustedServer {
  readonly origin: Origin | undefined;
}

export interface TrustedServers {
  /** The servers that may receive tokens of a client. */
  of(clientId: string): readonly TrustedServer[];
  note(clientId: string, server: TrustedServer, origin: Origin | undefined): void;
  /**
   * Deletes saved servers that the registry no longer confirms, also those that another registry named for the same record.
   * @param stamp the current stamp, if the registry is a file
   */
  correct(
    registry: string,
    stamp: string | undefined,
    verdict: (clientId: string, server: TrustedServer, id: string) => Verdict,
  ): void;
}

/** The server for a URL given by the user. Its CA is not known. */
export function serverOfUrl(server: string): ResourceServer {
  return { server, servername: undefined, ca: NOT_TOLD, isInsecure: false, isProxied: false };
}

const NOT_TOLD = 'not told';

const MAX_BYTES = 1024 * 1024;
/** The number of servers kept per client; the oldest are dropped. */
const KEPT = 50;
/** The version of the file format. Files of older versions are ignored: their servers were not checked against other records. */
const VERSION = 2;

/**
 * The server of a cluster entry. Undefined: there is no entry.
 * @param file the kubeconfig with the entry; `certificate-authority` is relative to it
 */
export function resourceServerIn(cluster: unknown, file?: string): ResourceServer | undefined {
  if (cluster === undefined || cluster === null) return undefined;
  const entry = isRecord(cluster) ? cluster : {};
  // Clients may interpret a value that is not a string differently, so it counts as unknown.
  const text = (name: string) => {
    const value = entry[name] ?? '';
    return typeof value !== 'string' ? UNKNOWN : value === '' ? undefined : value;
  };
  const [data, name] = [text('certificate-authority-data'), text('certificate-authority')];
  return {
    server: text('server') ?? '',
    servername: text('tls-server-name'),
    // If an entry sets both certificate-authority-data and certificate-authority, clients differ in which they use.
    ca: name === undefined ? data : data !== undefined || file === undefined ? UNKNOWN : caIn(file, name),
    isInsecure: (entry['insecure-skip-tls-verify'] ?? false) !== false,
    isProxied: text('proxy-url') !== undefined,
  };
}

/** A value that matches no server. */
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
 * Is `asked` the trusted server? TLS verification must be on, with the same CA and server name. The address may differ (such as an IP address when
 * DNS fails) or a proxy may be used, if the entry is https and expects the trusted server's name in the certificate.
 */
export function isTrusted(asked: ResourceServer, { server, certificateAuthorityData }: TrustedServer): boolean {
  if (asked.isInsecure) return false;
  if (asked.ca !== NOT_TOLD && !isSameCa(asked.ca, certificateAuthorityData)) return false;
  // The entry is exactly as zkubectl wrote it.
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

/** A host in the form used in certificates: an IPv6 address without brackets. */
function plainName(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function pathOf(url: URL): string {
  return url.pathname.replace(/\/+$/, '');
}

/** Is `asked` the same set of certificates, or a subset? The bytes may differ, because kubectl re-encodes the CA. */
function isSameCa(asked: string | undefined, known: string | undefined): boolean {
  if (asked === known) return true;
  if (asked === undefined || known === undefined) return false;
  const [theirs, ours] = [certificatesIn(asked), certificatesIn(known)];
  return theirs !== undefined && ours !== undefined && theirs.size > 0 && [...theirs].every(c => ours.has(c));
}

/** The certificates in a bundle. Undefined: it contains other PEM blocks, which OpenSSL may also read as certificates. */
function certificatesIn(data: string): Set<string> | undefined {
  const text = Buffer.from(data, 'base64').toString('latin1');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length !== (text.match(/BEGIN/g) ?? []).length) return undefined;
  return new Set(blocks.map(block => block.replace(/\s+/g, '')));
}

/** @param issuer part of the key, because a client belongs to an issuer */
export function createTrustedServers(stateDir: string, issuer: string): TrustedServers {
  const notes = notesIn(path.join(stateDir, STATE.trustedServers), parseClient, { maxBytes: MAX_BYTES });
  const noteOf = (clientId: string) => notes.of(`${issuer} ${clientId}`);
  const fields = (clientId: string, servers: readonly Noted[]) => ({ version: VERSION, issuer, clientId, servers });
  const of = (clientId: string): readonly Noted[] => {
    const noted = noteOf(clientId).read();
    return noted?.issuer === issuer && noted.clientId === clientId ? noted.servers : [];
  };
  return {
    // A server from a registry file is trusted only while the file is unchanged.
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
