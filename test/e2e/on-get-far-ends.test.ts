/** `on … -- kubectl get` in this process, and API servers that do not answer as they should: each is its own cluster's outcome, never the run's. */
import fs from 'node:fs';
import type http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Certificates, makeCertificates } from '../../src/platform/net/certificates.ts';
import { makeTempDir, runMain } from '../support/io.ts';

let certificates: Certificates;
let others: Certificates;
const servers: https.Server[] = [];
beforeAll(async () => {
  [certificates, others] = await Promise.all([makeCertificates(new Date()), makeCertificates(new Date())]);
});
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const json = (response: http.ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const table = (rows: string[], metadata: object = {}) => ({
  kind: 'Table',
  metadata,
  columnDefinitions: [{ name: 'Name', priority: 0 }],
  rows: rows.map(name => ({ cells: [name], object: { metadata: { name, namespace: 'shop' } } })),
});
const status = (code: number, reason: string, message: string) => ({ kind: 'Status', code, reason, message });

const ANSWERS: Record<string, Answer> = {
  good: (_, response) => json(response, 200, table(['one'])),
  pages: ({ url = '' }, response) =>
    json(response, 200, url.includes('continue=') ? table(['last']) : table(['first'], { continue: 'a b/c' })),
  html: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>welcome</h1>'),
  half: (_, response) => {
    response.writeHead(200, { 'content-length': '1000', 'content-type': 'application/json' }).write('{"kind":');
    setImmediate(() => response.destroy());
  },
  hangs: () => undefined,
  busy: (_, response) => json(response, 503, status(503, 'ServiceUnavailable', 'etcd is down')),
  gone: (_, response) => json(response, 404, status(404, 'NotFound', 'namespaces "shop" not found')),
  secret: (_, response) => json(response, 403, status(403, 'Forbidden', 'pods is forbidden')),
  foreign: (_, response) => json(response, 200, table(['never'])),
  hostile: (_, response) => json(response, 200, table(['x\u001b[2J', 'a\nforged   line'])),
};

test('each outcome is counted, and what answered is shown', async () => {
  const records = [];
  for (const [alias, answer] of Object.entries(ANSWERS)) {
    const { serverCert: cert, serverKey: key } = alias === 'foreign' ? others : certificates;
    const server = https.createServer({ cert, key }, answer);
    servers.push(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    records.push({
      id: `aws:1:eu:${alias}`,
      alias,
      environment: 'test',
      lifecycle_status: 'ready',
      api_server_url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      config_items: { certificate_authority_data: Buffer.from(certificates.caCert).toString('base64') },
    });
  }
  const home = makeTempDir();
  const file = path.join(home, 'clusters.yaml');
  fs.writeFileSync(file, JSON.stringify({ clusters: records }));
  const env = { ZKUBECTL_TOKEN: 'token', ZKUBECTL_REGISTRY_FILE: file };
  const words = ['on', '--all', '--timeout', '2s', '-n', 'shop', '--', 'kubectl', 'get', 'pods'];
  const { code, stdout, stderr } = await runMain(words, { home, env });
  expect(code).toBe(1);
  expect(stdout.split('\n').map(line => line.split(/ {2,}/))).toEqual([
    ['CLUSTER', 'NAME'],
    ['good', 'one'],
    ['hostile', 'x\\x1b[2J'],
    ['hostile', 'a...'],
    ['pages', 'first'],
    ['pages', 'last'],
    [''],
  ]);
  expect(stderr.split('\n').at(-2)).toMatch(
    /^3 answered, 1 failed \(gone\), 4 unreachable \(busy, foreign, half, html\), 1 timed out \(hangs\), 1 forbidden \(secret\) · /,
  );
  expect(stderr).toContain('the API server of html did not answer with JSON (HTTP 200)');
  expect(stderr).toContain('== gone: failed, exit code 1\nError from server (NotFound): namespaces "shop" not found\n');
});
