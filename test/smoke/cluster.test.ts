/**
 * The acceptance story: what people do with a cluster, from `get` to `traffic`. Against the sandbox, or with `npm run test:cluster -- --kubeconfig FILE`
 * against any cluster. It makes one namespace, under the Pod Security Standard `restricted`, and removes it.
 */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeTempDir } from '../support/io.ts';
import { cleanEnv, run, sandboxEnv, start } from '../support/program.ts';
import { writeProgram } from '../support/programs.ts';
import { openTerminal } from '../support/terminal.ts';

const GIVEN = process.env['ACCEPTANCE_KUBECONFIG'];
const NAMESPACE = process.env['ACCEPTANCE_NAMESPACE'] ?? `zkubectl-acceptance-${process.pid}`;
/** It must have `sh` and `sleep`, and run as any user. */
const IMAGE = process.env['ACCEPTANCE_IMAGE'] ?? 'docker.io/library/busybox:1.37';

let base: Record<string, string> | undefined;
let env: Record<string, string>;
const dir = makeTempDir();
const zk = (...argv: string[]) => run(argv, env);

const restricted = {
  securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
};
const MANIFEST = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: NAMESPACE, labels: { application: 'web' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { application: 'web' } },
    template: {
      metadata: { labels: { application: 'web' } },
      spec: {
        ...restricted,
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'web',
            image: IMAGE,
            command: ['sh', '-c', 'while true; do echo "hello GET /"; sleep 1; done'],
            ports: [{ containerPort: 8080 }],
            resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '32Mi' } },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    },
  },
};

beforeAll(async () => {
  if (GIVEN === undefined) {
    base = cleanEnv();
    expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
    env = await sandboxEnv(base, '--user', 'alice');
    expect(await run(['login', 'foobarlab-test'], env)).toMatchObject({ code: 0 });
  } else {
    const kubeconfig = path.join(dir, 'kubeconfig');
    fs.copyFileSync(GIVEN, kubeconfig);
    env = { ...cleanEnv(), PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? dir, KUBECONFIG: kubeconfig };
    env['ZKUBECTL_STATE_DIR'] = path.join(dir, 'state');
    const context = process.env['ACCEPTANCE_CONTEXT'];
    if (context !== undefined) expect(await zk('config', 'use-context', context)).toMatchObject({ code: 0 });
  }
  expect(await zk('create', 'namespace', NAMESPACE)).toMatchObject({ code: 0 });
  const label = 'pod-security.kubernetes.io/enforce=restricted';
  expect(await zk('label', 'namespace', NAMESPACE, label)).toMatchObject({ code: 0 });
  expect(await zk('config', 'set-context', '--current', `--namespace=${NAMESPACE}`)).toMatchObject({ code: 0 });
  fs.writeFileSync(path.join(dir, 'web.json'), JSON.stringify(MANIFEST));
  // The guard takes a cluster that no registry vouches for as production; the sandbox's is a test cluster.
  if (GIVEN === undefined) env['ZKUBECTL_GUARD_ENVIRONMENTS'] = 'test';
});
afterAll(async () => {
  expect(await zk('delete', 'namespace', NAMESPACE, '--yes', '--wait=false')).toMatchObject({ code: 0 });
  if (base) await run(['sandbox', 'down', '--delete'], base);
});

test('apply under the Pod Security Standard restricted, and the pods run', async () => {
  expect(await zk('apply', '-f', path.join(dir, 'web.json'))).toMatchObject({ code: 0 });
  expect(await zk('rollout', 'status', 'deployment/web', '--timeout=180s')).toMatchObject({ code: 0 });
  expect(
    (await zk('get', 'pods', '-l', 'application=web', '--no-headers')).stdout.match(/ 1\/1 +Running /g),
  ).toHaveLength(2);
});

test('exec, and its exit code', async () => {
  const pod = (await zk('get', 'pods', '-l', 'application=web', '-o', 'name')).stdout.split('\n')[0] ?? '';
  expect(await zk('exec', pod, '--', 'sh', '-c', 'echo here; exit 3')).toMatchObject({ code: 3, stdout: 'here\n' });
});

