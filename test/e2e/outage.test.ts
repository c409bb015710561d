/** DNS is gone: what is used then, and what is not (contract §13). */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dnsError } from '../../src/platform/net/dns.ts';
import { fakeService } from '../support/fake-service.ts';
import { type HttpsService, httpsService } from '../support/https-service.ts';
import { makeTempDir, runMain } from '../support/io.ts';

const HOST = 'registry.example.test';
const RECORD = {
  id: 'aws:123740508747:eu-central-1:kube-1',
  alias: 'foobarlab',
  environment: 'production',
  lifecycle_status: 'ready',
};
let service: HttpsService;
beforeAll(async () => {
  service = await httpsService([HOST], url =>
    url.startsWith('/api/v1/namespaces')
      ? { kind: 'NamespaceList', apiVersion: 'v1', metadata: {}, items: [{ metadata: { name: 'shop' } }] }
      : { items: [RECORD] },
  );
});
afterAll(() => service.close());

const works = async () => ['127.0.0.1'];
const fails = (code: string) => async (host: string) => Promise.reject(dnsError(code, host));

function world(host = HOST) {
  const home = makeTempDir();
  const env = {
    ZKUBECTL_REGISTRY_URL: `https://${host}:${service.port}`,
    ZKUBECTL_TOKEN: 'canary-token',
    ZKUBECTL_TLS_CA_FILE: service.caFile,
  };
  return (lookup: (host: string) => Promise<string[]>, ...argv: string[]) =>
    runMain(argv, { home, env: { ...env }, lookup });
}

describe('the registry, when its name does not resolve', () => {
  test.each(['ENOTFOUND', 'EAI_AGAIN', 'ETIMEOUT'])(
    '%s: it is reached where it last was, and that is said',
    async code => {
      const run = world();
      expect(await run(works, 'list', '-o', 'name')).toMatchObject({ code: 0, stdout: 'foobarlab\n', stderr: '' });
      const asked = service.requests.length;
      const { code: exit, stdout, stderr } = await run(fails(code), 'list', '-o', 'name');
      expect([exit, stdout]).toEqual([0, 'foobarlab\n']);
      expect(stderr).toMatch(
        new RegExp(
          `^zkubectl: warning: the name ${HOST} does not resolve; using its last known address 127.0.0.1, seen \\S+Z\\n$`,
        ),
      );
      expect(service.requests.length).toBe(asked + 1);
      expect(service.requests.at(-1)?.headers.host).toBe(`${HOST}:${service.port}`);
    },
  );

  test('one that was never reached is exit 6, and says that DNS is it', async () => {
    const { code, stderr } = await world()(fails('EAI_AGAIN'), 'list');
    expect(code).toBe(6);
    expect(stderr).toContain('no DNS server answered');
  });

  test('TLS still verifies the name: what has its old address now gets no token', async () => {
    const run = world('other.example.test');
    const asked = service.requests.length;
    // It was somebody else's service that was there before; ours is there now.
    const { code, stderr } = await run(works, 'list');
    expect(code).toBe(6);
    expect(stderr).toContain('TLS failed');
    expect((await run(fails('ENOTFOUND'), 'list')).code).toBe(6);
    expect(service.requests.length).toBe(asked);
  });
});

test('an API server whose name does not resolve is asked where it last was', async () => {
  const home = makeTempDir();
  const kubeconfig = path.join(home, 'config');
  fs.writeFileSync(
    kubeconfig,
    `apiVersion: v1
kind: Config
current-context: a
contexts: [{name: a, context: {cluster: a, user: me, namespace: default}}]
clusters: [{name: a, cluster: {server: "https://${HOST}:${service.port}", certificate-authority: ${service.caFile}}}]
users: [{name: me, user: {token: t}}]
`,
  );
  // The Kubernetes client looks names up by itself: this one is nowhere but in the notes.
  const run = world();
  await run(works, 'list');
  const seen = { home, env: { KUBECONFIG: kubeconfig, XDG_CACHE_HOME: path.join(home, 'cache') } };
  const note = JSON.stringify({ host: HOST, addresses: ['127.0.0.1'], seenAt: '2026-01-01T00:00:00Z' });
  const { fileNameFor } = await import('../../src/platform/files/hash.ts');
  fs.mkdirSync(path.join(home, 'cache', 'zkubectl', 'addresses'), { recursive: true });
  fs.writeFileSync(path.join(home, 'cache', 'zkubectl', 'addresses', `${fileNameFor(HOST)}.json`), note, {
    mode: 0o600,
  });
  const { code, stderr } = await runMain(['ns', 'shop'], { ...seen, lookup: fails('ENOTFOUND') });
  expect(stderr).toContain(`--server https://127.0.0.1:${service.port} --tls-server-name ${HOST}`);
  expect(stderr).toContain('namespace of a is now shop');
  expect(stderr).not.toContain('could not check that namespace');
  expect(code).toBe(0);
});

test('login notes where the API server is', async () => {
  const home = makeTempDir();
  const clusters = path.join(home, 'clusters.yaml');
  fs.writeFileSync(
    clusters,
    `clusters:\n- {id: "a:b:c", alias: one, lifecycle_status: ready, api_server_url: "https://${HOST}"}\n`,
  );
  const options = {
    home,
    env: { ZKUBECTL_REGISTRY_FILE: clusters, ZKUBECTL_TOKEN: 't', ZKUBECTL_AUTH_CLIENT_ID: 'c' },
  };
  expect(await runMain(['login', 'one'], { ...options, lookup: async () => ['192.0.2.1'] })).toMatchObject({ code: 0 });
  const dir = path.join(home, '.cache', 'zkubectl', 'addresses');
  const [file = ''] = fs.readdirSync(dir);
  expect(JSON.parse(fs.readFileSync(path.join(dir, file), 'utf8'))).toMatchObject({
    host: HOST,
    addresses: ['192.0.2.1'],
  });
  expect((await runMain(['login', 'one'], { ...options, lookup: fails('ENOTFOUND') })).code).toBe(0);
});

test('a registry that hangs is said after 2 s, and costs 10 s where its snapshot can serve', async () => {
  const hanging = await fakeService((_request, count) =>
    count === 1 ? { json: { items: [RECORD] } } : new Promise(() => undefined),
  );
  const home = makeTempDir();
  const env = { ZKUBECTL_REGISTRY_URL: hanging.url, ZKUBECTL_TOKEN: 'canary-token' };
  expect((await runMain(['list', '-o', 'name'], { home, env })).code).toBe(0);
  const started = performance.now();
  const { code, stdout, stderr } = await runMain(['list', '-o', 'name'], { home, env });
  const seconds = (performance.now() - started) / 1000;
  await hanging.close();
  expect([code, stdout, seconds >= 9.9]).toEqual([0, 'foobarlab\n', true]);
  // Beside other work it may take longer to end, but never the 30 s of a request.
  expect(seconds).toBeLessThan(25);
  expect(stderr).toMatch(
    /^the cluster registry at 127\.0\.0\.1:\d+ has not answered yet; still waiting\nzkubectl: warning: .*did not answer within 10 s/,
  );
});
