/** docker's credential helper, and `docker configure`. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { makeTempDir } from '../support/io.ts';
import { writeProgram } from '../support/programs.ts';
import { filesBelow, person, testSandbox } from '../support/sandbox.ts';

const REGISTRIES = { ZKUBECTL_DOCKER_REGISTRIES: 'registry.example.org,other.example.org:5000' };

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(() => sandbox.close());

async function alice() {
  const one = person(sandbox, 'alice', REGISTRIES);
  expect((await one.run('login', 'foobarlab')).code).toBe(0);
  return one;
}
const helper = (one: Awaited<ReturnType<typeof alice>>, action: string, stdin: string) =>
  one.runWith({ stdin }, 'docker', 'credentials', action);

describe('docker credentials', () => {
  test.each([
    'registry.example.org',
    'https://registry.example.org',
    'https://Registry.example.org/v2/',
    'other.example.org:5000',
  ])('get for %s is the platform token', async server => {
    const one = await alice();
    const { code, stdout } = await helper(one, 'get', `${server}\n`);
    const token = (await one.run('token')).stdout.trim();
    expect([code, JSON.parse(stdout)]).toEqual([0, { ServerURL: server, Username: 'oauth2', Secret: token }]);
  });

  test.each([
    'index.docker.io/v1/',
    'https://index.docker.io/v1/',
    'evil.example.org',
    'other.example.org',
    'http://registry.example.org',
    'https://registry.example.org@evil.example.org',
    'https://evil.example.org/registry.example.org',
    'registry.example.org.evil.example.org',
    'registry.example.org:5000',
    'xregistry.example.org',
    'registry.example.org\nevil.example.org',
  ])('get for %j: not found, in the words that docker knows, and without a token', async server => {
    expect(await helper(await alice(), 'get', server)).toMatchObject({
      code: 1,
      stdout: 'credentials not found in native keychain\n',
      stderr: '',
    });
  });

  test('list, version, and no registry', async () => {
    const one = await alice();
    expect(JSON.parse((await helper(one, 'list', '')).stdout)).toEqual({
      'https://registry.example.org': 'oauth2',
      'https://other.example.org:5000': 'oauth2',
    });
    expect((await helper(one, 'version', '')).stdout).toMatch(/^docker-credential-zkubectl \d+\.\d+\.\d+(-dev)?\n$/);
    const none = person(sandbox, 'alice');
    expect((await none.runWith({ stdin: 'registry.example.org' }, 'docker', 'credentials', 'get')).code).toBe(1);
    expect((await none.runWith({ stdin: '' }, 'docker', 'credentials', 'list')).stdout).toBe('{}\n');
  });

  test('store keeps nothing and says so; erase too', async () => {
    const one = await alice();
    const document = { ServerURL: 'https://registry.example.org', Username: 'u', Secret: 'password-canary' };
    const stored = await helper(one, 'store', JSON.stringify(document));
    expect([stored.code, stored.stdout]).toEqual([1, expect.stringContaining('docker login is not needed for')]);
    expect(stored.stdout + stored.stderr).not.toContain('canary');
    expect(filesBelow(one.home).some(file => fs.readFileSync(file, 'utf8').includes('password-canary'))).toBe(false);
    const erased = await helper(one, 'erase', 'registry.example.org');
    expect([erased.code, erased.stdout]).toEqual([1, expect.stringContaining('nothing was erased')]);
    expect((await one.run('token')).code).toBe(0);
  });

  test('not logged in: no browser, and docker can show why', async () => {
    const one = person(sandbox, 'alice', REGISTRIES);
    const { code, stdout, io } = await one.runWith(
      { stdin: 'registry.example.org', tty: true },
      'docker',
      'credentials',
      'get',
    );
    expect([code, stdout, io.opened]).toEqual([4, 'you are not logged in; zkubectl login\n', []]);
  });
});

describe('docker configure', () => {
  async function withHelper() {
    const one = await alice();
    const bin = path.join(one.home, 'bin');
    fs.mkdirSync(bin);
    writeProgram(path.join(bin, 'docker-credential-zkubectl'), 'true');
    const file = path.join(one.home, '.docker', 'config.json');
    fs.mkdirSync(path.dirname(file));
    const run = (...argv: string[]) => one.runWith({ env: { ...one.env, PATH: bin } }, 'docker', 'configure', ...argv);
    return { one, run, file, read: () => fs.readFileSync(file, 'utf8') };
  }

  test('adds the hosts, and keeps the other settings, their order and the indentation', async () => {
    const { run, file, read } = await withHelper();
    fs.writeFileSync(
      file,
      '{\n  "auths": {"x": {}},\n  "credHelpers": {\n    "x": "ecr-login"\n  },\n  "detachKeys": "ctrl-x"\n}\n',
    );
    expect(await run()).toMatchObject({
      code: 0,
      stderr: `docker now uses zkubectl's login for registry.example.org, other.example.org:5000 (${file})\n`,
    });
    expect(read()).toBe(
      '{\n  "auths": {\n    "x": {}\n  },\n  "credHelpers": {\n    "x": "ecr-login",\n    "registry.example.org": "zkubectl",\n    "other.example.org:5000": "zkubectl"\n  },\n  "detachKeys": "ctrl-x"\n}\n',
    );
  });

  test('makes the file, for the hosts that are named', async () => {
    const { run, file, read } = await withHelper();
    expect((await run('registry.example.org')).code).toBe(0);
    expect(read()).toBe('{\n\t"credHelpers": {\n\t\t"registry.example.org": "zkubectl"\n\t}\n}\n');
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  test('another helper is replaced only after a question', async () => {
    const { run, file, read } = await withHelper();
    fs.writeFileSync(file, '{"credHelpers": {"registry.example.org": "ecr-login"}}');
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('registry.example.org (ecr-login)') });
    expect(read()).toContain('ecr-login');
    expect((await run('--yes')).code).toBe(0);
    expect(JSON.parse(read()).credHelpers['registry.example.org']).toBe('zkubectl');
  });

  test('refused: a host that gets no token, a file that is not JSON, no helper on PATH', async () => {
    const { one, run, file, read } = await withHelper();
    expect(await run('evil.example.org')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not one of docker.registries: evil.example.org'),
    });
    fs.writeFileSync(file, '{"credHelpers": ');
    expect(await run()).toMatchObject({ code: 1, stderr: expect.stringContaining('is not JSON') });
    expect(read()).toBe('{"credHelpers": ');
    const { code, stderr } = await one.run('docker', 'configure');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        'hint: make the link in a folder of PATH: ln -s /opt/zkubectl/bin/zkubectl ~/.local/bin/docker-credential-zkubectl',
      ),
    ]);
    const none = await person(sandbox, 'alice').run('docker', 'configure');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('docker.registries is not configured')]);
  });

  test.each([
    ['a folder', undefined],
    ['credHelpers that are no object', '{"credHelpers": ["x"]}'],
    ['a number that would be rounded', '{"n": 12345678901234567890}'],
    ['text that is not UTF-8', Buffer.from('{"a": "\u00fc"}', 'latin1')],
  ])('%s is exit 1, and the file stays', async (_, content) => {
    const one = await alice();
    const bin = makeTempDir();
    writeProgram(path.join(bin, 'docker-credential-zkubectl'), 'true');
    const dir = makeTempDir();
    const file = path.join(dir, 'config.json');
    if (content === undefined) fs.mkdirSync(file);
    else fs.writeFileSync(file, content);
    const { code } = await one.runWith({ env: { DOCKER_CONFIG: dir, PATH: bin } }, 'docker', 'configure');
    expect(code).toBe(1);
    if (content !== undefined) expect(fs.readFileSync(file)).toEqual(Buffer.from(content));
  });
});
