/** DNS is gone, and real kubectl is to reach a production cluster all the same (contract §13). */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileNameFor } from '../../src/platform/files/hash.ts';
import { type HttpsService, httpsService } from '../support/https-service.ts';
import { cleanEnv, run } from '../support/program.ts';

// A name that no name server has (RFC 6761, section 6.4).
const HOST = 'kube-1.foobarlab.invalid';
let service: HttpsService;
let env: Record<string, string>;
beforeAll(async () => {
  service = await httpsService([HOST], url => ({ path: url }));
  env = cleanEnv();
  fs.mkdirSync(path.join(env['HOME'] ?? '', '.kube'));
  const cluster = (host: string) =>
    `{server: "https://${host}:${service.port}", certificate-authority-data: ${service.caData}}`;
  fs.writeFileSync(
    path.join(env['HOME'] ?? '', '.kube', 'config'),
    `apiVersion: v1
kind: Config
current-context: foobarlab
contexts:
- {name: foobarlab, context: {cluster: foobarlab, user: me}}
- {name: other, context: {cluster: other, user: me}}
clusters:
- {name: foobarlab, cluster: ${cluster(HOST)}}
- {name: other, cluster: ${cluster('kube-1.other.invalid')}}
users:
- {name: me, user: {token: t}}
`,
  );
  for (const host of [HOST, 'kube-1.other.invalid']) {
    const file = path.join(env['HOME'] ?? '', '.cache', 'zkubectl', 'addresses', `${fileNameFor(host)}.json`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const note = { host, addresses: ['127.0.0.2', '127.0.0.1'], seenAt: '2026-01-01T00:00:00Z' };
    fs.writeFileSync(file, JSON.stringify(note), { mode: 0o600 });
  }
});
afterAll(() => service.close());

describe('kubectl, when the name of the API server does not resolve', () => {
  test('is sent to where it last was, by flags that are said', async () => {
    const { code, stdout, stderr } = await run(['get', '--raw', '/healthz'], env);
    expect(stderr).toBe(
      `zkubectl: warning: the name ${HOST} does not resolve; using its last known address 127.0.0.1, seen 2026-01-01T00:00:00.000Z (--server https://127.0.0.1:${service.port} --tls-server-name ${HOST})\n`,
    );
    expect([code, JSON.parse(stdout)]).toEqual([0, { path: '/healthz' }]);
  });

  test('TLS verifies the name: another service at that address gets nothing', async () => {
    const asked = service.requests.length;
    const { code, stderr } = await run(['get', '--raw', '/healthz', '--context', 'other'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/certificate is valid for .*not kube-1\.other\.invalid/);
    expect(service.requests.length).toBe(asked);
  });

  test.each([
    [['--server', 'https://127.0.0.1:1', 'get', '--raw', '/healthz'], 1],
    [['config', 'current-context'], 0],
    [['version', '--client'], 0],
  ])('a way that was said, or none at all, is left alone: %s', async (argv, expected) => {
    const { code, stderr } = await run(argv, env);
    expect([code, stderr]).toEqual([expected, expect.not.stringMatching(/^zkubectl: warning/m)]);
  });
});
