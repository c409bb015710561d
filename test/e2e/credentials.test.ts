import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { clock, endTokensIn, filesBelow, type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
beforeAll(async () => {
  sandbox = await testSandbox({ tokenTtlSeconds: 300 });
});
afterAll(() => sandbox.close());
afterEach(() => {
  clock.reset();
});

const execInfo = (version: string, interactive: boolean) =>
  JSON.stringify({
    apiVersion: `client.authentication.k8s.io/${version}`,
    kind: 'ExecCredential',
    spec: { interactive },
  });

async function loggedIn(): Promise<Person> {
  const somebody = person(sandbox, 'alice');
  expect((await somebody.run('login', 'foobarlab')).code).toBe(0);
  return somebody;
}

function later(seconds: number): void {
  clock.advance(seconds * 1000);
}

describe('credentials', () => {
  beforeAll(async () => {
    alice = await loggedIn();
  });

  test.each(['v1', 'v1beta1'])('prints exactly one ExecCredential, %s when that is asked for', async version => {
    const { code, stdout, stderr } = await alice.runWith(
      { env: { KUBERNETES_EXEC_INFO: execInfo(version, false) } },
      'credentials',
      'foobarlab',
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      kind: 'ExecCredential',
      apiVersion: `client.authentication.k8s.io/${version}`,
      spec: { interactive: false },
      status: {
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        expirationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    });
  });

  test('is v1 without KUBERNETES_EXEC_INFO', async () => {
    expect(JSON.parse((await alice.run('credentials', 'foobarlab')).stdout)).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1',
    });
  });

  test.each(['not json', '{}', '{"apiVersion":"client.authentication.k8s.io/v9","kind":"ExecCredential"}'])(
    'a KUBERNETES_EXEC_INFO that is %s is exit 2',
    async info => {
      const { code, stdout } = await alice.runWith({ env: { KUBERNETES_EXEC_INFO: info } }, 'credentials', 'foobarlab');
      expect([code, stdout]).toEqual([2, '']);
    },
  );

  test("upstream's --okta-auth-client-id names the client", async () => {
    const { code, stdout } = await alice.run('credentials', '--okta-auth-client-id', 'kubernetes.cluster.foobarlab');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: { token: expect.any(String) } });
  });

  test('not logged in and no terminal: exit 4, the command to run, no browser', async () => {
    const bob = person(sandbox, 'bob');
    const { code, stdout, stderr, io } = await bob.run('credentials', 'foobarlab');
    expect([code, stdout, io.opened]).toEqual([4, '', []]);
    expect(stderr).toContain('zkubectl: hint: zkubectl login');
  });

  test('spec.interactive false on a terminal: never a browser', async () => {
    const bob = person(sandbox, 'bob');
    const { code, io } = await bob.runWith(
      { tty: true, env: { KUBERNETES_EXEC_INFO: execInfo('v1', false) } },
      'credentials',
      'foobarlab',
    );
    expect([code, io.opened, io.asked]).toEqual([4, [], []]);
  });

  test('on a terminal it logs in by itself', async () => {
    const bob = person(sandbox, 'bob');
    const { code, stdout, io } = await bob.runWith(
      { tty: true, env: { KUBERNETES_EXEC_INFO: execInfo('v1', true) } },
      'credentials',
      'foobarlab',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'ExecCredential' });
    expect(io.opened).toHaveLength(1);
  });

  test('a cluster that the registry does not have is exit 3', async () => {
    expect((await alice.run('credentials', 'no-such-cluster')).code).toBe(3);
  });

  test('a token with less than 60 s left is renewed, and the rotated refresh token is kept', async () => {
    const somebody = await loggedIn();
    const tokenIn = (text: string) => (JSON.parse(text) as { status: { token: string } }).status.token;
    const seen = [tokenIn((await somebody.run('credentials', 'foobarlab')).stdout)];
    for (const round of ['first', 'second']) {
      endTokensIn(50, somebody);
      const { code, stdout, io } = await somebody.run('credentials', 'foobarlab');
      expect([round, code, io.opened]).toEqual([round, 0, []]);
      expect(seen).not.toContain(tokenIn(stdout));
      seen.push(tokenIn(stdout));
    }
  });

  test('any number at once make one renewal', async () => {
    const somebody = await loggedIn();
    const before = (await somebody.run('credentials', 'foobarlab')).stdout;
    endTokensIn(50, somebody);
    const results = await Promise.all(Array.from({ length: 20 }, () => somebody.run('credentials', 'foobarlab')));
    expect(results.map(r => r.code)).toEqual(results.map(() => 0));
    const printed = [...new Set(results.map(r => r.stdout))];
    expect(printed).toHaveLength(1);
    const tokenIn = (text = '') => (JSON.parse(text) as { status: { token: string } }).status.token;
    expect(tokenIn(printed[0])).not.toBe(tokenIn(before));
  });

  test('a renewal that fails for the network is exit 6 and keeps the login', async () => {
    const own = await testSandbox({ tokenTtlSeconds: 300 });
    const somebody = person(own, 'alice');
    await somebody.run('login', 'foobarlab');
    await own.close();
    later(301);
    const { code, stderr, stdout } = await somebody.run('credentials', 'foobarlab');
    expect([code, stdout]).toEqual([6, '']);
    expect(stderr).toContain('cannot reach the login service');
    expect(
      filesBelow(path.join(somebody.home, '.local/state/zkubectl/tokens'))
        .map(f => fs.readFileSync(f, 'utf8'))
        .join(''),
    ).toContain('refreshToken');
  });

  test('a refresh token that was revoked: exit 4, not a loop', async () => {
    const somebody = await loggedIn();
    later(15 * 86_400);
    const { code, stderr } = await somebody.run('credentials', 'foobarlab');
    expect(code).toBe(4);
    expect(stderr).toContain('zkubectl login foobarlab');
  });

  test('after one automatic login that failed, none is tried until zkubectl login succeeds', async () => {
    const somebody = person(sandbox, 'deny');
    const interactive = { tty: true, env: { KUBERNETES_EXEC_INFO: execInfo('v1', true) } };
    const first = await somebody.runWith(interactive, 'credentials', 'foobarlab');
    expect([first.code, first.io.opened.length]).toEqual([4, 1]);
    const second = await somebody.runWith(interactive, 'credentials', 'foobarlab');
    expect([second.code, second.io.opened]).toEqual([4, []]);
    expect(second.stderr).toContain('zkubectl login');
    const { browseAs } = await import('../support/sandbox.ts');
    expect((await somebody.runWith({ browser: url => browseAs('alice', url) }, 'login', 'foobarlab')).code).toBe(0);
    expect((await somebody.runWith(interactive, 'credentials', 'foobarlab')).code).toBe(0);
  });

  test('works while the registry is down', async () => {
    const { code } = await alice.runWith(
      { env: { ZKUBECTL_REGISTRY_URL: 'http://127.0.0.1:1' } },
      'credentials',
      'foobarlab',
    );
    expect(code).toBe(0);
  });
});

