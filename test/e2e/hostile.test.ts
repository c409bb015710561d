/** Regressions: what a hostile far end, folder or word could do once. */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { fakeService } from '../support/fake-service.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { writeProgram } from '../support/programs.ts';
import { clock, filesBelow, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(() => sandbox.close());
afterEach(() => {
  clock.reset();
});

const jwt = (claims: object) =>
  `${Buffer.from('{}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
const mode = (file: string) => fs.statSync(file).mode & 0o7777;

describe('folders that are not ours', () => {
  test('keep their mode when ZKUBECTL_CONFIG or --dir names them', async () => {
    const dir = makeTempDir();
    fs.chmodSync(dir, 0o1777);
    expect(
      (await runMain(['configure', 'auth.client_id=x'], { env: { ZKUBECTL_CONFIG: path.join(dir, 'zk.yaml') } })).code,
    ).toBe(0);
    expect(mode(dir)).toBe(0o1777);
    expect(mode(path.join(dir, 'zk.yaml'))).toBe(0o600);
  });

  test('are no place for a sandbox, and are never deleted', async () => {
    const dir = makeTempDir();
    fs.writeFileSync(path.join(dir, 'thesis.txt'), 'precious');
    expect(await runMain(['sandbox', 'up', '--dir', dir])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not empty and is not a sandbox'),
    });
    await runMain(['sandbox', 'down', '--delete', '--dir', dir]);
    expect(fs.readdirSync(dir)).toEqual(['thesis.txt']);
  });
});

describe('words that YAML 1.1 reads as something else', () => {
  test.each(['no', 'on', 'y', '0b11', '12e3', 'null'])('a namespace %s stays a text for kubectl', async name => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    expect((await alice.run('ns', name, '--offline')).code).toBe(0);
    const text = fs.readFileSync(alice.kubeconfig, 'utf8');
    expect(parse(text, { version: '1.1' })).toMatchObject({ contexts: [{ context: { namespace: name } }] });
    expect((await alice.run('ns', 'shop', '--offline')).code).toBe(0);
    expect((await alice.run('ns', '-')).code).toBe(0);
    expect(parse(fs.readFileSync(alice.kubeconfig, 'utf8'), { version: '1.1' })).toMatchObject({
      contexts: [{ context: { namespace: name } }],
    });
  });

  test('what somebody wrote as a boolean stays one', async () => {
    const file = path.join(makeTempDir(), 'config');
    fs.writeFileSync(
      file,
      'clusters:\n- name: a\n  cluster:\n    insecure-skip-tls-verify: yes\n    x: 2024-01-01\ncontexts:\n- name: a\n  context: {cluster: a}\n',
    );
    expect((await runMain(['use', 'a', '--kubeconfig', file])).code).toBe(0);
    expect(fs.readFileSync(file, 'utf8')).toContain('    insecure-skip-tls-verify: yes\n    x: 2024-01-01\n');
  });

  test('a kubeconfig that is not UTF-8 stays byte for byte', async () => {
    const file = path.join(makeTempDir(), 'config');
    const bytes = Buffer.from('# caf\xe9\ncontexts:\n- name: a\n  context: {cluster: a}\n', 'latin1');
    fs.writeFileSync(file, bytes);
    expect((await runMain(['use', 'a', '--kubeconfig', file])).code).toBe(2);
    expect(fs.readFileSync(file)).toEqual(bytes);
  });

  test('-n=shop is shop; a name that is none is exit 2', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    expect((await alice.run('use', 'foobarlab', '-n=shop')).stderr).toBe('switched to foobarlab, namespace shop\n');
    expect((await alice.run('list', '-o=name')).code).toBe(0);
    expect((await alice.run('use', 'foobarlab', '-n', 'No Such')).code).toBe(2);
  });
});

describe('tokens', () => {
  test('of the environment are who you are, whatever is stored', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    const env = { ZKUBECTL_TOKEN: jwt({ sub: 'bob', email: 'bob@example.org', groups: ['g'] }) };
    const { stdout } = await alice.runWith({ env }, 'whoami');
    expect(stdout).toContain('bob@example.org');
    expect(stdout).not.toContain('alice');
    const opaque = await alice.runWith({ env: { ZKUBECTL_TOKEN: 'opaque' } }, 'whoami');
    expect([opaque.code, opaque.stdout]).toEqual([
      0,
      expect.stringMatching(/^User +unknown \(the token is opaque\)$/m),
    ]);
    expect(opaque.stdout).not.toContain('alice');
  });

  test.each([253402300799999, 1e300, -1, 'soon'])('that end at %s have no expiry, and nothing breaks', async exp => {
    const env = { ZKUBECTL_TOKEN: jwt({ sub: 'a', exp }) };
    const { status } = JSON.parse((await runMain(['credentials', 'x'], { env })).stdout) as { status: unknown };
    expect(status).toEqual({ token: env.ZKUBECTL_TOKEN });
    expect((await runMain(['whoami', '-o', 'json'], { env })).code).toBe(0);
  });

  test.each(['secret\nsecond', 'secret second', 'sec\u00e9ret', 'secret\x1b[2J', '\u200bsecret'])(
    'that hold what no token has (%j) are refused, and not quoted anywhere',
    async token => {
      const registry = await fakeService(() => ({ json: [] }));
      const dir = makeTempDir();
      const file = path.join(dir, 'token');
      fs.writeFileSync(file, token);
      const where = { ZKUBECTL_REGISTRY_URL: registry.url, ZKUBECTL_DEBUG: '1' };
      for (const [env, name] of [
        [{ ZKUBECTL_TOKEN: token }, 'ZKUBECTL_TOKEN contains characters'],
        [{ ZKUBECTL_TOKEN_FILE: file }, 'the file in ZKUBECTL_TOKEN_FILE contains characters'],
      ] as const)
        for (const argv of [['credentials', 'x'], ['list'], ['whoami'], ['token'], ['doctor']]) {
          const { code, stdout, stderr } = await runMain(argv, { env: { ...where, ...env } });
          expect([argv, code === 0]).toEqual([argv, false]);
          expect(stdout + stderr).not.toMatch(/sec.?ret|second/);
          if (argv[0] !== 'doctor') expect([code, stderr]).toEqual([2, expect.stringContaining(name)]);
        }
      await registry.close();
      expect(registry.requests.filter(request => request.headers.authorization)).toEqual([]);
    },
  );

  test.each(['SEC\u0001RET', 'SEC\u202eRET'])(
    'of a kubeconfig that no header may have (%j) are not quoted either',
    async token => {
      const evil = await fakeService(() => ({ json: { kind: 'NamespaceList', items: [] } }));
      const dir = makeTempDir();
      const kubeconfig = path.join(dir, 'config');
      fs.writeFileSync(
        kubeconfig,
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Config',
          'current-context': 'c',
          contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
          clusters: [{ name: 'c', cluster: { server: evil.url, 'insecure-skip-tls-verify': true } }],
          users: [{ name: 'u', user: { token } }],
        }),
      );
      const { stderr } = await runMain(['ns', 'shop', '--debug'], { env: { KUBECONFIG: kubeconfig } });
      await evil.close();
      expect(stderr).toContain('the token of the context c contains characters that are not allowed in an HTTP header');
      expect(stderr).not.toMatch(/SEC|RET/);
    },
  );

  test('of a cluster with a client of its own are found without cache and registry, and forgotten by logout', async () => {
    const own = await testSandbox();
    const alice = person(own, 'alice');
    await alice.run('login');
    const token = (await alice.run('token')).stdout.trim();
    const change = (method: string, id: string, below: string, body: object) =>
      fetch(`${own.info.registry}/kubernetes-clusters/${id}${below}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
    const { items } = JSON.parse((await alice.run('list', '-o', 'json')).stdout) as { items: Record<string, string>[] };
    const [owner, other] = ['foobarlab', 'abckub'].map(alias => items.find(item => item['alias'] === alias)?.['id']);
    // The client of a cluster that is alive would be refused.
    await change('PATCH', other ?? '', '', { lifecycle_status: 'decommissioned' });
    await change('PUT', owner ?? '', '/config-items/okta_auth_client_id', { value: 'kubernetes.cluster.abckub' });
    await alice.run('list');
    expect((await alice.run('login', 'foobarlab')).code).toBe(0);
    fs.rmSync(path.join(alice.home, '.cache'), { recursive: true });
    const down = { env: { ZKUBECTL_REGISTRY_URL: 'http://127.0.0.1:1' } };
    const { stdout } = await alice.runWith(down, 'token', '--cluster', 'foobarlab');
    expect(JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      aud: 'kubernetes.cluster.abckub',
    });
    expect((await alice.runWith(down, 'credentials', 'foobarlab')).code).toBe(0);
    expect((await alice.runWith(down, 'logout', 'foobarlab')).stderr).toContain('were deleted, and revoked');
    await own.close();
  });

  test('being cut off from the issuer is no logout', async () => {
    const own = await testSandbox({ tokenTtlSeconds: 300 });
    const alice = person(own, 'alice');
    await alice.run('login', 'foobarlab');
    await own.close();
    clock.advance(301_000);
    expect(await alice.run('whoami')).toMatchObject({ code: 6, stderr: expect.stringContaining('cannot reach') });
  });

  test('--offline asks nobody for one', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    expect((await alice.run('token', '--offline')).code).toBe(0);
    expect((await alice.run('login', '--force-refresh', '--offline')).code).toBe(6);
  });
});

