/** An HTTP service whose responses are set by the test, for behaviour that a correct server never shows. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeService {
  readonly url: string;
  readonly requests: { method: string; url: string; headers: http.IncomingHttpHeaders; body: string }[];
  close(): Promise<void>;
}

export type FakeAnswer = {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
  json?: unknown;
  hangUp?: boolean;
  never?: boolean;
};

export async function fakeService(
  answer: (
    request: { method: string; url: string; body: string; headers: http.IncomingHttpHeaders },
    count: number,
  ) => FakeAnswer | Promise<FakeAnswer>,
): Promise<FakeService> {
  const requests: FakeService['requests'] = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    requests.push(seen);
    const result = await answer(seen, requests.length);
    if (result.never) return;
    if (result.hangUp) {
      request.socket.destroy();
      return;
    }
    const content = result.json === undefined ? (result.body ?? '') : JSON.stringify(result.json);
    response.writeHead(result.status ?? 200, { 'content-type': 'application/json', ...result.headers }).end(content);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
