/**
 * What each hot path loads, by the list of modules in the build: a start that loads a library it can do without is slow for everybody, every time. And
 * what it does not do: a child process, a socket.
 */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeTempDir } from '../support/io.ts';
import { type ChildResult, cleanEnv, run, sandboxEnv, start } from '../support/program.ts';

const dist = path.resolve('dist');
const modulesOf = JSON.parse(fs.readFileSync(path.join(dist, 'modules.json'), 'utf8')) as Record<string, string[]>;

/** Loaded first: tells at the end which files of the build and which of Node's own modules were loaded. */
const SPY = `
const { Module } = require('node:module'); const fs = require('node:fs');
const files = new Set(), builtins = new Set(); const load = Module._load;
Module._load = function (request, parent, ...rest) {
  // Node has loaded what the loader of the code cache needs, and adds it to no start.
  if (request.startsWith('node:')) { if (!/code-cache.js$/.test(parent?.filename)) builtins.add(request); }
  else { try { files.add(Module._resolveFilename(request, parent)); } catch {} }
  return load.call(this, request, parent, ...rest);
};
const get = process.getBuiltinModule; process.getBuiltinModule = id => { builtins.add(id); return get.call(process, id); };
process.on('exit', () => fs.writeFileSync(process.env.SPY_OUT, JSON.stringify({ files: [...files], builtins: [...builtins] })));
`;

interface Loaded {
  readonly result: ChildResult;
  /** Packages and rooms of src, such as `commander`, `src/kubectl`. */
  readonly parts: readonly string[];
  readonly builtins: readonly string[];
  readonly files: number;
}

let env: Record<string, string>;
beforeAll(async () => {
  const base = cleanEnv();
  expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
  env = await sandboxEnv(base, '--user', 'alice');
  expect(await run(['login', 'foobarlab'], env)).toMatchObject({ code: 0 });
  expect(await run(['list'], env)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await run(['sandbox', 'down', '--delete'], env);
});

async function loadedBy(...argv: string[]): Promise<Loaded> {
  const dir = makeTempDir();
  const spy = path.join(dir, 'spy.cjs');
  fs.writeFileSync(spy, SPY);
  const out = path.join(dir, 'out.json');
  const script = ['--require', spy, path.resolve('bin', 'zkubectl.js')];
  const result = await start(argv, { ...env, SPY_OUT: out }, process.execPath, script).ended;
  const { files, builtins } = JSON.parse(fs.readFileSync(out, 'utf8')) as { files: string[]; builtins: string[] };
  const chunks = files.filter(file => file.startsWith(`${dist}${path.sep}`));
  const modules = chunks.flatMap(file => modulesOf[path.relative(dist, file).replaceAll('\\', '/')] ?? []);
  // Of the commands: their table, and those that the hot chunks hold.
  expect(
    modules.filter(module =>
      /^src\/commands\/(?!(index|credentials|list\/(list|cluster-view)|use|current)\.ts)/.test(module),
    ),
  ).toEqual([]);
  const parts = modules.map(
    module =>
      /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ??
      /^(src(?:\/[a-z]+(?=\/))?)/.exec(module)?.[1] ??
      module,
  );
  return { result, parts: [...new Set(parts)].sort(), builtins: builtins.sort(), files: chunks.length };
}

const SMALL = ['src', 'src/argv', 'src/commands', 'src/kubectl', 'src/lib', 'src/output', 'src/platform'];
const MORE = ['access', 'auth', 'cli', 'clusters', 'config', 'kubeconfig', 'registry'];
const HOT = [...SMALL, ...MORE.map(room => `src/${room}`)].sort();
const TAB = [...HOT, 'src/completion', 'src/kubernetes'].sort();

describe('a start loads', () => {
  test('--version: the start alone', async () => {
    const loaded = await loadedBy('--version');
    expect(loaded.result).toMatchObject({ code: 0, stderr: '' });
    expect(loaded.parts).toEqual(SMALL);
    expect(loaded.builtins).toEqual(['node:fs', 'node:os', 'node:path']);
    expect(loaded.files).toBeLessThanOrEqual(3);
  });

  test('credentials with a valid token: no library, no crypto, no terminal, no child, no network', async () => {
    const loaded = await loadedBy('credentials', 'foobarlab');
    expect(loaded.result).toMatchObject({ code: 0, stderr: '' });
    expect(loaded.parts).toEqual(HOT);
    expect(loaded.builtins).toEqual(['node:buffer', 'node:fs', 'node:os', 'node:path']);
    expect(loaded.files).toBeLessThanOrEqual(4);
  });

  test('pass-through: no library, and a child', async () => {
    const loaded = await loadedBy('version', '--client');
    expect(loaded.result).toMatchObject({ code: 0 });
    expect(loaded.parts).toEqual(HOT);
    expect(loaded.builtins).toEqual(['node:buffer', 'node:child_process', 'node:fs', 'node:os', 'node:path']);
    expect(loaded.files).toBeLessThanOrEqual(4);
  });

  test('use: commander, and no other library; no YAML parser for what kubectl wrote', async () => {
    const loaded = await loadedBy('use', 'foobarlab');
    expect(loaded.result).toMatchObject({ code: 0 });
    expect(loaded.parts).toEqual(['commander', ...HOT]);
    expect(loaded.builtins).toEqual(['node:buffer', 'node:events', 'node:fs', 'node:os', 'node:path', 'node:process']);
    expect(loaded.files).toBeLessThanOrEqual(6);
  });

  test('current: commander, and no other library; no network', async () => {
    const loaded = await loadedBy('current');
    expect(loaded.result).toMatchObject({ code: 0, stdout: 'foobarlab default production\n', stderr: '' });
    expect(loaded.parts).toEqual(['commander', ...HOT]);
    expect(loaded.builtins).toEqual(['node:buffer', 'node:events', 'node:fs', 'node:os', 'node:path', 'node:process']);
    expect(loaded.files).toBeLessThanOrEqual(8);
  });

  test('list --offline: commander, and no other library', async () => {
    const loaded = await loadedBy('list', '--offline');
    expect(loaded.result).toMatchObject({ code: 0 });
    expect(loaded.parts).toEqual(['commander', ...HOT]);
    expect(loaded.builtins).toEqual([
      'node:buffer',
      'node:events',
      'node:fs',
      'node:os',
      'node:path',
      'node:process',
      'node:zlib',
    ]);
    expect(loaded.files).toBeLessThanOrEqual(6);
  });

  test('TAB after use: no library, no child, no network', async () => {
    const loaded = await loadedBy('__complete', 'use', 'foo');
    expect(loaded.result).toMatchObject({ code: 0, stderr: '' });
    expect(loaded.parts).toEqual(TAB);
    expect(loaded.builtins).toEqual(['node:buffer', 'node:fs', 'node:os', 'node:path', 'node:zlib']);
    expect(loaded.files).toBeLessThanOrEqual(8);
  });

  test("TAB after kubectl's verb: no library, and a child", async () => {
    const loaded = await vi.waitFor(
      async () => {
        const answered = await loadedBy('__complete', 'get', 'po');
        expect(answered.result).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('pods') });
        return answered;
      },
      { timeout: 60_000 },
    );
    expect(loaded.parts).toEqual(TAB);
    expect(loaded.builtins).toContain('node:child_process');
    expect(loaded.builtins).not.toContain('node:https');
  });
});
