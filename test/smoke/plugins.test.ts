/** Plugins with the built program, real kubectl and a sandbox. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeTempDir } from '../support/io.ts';
import { cleanEnv, run, sandboxEnv, start } from '../support/program.ts';

let base: Record<string, string>;
let env: Record<string, string>;
beforeAll(async () => {
  base = cleanEnv();
  expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
  env = await sandboxEnv(base, '--user', 'alice');
  expect(await run(['login', 'foobarlab-test'], env)).toMatchObject({ code: 0 });
  expect(await run(['ns', 'shop'], env)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  expect(await run(['sandbox', 'down', '--delete'], base)).toMatchObject({ code: 0 });
});

const zk = (...argv: string[]) => run(argv, env);

function file(text: string, name: string, mode = 0o644): string {
  const made = path.join(makeTempDir(), name);
  fs.writeFileSync(made, text, { mode });
  return made;
}

describe('logtail', () => {
  const PODS = 200;
  const PERIOD_MS = 20;

  test(`${PODS} pods at 50 lines a second: every line, in order, and none behind`, async () => {
    const manifest = file(
      `apiVersion: apps/v1
kind: Deployment
metadata: {name: many}
spec:
  replicas: ${PODS}
  selector: {matchLabels: {app: many}}
  template:
    metadata: {labels: {app: many}, annotations: {sandbox.zkubectl/log-lines-per-second: "${1000 / PERIOD_MS}"}}
    spec: {containers: [{name: app, image: example.org/many:1}]}
`,
      'many.yaml',
    );
    expect(await zk('apply', '-f', manifest)).toMatchObject({ code: 0 });
    expect(await zk('rollout', 'status', 'deployment/many', '--timeout=120s')).toMatchObject({ code: 0 });
    const tail = start(['logtail', '^many-', '-o', 'json', '--tail', '1'], env);
    await vi.waitFor(() => expect(tail.output().stderr.match(/^\+/gm)).toHaveLength(PODS), { timeout: 90_000 });
    const all = Date.now();
    const latest = () => {
      const lines = tail.output().stdout.slice(-2000).split('\n');
      return Date.parse((JSON.parse(lines.at(-2) ?? '{}') as { timestamp: string }).timestamp);
    };
    // What was written after the last stream was opened comes soon: nothing piles up.
    await vi.waitFor(() => expect(latest()).toBeGreaterThan(all + 1000), { timeout: 90_000 });
    tail.child.kill('SIGINT');
    const { code, stdout } = await tail.ended;
    expect(code).toBe(0);
    const last = new Map<string, number>();
    let gaps = 0;
    for (const line of stdout.split('\n').slice(0, -1)) {
      const { podName: pod, timestamp } = JSON.parse(line) as { podName: string; timestamp: string };
      const before = last.get(pod);
      const time = Date.parse(timestamp);
      if (before !== undefined && time !== before + PERIOD_MS) gaps++;
      last.set(pod, time);
    }
    expect([last.size, gaps]).toEqual([PODS, 0]);
    expect(await zk('delete', 'deployment', 'many', '--yes')).toMatchObject({ code: 0 });
  });

  test('--no-follow ends with what is there', async () => {
    const { code, stdout } = await run(['logtail', 'checkout', '--tail', '1', '--no-follow'], env);
    expect([code, stdout.split('\n').length]).toEqual([0, 7]);
  });
});

describe('edit', () => {
  const editor = (script: string) => file(`#!/bin/sh\n${script}\n`, 'editor', 0o755);

  test('shows the diff and applies it; a secret stays one', async () => {
    const sed = editor('sed -i "s/log.level: .*/log.level: debug/; s/password: .*/password: eHh4/" "$1"');
    const edit = (...argv: string[]) => run(['edit', ...argv], { ...env, EDITOR: sed });
    const config = await edit('configmap/checkout-config', '--yes');
    expect([config.code, config.stdout]).toEqual([0, 'configmap/checkout-config edited\n']);
    expect(config.stderr).toContain('-  log.level: info\n+  log.level: debug\n');
    expect((await zk('get', 'configmap/checkout-config', '-o', 'jsonpath={.data.log\\.level}')).stdout).toBe('debug');
    const secret = await edit('secret', 'payment-credentials', '--yes');
    expect([secret.code, secret.stderr.includes('not shown')]).toEqual([0, true]);
    expect(secret.stderr).not.toMatch(/eHh4|bm90|cGF5/);
    expect((await zk('get', 'secret/payment-credentials', '-o', 'jsonpath={.data.password}')).stdout).toBe('eHh4');
  });

  test('nothing changed, an editor that fails, no terminal: nothing is applied', async () => {
    const edit = (script: string, ...argv: string[]) =>
      run(['edit', 'deployment/cart', ...argv], { ...env, EDITOR: editor(script) });
    const version = async () =>
      (await zk('get', 'deployment/cart', '-o', 'jsonpath={.metadata.resourceVersion}')).stdout;
    const before = await version();
    expect(before).toMatch(/^\d+$/);
    expect(await edit('true', '--yes')).toMatchObject({ code: 0, stdout: '' });
    expect(await edit('exit 3', '--yes')).toMatchObject({ code: 1, stdout: '' });
    expect(await edit('echo x > "$1"')).toMatchObject({ code: 2 });
    expect(await version()).toBe(before);
    expect(await edit('sed -i "s/replicas: 2/replicas: 3/" "$1"', '--no-diff')).toMatchObject({ code: 0, stderr: '' });
    expect((await zk('get', 'deployment/cart', '-o', 'jsonpath={.spec.replicas}')).stdout).toBe('3');
  });

  test('without the right to patch: the hint says how to get access', async () => {
    expect(await run(['login', 'foobarlab'], env)).toMatchObject({ code: 0 });
    const edit = (...argv: string[]) =>
      run(['edit', ...argv, '--context', 'foobarlab', '--yes'], {
        ...env,
        EDITOR: editor('sed -i "s/replicas: 2/replicas: 3/" "$1"'),
      });
    const { code, stderr } = await edit('deployment/cart', '-n', 'shop');
    expect(code).toBe(1);
    expect(stderr).toContain('zkubectl: hint: request access to foobarlab: zkubectl cluster-access request');
    expect(await run(['use', 'foobarlab-test'], env)).toMatchObject({ code: 0 });
    // Nothing is forbidden there: the editor failed.
    const failed = await run(['edit', 'deployment/cart', '--yes'], { ...env, EDITOR: editor('exit 3') });
    expect([failed.code, failed.stderr.includes('request access')]).toEqual([1, false]);
  });
});

