/** A kubeconfig that names our `credentials` beside somebody else's server gets no token. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { fakeService } from '../support/fake-service.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
const EVIL = 'https://evil.example.org';
beforeAll(async () => {
  sandbox = await testSandbox();
  alice = await loggedIn();
});
afterAll(() => sandbox.close());

async function loggedIn(env: Record<string, string> = {}): Promise<Person> {
  const somebody = person(sandbox, 'alice', env);
  expect((await somebody.run('login', 'foobarlab')).code).toBe(0);
  return somebody;
}

const serverOf = (alias: string) => sandbox.info.clusters.find(cluster => cluster.alias === alias)?.url ?? '';
const caOf = () => fs.readFileSync(sandbox.info.caFile).toString('base64');
/** A cluster entry as we write it. */
const entryOf = (alias: string) => ({ server: serverOf(alias), 'certificate-authority-data': caOf() });
const certificate = (name: string) =>
  Buffer.from(`-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`).toString('base64');
const info = (cluster: object) =>
  JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, cluster },
  });

function credentials(who: Person, cluster: object | undefined, ...argv: string[]) {
  const env: Record<string, string> = cluster === undefined ? {} : { KUBERNETES_EXEC_INFO: info(cluster) };
  return who.runWith({ tty: true, env }, 'credentials', ...argv);
}

const refused = (server: string) => ({
  code: 4,
  stdout: '',
  stderr: expect.stringContaining(`no token for ${server}: not a known API server of`),
});

