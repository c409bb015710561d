import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'rolldown';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { UnreachableError } from '../../../../src/errors.ts';
import { withLock } from '../../../../src/platform/files/lock.ts';
import { createTestIo, makeTempDir } from '../../../support/io.ts';

const io = createTestIo();
let script: string;
beforeAll(async () => {
  const dir = makeTempDir();
  script = path.join(dir, 'holder.mjs');
  const entry = path.join(dir, 'entry.ts');
  // Each process enters `rounds` times; two inside at once would be seen by the O_EXCL file that marks the inside.
  fs.writeFileSync(
    entry,
    `import fs from 'node:fs'; import { withLock } from ${JSON.stringify(path.resolve('src/platform/files/lock.ts'))};
    const [dir, rounds, hold] = process.argv.slice(2); const inside = dir + '/../inside'; const io = { sleep: (ms: number) => new Promise<void>(r => setTimeout(r, ms)), signal: new AbortController().signal };
    for (let i = 0; i < Number(rounds); i++) await withLock(io, dir!, { timeoutMs: 20000 }, async () => {
      fs.writeFileSync(inside, '', { flag: 'wx' }); console.log('in'); await io.sleep(Number(hold)); fs.rmSync(inside); });`,
  );
  await build({ input: entry, platform: 'node', logLevel: 'silent', output: { file: script, format: 'esm' } });
});

function holder(
  dir: string,
  rounds: number,
  holdMs: number,
): { child: ChildProcess; ended: Promise<{ code: number | null; errors: string }>; entered: Promise<void> } {
  const child = spawn(process.execPath, [script, dir, String(rounds), String(holdMs)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', text => {
    errors += text;
  });
  return {
    child,
    entered: new Promise(resolve => child.stdout.once('data', () => resolve())),
    ended: new Promise(resolve => child.on('close', code => resolve({ code, errors }))),
  };
}

describe('the lock between processes', () => {
  test('never admits two', async () => {
    const dir = path.join(makeTempDir(), 'lock');
    const results = await Promise.all(Array.from({ length: 6 }, () => holder(dir, 15, 1).ended));
    expect(results).toEqual(results.map(() => ({ code: 0, errors: '' })));
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  test('a holder that was killed with -9 is passed within a second', async () => {
    const dir = path.join(makeTempDir(), 'lock');
    const dead = holder(dir, 1, 60_000);
    await dead.entered;
    dead.child.kill('SIGKILL');
    await dead.ended;
    const started = performance.now();
    expect(await withLock(io, dir, { timeoutMs: 5000 }, async () => 'in')).toBe('in');
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  test('one that waits says for whom, and gives up after its time', async () => {
    const dir = path.join(makeTempDir(), 'lock');
    const other = holder(dir, 1, 60_000);
    try {
      await other.entered;
      const onWait = vi.fn();
      await expect(withLock(io, dir, { timeoutMs: 100, onWait }, async () => undefined)).rejects.toThrow(
        UnreachableError,
      );
      expect(onWait).toHaveBeenCalledExactlyOnceWith(other.child.pid);
      expect(fs.readdirSync(dir)).toHaveLength(1);
    } finally {
      other.child.kill('SIGKILL');
      await other.ended;
    }
  });

  test('a process of another host or container is waited for, as nobody can tell', async () => {
    const dir = path.join(makeTempDir(), 'lock');
    fs.mkdirSync(dir);
    fs.writeFileSync(path.join(dir, '1.elsewhere~pid_1_~42~7~abc'), '');
    await expect(withLock(io, dir, { timeoutMs: 60 }, async () => undefined)).rejects.toThrow('process 42');
  });

  test('within a process it is a lock too, and an error inside lets go', async () => {
    const dir = path.join(makeTempDir(), 'lock');
    let inside = 0;
    const enter = () =>
      withLock(io, dir, { timeoutMs: 5000 }, async () => {
        expect(++inside).toBe(1);
        await io.sleep(2);
        inside--;
        throw new Error('oops');
      });
    const results = await Promise.allSettled(Array.from({ length: 8 }, enter));
    expect(results.every(r => r.status === 'rejected' && (r.reason as Error).message === 'oops')).toBe(true);
    expect(fs.readdirSync(dir)).toEqual([]);
  });
});