test('logtail follows every pod', async () => {
  const pods = async () => {
    const { code, stdout } = await zk('logtail', 'deployment/web', '--no-follow', '--tail', '2', '-o', 'json');
    expect(code).toBe(0);
    const lines = stdout.split('\n').filter(Boolean);
    return new Set(lines.map(line => (JSON.parse(line) as { podName: string }).podName));
  };
  // A pod that has just started has no lines yet.
  await vi.waitFor(async () => expect((await pods()).size).toBe(2), { timeout: 60_000 });
});

test('edit shows the change and applies it', async () => {
  const editor = writeProgram(
    path.join(dir, 'editor'),
    'sed -i "s/^  labels:/  labels:\\n    edited: yes-indeed/" "$1"',
  );
  const edited = await run(['edit', 'deployment/web', '--yes'], { ...env, KUBE_EDITOR: editor });
  expect(edited).toMatchObject({ code: 0, stderr: expect.stringContaining('edited: yes-indeed') });
  expect((await zk('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.labels.edited}')).stdout).toBe('yes-indeed');
});

test('the guard: without a terminal nothing goes; with one, the typed name', async () => {
  expect(await zk('scale', 'deployment/web', '--replicas=0')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('2 → 0 replicas'),
  });
  const t = openTerminal(['delete', 'deployment', 'web'], env, 120);
  await t.shows(/type (\S+) to delete it/);
  const [, name = ''] = /type (\S+) to delete it/.exec(t.text()) ?? [];
  t.child.write('no\r');
  expect(await t.ended).toBe(1);
  expect((await zk('get', 'deployment', 'web')).code).toBe(0);
  const again = openTerminal(['delete', 'deployment', 'web'], env, 120);
  await again.shows(/to delete it/);
  again.child.write(`${name}\r`);
  expect(await again.ended).toBe(0);
});

test('undo brings it again', async () => {
  expect(await zk('undo', '--yes')).toMatchObject({ code: 0 });
  expect(await zk('rollout', 'status', 'deployment/web', '--timeout=180s')).toMatchObject({ code: 0 });
  expect((await zk('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.labels.edited}')).stdout).toBe('yes-indeed');
});

test('restart-pods: new pods', async () => {
  const pods = async () =>
    (await zk('get', 'pods', '-l', 'application=web', '-o', 'name')).stdout.split('\n').filter(Boolean);
  const before = await pods();
  expect(await zk('restart-pods', 'web')).toMatchObject({ code: 0 });
  await vi.waitFor(async () => expect((await pods()).some(pod => before.includes(pod))).toBe(false), {
    timeout: 120_000,
  });
});

test('tunnel: a connection through the cluster, and the Job goes with it', async () => {
  // The sandbox reaches this machine; a real cluster reaches its own API server.
  const server = net.createServer(socket => socket.end('hello')).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  const target = GIVEN === undefined ? ['127.0.0.1', `0:${port}`] : ['kubernetes.default.svc', '0:443'];
  const tunnel = start(['tunnel', ...target], env);
  await vi.waitFor(() => expect(tunnel.output().stdout).toMatch(/:\d+/), { timeout: 120_000 });
  const [, local] = /:(\d+)/.exec(tunnel.output().stdout) ?? [];
  const socket = net.connect(Number(local), '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.destroy();
  tunnel.child.kill('SIGINT');
  expect((await tunnel.ended).code).toBe(0);
  server.close();
  await vi.waitFor(async () => expect((await zk('get', 'jobs', '-o', 'name')).stdout).toBe(''), { timeout: 60_000 });
});

test('generate makes what the server takes', async () => {
  const { stdout } = await zk(
    'generate',
    'deployment',
    '--application',
    'shop',
    '--component',
    'cart',
    '--image',
    IMAGE,
  );
  const file = path.join(dir, 'generated.yaml');
  fs.writeFileSync(file, stdout);
  expect(await zk('apply', '--dry-run=server', '-f', file)).toMatchObject({ code: 0 });
});

test('traffic, where the cluster has StackSets', async ({ skip }) => {
  const crd = await zk('get', 'crd', 'stacksets.zalando.org', '--ignore-not-found', '-o', 'name');
  skip(crd.stdout.trim() === '', 'the cluster has no StackSets');
  const missing = await zk('traffic', 'nobody');
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('(NotFound)')]);
});

test('events, top and explain answer', async () => {
  expect((await zk('get', 'events')).code).toBe(0);
  expect((await zk('explain', 'deployment.spec.replicas')).stdout).toContain('replicas <integer>');
});
