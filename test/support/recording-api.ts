/** A proxy before a cluster: reads and dry runs go through; every write is recorded, and refused. So a cluster never changes. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Write {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface RecordingApi {
  readonly url: string;
  readonly writes: Write[];
  close(): Promise<void>;
}

const REVIEWS = /\/(selfsubject|subject|self)\w*reviews$/;
const REFUSED = JSON.stringify({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: 'recorded',
  reason: 'Forbidden',
  code: 403,
});

export async function recordingApi(far: { url: string; ca: string; token: string }): Promise<RecordingApi> {
  const writes: Write[] = [];
  const agent = new https.Agent({ keepAlive: true });
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = 'GET', url: target = '/' } = request;
    const url = new URL(target, far.url);
    const isDryRun = url.searchParams.get('dryRun') === 'All' || /"dryRun":\["All"\]/.test(body.toString());
    if (method !== 'GET' && !isDryRun && !REVIEWS.test(url.pathname)) {
      writes.push({ method, path: `${url.pathname}${url.search}`, body: body.toString() });
      response.writeHead(403, { 'content-type': 'application/json' }).end(REFUSED);
      return;
    }
    const headers = { ...request.headers, host: url.host, authorization: `Bearer ${far.token}` };
    https
      .request(url, { method, headers, ca: far.ca, agent }, answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      })
      .on('error', () => response.destroy())
      .end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    close: () =>
      new Promise(resolve => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