describe('far ends', () => {
  test('a device login cannot steer the terminal', async () => {
    const issuer = await fakeService(({ url }) =>
      url.startsWith('/.well-known')
        ? {
            json: {
              issuer: issuer.url,
              authorization_endpoint: `${issuer.url}/a`,
              token_endpoint: `${issuer.url}/t`,
              jwks_uri: `${issuer.url}/j`,
              device_authorization_endpoint: `${issuer.url}/d`,
            },
          }
        : url === '/d'
          ? {
              json: {
                device_code: 'c',
                user_code: 'A\x1b[31m\r\nzkubectl: error: forged',
                verification_uri: 'http://x/\x1b[2J',
                expires_in: 60,
                interval: 1,
              },
            }
          : { status: 400, json: { error: 'access_denied' } },
    );
    const { code, stderr } = await runMain(['login', '--flow', 'device'], {
      env: { ZKUBECTL_AUTH_ISSUER: issuer.url },
    });
    await issuer.close();
    expect(code).toBe(4);
    // It was shown, as text.
    expect(stderr).toContain('A\\x1b[31m\\r\\nzkubectl: error: forged');
    expect(stderr).not.toMatch(/^zkubectl: error: forged/m);
    expect(stderr.includes('\x1b')).toBe(false);
  });

  test('a bomb of an issuer is cut off', async () => {
    const bomb = zlib.gzipSync(Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(64 * 1024 * 1024, 'a')]));
    const issuer = await fakeService(() => ({ headers: { 'content-encoding': 'gzip' }, body: bomb }));
    const { code, stderr } = await runMain(['login'], { env: { ZKUBECTL_AUTH_ISSUER: issuer.url } });
    await issuer.close();
    expect(code).toBe(6);
    expect(stderr).toContain('sent more than');
  });

  test('secrets of node pools are masked and kept out of the cache; a newline in YAML starts no line', async () => {
    const record = {
      id: 'aws:1:eu:kube-1',
      alias: 'one',
      channel: 'a\nforged: line',
      lifecycle_status: 'ready',
      node_pools: [{ name: 'p', config_items: { password: 'canary-pool' } }],
    };
    const registry = await fakeService(() => ({ json: { items: [record] } }));
    const options = { home: makeTempDir(), env: { ZKUBECTL_REGISTRY_URL: registry.url, ZKUBECTL_TOKEN: 'x' } };
    const shown = await runMain(['show', 'one', '-o', 'json'], options);
    const yaml = await runMain(['list', '-o', 'yaml'], options);
    await registry.close();
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.stdout)).toMatchObject({ node_pools: [{ config_items: { password: '********' } }] });
    expect(shown.stdout).not.toContain('canary-pool');
    const cached = filesBelow(path.join(options.home, '.cache')).map(f => fs.readFileSync(f, 'utf8'));
    expect(cached.length).toBeGreaterThan(0);
    expect(cached.join('')).not.toContain('canary-pool');
    expect(yaml.stdout).not.toMatch(/^\s*forged: line/m);
    expect(parse(yaml.stdout)).toMatchObject({ items: [{ channel: record.channel }] });
  });

  test('an API server address that is plain http or no URL is refused', async () => {
    const file = path.join(makeTempDir(), 'clusters.yaml');
    fs.writeFileSync(
      file,
      'clusters:\n- {id: "a:b:c", alias: one, lifecycle_status: ready, api_server_url: "http://attacker.example.org"}\n',
    );
    expect((await runMain(['use', 'one'], { env: { ZKUBECTL_REGISTRY_FILE: file } })).code).toBe(2);
  });

  test('nothing is run from the current directory, not even by configuration', async () => {
    const dir = makeTempDir();
    writeProgram(path.join(dir, 'kubectl'), '');
    for (const value of ['kubectl', './kubectl']) {
      const env = {
        ZKUBECTL_KUBECTL_PATH: value,
        PATH: `.:${path.sep}nonexistent`,
        KUBERNETES_SERVICE_HOST: '10.0.0.1',
      };
      const { code, io } = await runMain(['get', 'x'], { cwd: dir, env });
      expect([code, io.spawned]).toEqual([2, []]);
    }
  });
});

test('the environment wins over the file between registry.url and registry.file too', async () => {
  const home = makeTempDir();
  const config = path.join(home, 'config.yaml');
  const clusters = path.join(home, 'clusters.yaml');
  fs.writeFileSync(clusters, 'clusters: []\n');
  fs.writeFileSync(config, 'registry:\n  url: https://registry.example.org\n');
  expect((await runMain(['list'], { env: { ZKUBECTL_CONFIG: config, ZKUBECTL_REGISTRY_FILE: clusters } })).code).toBe(
    0,
  );
  fs.writeFileSync(config, `registry:\n  url: https://registry.example.org\n  file: ${clusters}\n`);
  expect((await runMain(['list'], { env: { ZKUBECTL_CONFIG: config } })).code).toBe(2);
});
