/** What happens before kubectl starts: a login, or one error instead of kubectl's several. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { fakeService } from '../support/fake-service.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { programs } from '../support/programs.ts';
import { endTokensIn, type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(() => sandbox.close());

/** Somebody who switched to a cluster, and is not logged in to it. */
async function newcomer(script = 'echo pods'): Promise<Person & { kubectl: () => string[][] }> {
  const { dir, argv } = programs({ kubectl: script });
  const alice = person(sandbox, 'alice', { PATH: `${dir}:/usr/bin:/bin` });
  // The platform's login is for the registry alone.
  expect((await alice.run('login')).code).toBe(0);
  expect((await alice.run('use', 'abckub', '-n', 'shop')).code).toBe(0);
  return { ...alice, kubectl: () => argv('kubectl') };
}

test('not logged in, on a terminal: one login, and then kubectl', async () => {
  const alice = await newcomer();
  const { code, stderr, io } = await alice.runWith({ tty: true }, 'get', 'pods');
  expect([code, io.opened.length]).toEqual([0, 1]);
  expect(stderr).not.toContain('you are not logged in');
  expect((await alice.runWith({ tty: true }, 'get', 'pods')).io.opened).toEqual([]);
  expect(alice.kubectl()).toEqual([
    ['get', 'pods'],
    ['get', 'pods'],
  ]);
});

test.each([
  [['get', 'pods']],
  [['annotate', 'pod', 'x', 'a=b', '-n', 'shop']],
  [['kubectl', 'get', 'pods']],
  [['delete', 'pod', 'x', '--yes']],
  [['restart-pods', 'x']],
  [['traffic', 'x']],
  [['edit', 'deployment/x', '--no-diff']],
  [['version']],
])('not logged in, without a terminal: %j is one error, 4, and no kubectl', async argv => {
  const alice = await newcomer();
  const { code, stdout, stderr } = await alice.run(...argv);
  expect([code, stdout, stderr]).toEqual([
    4,
    '',
    'zkubectl: error: you are not logged in\nzkubectl: hint: zkubectl login abckub\n',
  ]);
  expect(alice.kubectl()).toEqual([]);
});

test.each([
  [['get', 'pods', '--help']],
  [['version', '--client']],
  [['config', 'view']],
  [['create', 'deployment', 'x', '--image=y', '--dry-run=client', '-o', 'yaml']],
  [['get', 'pods', '--token', 'x']],
  [['get', 'pods', '--server', 'https://127.0.0.1:1']],
  [['get']],
])('no login for %j', async argv => {
  const alice = await newcomer();
  expect((await alice.run(...argv)).code).toBe(0);
  expect(alice.kubectl()).toEqual([argv]);
});

test('no login for a user entry of another program, or for one that sets environment variables', async () => {
  const alice = await newcomer();
  const text = fs.readFileSync(alice.kubeconfig, 'utf8');
  fs.writeFileSync(alice.kubeconfig, text.replaceAll('/opt/zkubectl/bin/zkubectl', '/usr/bin/aws'));
  expect((await alice.run('get', 'pods')).code).toBe(0);
  fs.writeFileSync(
    alice.kubeconfig,
    text.replace('interactiveMode:', 'env: [{name: ZKUBECTL_CONFIG, value: /x}]\n      interactiveMode:'),
  );
  expect((await alice.run('get', 'pods')).code).toBe(0);
});

test('a login that ended, with the issuer down: one error, 6', async () => {
  const alice = await newcomer();
  await alice.run('login', 'abckub');
  endTokensIn(-10, alice);
  const config = path.join(alice.home, '.config', 'zkubectl', 'config.yaml');
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace(/issuer: .*/, 'issuer: http://127.0.0.1:1'));
  const { code, stderr } = await alice.run('get', 'pods');
  expect([code === 6 || code === 4, stderr.match(/error:/g)?.length]).toEqual([true, 1]);
  expect(alice.kubectl()).toEqual([]);
});

test.each([
  [['get', 'pods']],
  [['version']],
  [['restart-pods', 'x']],
  [['delete', 'pod', 'x']],
  [['edit', 'deployment/x', '--no-diff']],
])('no context: %j is one error, 3', async argv => {
  const { dir, argv: given } = programs({ kubectl: 'exit 1' });
  const { code, stderr } = await runMain(argv, { env: { PATH: dir } });
  expect([code, stderr]).toEqual([
    3,
    'zkubectl: error: current-context is not set\nzkubectl: hint: zkubectl use CLUSTER, or zkubectl login CLUSTER\n',
  ]);
  expect(given('kubectl')).toEqual([]);
});

test.each([[{ KUBERNETES_SERVICE_HOST: '10.0.0.1' }], [{ KUBERNETES_MASTER: 'http://127.0.0.1:1' }]])(
  'in a pod, or with a server in the environment, kubectl needs no context: %j',
  async env => {
    const { dir } = programs({ kubectl: 'exit 0' });
    expect((await runMain(['get', 'pods'], { env: { PATH: dir, ...env } })).code).toBe(0);
  },
);

const HINT = 'zkubectl: hint: find out what is down: zkubectl doctor\n';
test.each<[string, boolean]>([
  ['The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?', true],
  ['Unable to connect to the server: dial tcp: lookup nosuch.example.org: no such host', true],
  ['Unable to connect to the server: x509: certificate signed by unknown authority', true],
  ['Unable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout', true],
  ['Error from server (InternalError): failed calling webhook "a": dial tcp: connection refused', false],
  ['Error from server (NotFound): pods "x509: " not found', false],
])('after %j: a hint of doctor %s', async (said, isHinted) => {
  const alice = await newcomer(`printf '%s\\n' '${said}' '${said}' >&2; exit 1`);
  await alice.run('login', 'abckub');
  const { code, stderr } = await alice.run('get', 'pods');
  expect([code, stderr]).toEqual([1, `${said}\n${said}\n${isHinted ? HINT : ''}`]);
});

test('without kubectl, a word that kubectl does not have downloads nothing', async () => {
  const mirror = await fakeService(() => ({ status: 500 }));
  const env = { ZKUBECTL_KUBECTL_MIRROR: mirror.url };
  expect(await runMain(['lst'], { env, home: makeTempDir() })).toMatchObject({
    code: 2,
    stderr: 'zkubectl: error: unknown command "lst"\nzkubectl: hint: did you mean zkubectl list?\n',
  });
  expect(await runMain(['qqqqqqqq'], { env })).toMatchObject({
    code: 2,
    stderr: 'zkubectl: error: unknown command "qqqqqqqq"\nzkubectl: hint: list the commands: zkubectl --help\n',
  });
  await mirror.close();
  expect(mirror.requests).toEqual([]);
});
