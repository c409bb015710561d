/**
 * Who may get a token: the API servers of the clusters whose audience it is for. A kubeconfig may name `credentials` beside any server; kubectl tells which
 * one it is (KUBERNETES_EXEC_INFO, `spec.cluster`), and a token that is sent to somebody else's can be used by them.
 * Rules: a server counts once somebody has logged in to it or the registry has it; a file that is damaged or foreign counts as absent.
 */
import path from 'node:path';
import { isRecord, recordsAt } from '../json.ts';
import { readOwnText, writePrivate } from '../platform/files.ts';
import { nameFor } from '../platform/hash.ts';

/** A server that a token is for, as a kubeconfig's cluster entry or an ExecCredential says it. */
export interface Receiver {
  readonly server: string;
  readonly servername: string | undefined;
  /** PEM in base64; a file that is named instead is nothing that could be compared. */
  readonly ca: string | undefined;
  readonly isInsecure: boolean;
  /** All goes through a proxy that the entry names. */
  readonly isProxied: boolean;
}

/** A server that is known to be a cluster's. */
export interface KnownServer {
  readonly server: string;
  /** PEM in base64; undefined: the system's roots. */
  readonly certificateAuthorityData: string | undefined;
}

export interface Receivers {
  /** The servers that tokens of a client have been got for. */
  of(clientId: string): readonly KnownServer[];
  note(clientId: string, known: KnownServer): void;
}

const MAX_BYTES = 1024 * 1024;
/** So many servers are kept for a client, the newest. */
const KEPT = 50;

/** The receiver that a cluster entry names; undefined: it names none. */
export function receiverIn(cluster: unknown): Receiver | undefined {
  if (!isRecord(cluster) || typeof cluster['server'] !== 'string') return undefined;
  const text = (name: string) =>
    typeof cluster[name] === 'string' && cluster[name] !== '' ? cluster[name] : undefined;
  return {
    server: cluster['server'],
    servername: text('tls-server-name'),
    // A file beside the data wins in some clients: then nothing can be compared.
    ca: text('certificate-authority') === undefined ? text('certificate-authority-data') : 'a file',
    isInsecure: cluster['insecure-skip-tls-verify'] === true,
    isProxied: text('proxy-url') !== undefined,
  };
}

/**
 * Is it that server: at its address, or elsewhere (another address, as when its name does not resolve, or a proxy) under its name and by its CA? Whoever
 * names a proxy and a CA of his own has the connection.
 */
export function isServer(receiver: Receiver, { server, certificateAuthorityData }: KnownServer): boolean {
  // What we wrote into the kubeconfig comes back as it was.
  if (receiver.server === server && !receiver.isProxied) return true;
  if (!URL.canParse(receiver.server) || !URL.canParse(server)) return false;
  const [theirs, ours] = [new URL(receiver.server), new URL(server)];
  const isAtItsAddress = theirs.origin === ours.origin;
  if (isAtItsAddress && !receiver.isProxied) return true;
  return (
    theirs.protocol === 'https:' &&
    (receiver.servername ?? (isAtItsAddress ? ours.hostname : undefined)) === ours.hostname &&
    !receiver.isInsecure &&
    bytesOf(receiver.ca) === bytesOf(certificateAuthorityData)
  );
}

/** kubectl encodes anew what it has read. */
function bytesOf(ca: string | undefined): string | undefined {
  return ca === undefined ? undefined : Buffer.from(ca, 'base64').toString('latin1').trim();
}

export function createReceivers(stateDir: string, issuer: string): Receivers {
  const keyOf = (clientId: string) => `${issuer} ${clientId}`;
  const fileOf = (clientId: string) => path.join(stateDir, 'receivers', `${nameFor(keyOf(clientId))}.json`);
  const of: Receivers['of'] = clientId => {
    try {
      const value: unknown = JSON.parse(readOwnText(fileOf(clientId), MAX_BYTES) ?? '');
      if (!isRecord(value) || value['key'] !== keyOf(clientId)) return [];
      return recordsAt(value, 'servers').flatMap(({ server, certificateAuthorityData: ca }) =>
        typeof server === 'string'
          ? [{ server, certificateAuthorityData: typeof ca === 'string' ? ca : undefined }]
          : [],
      );
    } catch {
      return [];
    }
  };
  return {
    of,
    note: (clientId, known) => {
      const before = of(clientId);
      const isSame = (k: KnownServer) =>
        k.server === known.server && k.certificateAuthorityData === known.certificateAuthorityData;
      if (before.some(isSame)) return;
      const servers = [...before.filter(k => k.server !== known.server), known].slice(-KEPT);
      writePrivate(fileOf(clientId), `${JSON.stringify({ key: keyOf(clientId), servers })}\n`);
    },
  };
}