describe('admission', () => {
  const APP = ['--application', 'shop', '--component', 'strict-app', '--image', 'registry.example.org/wish:1.0'];

  beforeAll(async () => {
    expect(await zk('create', 'namespace', 'strict')).toMatchObject({ code: 0 });
    const label = 'pod-security.kubernetes.io/enforce=restricted';
    expect(await zk('label', 'namespace', 'strict', label)).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    expect(await zk('delete', 'namespace', 'strict', '--yes')).toMatchObject({ code: 0 });
  });

  test.each([
    ['deployment', []],
    ['stackset', ['--host', 'wish.example.org']],
  ])('the pods of a generated %s start where the namespace is "restricted"', async (kind, flags) => {
    const manifest = file((await zk('generate', kind, ...APP, ...flags)).stdout, 'manifest.yaml');
    const { code, stderr } = await zk('apply', '-n', 'strict', '-f', manifest);
    expect([code, stderr]).toEqual([0, '']);
    if (kind === 'deployment')
      expect(await zk('rollout', 'status', 'deployment/shop-strict-app', '-n', 'strict')).toMatchObject({ code: 0 });
    expect(await zk('delete', '-n', 'strict', '-f', manifest, '--yes')).toMatchObject({ code: 0 });
  });

  test('another pod is refused, and a workload warns and has an event', async () => {
    const why = 'violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "web"';
    const pod = await zk('run', 'web', '-n', 'strict', '--image=nginx');
    expect(pod.code).toBe(1);
    expect(pod.stderr).toContain(`pods "web" is forbidden: ${why.replace('violate', 'violates')}`);
    const workload = await zk('create', 'deployment', 'web', '-n', 'strict', '--image=web');
    expect([workload.code, workload.stderr.includes(`Warning: would ${why}`)]).toEqual([0, true]);
    const events = await zk('get', 'events', '-n', 'strict');
    expect(events.stdout.match(/FailedCreate/g)).toHaveLength(1);
    expect((await zk('get', 'pods', '-n', 'strict')).stdout).toBe('');
  });

  test('a tunnel where the quota is used up says so at once', async () => {
    expect(await zk('create', 'quota', 'small', '--hard=pods=0', '-n', 'strict')).toMatchObject({ code: 0 });
    const { code, stderr } = await zk('tunnel', 'db.example.org', '0:5432', '-n', 'strict');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /cannot be created: pods "\S+" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0/,
    );
    expect((await zk('get', 'jobs', '-n', 'strict')).stdout).toBe('');
    expect(await zk('delete', 'quota', 'small', '-n', 'strict', '--yes')).toMatchObject({ code: 0 });
  });
});

