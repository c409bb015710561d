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

/** A registry of API servers. */
async function fleetOf(answers: Record<string, Answer>) {
  const records = [];
  for (const [alias, answer] of Object.entries(answers)) {
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
  return (...argv: string[]) => runMain(['on', '--all', ...argv], { home, env });
}

test('each outcome is counted, and what answered is shown', async () => {
  const on = await fleetOf(ANSWERS);
  const { code, stdout, stderr } = await on('--timeout', '2s', '-n', 'shop', '--', 'kubectl', 'get', 'pods');
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
  expect(stderr).toContain(
    '== gone: failed, exit code 1\nError from server (NotFound): Unable to list "/v1, Resource=pods": namespaces "shop" not found\n',
  );
});

/** Answers discovery as an older server does, and a list of CustomResources. */
function withBackups(asked: string[], list: Answer): Answer {
  return (request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const verbs = ['get', 'list'];
    const resource = { name: 'backups', singularName: 'backup', kind: 'Backup', namespaced: true, verbs };
    if (path === '/api') return json(response, 200, { kind: 'APIVersions', versions: [] });
    if (path === '/apis')
      return json(response, 200, { groups: [{ versions: [{ groupVersion: 'ops.example.com/v1' }] }] });
    if (path === '/apis/ops.example.com/v1') return json(response, 200, { resources: [resource] });
    if (path.startsWith('/apis/ops.example.com/v1/')) return list(request, response);
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
  };
}

test('kinds that are not built in are found by discovery, once for six hours', async () => {
  const asked: string[] = [];
  const good = withBackups(asked, (_, response) => {
    response.setHeader('warning', '299 - "backups are \\"old\\""');
    json(response, 200, table(['nightly']));
  });
  const on = await fleetOf({ one: good, two: good });
  const cold = await on('--', 'kubectl', 'get', 'backup');
  expect(cold.stdout).toBe('CLUSTER   NAME\none       nightly\ntwo       nightly\n');
  expect(cold.stderr).toContain('== 2 clusters: one, two: on stderr\nWarning: backups are "old"\n');
  expect(asked).toHaveLength(8);
  asked.length = 0;
  await on('--', 'kubectl', 'get', 'backups');
  expect(new Set(asked)).toEqual(new Set(['/apis/ops.example.com/v1/namespaces/default/backups?limit=500']));
  const unknown = await on('--', 'kubectl', 'get', 'backup,things');
  expect(unknown.stdout).toBe('');
  expect(unknown.stderr).toContain(
    '== 2 clusters: one, two: failed, exit code 1\nerror: the server doesn\'t have a resource type "things"\n',
  );
});

test('a server that makes no table: the name and the age of each object', async () => {
  const creationTimestamp = '2026-01-01T00:00:00Z';
  const items = [{ metadata: { name: 'nightly', namespace: 'default', creationTimestamp } }];
  const on = await fleetOf({
    one: withBackups([], (_, response) => json(response, 200, { kind: 'BackupList', apiVersion: 'ops/v1', items })),
  });
  const { stdout } = await on('--', 'kubectl', 'get', 'backups');
  expect(stdout).toMatch(/^CLUSTER {3}NAME {6}AGE\none {7}nightly {3}\S+\n$/);
});

test('what is found is shown, and what is missing is said: the cluster counts as failed', async () => {
  const on = await fleetOf({
    one: ({ url = '' }, response) =>
      url.endsWith('/a')
        ? json(response, 200, table(['a']))
        : json(response, 404, status(404, 'NotFound', 'pods "b" not found')),
  });
  const { code, stdout, stderr } = await on('--', 'kubectl', 'get', 'pods', 'a', 'b');
  expect([code, stdout]).toEqual([1, 'CLUSTER   NAME\none       a\n']);
  expect(stderr).toContain('== one: failed, exit code 1\nError from server (NotFound): pods "b" not found\n');
});

test('one connection a cluster, also for several kinds', async () => {
  const asked: string[] = [];
  let connections = 0;
  const on = await fleetOf({
    one: ({ url = '' }, response) => {
      asked.push(url.split('?')[0] ?? '');
      json(response, 200, table(['a']));
    },
  });
  servers.at(-1)?.on('secureConnection', () => connections++);
  const { code } = await on('-n', 'shop', '--', 'kubectl', 'get', 'pods,services,deployments');
  const core = '/api/v1/namespaces/shop';
  expect([code, asked]).toEqual([0, [`${core}/pods`, `${core}/services`, '/apis/apps/v1/namespaces/shop/deployments']]);
  expect(connections).toBe(1);
});
