import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Children } from '../../../src/platform/process/children.ts';
import { createSleep } from '../../../src/platform/process/sleep.ts';

const children = () => new Children({ env: process.env, umask: 0o022, stderr: { write: () => undefined } });

describe('many at once', () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  beforeEach(() => {
    warnings.length = 0;
    process.on('warning', note);
  });
  afterEach(() => {
    process.off('warning', note);
  });

  test('30 children have one listener a signal, and none once they have ended', async () => {
    const before = process.listenerCount('SIGTERM');
    const all = children();
    const running = Array.from({ length: 30 }, () =>
      all.run('sh', ['-c', 'read line; echo "$line"'], { stdio: 'capture', input: 'x\n' }),
    );
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    const results = await Promise.all(running);
    expect(results.map(({ code, stdout }) => `${code} ${stdout}`)).toEqual(Array(30).fill('0 x\n'));
    expect(process.listenerCount('SIGTERM')).toBe(before);
    // Warnings are emitted on the next tick.
    await delay(1);
    expect(warnings).toEqual([]);
  });

  test('a signal reaches every child', async () => {
    const all = children();
    const script = 'trap "echo got it; exit 3" USR2; echo ready; while :; do sleep 0.05; done';
    let ready = 0;
    const onStdout = (text: string) => {
      ready += text.split('ready').length - 1;
      if (ready === 2) process.kill(process.pid, 'SIGUSR2');
    };
    const two = [1, 2].map(() => all.run('sh', ['-c', script], { stdio: 'capture', onStdout }));
    expect((await Promise.all(two)).map(result => result.code)).toEqual([3, 3]);
  });

  test('40 that sleep have one listener, and wake when the signal is aborted', async () => {
    const sleep = createSleep();
    const stop = new AbortController();
    const sleeping = Array.from({ length: 40 }, () => sleep(60_000, stop.signal).catch((error: unknown) => error));
    await delay(1);
    expect(warnings).toEqual([]);
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await Promise.all(sleeping)).toEqual(Array(40).fill(reason));
    await expect(sleep(1, stop.signal)).rejects.toBe(reason);
    await expect(sleep(1, new AbortController().signal)).resolves.toBeUndefined();
  });
});

test('a child that cannot be started is an error, and leaves no listener', async () => {
  const before = process.listenerCount('SIGTERM');
  await expect(children().run('/nonexistent/x', [], { stdio: 'capture' })).rejects.toMatchObject({ code: 'ENOENT' });
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

test('stderr of a child that is watched is copied byte for byte', async () => {
  const written: Buffer[] = [];
  const stderr = { write: (data: string | Uint8Array) => written.push(Buffer.from(data)) };
  let seen = '';
  const onStderr = (text: string) => {
    seen += text;
  };
  const all = new Children({ env: process.env, umask: 0o022, stderr });
  const { code } = await all.run('sh', ['-c', "printf 'a\\377\\033[31m\\n' >&2; exit 3"], {
    stdio: 'inherit',
    onStderr,
  });
  const bytes = Buffer.from('a\xff\x1b[31m\n', 'latin1');
  expect([code, Buffer.concat(written), seen]).toEqual([3, bytes, bytes.toString('latin1')]);
});
