/** The trusted certificate authorities: those of the system and those of the configuration. */
import { UsageError } from '../../errors.ts';
import { readText } from '../files/read.ts';
import type { Io } from '../io.ts';

/** Where Linux distributions keep the system's roots (the list of Go's crypto/x509). */
const SYSTEM_ROOTS = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The PEM roots to trust: SSL_CERT_FILE, else the system's, else Node's; plus `tls.ca_file`. Undefined: use Node's default. */
export async function trustedRoots(io: Pick<Io, 'env'>, caFile: string | undefined): Promise<string[] | undefined> {
  const certFile = io.env['SSL_CERT_FILE'];
  const roots: string[] = [];
  if (certFile) {
    roots.push(readPem(certFile, 'SSL_CERT_FILE'));
  } else {
    const system = SYSTEM_ROOTS.map(file => safeRead(file)).find(text => text !== undefined);
    if (system !== undefined) roots.push(system);
    else if (caFile === undefined) return undefined;
    else {
      const tls = await import('node:tls');
      roots.push(...tls.rootCertificates);
    }
  }
  if (caFile !== undefined) roots.push(readPem(caFile, 'tls.ca_file'));
  return roots;
}

function safeRead(file: string): string | undefined {
  try {
    return readText(file);
  } catch {
    return undefined;
  }
}

/** Reads the PEM certificates in a file. Throws UsageError (2). @param source the setting or variable that names the file */
export function readPem(file: string, source: string): string {
  const text = safeRead(file);
  if (text === undefined)
    throw new UsageError(`cannot read the CA certificates of ${source}: ${file}`, { code: 'bad_ca_file' });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UsageError(`no PEM certificate in ${file} (${source})`, { code: 'bad_ca_file' });
  }
  return text;
}
