import { expect, test } from 'vitest';
import { runInContainer, runScript } from '../../../src/sandbox/kubernetes/tiny-shell.ts';

const world = {
  pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'cart-1' } },
  container: 'cart',
  now: new Date('2026-11-29T12:00:00Z'),
};

test.each([
  [['hostname'], 'cart-1\n', '', 0],
  [['echo', 'a  b', '$?'], 'a  b $?\n', '', 0],
  [['/bin/cat', '/etc/hostname'], 'cart-1\n', '', 0],
  [['cat', '/nothing'], '', "cat: can't open '/nothing': No such file or directory\n", 1],
  [['false'], '', '', 1],
  [['reboot'], '', 'exec: "reboot": executable file not found in $PATH\n', 127],
  [['constructor'], '', 'exec: "constructor": executable file not found in $PATH\n', 127],
  [['sh', '-c', 'echo a; false && echo b || echo "c d"'], 'a\nc d\n', '', 0],
  [['sh', '-c', 'false; echo $?'], '1\n', '', 0],
  [['sh', '-c', 'echo a; exit 3; echo b'], 'a\n', '', 3],
  [['sh', '-c', 'reboot'], '', 'sh: reboot: not found\n', 127],
])('%j', (command, stdout, stderr, exitCode) => {
  expect(runInContainer(command, world)).toEqual({ stdout, stderr, exitCode });
});

test('a script of several lines', () => {
  expect(runScript('pwd\nwhoami\n', world).stdout).toBe('/\napp\n');
  expect(runScript('', world)).toEqual({ stdout: '', stderr: '', exitCode: 0 });
});
