/** doctor: what is told when things are down, and what to do (contract §13). */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCertificate } from '../../src/commands/doctor/certificates.ts';
import { type Check, type CheckReport, ok, runChecks } from '../../src/commands/doctor/check.ts';
import { describeSkew } from '../../src/commands/doctor/local.ts';
import { describeClocks } from '../../src/commands/doctor/network.ts';
import { dnsError } from '../../src/platform/net/dns.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type FakeAnswer, type FakeService, fakeService } from '../support/fake-service.ts';
import { type HttpsService, httpsService } from '../support/https-service.ts';
import { createTestIo, makeTempDir, runMain, type TestIoOptions } from '../support/io.ts';
import { type Person, person, testSandbox } from '../support/sandbox.ts';

/** A program that is there, for the kubeconfig to name. */
const SELF = { file: path.resolve('bin', 'zkubectl.js'), args: [] };
let sandbox: Sandbox;
let alice: Person;
beforeAll(async () => {
  sandbox = await testSandbox();
  alice = person(sandbox, 'alice');
  expect((await alice.runWith({ self: SELF }, 'login', 'foobarlab')).code).toBe(0);
});
afterAll(() => sandbox.close());

type Reports = Record<string, CheckReport>;

function reportsIn(stdout: string): Reports {
  const { items } = JSON.parse(stdout) as { items: CheckReport[] };
  return Object.fromEntries(items.map(item => [item.name, item]));
}

/** A doctor in a world of services that the test made. */
async function doctor(env: Record<string, string>, options: TestIoOptions = {}, ...argv: string[]) {
  const { code, stdout } = await runMain(['doctor', '-o', 'json', ...argv], {
    ...options,
    env: { ZKUBECTL_TOKEN: 'canary-token', ZKUBECTL_AUTH_CLIENT_ID: 'zkubectl', ...env },
  });
  return { code, stdout, ...{ reports: reportsIn(stdout) } };
}

