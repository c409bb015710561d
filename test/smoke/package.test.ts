/** The npm package: small, without dependencies, and it runs where nothing else is installed. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeTempDir } from '../support/io.ts';

test('needs no dependencies, is under 3 MB, and runs by itself', () => {
  const dir = makeTempDir();
  const env = { ...process.env, npm_config_update_notifier: 'false' };
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const packed = JSON.parse(output) as unknown;
  // npm 11 gives a list; newer ones an object by name.
  const [report] = (Array.isArray(packed) ? packed : Object.values(packed as object)) as {
    filename: string;
    size: number;
  }[];
  expect(report?.size).toBeLessThan(3_000_000);
  execFileSync('tar', ['-xzf', path.join(dir, path.basename(report?.filename ?? '')), '-C', dir]);
  const root = path.join(dir, 'package');
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  expect(Object.keys(manifest['optionalDependencies'] ?? {})).toEqual(['@napi-rs/keyring']);
  for (const field of ['dependencies', 'peerDependencies', 'bundleDependencies'])
    expect([field, manifest[field]]).toEqual([field, undefined]);
  expect(fs.readFileSync(path.join(root, 'dist', 'LICENSES.txt'), 'utf8')).toContain('undici');
  const zkubectl = (...argv: string[]) =>
    execFileSync(process.execPath, [path.join(root, 'bin', 'zkubectl.js'), ...argv], {
      encoding: 'utf8',
      env: { HOME: dir, PATH: '/nonexistent' },
    });
  expect(zkubectl('--version')).toBe(`${String(manifest['version'])}\n`);
  expect(zkubectl('--help')).toContain('Around kubectl:');

  // A cache of another text, or a part of one, is refused by V8; the program runs all the same.
  const cache = path.join(root, 'dist', 'code-cache', `${process.arch}-${process.versions.v8}`);
  if (Number(process.versions.node.split('.')[0]) >= 22) return;
  const names = fs.readdirSync(cache);
  expect(names).toContain('main.js.bin');
  const start = names.find(name => name.startsWith('start-')) ?? '';
  fs.copyFileSync(path.join(cache, start), path.join(cache, 'main.js.bin'));
  fs.writeFileSync(path.join(cache, start), fs.readFileSync(path.join(cache, start)).subarray(0, 100));
  expect(zkubectl('--version')).toBe(`${String(manifest['version'])}\n`);
});

test("Node's own compile cache: only below a folder that is private", () => {
  const cache = makeTempDir();
  const has = () => fs.existsSync(path.join(cache, 'code'));
  const zkubectl = () =>
    execFileSync(process.execPath, [path.resolve('bin/zkubectl.js'), '--version'], {
      env: { HOME: cache, PATH: '/nonexistent', ZKUBECTL_CACHE_DIR: cache },
    });
  fs.chmodSync(cache, 0o755);
  zkubectl();
  expect(has()).toBe(false);
  fs.chmodSync(cache, 0o700);
  zkubectl();
  expect(has()).toBe(Number(process.versions.node.split('.')[0]) >= 22);
});

test.skipIf(process.getuid?.() !== 0)("it starts where the cache folder is another user's", () => {
  const home = makeTempDir();
  fs.chmodSync(home, 0o700);
  // Not below a folder that only root can enter.
  const root = fs.mkdtempSync(path.join('/tmp', 'zkubectl-package-'));
  try {
    for (const name of ['bin', 'dist']) fs.cpSync(path.resolve(name), path.join(root, name), { recursive: true });
    fs.writeFileSync(path.join(root, 'package.json'), '{}');
    execFileSync('chmod', ['-R', 'a+rX', root]);
    const env = { HOME: home, PATH: '/nonexistent' };
    const argv = [path.join(root, 'bin', 'zkubectl.js'), '--version'];
    expect(execFileSync(process.execPath, argv, { encoding: 'utf8', env, uid: 65534, cwd: '/' })).toMatch(/^\d/);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});
