/** Files that are damaged, huge, somebody else's or no files at all: what is ours is made anew; what is the user's is an error that names the place. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeIssuer, fakeIssuer, newKeys } from '../support/fake-issuer.ts';
import { type FakeService, fakeService } from '../support/fake-service.ts';
import { figure } from '../support/faults.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { filesBelow } from '../support/sandbox.ts';

const AREA = 'files';
const CLUSTER = {
  id: 'aws:1:eu:kube-1',
  alias: 'one',
  lifecycle_status: 'ready',
  environment: 'test',
  api_server_url: 'https://kube-1.example.invalid',
};

let issuer: FakeIssuer;
let registry: FakeService;
let template: string;
let env: Record<string, string>;
beforeAll(async () => {
  issuer = await fakeIssuer(await newKeys());
  registry = await fakeService(() => ({ json: { items: [CLUSTER] } }));
  env = {
    ZKUBECTL_AUTH_ISSUER: issuer.service.url,
    ZKUBECTL_AUTH_CLIENT_ID: 'zkubectl',
    ZKUBECTL_AUTH_CLUSTER_CLIENT_ID: 'kubernetes.cluster.{alias}',
    ZKUBECTL_REGISTRY_URL: registry.url,
  };
  template = path.join(makeTempDir(), 'home');
  fs.mkdirSync(template);
  for (const argv of [['login', 'one'], ['list'], ['ns', 'shop', '--offline'], ['use', 'one', '-n', 'x'], ['use', '-']])
    await runMain(argv, { home: template, env, browser: issuer.browse });
});
afterAll(async () => {
  await issuer.service.close();
  await registry.close();
  figure(AREA, 'damaged or foreign files tried', tried);
  figure(AREA, 'of them believed, or changed although the user owns them', 0);
});

let tried = 0;
const home = () => {
  const dir = path.join(makeTempDir(), 'home');
  fs.cpSync(template, dir, { recursive: true });
  return dir;
};
const run = (dir: string, ...argv: string[]) => runMain(argv, { home: dir, env, browser: issuer.browse });

const HUGE = 100 * 1024 * 1024;
/** Leaves something else where a file was; `secret` is what a thief would like to be read. */
const DAMAGES: Readonly<Record<string, (file: string) => void>> = {
  truncated: file => fs.truncateSync(file, Math.floor(fs.statSync(file).size / 2)),
  empty: file => fs.truncateSync(file, 0),
  'NUL bytes': file => fs.writeFileSync(file, '\0'.repeat(500)),
  'not UTF-8': file => fs.writeFileSync(file, Buffer.from([0xff, 0xfe, 0x7b, 0xc3, 0x28])),
  __proto__: file =>
    fs.writeFileSync(
      file,
      '{"__proto__":{"version":1,"kind":"RegistrySnapshot","isAdmin":true},"constructor":{"prototype":{}}}\n',
    ),
  'another type': file => fs.writeFileSync(file, '[[[]]]'),
  'deep nesting': file => fs.writeFileSync(file, '['.repeat(200_000)),
  'duplicate keys': file => fs.writeFileSync(file, '{"version":1,"version":2,"key":{},"key":[]}'),
  '100 MB': file => fs.truncateSync(file, HUGE),
  'a directory': file => {
    fs.rmSync(file);
    fs.mkdirSync(file);
  },
  'a FIFO': file => {
    fs.rmSync(file);
    execFileSync('mkfifo', [file]);
  },
  'a dangling link': file => {
    fs.rmSync(file);
    fs.symlinkSync('/nonexistent/x', file);
  },
};

/** As they are, but not as we write them: their content is right, and must not be believed. */
const FOREIGN: Readonly<Record<string, (file: string) => void>> = {
  'a link to a file of the same content': file => {
    const real = `${file}.real`;
    fs.renameSync(file, real);
    fs.symlinkSync(real, file);
  },
  'that others may write': file => fs.chmodSync(file, 0o606),
  ...(process.getuid?.() === 0 ? { "somebody else's": (file: string) => fs.chownSync(file, 12345, 12345) } : {}),
};

const isToken = (file: string) => file.includes(`${path.sep}tokens${path.sep}`) && file.endsWith('.json');
const isSnapshot = (file: string) => file.includes(`${path.sep}.cache${path.sep}`) && file.endsWith('.jsonl');
const modeOf = (file: string) => fs.lstatSync(file).mode & 0o7777;

