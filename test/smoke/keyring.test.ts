/** `auth.store: keyring` with a real Secret Service. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTempDir } from '../support/io.ts';
import { startKeyring, type TestKeyring } from '../support/keyring.ts';
import { cleanEnv, isThere, run, sandboxEnv, shell, start } from '../support/program.ts';
import { filesBelow } from '../support/sandbox.ts';

const CAN_RUN = isThere('gnome-keyring-daemon') && isThere('dbus-daemon');

describe.skipIf(!CAN_RUN)('auth.store: keyring', () => {
  let keyring: TestKeyring;
  let base: Record<string, string>;
  let env: Record<string, string>;
  beforeAll(async () => {
    keyring = await startKeyring();
    base = { ...cleanEnv(), ...keyring.env };
    expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
    env = { ...(await sandboxEnv(base, '--user', 'alice')), ZKUBECTL_AUTH_STORE: 'keyring' };
  });
  afterAll(async () => {
    await run(['sandbox', 'down', '--delete'], base);
    keyring.close();
  });
  const tokenFiles = () =>
    filesBelow(env['ZKUBECTL_STATE_DIR'] ?? base['HOME'] ?? '')
      .filter(file => file.includes(`${path.sep}tokens${path.sep}`))
      .map(file => fs.readFileSync(file, 'utf8'));

  test('many processes at once make one key', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => run(['token', 'list'], env)));
    expect(all.map(({ code, stderr }) => [code, stderr])).toEqual(
      Array.from({ length: 50 }, () => [0, 'no named tokens; to get one: zkubectl token NAME SCOPE\n']),
    );
    expect(await run(['login', 'foobarlab'], env)).toMatchObject({ code: 0 });
    const files = tokenFiles();
    expect(files).toHaveLength(2);
    for (const text of files) expect(Object.keys(JSON.parse(text))).toEqual(['sealed']);
  });

  test('the tokens are read again, by many at once', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => run(['credentials', 'foobarlab'], env)));
    expect(new Set(all.map(({ code, stdout, stderr }) => `${code} ${stdout} ${stderr}`)).size).toBe(1);
    expect(JSON.parse(all[0]?.stdout ?? '').status.token).toMatch(/^ey/);
    expect((await shell('zk doctor --offline | grep tokens', env)).stdout).toMatch(
      /^ok +tokens +encrypted in .*; the key is in the system's keyring/,
    );
  });

  test('without the keyring: an error that names the setting, and nothing is written', async () => {
    const { DBUS_SESSION_BUS_ADDRESS: _bus, XDG_RUNTIME_DIR: _dir, ...without } = env;
    const before = tokenFiles();
    const { code, stdout, stderr } = await run(['credentials', 'foobarlab'], without);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain("the system's keyring cannot be used");
    expect(stderr).toContain('zkubectl configure auth.store=file');
    expect((await run(['login', 'foobarlab'], without)).code).toBe(2);
    expect(tokenFiles()).toEqual(before);
  });

  test('a bus that does not answer: Ctrl-C ends the command', async () => {
    const dir = makeTempDir();
    const socket = path.join(dir, 'bus');
    let asked = () => {};
    const isAsked = new Promise<void>(resolve => {
      asked = resolve;
    });
    const server = net.createServer(() => asked()).listen(socket);
    try {
      const started = start(['token'], { ...env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` });
      await isAsked;
      started.child.kill('SIGINT');
      expect(await started.ended).toMatchObject({ code: 130, stdout: '' });
    } finally {
      server.close();
    }
  });

  test('what an interrupted change left readable is encrypted by the next, and doctor says so', async () => {
    const { ZKUBECTL_AUTH_STORE: _store, ...plain } = env;
    expect(await run(['configure', 'auth.store=keyring'], plain)).toMatchObject({ code: 0 });
    expect(await run(['login', 'foobarlab', '--force-refresh'], plain)).toMatchObject({ code: 0 });
    expect(await run(['configure', 'auth.store=file'], plain)).toMatchObject({ code: 0 });
    const [file = ''] = filesBelow(base['HOME'] ?? '').filter(name => name.includes(`${path.sep}tokens${path.sep}`));
    const readable = fs.readFileSync(file);
    expect(await run(['configure', 'auth.store=keyring'], plain)).toMatchObject({ code: 0 });
    fs.writeFileSync(file, readable);
    expect((await shell('zk doctor --offline | grep tokens', plain)).stdout).toMatch(
      /^warn tokens +1 of \d .* not encrypted/,
    );
    await run(['configure', 'auth.store=keyring'], plain);
    expect((await shell('zk doctor --offline | grep tokens', plain)).stdout).toMatch(/^ok +tokens +encrypted/);
    const { stderr } = await run(['logout', '--all'], { ...plain, ZKUBECTL_AUTH_STORE: 'file' });
    expect(stderr).toMatch(/\d sets? of tokens could not be read: deleted, but not revoked/);
    expect(tokenFiles()).toEqual([]);
    expect(await run(['configure', 'auth.store=file'], plain)).toMatchObject({ code: 0 });
  });

  test('who has lost the keyring can go back to files, with a new login', async () => {
    const { ZKUBECTL_AUTH_STORE: _store, ...plain } = env;
    const { DBUS_SESSION_BUS_ADDRESS: _bus, XDG_RUNTIME_DIR: _dir, ...without } = plain;
    const refused = await run(['configure', 'auth.store=keyring'], without);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('cannot set auth.store=keyring: ')]);
    expect(await run(['configure', 'auth.store=keyring'], plain)).toMatchObject({ code: 0 });
    expect(await run(['login', 'foobarlab'], plain)).toMatchObject({ code: 0 });
    const back = await run(['configure', 'auth.store=file'], without);
    expect([back.code, back.stderr]).toEqual([0, expect.stringContaining('log in again: zkubectl login')]);
    expect(await run(['credentials', 'foobarlab'], without)).toMatchObject({ code: 4 });
    expect(await run(['login', 'foobarlab'], without)).toMatchObject({ code: 0 });
    expect(await run(['credentials', 'foobarlab'], without)).toMatchObject({ code: 0 });
  });

  test('configure moves the tokens there and back', async () => {
    const { ZKUBECTL_AUTH_STORE: _store, ...plain } = env;
    expect(await run(['login', 'foobarlab', '--force-refresh'], plain)).toMatchObject({ code: 0 });
    const isSealed = () => tokenFiles().map(text => Object.hasOwn(JSON.parse(text), 'sealed'));
    expect(isSealed()).toEqual([false, false]);
    const there = await run(['configure', 'auth.store=keyring'], plain);
    expect([there.code, there.stderr]).toEqual([
      0,
      expect.stringContaining("encrypted 2 sets of tokens with a key of the system's keyring"),
    ]);
    expect(isSealed()).toEqual([true, true]);
    expect(await run(['credentials', 'foobarlab'], plain)).toMatchObject({ code: 0 });
    expect(await run(['configure', '--unset', 'auth.store'], plain)).toMatchObject({ code: 0 });
    expect(isSealed()).toEqual([false, false]);
    const { DBUS_SESSION_BUS_ADDRESS: _bus, ...without } = plain;
    expect(await run(['credentials', 'foobarlab'], without)).toMatchObject({ code: 0 });
    // Where the keyring cannot be used, the setting is not written.
    expect(await run(['configure', 'auth.store=keyring'], without)).toMatchObject({ code: 2 });
    expect((await run(['configure', '-o', 'json'], without)).stdout).not.toContain('keyring"');
    expect(isSealed()).toEqual([false, false]);
  });
});

test('the keyring is not loaded while auth.store is file', async () => {
  const env = cleanEnv();
  const started = start(['token', 'list'], { ...env, ZKUBECTL_AUTH_ISSUER: 'https://id.example.org' });
  expect(await started.ended).toMatchObject({ code: 0 });
  expect(filesBelow(env['HOME'] ?? '').filter(file => file.endsWith('.node'))).toEqual([]);
});
