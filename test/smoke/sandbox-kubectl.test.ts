/** What only the sandbox's API servers and real kubectl can show: exec, attach, debug, top, explain, drain. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cleanEnv, realKubectl, run, sandboxEnv, start } from '../support/program.ts';
import { openTerminal } from '../support/terminal.ts';

let base: Record<string, string>;
let env: Record<string, string>;
let pod: string;
beforeAll(async () => {
  base = cleanEnv();
  expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
  env = await sandboxEnv(base, '--user', 'alice');
  for (const cluster of ['foobarlab', 'abckub-test', 'foobarlab-test'])
    expect(await run(['login', cluster], env)).toMatchObject({ code: 0 });
  expect(await run(['use', 'foobarlab-test', '-n', 'shop'], env)).toMatchObject({ code: 0 });
  pod = (await kubectl('get', 'pods', '-l', 'application=cart', '-o', 'name')).stdout.split('\n')[0] ?? '';
});
afterAll(async () => {
  await run(['sandbox', 'down', '--delete'], base);
});
const kubectl = (...argv: string[]) => start(argv, env, realKubectl(), []).ended;

describe('exec', () => {
  test('its output and exit code; a container by name; no such program', async () => {
    const name = pod.replace('pod/', '');
    expect(await kubectl('exec', pod, '--', 'hostname')).toMatchObject({ code: 0, stdout: `${name}\n` });
    expect(await kubectl('exec', pod, '-c', 'cart', '--', 'sh', '-c', 'echo a; exit 3')).toMatchObject({
      code: 3,
      stdout: 'a\n',
    });
    expect(await kubectl('exec', pod, '--', 'reboot')).toMatchObject({ code: 127 });
    expect(await kubectl('exec', pod, '-c', 'nobody', '--', 'true')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('container nobody is not valid'),
    });
  });

  test('a shell on a terminal', async () => {
    const t = openTerminal(['exec', '-it', pod, '--', 'sh'], env, 80, [realKubectl()]);
    await t.shows(/\$ /);
    t.child.write('whoami\r');
    await t.shows(/whoami\s+app\s+\$ /);
    t.child.write('exit 4\r');
    expect(await t.ended).toBe(4);
  });

  test('on production it needs access', async () => {
    const { stdout } = await kubectl('get', 'pods', '-o', 'name', '--context', 'foobarlab', '-n', 'shop');
    const there = stdout.split('\n')[0] ?? '';
    expect(await kubectl('exec', there, '--context', 'foobarlab', '-n', 'shop', '--', 'true')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot create resource "pods/exec"'),
    });
  });
});

test('attach shows the log as it goes on', async () => {
  const attached = start(['attach', pod], env, realKubectl(), []);
  await vi.waitFor(() => expect(attached.output().stdout).toMatch(/\[cart\] GET /), { timeout: 60_000 });
  attached.child.kill('SIGINT');
  await attached.ended;
});

test('debug adds an ephemeral container, with a shell and a log', async () => {
  const added = await kubectl('debug', pod, '--image=busybox', '-c', 'look', '--profile=general');
  expect(added).toMatchObject({ code: 0 });
  const { stdout } = await kubectl('get', pod, '-o', 'jsonpath={.spec.ephemeralContainers[*].name}');
  expect(stdout).toBe('look');
  expect(await kubectl('exec', pod, '-c', 'look', '--', 'hostname')).toMatchObject({ code: 0 });
  expect((await kubectl('logs', pod, '-c', 'look', '--tail=1')).code).toBe(0);
});

test('top: pods, containers and nodes', async () => {
  expect((await kubectl('top', 'pods')).stdout).toMatch(
    /^NAME +CPU\(cores\) +MEMORY\(bytes\)[\s\S]*cart-\S+ +\d+m +\d+Mi/,
  );
  expect((await kubectl('top', 'pods', '-A', '--containers', '-l', 'application=checkout')).stdout).toMatch(
    /checkout-\S+ +proxy /,
  );
  expect((await kubectl('top', 'nodes')).stdout).toMatch(/worker-1\S+ +\d+m +\d+% +\d+Mi +\d+%/);
  expect((await kubectl('top', 'pod', 'nobody')).code).toBe(1);
});

test.each([
  ['pods.spec.containers.resources', /requests\s+<map\[string\]string>/],
  ['deployment.spec.template.spec.containers.image', /FIELD: image <string>/],
  ['pdb.spec', /maxUnavailable/],
  ['crd.spec.versions', /served\s+<boolean>/],
])('explain %s', async (field, text) => {
  expect(await kubectl('explain', field)).toMatchObject({ code: 0, stdout: expect.stringMatching(text) });
});

test('custom resource definitions, and the labels of nodes', async () => {
  expect((await kubectl('get', 'crd', '-o', 'name')).stdout).toContain('/stacksets.zalando.org\n');
  const nodes = await kubectl(
    'get',
    'nodes',
    '-l',
    'node.kubernetes.io/role=worker,aws.amazon.com/spot=true',
    '-o',
    'name',
  );
  expect(nodes.stdout.split('\n')).toHaveLength(4);
});

test('drain, with a budget in the way: it waits, and goes on when the budget allows it', async () => {
  const there = ['--context', 'abckub-test'];
  const node = 'worker-1.abckub-test.internal';
  const blocked = await kubectl('drain', node, '--ignore-daemonsets', '--timeout=3s', ...there);
  expect(blocked.code).toBe(1);
  expect(blocked.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
  expect(await kubectl('delete', 'pdb', 'payment', '-n', 'shop', ...there)).toMatchObject({ code: 0 });
  expect(await kubectl('drain', node, '--ignore-daemonsets', ...there)).toMatchObject({ code: 0 });
  const two = await kubectl('drain', 'worker-2.abckub-test.internal', '--ignore-daemonsets', '--timeout=3s', ...there);
  expect(two.stderr).toContain('This pod has more than one PodDisruptionBudget');
});