describe('a token', () => {
  test("is for the cluster's own server, cache and state deleted or not", async () => {
    const somebody = await loggedIn();
    const own = entryOf('foobarlab');
    expect((await credentials(somebody, own, 'foobarlab')).code).toBe(0);
    fs.rmSync(path.join(somebody.home, '.cache'), { recursive: true });
    expect((await credentials(somebody, own, 'foobarlab')).code).toBe(0);
    await somebody.run('list');
    const noted = path.join(somebody.home, '.local/state/zkubectl/trusted-servers');
    fs.rmSync(noted, { recursive: true });
    expect((await credentials(somebody, own, 'foobarlab')).code).toBe(0);
    // The registry may be one that the kubeconfig's own `env` has chosen: what it says is not kept.
    expect(fs.existsSync(noted)).toBe(false);
  });

  test('is not taken by a file of CAs beside the data that was compared', async () => {
    const detour = {
      server: 'https://192.0.2.1:443',
      'tls-server-name': '127.0.0.1',
      'certificate-authority-data': caOf(),
    };
    expect((await credentials(alice, detour, 'foobarlab')).code).toBe(0);
    expect((await credentials(alice, { ...detour, 'certificate-authority': '/tmp/evil.pem' }, 'foobarlab')).code).toBe(
      4,
    );
  });

  test('login leaves nothing of another server beside the one it writes', async () => {
    const somebody = await loggedIn();
    const text = fs.readFileSync(somebody.kubeconfig, 'utf8');
    fs.writeFileSync(
      somebody.kubeconfig,
      text.replace(
        /server: .*/,
        `server: ${EVIL}\n    insecure-skip-tls-verify: true\n    proxy-url: ${EVIL}\n    tls-server-name: x`,
      ),
    );
    expect((await somebody.run('login', 'foobarlab')).code).toBe(0);
    const { clusters } = parse(fs.readFileSync(somebody.kubeconfig, 'utf8')) as { clusters: { cluster: object }[] };
    expect(Object.keys(clusters[0]?.cluster ?? {}).sort()).toEqual(['certificate-authority-data', 'server']);
    // What somebody has put beside the right one stays.
    const own = fs
      .readFileSync(somebody.kubeconfig, 'utf8')
      .replace(/(server: .*)/, '$1\n    proxy-url: http://127.0.0.1:3128');
    fs.writeFileSync(somebody.kubeconfig, own);
    expect((await somebody.run('login', 'foobarlab')).code).toBe(0);
    expect(fs.readFileSync(somebody.kubeconfig, 'utf8')).toContain('proxy-url: http://127.0.0.1:3128');
  });

  test.each([[EVIL], ['http://127.0.0.1:1'], ['https://127.0.0.1:1'], ['nonsense'], ['']])(
    'is not for %j, and nobody is logged in for it',
    async server => {
      expect(await credentials(alice, { server }, 'foobarlab')).toMatchObject(refused(server));
      const bob = person(sandbox, 'bob');
      await bob.run('login');
      const { code, io } = await credentials(bob, { server }, 'foobarlab');
      expect([code, io.opened]).toEqual([4, []]);
    },
  );

  test('of one cluster is not for another, unless both have one audience', async () => {
    const other = { server: serverOf('abckub') };
    for (const ca of [{}, { 'certificate-authority-data': caOf() }])
      expect(await credentials(alice, { ...other, ...ca }, 'foobarlab')).toMatchObject(refused(other.server));
    // Without auth.cluster_client_id every cluster takes the same token: nothing is given away that it has not.
    const config = path.join(alice.home, 'one-client.yaml');
    const settings = parse(fs.readFileSync(sandbox.info.configFile, 'utf8')) as { auth: Record<string, unknown> };
    delete settings.auth['cluster_client_id'];
    fs.writeFileSync(config, stringify(settings));
    const somebody = await loggedIn({ ZKUBECTL_CONFIG: config });
    expect((await credentials(somebody, entryOf('abckub'), 'foobarlab')).code).toBe(0);
    expect(await credentials(somebody, { server: EVIL }, 'foobarlab')).toMatchObject(refused(EVIL));
  });

  test('of a URL is for whom somebody has logged in to, whatever client is named', async () => {
    const somebody = await loggedIn();
    for (const cluster of [undefined, { server: EVIL }]) {
      for (const flags of [
        [],
        ['--okta-auth-client-id', 'kubernetes.cluster.foobarlab'],
        ['--okta-auth-client-id', 'zkubectl'],
      ])
        expect(await credentials(somebody, cluster, EVIL, ...flags)).toMatchObject({ code: 4, stdout: '' });
    }
    const url = serverOf('abckub');
    expect((await credentials(somebody, { server: url }, url)).code).toBe(4);
    expect((await somebody.run('login', url)).code).toBe(0);
    expect((await credentials(somebody, entryOf('abckub'), url)).code).toBe(0);
    expect((await credentials(somebody, undefined, url)).code).toBe(0);
    expect((await credentials(somebody, { server: url }, url)).code).toBe(4);
    expect((await credentials(somebody, { server: EVIL }, url)).code).toBe(4);
  });

  test('of a URL is for its server under the CA that was named at the login, which the context has', async () => {
    const config = path.join(makeTempDir(), 'no-ca.yaml');
    fs.writeFileSync(config, fs.readFileSync(sandbox.info.configFile, 'utf8').replace(/^tls:\n.*\n/m, ''));
    const somebody = person(sandbox, 'alice', { ZKUBECTL_CONFIG: config });
    const url = serverOf('abckub');
    // The server cannot be verified: nobody is logged in to it.
    const unverified = await somebody.run('login', url);
    expect([unverified.code, unverified.io.opened]).toEqual([6, []]);
    expect((await credentials(somebody, entryOf('abckub'), url)).code).toBe(4);
    const ca = ['--certificate-authority', sandbox.info.caFile];
    expect((await somebody.run('login', url, ...ca)).code).toBe(0);
    expect((await credentials(somebody, entryOf('abckub'), url)).code).toBe(0);
    const { clusters } = parse(fs.readFileSync(somebody.kubeconfig, 'utf8')) as { clusters: { cluster: object }[] };
    expect(clusters[0]?.cluster).toEqual(entryOf('abckub'));
    for (const argv of [
      ['login', url, '--certificate-authority', '/nonexistent'],
      ['login', 'foobarlab', ...ca],
    ])
      expect((await somebody.run(...argv)).code).toBe(2);
  });

  test("of upstream's --okta-auth-client-id is for a server of that audience", async () => {
    const flags = ['--okta-auth-client-id', 'kubernetes.cluster.foobarlab'];
    expect((await credentials(alice, undefined, ...flags)).code).toBe(0);
    expect((await credentials(alice, entryOf('foobarlab'), ...flags)).code).toBe(0);
    expect((await credentials(alice, entryOf('abckub'), ...flags)).code).toBe(4);
    expect((await credentials(alice, { server: EVIL }, ...flags)).code).toBe(4);
  });

  test('passes at another address, as without DNS, under its name and by its CA', async () => {
    const detour = {
      server: 'https://192.0.2.1:443',
      'tls-server-name': '127.0.0.1',
      'certificate-authority-data': caOf(),
    };
    expect((await credentials(alice, detour, 'foobarlab')).code).toBe(0);
    const otherCa = Buffer.from('-----BEGIN CERTIFICATE-----\nevil\n-----END CERTIFICATE-----\n').toString('base64');
    for (const change of [
      { 'certificate-authority-data': otherCa },
      { 'certificate-authority-data': undefined },
      { 'insecure-skip-tls-verify': true },
      { 'tls-server-name': 'evil.example.org' },
      { server: 'http://192.0.2.1:443' },
    ])
      expect((await credentials(alice, { ...detour, ...change }, 'foobarlab')).code).toBe(4);
  });

  test('passes a proxy that the kubeconfig names by the CA of the cluster alone', async () => {
    const proxied = {
      server: serverOf('foobarlab'),
      'proxy-url': 'http://evil.example.org:3128',
      'certificate-authority-data': caOf(),
    };
    expect((await credentials(alice, proxied, 'foobarlab')).code).toBe(0);
    const evilCa = Buffer.from('-----BEGIN CERTIFICATE-----\nevil\n-----END CERTIFICATE-----\n').toString('base64');
    for (const change of [
      { 'certificate-authority-data': evilCa },
      { 'certificate-authority-data': undefined },
      { 'certificate-authority-data': undefined, 'certificate-authority': '/tmp/evil.pem' },
      { 'insecure-skip-tls-verify': true },
      { 'tls-server-name': 'evil.example.org' },
    ])
      expect((await credentials(alice, { ...proxied, ...change }, 'foobarlab')).code).toBe(4);
  });

  test.each([
    ['without verification', { 'insecure-skip-tls-verify': true }],
    ['without its CA', { 'certificate-authority-data': undefined }],
    ['under another CA', { 'certificate-authority-data': certificate('evil') }],
    ['under its CA and another', { 'certificate-authority-data': 'both' }],
    ['under another name', { 'tls-server-name': 'evil.example.org' }],
    ['at another path', { server: '/other' }],
    ['with a CA of another label beside its own', { 'certificate-authority-data': 'labels' }],
    ['with a CA that is no text', { 'certificate-authority-data': [45, 45, 45] }],
    ['with a name that is no text', { 'tls-server-name': ['x'] }],
    ['with verification that is no truth value', { 'insecure-skip-tls-verify': 'yes' }],
  ])('is not for the right address %s', async (_, change: Record<string, unknown>) => {
    const entry: Record<string, unknown> = { ...entryOf('foobarlab'), ...change };
    if (change['server']) entry['server'] = `${serverOf('foobarlab')}/other`;
    if (entry['certificate-authority-data'] === 'both')
      entry['certificate-authority-data'] = Buffer.from(
        `${Buffer.from(caOf(), 'base64')}\n${Buffer.from(certificate('evil'), 'base64')}`,
      ).toString('base64');
    if (entry['certificate-authority-data'] === 'labels')
      entry['certificate-authority-data'] = Buffer.from(
        `${Buffer.from(caOf(), 'base64')}\n${Buffer.from(certificate('evil'), 'base64')}`.replace(
          /(BEGIN|END) CERTIFICATE-----\n(?=evil|$)/g,
          '$1 X509 CERTIFICATE-----\n',
        ),
      ).toString('base64');
    expect(await credentials(alice, entry, 'foobarlab')).toMatchObject({ code: 4, stdout: '' });
    expect((await credentials(alice, entryOf('foobarlab'), 'foobarlab')).code).toBe(0);
  });

  test('is not for an entry whose address is no text', async () => {
    for (const server of [['https://evil.example.org'], 1, null, {}])
      expect(await credentials(alice, { server }, 'foobarlab')).toMatchObject({ code: 4, stdout: '' });
  });

  test('is for its server also where a program has written the CA anew', async () => {
    const text = Buffer.from(caOf(), 'base64').toString().replaceAll('\n', '\r\n');
    const entry = { ...entryOf('foobarlab'), 'certificate-authority-data': Buffer.from(text).toString('base64') };
    expect((await credentials(alice, entry, 'foobarlab')).code).toBe(0);
  });

  test.each([
    ['user', (url: URL) => `https://${url.host}@evil.example.org`],
    ['fragment', (url: URL) => `https://evil.example.org#@${url.host}`],
    ['backslash', (url: URL) => `https://evil.example.org\\@${url.host}`],
    ['path', (url: URL) => `https://evil.example.org/${url.host}`],
    ['suffix', (url: URL) => `https://${url.hostname}.evil.example.org:${url.port}`],
    ['another port', (url: URL) => `https://${url.hostname}:1`],
    ['plain http', (url: URL) => `http://${url.host}`],
  ])('is not fooled by an address: %s', async (_name, forge) => {
    const server = forge(new URL(serverOf('foobarlab')));
    expect((await credentials(alice, { server }, 'foobarlab')).code).toBe(4);
  });

  test('from the environment is for the server of a cluster that is known, and else for whom the job says', async () => {
    const job = await loggedIn();
    const withToken = (server: string, name: string, entry: object = { server }) =>
      job.runWith({ env: { ZKUBECTL_TOKEN: 'x.y.z', KUBERNETES_EXEC_INFO: info(entry) } }, 'credentials', name);
    expect((await withToken('', 'foobarlab', entryOf('foobarlab'))).code).toBe(0);
    expect((await withToken(EVIL, 'foobarlab')).code).toBe(4);
    expect((await withToken(EVIL, 'not-in-any-registry')).code).toBe(4);
    expect((await withToken(EVIL, EVIL)).code).toBe(4);
    const named = { env: { ZKUBECTL_TOKEN: 'x.y.z', KUBERNETES_EXEC_INFO: info({ server: EVIL }) } };
    expect((await job.runWith(named, 'credentials', '--okta-auth-client-id', 'x')).code).toBe(4);
    // A job that knows no registry at all has what it says.
    const bare = { home: makeTempDir(), env: { ...named.env, ZKUBECTL_AUTH_CLIENT_ID: 'c' } };
    expect((await runMain(['credentials', 'one'], bare)).code).toBe(0);
    expect((await withToken(EVIL, 'https://kube-1.example.org')).code).toBe(4);
  });

  test('is not sent by commands of our own either', async () => {
    const evil = await fakeService(() => ({ json: { kind: 'NamespaceList', items: [] } }));
    const somebody = await loggedIn();
    const text = fs.readFileSync(somebody.kubeconfig, 'utf8').replace(serverOf('foobarlab'), evil.url);
    fs.writeFileSync(somebody.kubeconfig, text);
    const { stderr } = await somebody.run('ns', 'shop');
    await evil.close();
    expect(stderr).toContain(`no token for ${evil.url}`);
    expect(evil.requests).toEqual([]);
  });
});
