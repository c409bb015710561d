/** TLS is verified whatever NODE_TLS_REJECT_UNAUTHORIZED says: for our own HTTP, for the Kubernetes client, and behind a proxy. */
import fs from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates } from '../../src/platform/net/certificates.ts';
import { type HttpsService, httpsService } from '../support/https-service.ts';
import { cleanEnv, run } from '../support/program.ts';

// Its CA is nobody's.
let service: HttpsService;
let env: Record<string, string>;
const WEAK = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
beforeAll(async () => {
  service = await httpsService(['localhost'], () => ({ items: [] }));
  const base = cleanEnv();
  const home = base['HOME'] ?? '';
  fs.mkdirSync(path.join(home, '.kube'));
  fs.writeFileSync(
    path.join(home, '.kube', 'config'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      clusters: [{ name: 'a', cluster: { server: `https://127.0.0.1:${service.port}` } }],
      users: [{ name: 'a', user: { token: 'secret' } }],
    }),
  );
  env = { ...base, ZKUBECTL_TOKEN: 'secret', ZKUBECTL_REGISTRY_URL: `https://127.0.0.1:${service.port}` };
});
afterAll(() => service.close());

const IGNORED = 'zkubectl: warning: NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are verified';

describe('with NODE_TLS_REJECT_UNAUTHORIZED=0', () => {
  test.each([
    ['the registry', ['list'], 6],
    ['the API server', ['ns', 'shop'], 0],
    ['the pods of a log', ['logtail', '.', '--no-follow'], 6],
  ])('%s is verified, and that is said once', async (_, argv, expected) => {
    const { code, stderr } = await run(argv, { ...env, ...WEAK });
    expect(stderr.split('\n').filter(line => line.includes('NODE_TLS'))).toEqual([expect.stringContaining(IGNORED)]);
    expect(code, stderr).toBe(expected);
    expect(stderr).toContain('certificate');
    expect(service.requests).toEqual([]);
  });

  test('a proxy that speaks TLS is verified', async () => {
    const { serverCert, serverKey } = await makeCertificates(new Date());
    const asked: string[] = [];
    const proxy = https.createServer({ cert: serverCert, key: serverKey });
    let connections = 0;
    proxy.on('connection', () => connections++);
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    const address = `https://localhost:${(proxy.address() as AddressInfo).port}`;
    const proxied = { ...env, ...WEAK, HTTPS_PROXY: address, ZKUBECTL_REGISTRY_URL: 'https://registry.example.org' };
    const list = await run(['list'], proxied);
    expect([list.code, list.stderr]).toEqual([6, expect.stringContaining('certificate')]);
    expect(connections).toBeGreaterThan(0);
    const config = path.join(env['HOME'] ?? '', 'proxied.yaml');
    const text = fs.readFileSync(path.join(env['HOME'] ?? '', '.kube', 'config'), 'utf8');
    fs.writeFileSync(config, text.replace('"server":', `"proxy-url":"${address}","server":`));
    const { stderr } = await run(['ns', 'shop', '--kubeconfig', config], { ...env, ...WEAK });
    expect(stderr).toContain('could not check that namespace shop exists');
    expect(stderr).toContain('certificate');
    proxy.close();
    proxy.closeAllConnections();
    expect(asked).toEqual([]);
  });

  test('what is run has the variable as it was given', async () => {
    const { stdout } = await run(['on', 'a', '--', 'sh', '-c', 'echo $NODE_TLS_REJECT_UNAUTHORIZED'], {
      ...env,
      ...WEAK,
    });
    expect(stdout).toBe('0\n');
  });
});
