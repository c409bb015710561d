/** An HTTPS service with a certificate for a host name that does not exist in DNS. */
import fs from 'node:fs';
import type http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { makeCertificates } from '../../src/platform/net/certificates.ts';
import { makeTempDir } from './io.ts';

export interface HttpsService {
  readonly port: number;
  readonly caFile: string;
  readonly caData: string;
  readonly requests: { url: string; headers: http.IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** @param answer returns the JSON response for a URL */
export async function httpsService(
  names: readonly string[],
  answer: (url: string) => unknown,
  now = new Date(),
): Promise<HttpsService> {
  const { caCert, serverCert, serverKey } = await makeCertificates(now, names);
  const caFile = path.join(makeTempDir(), 'ca.pem');
  fs.writeFileSync(caFile, caCert);
  const requests: HttpsService['requests'] = [];
  const server = https.createServer({ cert: serverCert, key: serverKey }, (request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(request.url ?? '')));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caFile,
    caData: Buffer.from(caCert).toString('base64'),
    requests,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