describe('doctor', () => {
  test('where all works: exit 0, a line for each check, nobody is asked for anything', async () => {
    const { code, stdout, stderr, io } = await alice.runWith({ tty: true }, 'doctor', '--color', 'never');
    expect([code, stderr, io.opened, io.asked]).toEqual([0, '', [], []]);
    const lines = stdout.split('\n').filter(line => /^\S/.test(line));
    expect(lines.map(line => line.replace(/\d+ ms|\d+m \d+s/g, '#').replaceAll(alice.home, 'HOME'))).toEqual([
      expect.stringMatching(/^ok {3}config {6}HOME\/.config\/zkubectl\/config.yaml \(#\)$/),
      '-    DNS         no name needs to be resolved',
      expect.stringMatching(/^ok {3}TLS {9}API server \(127.0.0.1:\d+\) is trusted \(#\)$/),
      expect.stringMatching(/^ok {3}issuer {6}127.0.0.1:\d+ answers \(#\)$/),
      expect.stringMatching(/^ok {3}login {7}logged in as alice@example.org, the token expires in (#|15m) \(#\)$/),
      expect.stringMatching(/^ok {3}registry {4}127.0.0.1:\d+ answers \(#\)$/),
      expect.stringMatching(/^ok {3}access API {2}127.0.0.1:\d+ answers \(#\)$/),
      expect.stringMatching(/^ok {3}API server {2}foobarlab \(127.0.0.1:\d+\) answers: Kubernetes v1.35.2 \(#\)$/),
      'ok   clock       the clock agrees with 4 servers (#)',
      expect.stringMatching(/^ok {3}files {7}HOME\/.local\/state\/zkubectl and the cache can be written \(#\)$/),
      'ok   tokens      in HOME/.local/state/zkubectl/tokens, which only you can read (#)',
      expect.stringMatching(/^warn kubectl {5}kubectl is not installed; zkubectl downloads it on first use \(#\)$/),
      expect.stringMatching(/^ok {3}kubeconfig {2}1 context, foobarlab in use \(#\)$/),
    ]);
  });

  test('not logged in is exit 1 and says what to type; it starts no login', async () => {
    const bob = person(sandbox, 'bob');
    const { code, stdout, io } = await bob.runWith({ tty: true }, 'doctor', '--cluster', 'abckub', '-o', 'json');
    // The cluster is not known here, and the registry wants a login before it tells.
    expect([code, stdout, io.opened]).toEqual([4, '', []]);
    const plain = await bob.runWith({ tty: true }, 'doctor', '-o', 'json');
    expect([plain.code, plain.io.opened, plain.io.asked]).toEqual([1, [], []]);
    expect(reportsIn(plain.stdout)).toMatchObject({
      issuer: { status: 'ok' },
      login: { status: 'failed', remedy: 'zkubectl login' },
      registry: { status: 'warning', remedy: 'zkubectl login' },
    });
  });

  test('a cluster that there is not is exit 3', async () => {
    expect(await alice.run('doctor', '--cluster', 'no-such')).toMatchObject({ code: 3, stdout: '' });
  });

  test('all is down: each says so, with a remedy, and the snapshot is named', async () => {
    const own = await testSandbox();
    const carol = person(own, 'alice');
    await carol.runWith({ self: SELF }, 'login', 'foobarlab');
    await own.close();
    const { code, stdout } = await carol.run('doctor', '-o', 'json');
    expect(code).toBe(1);
    const reports = reportsIn(stdout);
    for (const name of ['issuer', 'registry', 'access API', 'API server'])
      expect(reports[name]).toMatchObject({
        status: 'failed',
        found: expect.stringContaining('refused'),
        remedy: expect.any(String),
      });
    expect(reports['registry']?.remedy).toMatch(/^to use the saved data, \d+s old: add --offline$/);
    expect(reports['kubeconfig']?.status).toBe('ok');
  });

  test('--offline asks nobody', async () => {
    const { stdout } = await alice.run('doctor', '--offline', '-o', 'json');
    const reports = reportsIn(stdout);
    for (const name of ['DNS', 'TLS', 'issuer', 'registry', 'access API', 'API server', 'clock'])
      expect(reports[name]).toMatchObject({ status: 'skipped' });
  });

  test('a configuration that does not parse is one finding; the others go on with the last that worked', async () => {
    const file = path.join(makeTempDir(), 'config.yaml');
    fs.writeFileSync(file, 'auth:\n  isuer: x\n');
    const { code, stdout } = await runMain(['doctor', '-o', 'json'], { env: { ZKUBECTL_CONFIG: file } });
    expect(code).toBe(1);
    const reports = reportsIn(stdout);
    expect(reports).toMatchObject({
      config: { status: 'failed', found: expect.stringContaining(`${file}:2`) },
      kubectl: { status: 'warning' },
      kubeconfig: { status: 'skipped' },
    });
    const carol = person(sandbox, 'alice');
    expect((await carol.runWith({ self: SELF }, 'login', 'foobarlab')).code).toBe(0);
    fs.appendFileSync(path.join(carol.home, '.config/zkubectl/config.yaml'), 'nonsense\n');
    const again = await carol.run('doctor', '-o', 'json');
    expect([again.code, again.stderr]).toEqual([1, '']);
    const after = reportsIn(again.stdout);
    const failed = Object.values(after).filter(report => report.status === 'failed');
    expect(failed.map(report => report.name)).toEqual(['config']);
    expect(after['registry']).toMatchObject({ status: 'ok' });
  });

  test('no remedy is a command that fails for the same reason', async () => {
    const down = { ZKUBECTL_AUTH_ISSUER: 'http://127.0.0.1:1', ZKUBECTL_REGISTRY_URL: 'http://127.0.0.1:1' };
    const { reports } = await doctor({ ...down, ZKUBECTL_TOKEN: '' });
    expect(reports['login']?.remedy).toBe('first mend the issuer; then: zkubectl login');
    const service = await fakeService(() => ({ status: 401 }));
    const job = await doctor({ ...down, ZKUBECTL_REGISTRY_URL: service.url });
    await service.close();
    expect(job.reports['registry']?.remedy).toBe(
      'the token comes from ZKUBECTL_TOKEN: replace it, or unset the variable',
    );
    for (const { remedy } of [...Object.values(reports), ...Object.values(job.reports)])
      expect(remedy ?? '').not.toMatch(/^zkubectl login/);
  });

  test('nothing secret is in it, in any format', async () => {
    const tokens = fs
      .readdirSync(path.join(alice.home, '.local/state/zkubectl/tokens'))
      .map(name => fs.readFileSync(path.join(alice.home, '.local/state/zkubectl/tokens', name), 'utf8'));
    const secrets = tokens.flatMap(text =>
      [...text.matchAll(/"(?:access|id|refresh)Token":"([^"]+)"/g)].map(m => m[1] ?? ''),
    );
    expect(secrets.length).toBeGreaterThanOrEqual(5);
    for (const format of ['table', 'json', 'yaml', 'tsv']) {
      const { code, stdout, stderr } = await alice.run('doctor', '-o', format, '--debug');
      expect({ format, code, hasLogin: stdout.includes('alice@example.org') }).toEqual({
        format,
        code: 0,
        hasLogin: true,
      });
      for (const secret of secrets) expect(`${stdout}${stderr}`.includes(secret)).toBe(false);
    }
  });
});

describe('services of a kind', () => {
  const services: { close(): Promise<void> }[] = [];
  afterAll(async () => {
    for (const service of services) await service.close();
  });
  const serve = async (answer: () => FakeAnswer): Promise<FakeService> => {
    const service = await fakeService(answer);
    services.push(service);
    return service;
  };
  const serveTls = async (names: string[], now?: Date): Promise<HttpsService> => {
    const service = await httpsService(names, () => ({ items: [] }), now);
    services.push(service);
    return service;
  };
  const HOST = 'registry.example.test';
  const here = { lookup: async () => ['127.0.0.1'] };

  test('a clock that is wrong is told by what the servers say', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const registry = await serve(() => ({ json: { items: [] }, headers: { date } }));
    const { code, reports } = await doctor({ ZKUBECTL_REGISTRY_URL: registry.url });
    expect(code).toBe(1);
    expect(reports['clock']).toMatchObject({
      status: 'failed',
      found: expect.stringMatching(/^the clock is (1h|59m 59s) behind 127\.0\.0\.1:\d+$/),
      remedy: expect.stringContaining('set the clock of this machine'),
    });
  });

  test('a CA that has ended, one that is not trusted, and another name are told apart', async () => {
    const good = await serveTls([HOST]);
    const ended = await serveTls([HOST], new Date('2010-01-01T00:00:00Z'));
    const url = (service: HttpsService, host = HOST) => `https://${host}:${service.port}`;
    const tlsOf = async (service: HttpsService, ca: string, host?: string) =>
      (await doctor({ ZKUBECTL_REGISTRY_URL: url(service, host), ZKUBECTL_TLS_CA_FILE: ca }, here)).reports['TLS'];
    expect(await tlsOf(good, good.caFile)).toMatchObject({ status: 'ok' });
    expect(await tlsOf(ended, ended.caFile)).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('its certificate is no longer valid'),
    });
    expect(await tlsOf(good, ended.caFile)).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('a CA that this machine does not trust: zkubectl sandbox CA'),
      remedy: expect.stringContaining('tls.ca_file'),
    });
    expect(await tlsOf(good, good.caFile, 'other.example.test')).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('is for another host name'),
    });
    // The probe of TLS sends no request: the registry's own are all there are.
    expect(new Set(good.requests.map(({ url }) => url.split('?')[0]))).toEqual(new Set(['/kubernetes-clusters']));
  });

  test('DNS: a name that is not known, and one that is reached where it was', async () => {
    const service = await serveTls([HOST]);
    const home = makeTempDir();
    const env = { ZKUBECTL_REGISTRY_URL: `https://${HOST}:${service.port}`, ZKUBECTL_TLS_CA_FILE: service.caFile };
    const lookup = async (host: string) => Promise.reject(dnsError('ENOTFOUND', host));
    const unknown = await doctor(env, { home, lookup });
    expect(unknown.reports['DNS']).toMatchObject({
      status: 'failed',
      found: `${HOST} does not resolve: the name does not exist`,
    });
    expect((await doctor(env, { home, ...here })).reports['DNS']).toMatchObject({
      status: 'ok',
      found: `${HOST} resolves to 127.0.0.1`,
    });
    const seen = await doctor(env, { home, lookup });
    expect(seen.reports['DNS']).toMatchObject({
      status: 'warning',
      found: expect.stringContaining('using its last known address 127.0.0.1'),
    });
    expect(seen.reports['registry']).toMatchObject({ status: 'ok' });
  });

  test('a service that says no is quoted, and cannot forge a line', async () => {
    const json = { title: 'down\nok   registry  fine', detail: '\x1b[2J' };
    const registry = await serve(() => ({ status: 500, json }));
    const { code, stdout } = await runMain(['doctor'], {
      env: { ZKUBECTL_TOKEN: 't', ZKUBECTL_REGISTRY_URL: registry.url, ZKUBECTL_AUTH_CLIENT_ID: 'c' },
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL registry .*HTTP 500: down ok registry fine: /m);
    expect(stdout).not.toMatch(/^ok {3}registry/m);
    expect(stdout).not.toContain('\x1b');
  });
});

test('a service that quotes what it was sent does not get our token shown, nor does an address its secrets', async () => {
  const echo = await fakeService(({ headers }) => ({
    status: 400,
    json: { title: 'bad', detail: `authorization=${headers.authorization}` },
  }));
  const env = { ZKUBECTL_REGISTRY_URL: `${echo.url}/?key=S3CRET`, ZKUBECTL_AUTH_ISSUER: `${echo.url}/?key=S3CRET` };
  const { stdout } = await doctor(env);
  await echo.close();
  expect(stdout).toContain('HTTP 400');
  expect(stdout).not.toMatch(/canary-token|S3CRET/);
  for (const url of ['https://user:S3CRET@reg.example.invalid/x y', 'ftp://u:S3CRET@h', 'u:S3CRET@h y'])
    expect((await doctor({ ZKUBECTL_REGISTRY_URL: url })).stdout).not.toContain('S3CRET');
});

test('a web page is no registry, and a service in trouble is not silence', async () => {
  const page = await fakeService(() => ({ headers: { 'content-type': 'text/html' }, body: '<html>sign in</html>' }));
  const { code, reports } = await doctor({ ZKUBECTL_REGISTRY_URL: page.url, ZKUBECTL_ACCESS_URL: page.url });
  await page.close();
  expect(code).toBe(1);
  for (const name of ['registry', 'access API'])
    expect(reports[name]).toMatchObject({ status: 'failed', remedy: expect.stringContaining('sign-in page') });
  const busy = await fakeService(() => ({ status: 503, headers: { 'retry-after': '3600' } }));
  const { reports: later } = await doctor({ ZKUBECTL_REGISTRY_URL: busy.url });
  await busy.close();
  expect(later['registry']).toMatchObject({
    status: 'failed',
    found: expect.stringContaining('HTTP 503'),
    remedy: 'try again in 1 minute',
  });
});

test('whoami --offline asks nobody, and nothing is advised for what is no file', async () => {
  const access = await fakeService(() => ({ never: true }));
  const env = { ZKUBECTL_ACCESS_URL: access.url };
  expect((await alice.runWith({ env }, 'whoami', '--offline')).code).toBe(0);
  expect(access.requests).toEqual([]);
  await access.close();
  const { reports } = await doctor({ KUBECONFIG: '/dev/null' });
  expect(JSON.stringify(reports)).not.toContain('chmod');
});

describe('the checks', () => {
  test('run at once, and one that does not end has failed by itself', async () => {
    let inside = 0;
    let most = 0;
    const check = (name: string): Check => ({
      name,
      run: async () => {
        most = Math.max(most, ++inside);
        await Promise.resolve();
        inside--;
        return ok(name);
      },
    });
    const never: Check = { name: 'never', run: () => new Promise(() => undefined) };
    const broken: Check = { name: 'broken', run: () => Promise.reject(new Error('oops')) };
    const reports = await runChecks(createTestIo(), [check('a'), check('b'), never, broken], 50);
    expect(most).toBe(2);
    expect(reports.map(({ name, status, found }) => [name, status, found])).toEqual([
      ['a', 'ok', 'a'],
      ['b', 'ok', 'b'],
      ['never', 'failed', 'timed out after 0 s'],
      ['broken', 'failed', 'oops'],
    ]);
  });

  test.each([
    ['v1.35.2', 'v1.34.0', 'ok'],
    ['v1.35.2', 'v1.36.0-eks', 'ok'],
    ['v1.35.2', 'v1.33.1', 'warning'],
    ['v1.31.0', 'v1.35.2', 'warning'],
    ['v1.31.0', undefined, 'ok'],
    ['v1.31.0', 'nonsense', 'ok'],
  ])('kubectl %s and server %s: %s', (client, server, status) => {
    expect(describeSkew('/bin/kubectl', client, server).status).toBe(status);
  });

  test.each([
    [{ a: 0 }, 'ok', 'the clock agrees with a'],
    [{ a: 29_000, b: -5_000 }, 'ok', 'the clock agrees with 2 servers'],
    [{ a: -45_000 }, 'warning', 'the clock is 45s ahead of a'],
    [{ a: 400_000, b: 400_000 }, 'failed', 'the clock is 6m 40s behind a'],
    [{}, 'skipped', 'not checked: no server answered'],
  ])('clocks %j: %s', (clocks, status, found) => {
    expect(describeClocks(new Map(Object.entries(clocks)))).toMatchObject({ status, found });
  });

  test('of two servers, the one that is wrong alone is told', () => {
    expect(describeClocks(new Map(Object.entries({ a: 0, b: 900_000 }))).remedy).toContain('tell the operators of b');
  });

  test('a certificate that ends soon is told before it does', () => {
    const service = { name: 'registry', url: new URL('https://registry.example.org') } as const;
    const now = new Date('2026-01-01T00:00:00Z');
    const finding = { code: undefined, issuer: 'CA', endsAt: new Date('2026-01-03T00:00:00Z') };
    expect(describeCertificate(service, finding, now)).toMatchObject({
      status: 'warning',
      found: expect.stringContaining('expires in 2d'),
    });
  });
});