describe('whoami, token, logout', () => {
  test('whoami tells the user, groups and expiries, also as JSON', async () => {
    const somebody = await loggedIn();
    const { stdout } = await somebody.run('whoami');
    expect(stdout).toMatch(/^User +alice@example\.org$/m);
    expect(stdout).toMatch(/^Groups +team-shop, ReadOnly$/m);
    expect(stdout).toMatch(/^Platform token +expires in (5m$|4m)/m);
    const json = JSON.parse((await somebody.run('whoami', '-o', 'json')).stdout) as unknown;
    expect(json).toMatchObject({
      apiVersion: 'zkubectl/v1',
      kind: 'Identity',
      user: 'alice@example.org',
      issuer: sandbox.info.issuer,
      cluster: { name: 'foobarlab', groups: ['team-shop', 'ReadOnly'], expiresAt: expect.stringMatching(/Z$/) },
      grants: [],
    });
  });

  test('whoami never starts a login', async () => {
    const { code, io } = await person(sandbox, 'bob').runWith({ tty: true }, 'whoami');
    expect([code, io.opened]).toEqual([4, []]);
  });

  test('token prints the bearer alone; with --cluster, the ID token of the cluster', async () => {
    const somebody = await loggedIn();
    expect((await somebody.run('token')).stdout).toMatch(/^\S+\n$/);
    const token = (await somebody.run('token', '--cluster', 'foobarlab')).stdout.trim();
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as unknown;
    expect(claims).toMatchObject({ aud: 'kubernetes.cluster.foobarlab', sub: 'alice', email: 'alice@example.org' });
  });

  test('logout revokes at the issuer and forgets', async () => {
    const somebody = await loggedIn();
    const tokens = path.join(somebody.home, '.local/state/zkubectl/tokens');
    const kept = filesBelow(tokens).map(file => [file, fs.readFileSync(file)] as const);
    const { code, stderr } = await somebody.run('logout', '--all');
    expect(code).toBe(0);
    expect(stderr).toContain('logged out: 2 sets of tokens were deleted, and revoked');
    expect(filesBelow(tokens)).toEqual([]);
    // Whoever had copied the files has nothing: the refresh tokens are dead.
    for (const [file, content] of kept) fs.writeFileSync(file, content, { mode: 0o600 });
    // They are believed here: the access token has not ended, and nobody is asked.
    expect((await somebody.run('token')).code).toBe(0);
    expect((await somebody.run('login', '--force-refresh')).io.opened).toHaveLength(1);
  });

  test('logout of one cluster keeps the rest', async () => {
    const somebody = await loggedIn();
    expect((await somebody.run('logout', 'foobarlab')).stderr).toContain('1 other login is kept');
    expect((await somebody.run('token')).code).toBe(0);
    expect((await somebody.run('credentials', 'foobarlab')).code).toBe(4);
  });
});
