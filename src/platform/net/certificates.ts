/** Creates a CA and the certificate of a server on loopback with @peculiar/x509. */
import { webcrypto } from 'node:crypto';

export interface Certificates {
  readonly caCert: string;
  readonly serverCert: string;
  readonly serverKey: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const VALID_DAYS = 3650;

/**
 * Creates PEM certificates for 127.0.0.1, ::1, localhost and the given names.
 * @param owner the first part of the common names of both certificates
 */
export async function makeCertificates(
  now: Date,
  names: readonly string[] = [],
  owner = 'zkubectl sandbox',
): Promise<Certificates> {
  const x509 = await import('../libraries/x509.ts');
  const crypto = webcrypto;
  // The cast is needed: Node and the DOM have different types for the same object.
  x509.cryptoProvider.set(crypto as never);
  const notBefore = new Date(now.getTime() - 24 * 3_600_000);
  const notAfter = new Date(now.getTime() + VALID_DAYS * 24 * 3_600_000);
  const caKeys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${owner} CA`,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys: caKeys as never,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey as never, false, crypto as never),
    ],
  });
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const server = await x509.X509CertificateGenerator.create({
    serialNumber: '02',
    subject: `CN=${owner}`,
    issuer: ca.subject,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey as never,
    signingKey: caKeys.privateKey as never,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
        { type: 'dns', value: 'localhost' },
        ...names.map(value => ({ type: 'dns', value }) as const),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(ca, false, crypto as never),
    ],
  });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    caCert: `${ca.toString('pem')}\n`,
    serverCert: `${server.toString('pem')}\n`,
    serverKey: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
  };
}
