/** What makes the long way short: hints, countdowns, notifications, lists that go on. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { downloadText } from '../../src/kubectl/download.ts';
import { main } from '../../src/main.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { fakeService } from '../support/fake-service.ts';
import { createTestIo, makeTempDir } from '../support/io.ts';
import { programs } from '../support/programs.ts';
import { browseAs, clock, type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
let bob: Person;
beforeAll(async () => {
  sandbox = await testSandbox({ tokenTtlSeconds: 36_000 });
  alice = person(sandbox, 'alice');
  bob = person(sandbox, 'bob');
  for (const who of [alice, bob]) expect(await who.run('login', 'foobarlab')).toMatchObject({ code: 0 });
  expect(await alice.run('login', 'foobarlab-test')).toMatchObject({ code: 0 });
  expect(await alice.run('use', 'foobarlab')).toMatchObject({ code: 0 });
  expect(await alice.run('list')).toMatchObject({ code: 0 });
});
afterAll(() => sandbox.close());

const programFolder = (scripts: Record<string, string>) => programs(scripts).dir;

const SAID =
  'Error from server (Forbidden): pods is forbidden: User "alice" cannot create resource "pods" in API group "" in the namespace "shop"\n';
const FORBIDDEN = `printf '%s' '${SAID}' >&2; exit 1`;
const HINT =
  'zkubectl: hint: request access to foobarlab: zkubectl cluster-access request --cluster foobarlab REASON; in an incident: zkubectl emergency -i INCIDENT --cluster foobarlab REASON\n';

describe('after Forbidden on production', () => {
  const forbidden = programFolder({ kubectl: FORBIDDEN });
  /** Nobody has been told yet. */
  const fresh = (kubectl = forbidden) => {
    fs.rmSync(path.join(alice.home, '.local', 'state', 'zkubectl', 'hints'), { recursive: true, force: true });
    return (...argv: string[]) => alice.runWith({ env: { PATH: `${kubectl}:/usr/bin:/bin` } }, ...argv);
  };

  test('one line says what to type, and once an hour', async () => {
    const run = fresh();
    expect(await run('get', 'pods')).toMatchObject({ code: 1, stdout: '', stderr: `${SAID}${HINT}` });
    expect(await run('annotate', 'pod', 'x', 'a=b')).toMatchObject({ code: 1, stderr: SAID });
    clock.advance(3_601_000);
    try {
      expect((await run('scale', 'deployment/x', '--replicas=2')).stderr).toBe(`${SAID}${HINT}`);
    } finally {
      clock.reset();
    }
  });

  test.each<[string, string[], string, number]>([
    ['of a verb that goes on, and ends with 0', ['cordon', 'node-1'], FORBIDDEN.replace('exit 1', 'exit 0'), 0],
    [
      'behind other words',
      ['rollout', 'restart', 'deployment/x'],
      FORBIDDEN.replace("'%s'", "'error: failed to patch: %s'"),
      1,
    ],
    ['with another exit code', ['drain', 'node-1', '--yes'], FORBIDDEN.replace('exit 1', 'exit 9'), 9],
  ])('a hint, too, %s', async (_what, argv, kubectl, code) => {
    const result = await fresh(programFolder({ kubectl }))(...argv);
    expect([result.code, result.stderr.endsWith(HINT)]).toEqual([code, true]);
  });

  test.each<[string, string[], string, number, string]>([
    [
      'where a quota forbids it',
      ['get', 'pods'],
      'echo "Error from server (Forbidden): pods is forbidden: exceeded quota: q" >&2; exit 1',
      1,
      'Error from server (Forbidden): pods is forbidden: exceeded quota: q\n',
    ],
    ['of a verb that takes the terminal', ['exec', '-it', 'x'], FORBIDDEN, 1, ''],
    ['on a server past the context', ['get', 'pods', '--server', 'https://other'], FORBIDDEN, 1, SAID],
    ['on a test cluster', ['get', 'pods', '--context', 'foobarlab-test'], FORBIDDEN, 1, SAID],
  ])('no hint %s', async (_what, argv, kubectl, code, said) => {
    const result = await fresh(programFolder({ kubectl }))(...argv);
    expect(result.code).toBe(code);
    // Where nothing is watched for, stderr is kubectl's own and not ours to see.
    expect(['', said, SAID]).toContain(result.stderr);
    expect(result.io.spawned).toHaveLength(1);
  });

  test('no hint where access cannot be asked for', async () => {
    fresh();
    const env = { PATH: `${forbidden}:/usr/bin:/bin`, ZKUBECTL_ACCESS_URL: '' };
    const config = path.join(makeTempDir(), 'config.yaml');
    const text = fs.readFileSync(sandbox.info.configFile, 'utf8').replace(/^access:\n( .*\n)+/m, '');
    fs.writeFileSync(config, text);
    const result = await alice.runWith({ env: { ...env, ZKUBECTL_CONFIG: config } }, 'get', 'pods');
    expect([result.code, result.stderr.includes('hint'), result.io.spawned.length]).toEqual([1, false, 1]);
  });

  test('delete says it too', async () => {
    expect((await fresh()('delete', 'pod', 'x', '--yes')).stderr).toBe(`${SAID}${HINT}`);
    fresh();
    const options = { tty: true, env: { PATH: `${forbidden}:/usr/bin:/bin`, NO_COLOR: '1' } };
    expect((await alice.runWith(options, 'delete', 'pod', 'x')).stderr).toContain(HINT);
  });

  test('what kubectl says passes as it is', async () => {
    const run = fresh(programFolder({ kubectl: 'printf "a\\033[31mb\\n" >&2; exit 3' }));
    expect(await run('get', 'pods')).toMatchObject({ code: 3, stderr: 'a\x1b[31mb\n' });
  });
});