describe('tokens', () => {
  test.each(
    Object.entries({ ...DAMAGES, ...FOREIGN, 'that others may read': (file: string) => fs.chmodSync(file, 0o604) }),
  )('%s: dropped, and fetched again by the next login', async (_name, damage) => {
    const dir = home();
    const tokens = filesBelow(dir).filter(isToken);
    expect(tokens.length).toBe(2);
    for (const file of tokens) damage(file);
    tried += tokens.length;
    const without = await run(dir, 'credentials', 'one');
    expect({ code: without.code, stdout: without.stdout }).toEqual({ code: 4, stdout: '' });
    expect(without.stderr).toContain('you are not logged in');
    const again = await run(dir, 'login', 'one');
    expect(again.code).toBe(0);
    expect((await run(dir, 'credentials', 'one')).code).toBe(0);
    // Only a folder with that name is not replaced: then the token is used, and not kept.
    for (const file of tokens) expect([modeOf(file), fs.statSync(file).uid]).toEqual([0o600, process.getuid?.()]);
  });
});

describe("the registry's snapshot", () => {
  test.each(Object.entries({ ...DAMAGES, ...FOREIGN }))('%s: dropped, and fetched again', async (name, damage) => {
    const dir = home();
    const snapshots = filesBelow(dir).filter(isSnapshot);
    expect(snapshots.length).toBe(1);
    for (const file of snapshots) damage(file);
    tried += snapshots.length;
    const offline = await run(dir, 'list', '--offline');
    // Lines of it that are whole are true.
    expect(offline.code).toBe(name === '100 MB' ? 0 : 6);
    if (offline.code === 0) expect(offline.stderr).toContain('damaged: only 1 clusters are readable');
    const asked = registry.requests.length;
    const online = await run(dir, 'list', '-o', 'name');
    expect(online).toMatchObject({ code: 0, stdout: 'one\n' });
    expect(registry.requests.length).toBe(asked + 1);
  });
});

describe('everything else that is ours', () => {
  test.each(Object.entries({ ...DAMAGES, ...FOREIGN }))('%s: every command goes on', async (_name, damage) => {
    const dir = home();
    const files = filesBelow(dir).filter(
      file =>
        (file.includes(`${path.sep}.cache${path.sep}`) || file.includes(`${path.sep}.local${path.sep}`)) &&
        !isToken(file),
    );
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const file of files) damage(file);
    tried += files.length;
    for (const argv of [['list'], ['use', 'one'], ['use', '-'], ['current'], ['credentials', 'one'], ['whoami']]) {
      const { code, stderr } = await run(dir, ...argv);
      expect({ argv, stderr }).not.toMatchObject({ stderr: expect.stringContaining('bug in zkubectl') });
      // There is no previous context when the history is gone.
      expect({ argv, code }).toEqual({ argv, code: argv.includes('-') ? 3 : 0 });
    }
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });
});

const ALIAS_BOMB = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
  .split('')
  .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(',')}]\n`)
  .join('')}`;

/** What is wrong, and where it is said to be. */
const BAD_YAML: Readonly<Record<string, [content: string | Buffer, where: RegExp]>> = {
  truncated: ['contexts:\n- name: "a\n', /config[^:]*:\d+:\d+: /],
  'NUL bytes': ['apiVersion: v1\nkind: \0\0\n', /config[^:]*:\d+:\d+: /],
  'duplicate keys': ['apiVersion: v1\nauth: {}\napiVersion: v2\nauth: {}\n', /config[^:]*:\d+(:\d+)?: /],
  'a list': ['- a\n- b\n', /config[^:]*(:\d+)*: /],
  'not UTF-8': [Buffer.from('# caf\xe9\nx: 1\n', 'latin1'), /not UTF-8|encoded/],
};