describe('generate', () => {
  const APP = ['--application', 'shop', '--component', 'wish', '--image', 'registry.example.org/wish:1.0'];

  test.each([
    ['deployment', ['--config', 'A=b', '--secret', 'payment-credentials', '--autoscaling']],
    ['ingress', ['--host', 'wish.example.org']],
    ['stackset', ['--host', 'wish.example.org', '--autoscaling', '2-4']],
  ])('%s passes a server-side dry run', async (kind, flags) => {
    const { stdout } = await zk('generate', kind, ...APP, ...flags);
    const { code, stderr } = await zk('apply', '--dry-run=server', '-f', file(stdout, 'manifest.yaml'));
    expect([code, stderr]).toEqual([0, '']);
  });

  test('what init writes can be applied, and runs', async () => {
    const dir = path.join(makeTempDir(), 'deploy');
    const flags = ['-t', 'webapp', '--application', 'begin', '--cluster', 'foobarlab-test'];
    expect(await zk('init', dir, ...flags)).toMatchObject({ code: 0 });
    expect(await zk('apply', '-f', dir)).toMatchObject({ code: 0 });
    expect(await zk('rollout', 'status', 'deployment/begin', '--timeout=90s')).toMatchObject({ code: 0 });
  });
});

describe('tunnel', () => {
  let echo: net.Server;
  let port: number;
  beforeAll(async () => {
    echo = net.createServer(socket => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve));
    port = (echo.address() as net.AddressInfo).port;
  });
  afterAll(() => {
    echo.close();
  });

  /** A tunnel to the echo server, once it is open. */
  async function openTunnel(more: Record<string, string> = {}) {
    const tunnel = start(['tunnel', '127.0.0.1', `0:${port}`], { ...env, ...more });
    await vi.waitFor(() => expect(tunnel.output().stdout).toMatch(/^127\.0\.0\.1:\d+ -> /), { timeout: 90_000 });
    return { ...tunnel, local: Number(/:(\d+) ->/.exec(tunnel.output().stdout)?.[1]) };
  }

  const jobs = async () => (await zk('get', 'jobs,pods', '-l', 'application=zkubectl-tunnel', '-o', 'name')).stdout;

  test('bytes flow, both ways and many at once', async () => {
    const tunnel = await openTunnel();
    const sent = randomBytes(1_000_000);
    const echoed = () =>
      new Promise<Buffer>((resolve, reject) => {
        const chunks: Buffer[] = [];
        const socket = net.connect(tunnel.local, '127.0.0.1', () => socket.end(sent));
        socket.on('data', chunk => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
        socket.on('error', reject);
      });
    for (const got of await Promise.all([echoed(), echoed(), echoed()])) expect(got.equals(sent)).toBe(true);
    expect(await jobs()).toContain('job.batch/zkubectl-tunnel-');
    tunnel.child.kill('SIGTERM');
    expect(await tunnel.ended).toMatchObject({ code: 143 });
    expect(await jobs()).toBe('');
  });

  test('the Job goes with SIGINT and SIGHUP too', async () => {
    for (const signal of ['SIGINT', 'SIGHUP'] as const) {
      const tunnel = await openTunnel();
      tunnel.child.kill(signal);
      const { code } = await tunnel.ended;
      // kubectl's port-forward takes an interrupt for a good end.
      expect(code).toBe(signal === 'SIGINT' ? 0 : 129);
      expect(await jobs()).toBe('');
    }
  });

  test('on production without access nothing is made', async () => {
    const production = { ...env, KUBECONFIG: path.join(makeTempDir(), 'config') };
    expect(await run(['login', 'foobarlab'], production)).toMatchObject({ code: 0 });
    const { code, stderr } = await run(['tunnel', '127.0.0.1', `0:${port}`], production);
    expect([code, stderr.includes('(Forbidden)')]).toEqual([1, true]);
  });
});
