/** A config.yaml that was edited badly: what is said, and what still works. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { programs } from '../support/programs.ts';
import { person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(() => sandbox.close());

const move = (file: string) => `zkubectl: hint: correct the file, or move it away: mv ${file} ${file}.broken\n`;

test.each<[string, Buffer, (file: string) => string]>([
  [
    'a duplicate key',
    Buffer.from('auth:\n  issuer: https://a\nauth: {}\n'),
    file => `${file}:3:1: Map keys must be unique`,
  ],
  [
    'bytes that are no text',
    Buffer.from([0x61, 0x3a, 0xff]),
    file => `cannot read the configuration ${file}: not UTF-8`,
  ],
  ['NUL', Buffer.from('a: \0'), file => `${file}:1:4: file contains NUL bytes`],
])('%s: the file and the place once, and a remedy', async (_what, bytes, words) => {
  const file = path.join(makeTempDir(), 'config.yaml');
  fs.writeFileSync(file, bytes);
  expect(await runMain(['list'], { env: { ZKUBECTL_CONFIG: file } })).toMatchObject({
    code: 2,
    stderr: `zkubectl: error: ${words(file)}\n${move(file)}`,
  });
});

test('kubectl goes on: with the configuration of the last login, and with none for what needs none', async () => {
  const { dir, argv } = programs({ kubectl: 'exit 0' });
  const alice = person(sandbox, 'alice', { PATH: `${dir}:/usr/bin:/bin` });
  const file = path.join(alice.home, '.config/zkubectl/config.yaml');
  const good = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, `${good}\nnonsense\n`);
  // Nobody has logged in yet: what a context of ours needs is in the broken file.
  fs.mkdirSync(path.dirname(alice.kubeconfig), { recursive: true });
  fs.writeFileSync(
    alice.kubeconfig,
    'current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]\nusers: [{name: u, user: {token: x}}]\n',
  );
  const plain = await alice.run('get', 'pods');
  expect([plain.code, argv('kubectl')]).toEqual([0, [['get', 'pods']]]);
  expect(plain.stderr).toMatch(
    /^zkubectl: warning: .*config\.yaml:\d+:.*; going on without a configuration\nzkubectl: hint: /,
  );
  fs.rmSync(alice.kubeconfig);
  fs.writeFileSync(file, good);
  expect((await alice.run('login', 'foobarlab')).code).toBe(0);
  fs.writeFileSync(file, `${good}\nnonsense\n`);
  const ours = await alice.run('get', 'pods');
  expect([ours.code, argv('kubectl').length]).toEqual([0, 2]);
  expect(ours.stderr).toContain('; using the configuration of the last login\n');
  const credentials = await alice.run('credentials', 'foobarlab');
  expect([credentials.code, credentials.stdout.includes('ExecCredential')]).toEqual([0, true]);
  // Everything else says what is wrong.
  expect(await alice.run('list')).toMatchObject({ code: 2, stdout: '' });
});

test('a file that others may write is refused, and nothing replaces it', async () => {
  const { dir, argv } = programs({ kubectl: 'exit 0' });
  const alice = person(sandbox, 'alice', { PATH: `${dir}:/usr/bin:/bin` });
  await alice.run('login', 'foobarlab');
  fs.chmodSync(path.join(alice.home, '.config/zkubectl/config.yaml'), 0o666);
  expect([(await alice.run('get', 'pods')).code, argv('kubectl')]).toEqual([2, []]);
});

test('a context of ours and no saved configuration: one error, that of the file', async () => {
  const { dir } = programs({ kubectl: 'exit 0' });
  const alice = person(sandbox, 'alice', { PATH: `${dir}:/usr/bin:/bin` });
  await alice.run('login');
  await alice.run('use', 'foobarlab');
  fs.rmSync(path.join(alice.home, '.local/state/zkubectl/last-config.json'), { force: true });
  fs.writeFileSync(path.join(alice.home, '.config/zkubectl/config.yaml'), 'nonsense\n');
  const { code, stderr } = await alice.run('get', 'pods');
  expect([code, stderr.match(/error:/g)?.length]).toEqual([2, 1]);
  expect(stderr).toContain('config.yaml:1');
});