describe('the kubeconfig', () => {
  test.each(Object.entries(BAD_YAML))(
    '%s: an error that names line and column, and it stays as it is',
    async (_name, [content, where]) => {
      const dir = home();
      const file = path.join(dir, '.kube', 'config');
      fs.writeFileSync(file, content);
      tried++;
      for (const argv of [['use', 'one'], ['ns', 'x', '--offline'], ['login', 'one'], ['current']]) {
        const { code, stderr } = await run(dir, ...argv);
        expect({ argv, code }).toEqual({ argv, code: 2 });
        expect(stderr).toMatch(where);
      }
      expect(fs.readFileSync(file)).toEqual(Buffer.from(content));
    },
  );

  test('an alias bomb does not go off', async () => {
    const dir = home();
    const file = path.join(dir, '.kube', 'config');
    const text = `${ALIAS_BOMB}contexts:\n- name: one\n  context: *j\n`;
    fs.writeFileSync(file, text);
    tried++;
    const started = performance.now();
    const { code, stderr } = await run(dir, 'use', 'one');
    expect(code).toBe(2);
    expect(stderr).toMatch(/alias/i);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(fs.readFileSync(file, 'utf8')).toBe(text);
  });

  test('__proto__ is a name like any other', async () => {
    const dir = home();
    const file = path.join(dir, '.kube', 'config');
    fs.writeFileSync(
      file,
      'apiVersion: v1\nkind: Config\n__proto__: {polluted: yes}\ncontexts:\n- name: __proto__\n  context: {cluster: __proto__, __proto__: {namespace: evil}}\nclusters:\n- name: __proto__\n  cluster: {server: "https://x.example.org"}\n',
    );
    tried++;
    expect((await run(dir, 'use', '__proto__')).code).toBe(0);
    expect((await run(dir, 'current', '-o', 'json')).stdout).toContain('"__proto__"');
    expect((await run(dir, 'use', 'constructor')).code).toBe(3);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(fs.readFileSync(file, 'utf8')).toContain('__proto__: {polluted: yes}');
  });

  test.each(['100 MB', 'a directory', 'a FIFO'])('%s is an error at once', async name => {
    const dir = home();
    const file = path.join(dir, '.kube', 'config');
    DAMAGES[name]?.(file);
    tried++;
    const before = fs.lstatSync(file);
    expect((await run(dir, 'use', 'one')).code).toBe(2);
    expect((await run(dir, 'login', 'one')).code).toBe(2);
    expect(fs.lstatSync(file).ino).toBe(before.ino);
  });

  test('a link stays a link, also to a file of others', async () => {
    const dir = home();
    const file = path.join(dir, '.kube', 'config');
    const real = path.join(makeTempDir(), 'shared');
    fs.renameSync(file, real);
    fs.symlinkSync(real, file);
    if (process.getuid?.() === 0) fs.chownSync(real, 12345, 12345);
    tried++;
    expect((await run(dir, 'ns', 'other', '--offline')).code).toBe(0);
    expect(fs.lstatSync(file).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(real, 'utf8')).toContain('namespace: other');
    if (process.getuid?.() === 0) expect(fs.statSync(real).uid).toBe(12345);
  });
});

describe('the configuration', () => {
  const write = (dir: string, content: string | Buffer) => {
    const file = path.join(dir, '.config', 'zkubectl', 'config.yaml');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    tried++;
    return file;
  };

  test.each(
    Object.entries({
      ...BAD_YAML,
      'NUL bytes': ['auth:\n  client_id: a\0b\n', /config[^:]*:\d+/] as const,
      'an alias bomb': [`${ALIAS_BOMB}auth: *j\n`, /config[^:]*:\d+/] as const,
    }),
  )('%s: exit 2 that names the place, and it stays as it is', async (_name, [content, where]) => {
    const dir = home();
    const file = write(dir, content);
    for (const argv of [['list'], ['configure', 'auth.client_id=x']]) {
      const { code, stderr } = await run(dir, ...argv);
      expect({ argv, code, stderr }).toMatchObject({ argv, code: 2 });
      expect(stderr).toMatch(where);
    }
    // kubectl gets the token of the environment all the same.
    const credentials = await run(dir, 'credentials', 'one');
    expect([credentials.code, credentials.stderr]).toEqual([0, expect.stringMatching(where)]);
    expect(fs.readFileSync(file)).toEqual(Buffer.from(content));
  });

  test('__proto__ is no key', async () => {
    const dir = home();
    write(dir, '__proto__: {url: "https://evil.example.org"}\n');
    expect(await run(dir, 'list')).toMatchObject({ code: 2, stderr: expect.stringContaining('__proto__') });
    write(dir, 'registry: {__proto__: {url: "https://evil.example.org"}}\n');
    expect((await run(dir, 'list')).code).toBe(2);
  });

  test.each(['100 MB', 'a directory', 'a FIFO'])('%s is an error at once', async name => {
    const dir = home();
    const file = write(dir, 'x');
    DAMAGES[name]?.(file);
    expect((await run(dir, 'list')).code).toBe(2);
  });
});
