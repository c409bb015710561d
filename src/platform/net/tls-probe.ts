/** Inspects a server's certificate. It sends no request and reads only the TLS handshake. */
import type { DetailedPeerCertificate } from 'node:tls';
import { systemErrorCode } from '../../errors.ts';

export interface TlsProbe {
  readonly host: string;
  readonly port: number;
  /** The host name that the certificate must be valid for. */
  readonly servername: string;
  /** The PEM roots to trust. Undefined: Node's default. */
  readonly ca: readonly string[] | undefined;
  readonly lookup: import('node:net').LookupFunction;
  readonly timeoutMs: number;
}

export interface TlsFinding {
  /** Node's or OpenSSL's error code (`CERT_HAS_EXPIRED`, `ECONNREFUSED`, …). Undefined: no error. */
  readonly code: string | undefined;
  /** The earliest expiry in the certificate chain. Undefined: no certificate was received. */
  readonly endsAt: Date | undefined;
  /** The issuer's name in the certificate. Untrusted text. */
  readonly issuer: string | undefined;
}

/** Connects and inspects the certificate. Never rejects. */
export async function probeTls(probe: TlsProbe): Promise<TlsFinding> {
  const tls = await import('node:tls');
  const net = await import('node:net');
  return new Promise(resolve => {
    const socket = tls.connect({
      host: probe.host,
      port: probe.port,
      ...(net.isIP(probe.servername) === 0 ? { servername: probe.servername } : {}),
      checkServerIdentity: (_, certificate) => tls.checkServerIdentity(probe.servername, certificate),
      lookup: probe.lookup,
      rejectUnauthorized: false,
      ...(probe.ca === undefined ? {} : { ca: [...probe.ca] }),
    });
    const end = (finding: TlsFinding) => {
      socket.destroy();
      resolve(finding);
    };
    const nothing = { endsAt: undefined, issuer: undefined };
    socket.setTimeout(probe.timeoutMs, () => end({ ...nothing, code: 'ETIMEDOUT' }));
    socket.once('error', error => end({ ...nothing, code: systemErrorCode(error) ?? 'UNKNOWN' }));
    socket.once('secureConnect', () => {
      const chain = chainOf(socket.getPeerCertificate(true));
      const ends = chain.map(certificate => Date.parse(certificate.valid_to)).filter(time => !Number.isNaN(time));
      const name = chain[0]?.issuer?.CN;
      end({
        code: socket.authorized ? undefined : codeOf(socket.authorizationError),
        endsAt: ends.length > 0 ? new Date(Math.min(...ends)) : undefined,
        issuer: typeof name === 'string' ? name : undefined,
      });
    });
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error ? (systemErrorCode(error) ?? error.message) : String(error);
}

/** The certificate and its issuers, as the server sent them. */
function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  for (let at: DetailedPeerCertificate | undefined = leaf; at?.raw && chain.length < 10; at = at.issuerCertificate) {
    if (chain.includes(at)) break;
    chain.push(at);
  }
  return chain;
}