describe('cluster-access request --notify', () => {
  test.each([
    ['rejected', ['--reject'], 'is rejected'],
    ['approved', [], 'is granted'],
  ])('%s: the bell, and the desktop is told', async (_name, flags, words) => {
    const told = path.join(makeTempDir(), 'told');
    const dir = programFolder({ 'notify-send': `printf '<%s>' "$@" >> '${told}'` });
    const env = { ...alice.env, PATH: `${dir}:/usr/bin:/bin`, DISPLAY: ':0' };
    const io = createTestIo({ home: alice.home, env, tty: true });
    const running = main(['cluster-access', 'request', '--force-new-request', '--notify', 'why', _name], {
      ...io,
      platform: 'linux',
    });
    const named = /: request (\d+)\n/;
    await vi.waitFor(() => expect(io.stderr.text).toMatch(named), { timeout: 90_000 });
    const key = named.exec(io.stderr.text)?.[1] ?? '';
    expect(await bob.run('cluster-access', 'approve', key, '--yes', ...flags)).toMatchObject({ code: 0 });
    expect(await running).toBe(flags.length === 0 ? 0 : 5);
    expect(fs.readFileSync(told, 'utf8')).toBe(
      `<--app-name=zkubectl><--><zkubectl><foobarlab: request ${key} ${words}>`,
    );
    expect(io.stderr.text).toContain(`\x07\x1b]9;foobarlab: request ${key} ${words}\x07`);
  });
});

