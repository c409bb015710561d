/** `token NAME [SCOPE…]`, `token list`, `token delete`. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { makeTempDir } from '../support/io.ts';
import { browseAs, clock, filesBelow, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(() => sandbox.close());

/** alice, logged in to the platform. */
async function alice() {
  const one = person(sandbox, 'alice');
  expect((await one.runWith({ tty: true }, 'login', 'foobarlab')).code).toBe(0);
  return one;
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('token NAME [SCOPE…]', () => {
  test('comes from the login without a browser, with these scopes, and stands alone on stdout', async () => {
    const one = await alice();
    const { code, stdout, stderr, io } = await one.run('token', 'mail', 'email');
    expect({ code, stderr, opened: io.opened }).toEqual({ code: 0, stderr: '', opened: [] });
    expect(stdout).toMatch(/^[!-~]+\n$/);
    expect(claimsOf(stdout).scope).toBe('email');
    const platform = await one.run('token');
    expect(platform.stdout).not.toBe(stdout);
    expect(claimsOf(platform.stdout).scope).toContain('groups');
  });

  test('is kept: the same again without a request, and without naming the scopes', async () => {
    const one = await alice();
    const first = await one.run('token', 'mail', 'email');
    const again = await one.run('token', 'mail', '--offline');
    expect([again.code, again.stdout]).toEqual([0, first.stdout]);
  });

  test('with less than five minutes left, with -r and with other scopes it is a new one', async () => {
    const one = await alice();
    const { stdout } = await one.run('token', 'mail', 'email');
    const now = new Date(clock.now().getTime() + (900 - 299) * 1000);
    const later = await one.runWith({ now: () => now }, 'token', 'mail');
    expect([later.code, later.stdout === stdout, claimsOf(later.stdout).scope]).toEqual([0, false, 'email']);
    const forced = await one.run('token', 'mail', '-r');
    expect([forced.code, forced.stdout === later.stdout]).toEqual([0, false]);
    const other = await one.run('token', 'mail', 'groups');
    expect(claimsOf(other.stdout).scope).toBe('groups');
    const { items } = JSON.parse((await one.run('token', 'list', '-o', 'json')).stdout);
    expect(items).toEqual([{ name: 'mail', scope: 'groups', expiresAt: expect.any(String) }]);
  });

  test('eight at once make one request', async () => {
    const one = await alice();
    const all = await Promise.all(Array.from({ length: 8 }, () => one.run('token', 'mail', 'email')));
    expect(new Set(all.map(run => run.stdout)).size).toBe(1);
  });

  test('-o json has the names of RFC 6749, -o tsv a header', async () => {
    const one = await alice();
    const json = JSON.parse((await one.run('token', 'mail', 'email', '-o', 'json')).stdout);
    expect(json).toEqual({
      apiVersion: 'zkubectl/v1',
      kind: 'Token',
      name: 'mail',
      access_token: expect.stringMatching(/^ey/),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'email',
      expiresAt: expect.stringMatching(/^20/),
    });
    expect(json.expires_in).toBeGreaterThan(800);
    expect((await one.run('token', 'mail', '-o', 'tsv')).stdout.split('\n')).toEqual([
      'name\taccess_token\texpires_at\tscope',
      `mail\t${json.access_token}\t${json.expiresAt}\temail`,
      '',
    ]);
    expect((await one.run('token', 'mail', '-o', 'text')).stdout).toBe(`${json.access_token}\n`);
    const cluster = JSON.parse((await one.run('token', '--cluster', 'foobarlab', '-o', 'json')).stdout);
    expect(cluster).toMatchObject({ name: null, scope: null, token_type: 'Bearer' });
  });

  test('not logged in: exit 4 with the command to type; on a terminal, a login', async () => {
    const one = person(sandbox, 'alice');
    const { code, stdout, stderr } = await one.run('token', 'mail', 'email');
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('hint: zkubectl token mail email');
    const typed = await one.runWith({ tty: true }, 'token', 'mail', 'email');
    expect([typed.code, typed.io.opened.length, claimsOf(typed.stdout).scope]).toEqual([0, 1, 'openid email']);
    // The token's own refresh token renews it.
    const renewed = await one.run('token', 'mail', '-r');
    expect([renewed.code, renewed.stdout === typed.stdout]).toEqual([0, false]);
  });

  test('the environment: OAUTH2_ACCESS_TOKENS, then CREDENTIALS_DIR, after the store', async () => {
    const one = person(sandbox, 'alice');
    const dir = makeTempDir();
    fs.writeFileSync(path.join(dir, 'deploy-token-secret'), 'from-folder\n');
    const token = async (env: Record<string, string>, ...argv: string[]) => {
      const { code, stdout } = await one.runWith({ env: { HOME: one.home, ...env } }, 'token', ...argv);
      return [code, stdout.trim()];
    };
    expect(await token({ CREDENTIALS_DIR: dir }, 'deploy')).toEqual([0, 'from-folder']);
    expect(await token({ CREDENTIALS_DIR: dir, OAUTH2_ACCESS_TOKENS: 'x=1,deploy=2' }, 'deploy')).toEqual([0, '2']);
    expect(await token({ CREDENTIALS_DIR: dir }, 'other')).toEqual([4, '']);
    const logged = await alice();
    const kept = await logged.run('token', 'deploy', 'email');
    const env = { HOME: logged.home, OAUTH2_ACCESS_TOKENS: 'deploy=2' };
    expect((await logged.runWith({ env }, 'token', 'deploy')).stdout).toBe(kept.stdout);
  });

  test.each([
    [['a/b'], 'cannot be the name of a token'],
    [['..'], 'cannot be the name of a token'],
    [['mail', 'a b'], 'a scope has no spaces'],
    [['mail', '--cluster', 'foobarlab'], 'cannot be used together'],
    [['-n', 'mail'], 'for a named token: zkubectl token mail'],
    [['mail', '-o', 'yaml'], 'unknown output format'],
    [['delete'], "missing required argument 'NAME'"],
  ])('token %j is wrong usage', async (argv, words) => {
    const { code, stdout, stderr } = await person(sandbox, 'alice').run('token', ...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});

describe('whose token it is', () => {
  test('ZKUBECTL_TOKEN replaces named tokens too', async () => {
    const one = await alice();
    await one.run('token', 'mail', 'email');
    const { stdout } = await one.runWith({ env: { ZKUBECTL_TOKEN: 'of-the-job' } }, 'token', 'mail', 'email');
    expect(stdout).toBe('of-the-job\n');
  });

  test('logout ends named tokens, and another user does not get them', async () => {
    const one = await alice();
    const { stdout } = await one.run('token', 'mail', 'email');
    const tokens = () => filesBelow(one.home).filter(file => file.includes(`${path.sep}tokens${path.sep}`));
    // alice's login ends without a logout.
    for (const file of tokens()) if (!fs.readFileSync(file, 'utf8').includes('"name":"mail"')) fs.rmSync(file);
    const bob = { browser: (url: string) => browseAs('bob', url), tty: true };
    expect((await one.runWith(bob, 'login', 'foobarlab')).code).toBe(0);
    expect((await one.run('token', 'list', '-o', 'name')).stdout).toBe('');
    const { stdout: other } = await one.run('token', 'mail', 'email');
    expect([claimsOf(stdout).sub, claimsOf(other).sub]).toEqual(['alice', 'bob']);
    expect((await one.run('logout')).stderr).toContain('2 sets of tokens were deleted');
    expect((await one.run('token', 'list', '-o', 'name')).stdout).toBe('');
  });

  test('another audience is another token', async () => {
    const one = await alice();
    await one.run('token', 'mail', 'email');
    await one.runWith({ env: { ZKUBECTL_AUTH_AUDIENCE: 'other' }, tty: true }, 'token', 'mail', 'email');
    expect((await one.run('token', 'list', '-o', 'name')).stdout.trim().split('\n')).toHaveLength(1);
  });

  test('a file of CREDENTIALS_DIR that cannot be read is exit 4', async () => {
    const one = await alice();
    const dir = makeTempDir();
    fs.mkdirSync(path.join(dir, 'x-token-secret'));
    expect(await one.runWith({ env: { CREDENTIALS_DIR: dir } }, 'token', 'x')).toMatchObject({ code: 4, stdout: '' });
  });
});

describe('token list and delete', () => {
  test('list shows names, scopes and expiry, and no token', async () => {
    const one = await alice();
    expect((await one.run('token', 'list')).stderr).toBe('no named tokens; to get one: zkubectl token NAME SCOPE\n');
    const { stdout: token } = await one.run('token', 'mail', 'email');
    const { stdout } = await one.run('token', 'list');
    expect(stdout).toMatch(/^Name│Expires *│Scopes\nmail in 1[45]m( \d+s)? +email\n$/);
    expect(stdout).not.toContain(token.slice(0, 20));
  });

  test('delete revokes; an unknown name is exit 3, and nothing is deleted', async () => {
    const one = await alice();
    await one.run('token', 'mail', 'email');
    expect(await one.run('token', 'delete', 'mail', 'mial')).toMatchObject({
      code: 3,
      stderr:
        'zkubectl: error: there is no token named mial; nothing was deleted\nzkubectl: hint: did you mean mail?\n',
    });
    expect(await one.run('token', 'delete', 'mail')).toMatchObject({
      code: 0,
      stderr: 'revoked and deleted the token mail\n',
    });
    expect((await one.run('token', 'list', '-o', 'name')).stdout).toBe('');
    // The platform's login is still there.
    expect((await one.run('token')).code).toBe(0);
  });
});