describe('list --watch', () => {
  const cluster = (alias: string, version: string) => ({
    id: `aws:1:eu:${alias}`,
    alias,
    environment: 'test',
    channel: 'beta',
    lifecycle_status: 'ready',
    status: { current_version: version },
  });

  async function watch(tty: boolean, argv: string[] = []) {
    const versions = ['aaaaaaa', 'aaaaaaa', 'bbbbbbb'];
    const service = await fakeService((_request, count) => ({
      json: [cluster('one', versions[count - 1] ?? 'ccccccc'), cluster('two', 'ddddddd')],
    }));
    const interrupts = new AbortController();
    const waits: number[] = [];
    const io = createTestIo({
      tty,
      signal: interrupts.signal,
      env: { ZKUBECTL_REGISTRY_URL: service.url, ZKUBECTL_TOKEN: 'x', NO_COLOR: '1' },
      sleep: async ms => {
        waits.push(ms);
        if (waits.length < 3) return;
        interrupts.abort(new InterruptedError('interrupted'));
        throw interrupts.signal.reason;
      },
    });
    try {
      return {
        code: await main(['list', '--watch', ...argv], io),
        stdout: io.stdout.text,
        stderr: io.stderr.text,
        waits,
      };
    } finally {
      await service.close();
    }
  }

  test('shows the list anew when it has changed, and ends with Ctrl-C: 0', async () => {
    const { code, stdout, waits } = await watch(false, ['-o', 'name']);
    expect({ code, stdout, waits }).toEqual({
      code: 0,
      stdout: 'one\ntwo\none\ntwo\n',
      waits: [10_000, 10_000, 10_000],
    });
  });

  test('goes on when the registry refuses or fails, and says so once', async () => {
    const service = await fakeService((_request, count) =>
      count === 1 || count === 4 ? { json: [cluster('one', String(count))] } : { status: count === 2 ? 403 : 418 },
    );
    const interrupts = new AbortController();
    let waits = 0;
    const io = createTestIo({
      signal: interrupts.signal,
      env: { ZKUBECTL_REGISTRY_URL: service.url, ZKUBECTL_TOKEN: 'x' },
      sleep: async () => {
        if (++waits < 4) return;
        interrupts.abort(new InterruptedError('interrupted'));
        throw interrupts.signal.reason;
      },
    });
    const code = await main(['list', '--watch', '-o', 'name'], io);
    await service.close();
    expect([code, io.stdout.text]).toEqual([0, 'one\none\n']);
    expect(io.stderr.text.match(/^zkubectl: warning: .*; trying again$/gm)).toHaveLength(2);
  });

  test('on a terminal it is drawn again from the top, with the time below', async () => {
    const { stdout, stderr } = await watch(true);
    const screens = stdout.split('\x1b[H\x1b[2J').slice(1);
    expect(screens).toHaveLength(2);
    expect(screens[0]).toContain('aaaaaaa');
    expect(screens[1]).toMatch(/^Id[\s\S]*one +test +beta +bbbbbbb\n[\s\S]*two/);
    expect(stderr).toMatch(/as of \d\d:\d\d:\d\d; press Ctrl-C to stop/);
  });
});

describe('what takes long says how long still', () => {
  test('a login in the browser', async () => {
    const carol = person(sandbox, 'alice');
    const waiting = createTestIo({
      home: carol.home,
      env: carol.env,
      tty: true,
      browser: async url => {
        await vi.waitFor(() => expect(waiting.stderr.text).toContain('10m left, waiting for the login in the browser'));
        await browseAs('alice', url);
      },
    });
    expect(await main(['login', 'foobarlab'], waiting)).toBe(0);
    // The line is gone when it is over.
    expect(waiting.stderr.text).toContain('browser\r\x1b[Klogged in to foobarlab');
  });

  test.each<[number, number | undefined, number, string]>([
    [1048576, undefined, 5000, 'downloading kubectl: 1.0 MiB'],
    [1048576, 4194304, 100, 'downloading kubectl: 1.0 MiB of 4.0 MiB'],
    [1048576, 4194304, 2000, 'downloading kubectl: 1.0 MiB of 4.0 MiB, 6s left'],
    [0, 4194304, 2000, 'downloading kubectl: 0.0 MiB of 4.0 MiB'],
  ])('a download: %d of %s after %d ms', (received, total, took, text) => {
    expect(downloadText(received, total, took)).toBe(text);
  });
});
