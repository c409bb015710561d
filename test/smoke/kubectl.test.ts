/** What only the built program with a real kubectl can show. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fakeService } from '../support/fake-service.ts';
import { makeTempDir } from '../support/io.ts';
import { BIN, cleanEnv, realKubectl, run, sandboxEnv, shell, start } from '../support/program.ts';
import { writeProgram } from '../support/programs.ts';

let base: Record<string, string>;
let alice: Record<string, string>;
let bob: Record<string, string>;
beforeAll(async () => {
  base = cleanEnv();
  const up = await run(['sandbox', 'up', '--detach', '--grant-ttl', '20s'], base);
  expect(up).toMatchObject({ code: 0, stdout: '' });
  alice = await sandboxEnv(base, '--user', 'alice');
  bob = await sandboxEnv(base, '--user', 'bob');
  expect(await run(['login', 'foobarlab'], alice)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  expect(await run(['sandbox', 'down', '--delete'], base)).toMatchObject({ code: 0 });
  expect(fs.existsSync(base['ZKUBECTL_SANDBOX_DIR'] ?? '')).toBe(false);
});

const zk = (...argv: string[]) => run(argv, alice);

/** Write access to a production cluster that no other test is about: alice's environment there. The access ends by itself. */
async function emergency(): Promise<Record<string, string>> {
  const [env, other] = [alice, bob].map(base => ({ ...base, KUBECONFIG: path.join(makeTempDir(), 'config') }));
  if (env === undefined || other === undefined) throw new Error('nobody is there');
  for (const who of [env, other]) expect(await run(['login', 'abckub'], who)).toMatchObject({ code: 0 });
  const asking = start(['emergency', '-i', 'INC-1', 'checkout', 'is', 'down'], env);
  await vi.waitFor(() => expect(asking.output().stdout).toMatch(/^\d+\n/), { timeout: 90_000 });
  const key = asking.output().stdout.trim();
  expect(await run(['cluster-access', 'approve', key, '--yes'], other)).toMatchObject({ code: 0 });
  expect(await asking.ended).toMatchObject({ code: 0 });
  return env;
}
let granted: Promise<Record<string, string>> | undefined;

describe('kubectl through zkubectl', () => {
  test('real kubectl gets a token from us for every request', async () => {
    const { code, stdout } = await zk('get', 'pods', '-n', 'shop');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\ncart-/);
    expect((await zk('auth', 'whoami')).stdout).toMatch(/Username +alice@example\.org/);
    expect((await zk('version')).stdout).toMatch(/Server Version: v1\.35/);
  });

  test('reading all but secrets; writing is forbidden, and kubectl says so with its own exit code', async () => {
    expect(await zk('get', 'secrets', '-A')).toMatchObject({ code: 1, stderr: expect.stringContaining('Forbidden') });
    expect(await zk('delete', 'pod', '-n', 'shop', 'orders-db-0', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(Forbidden)'),
    });
    expect((await zk('auth', 'can-i', 'get', 'secrets')).stdout).toMatch(/^no/);
    expect((await zk('auth', 'can-i', 'list', 'pods')).stdout).toBe('yes\n');
  });

  test('an emergency: granted, the very next kubectl writes', async () => {
    granted = emergency();
    const pod = ['pod', '-n', 'shop', 'orders-db-0'];
    expect(await run(['delete', ...pod, '--wait=false', '--yes'], await granted)).toMatchObject({ code: 0 });
  });

  test('on a test cluster one may write: create, apply, scale, patch, label, rollout, logs, wait, delete', async () => {
    const env = { ...alice, KUBECONFIG: path.join(makeTempDir(), 'config') };
    const k = async (...argv: string[]) => {
      const result = await run(argv, env);
      expect({ argv, code: result.code, stderr: result.stderr.replace(/.*log in here.*\n/, '') }).toMatchObject({
        code: 0,
      });
      return result.stdout;
    };
    await k('login', 'foobarlab-test');
    await k('create', 'namespace', 'mine');
    await k('use', 'foobarlab-test', '-n', 'mine');
    await k('create', 'deployment', 'web', '--image=example.org/web:1', '--replicas=2');
    expect(await k('rollout', 'status', 'deployment/web', '--timeout=90s')).toContain('successfully rolled out');
    const manifest = path.join(makeTempDir(), 'config.yaml');
    fs.writeFileSync(
      manifest,
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: mine}\ndata: {a: "1"}\n',
    );
    expect(await k('apply', '-f', manifest)).toContain('created');
    expect(await k('apply', '-f', manifest)).toContain('unchanged');
    await k('scale', 'deployment/web', '--replicas=3');
    await k('label', 'deployment', 'web', 'tier=front');
    await k('patch', 'deployment', 'web', '-p', '{"spec":{"template":{"metadata":{"annotations":{"x":"y"}}}}}');
    await k('rollout', 'restart', 'deployment/web');
    expect(await k('rollout', 'status', 'deployment/web', '--timeout=90s')).toContain('successfully rolled out');
    expect(await k('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas} {.metadata.labels.tier}')).toBe(
      '3 front',
    );
    await k('create', 'job', 'once', '--image=example.org/once:1');
    await k('wait', '--for=condition=Complete', 'job/once', '--timeout=90s');
    expect(await k('describe', 'deployment', 'web')).toContain('ScalingReplicaSet');
    // Each container writes a line a second.
    await vi.waitFor(
      async () => expect(await k('logs', 'deployment/web', '--tail=2')).toMatch(/^\S.* GET .*\n\S.* GET .*\n$/),
      {
        timeout: 90_000,
      },
    );
    expect(await k('get', 'all')).toContain('replicaset.apps/web-');
    await k('delete', 'namespace', 'mine');
    expect(await run(['get', 'pods', '-n', 'mine'], env)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('No resources found in mine namespace'),
    });
  });

  test('-w sees changes as they come, and SIGTERM ends it', async () => {
    const watching = start(['get', 'pods', '-n', 'kube-system', '-w'], alice);
    await vi.waitFor(() => expect(watching.output().stdout).toContain('coredns'), { timeout: 90_000 });
    watching.child.kill('SIGTERM');
    // kubectl answers with its own 1, or dies of it before it listens.
    expect([1, 143]).toContain((await watching.ended).code);
  });

  test('a kubectl that a signal kills is 128+n', async () => {
    const dir = makeTempDir();
    writeProgram(path.join(dir, 'kubectl'), 'echo up\nexec sleep 60');
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGHUP', 129],
      ['SIGINT', 130],
    ] as const) {
      const child = start(['get', 'x'], { ...alice, PATH: `${dir}:${alice['PATH']}` });
      await vi.waitFor(() => expect(child.output().stdout).toBe('up\n'), { timeout: 90_000 });
      child.child.kill(signal);
      expect((await child.ended).code).toBe(code);
    }
  });

  test('two plugins deep, argv stays what it was; kubectl finds its own plugins', async () => {
    const dir = makeTempDir();
    writeProgram(path.join(dir, 'kubectl-say'), 'printf "%s|" "$@"');
    const { stdout } = await run(['say', 'a b', '$HOME', '--x=*', ''], { ...alice, PATH: `${dir}:${alice['PATH']}` });
    expect(stdout).toBe('a b|$HOME|--x=*||');
  });

  test('linked as kubectl-login it is kubectl login, and the kubeconfig names the program itself', async () => {
    const dir = makeTempDir();
    fs.symlinkSync(BIN, path.join(dir, 'kubectl-login'));
    const env = { ...alice, PATH: `${dir}:${alice['PATH']}`, KUBECONFIG: path.join(dir, 'kubeconfig') };
    const { code, stderr } = await start(['login', 'foobarlab'], env, realKubectl(), []).ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('logged in to foobarlab')]);
    expect(fs.readFileSync(env.KUBECONFIG, 'utf8')).not.toContain('kubectl-login');
    expect(await run(['auth', 'can-i', 'list', 'pods'], env)).toMatchObject({ code: 0 });
  });

  test('linked as kubectl-z it is kubectl z', async () => {
    const dir = makeTempDir();
    fs.symlinkSync(BIN, path.join(dir, 'kubectl-z'));
    const env = { ...alice, PATH: `${dir}:${alice['PATH']}` };
    const started = start(['z', 'list', '-o', 'name'], env, realKubectl(), []);
    expect((await started.ended).stdout).toContain('foobarlab\n');
  });
});

describe('plugins with real kubectl', () => {
  test('the plugin of docs/plugins.md', async () => {
    const dir = makeTempDir();
    const [, script = ''] =
      /```sh\n(#!\/bin\/sh\n# The pods[^`]*)```/.exec(fs.readFileSync('docs/plugins.md', 'utf8')) ?? [];
    fs.writeFileSync(path.join(dir, 'zkubectl-crashing'), script, { mode: 0o755 });
    const env = { ...alice, PATH: `${dir}:${alice['PATH']}` };
    const { code, stderr } = await run(['crashing', '-l', 'application'], env);
    expect([code, stderr]).toEqual([0, 'crashing on foobarlab:\n']);
    expect((await run(['plugin', 'list'], env)).stdout).toMatch(/^crashing +zkubectl +\S*zkubectl-crashing$/m);
  });

  test('restart-pods: new pods, one after another', async () => {
    const env = { ...alice, KUBECONFIG: path.join(makeTempDir(), 'config') };
    expect(await run(['login', 'foobarlab-test'], env)).toMatchObject({ code: 0 });
    const pods = async () =>
      (await run(['get', 'pods', '-n', 'shop', '-o', 'name'], env)).stdout
        .split('\n')
        .filter(name => name.startsWith('pod/checkout-'));
    const before = await pods();
    expect(before.length).toBeGreaterThan(0);
    const { code, stdout, stderr } = await run(['restart-pods', 'checkout', '-n', 'shop'], env);
    expect([code, stderr]).toEqual([
      0,
      'restarting the pods of deployment/checkout in foobarlab-test, namespace shop\n',
    ]);
    expect(stdout).toContain('successfully rolled out');
    const after = await pods();
    expect(after).toHaveLength(before.length);
    expect(after.filter(name => before.includes(name))).toEqual([]);
    expect(await run(['restart-pods', 'nobody', '-n', 'shop'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(NotFound)'),
    });
    expect(await run(['delete', 'pods', '--all', '-n', 'shop'], env)).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('traffic with real kubectl', () => {
  let env: Record<string, string>;
  beforeAll(async () => {
    env = { ...alice, KUBECONFIG: path.join(makeTempDir(), 'config') };
    expect(await run(['login', 'abckub-test'], env)).toMatchObject({ code: 0 });
    expect(await run(['ns', 'shop'], env)).toMatchObject({ code: 0 });
  });
  const traffic = (...argv: string[]) => run(['traffic', 'storefront', ...argv], env);
  const shares = async () => {
    const { stdout } = await traffic('-o', 'json');
    return (JSON.parse(stdout) as { items: { stack_name: string; desired: number; actual: number }[] }).items.map(
      ({ stack_name: name, desired, actual }) => [name, desired, actual],
    );
  };

  test('shows, in natural order; switches, and waits until it is so', async () => {
    expect((await traffic()).stdout).toMatch(
      /^Stack +│Desired│Actual\nstorefront-v1 .*\nstorefront-v2 .*\nstorefront-v10 /,
    );
    const { code, stderr } = await traffic('v10', '50');
    expect([code, stderr]).toEqual([0, 'switching storefront-v10 to 50% in abckub-test, namespace shop\n']);
    expect(await shares()).toEqual([
      ['storefront-v1', 10, 10],
      ['storefront-v2', 40, 40],
      ['storefront-v10', 50, 50],
    ]);
    expect(await traffic('storefront-v1', '0', '--no-wait')).toMatchObject({ code: 0 });
    expect((await shares()).map(([, desired]) => desired)).toEqual([0, 44.44, 55.56].map(w => expect.closeTo(w, 1)));
  });

  test('TrafficNotSwitched is progress: exit 1 only at the timeout, with the last reason; it goes on when the reason is gone', async () => {
    expect(await traffic('v2', '100')).toMatchObject({ code: 0 });
    const annotate = (value: string) =>
      run(['annotate', '--overwrite', 'stackset', 'storefront', `sandbox.zkubectl/traffic-fails${value}`], env);
    expect(await annotate('=no capacity')).toMatchObject({ code: 0 });
    const { code, stderr } = await traffic('v1', '50', '--timeout', '4');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^switching .*\nnot switched yet: no capacity\n.*error: the traffic was not switched within 4s: no capacity\n/,
    );
    const waiting = start(['traffic', 'storefront', 'v1', '70'], env);
    await vi.waitFor(() => expect(waiting.output().stderr).toContain('not switched yet: no capacity'), {
      timeout: 60_000,
    });
    expect(await annotate('-')).toMatchObject({ code: 0 });
    expect((await waiting.ended).code).toBe(0);
  });

  test('a stack that is not ready gets no more traffic; kubectl scale of a Stack scales its Deployment', async () => {
    expect(await run(['scale', 'stack', 'storefront-v10', '--replicas=0'], env)).toMatchObject({ code: 0 });
    await vi.waitFor(
      async () =>
        expect(
          (await run(['get', 'deployment', 'storefront-v10', '-o', 'jsonpath={.status.replicas}'], env)).stdout,
        ).toBe('0'),
      { timeout: 60_000 },
    );
    expect(await traffic('v10', '50', '--timeout', '3')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('stacks not ready: storefront-v10'),
    });
    expect(await run(['scale', 'stack', 'storefront-v10', '--replicas=1'], env)).toMatchObject({ code: 0 });
    expect(await traffic('v10', '50')).toMatchObject({ code: 0 });
    const stacks = (await run(['get', 'stack', 'storefront-v10'], env)).stdout;
    expect(stacks).toMatch(/DESIRED +CURRENT +UP-TO-DATE +READY +TRAFFIC +NO-TRAFFIC-SINCE[\s\S]* 1 +1 +1 +1 +50 /);
  });

  test.each([
    [['v1', '101'], 2],
    [['v1', 'x'], 2],
    [['v1'], 2],
    [['v7', '5'], 2],
    [['v1', '5', '--timeout', 'soon'], 2],
  ])('%j is exit %i', async (argv, code) => {
    expect(await traffic(...argv)).toMatchObject({ code, stdout: '' });
  });

  test('on production without access it says what kubectl says', async () => {
    const result = await run(['traffic', 'storefront', 'v1', '50', '-n', 'shop', '--cluster', 'foobarlab'], alice);
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('(Forbidden)') });
    expect(await run(['traffic', 'nobody'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(NotFound)'),
    });
  });
});

describe('without a kubectl', () => {
  const without = () => ({
    ...alice,
    PATH: '/nonexistent',
    ZKUBECTL_CACHE_DIR: makeTempDir(),
    ZKUBECTL_STATE_DIR: makeTempDir(),
    ZKUBECTL_TOKEN: 'token',
  });

  test('the pinned version is downloaded, checked and kept', async () => {
    const binary = '#!/bin/sh\necho "kubectl $*"\n';
    const sum = createHash('sha256').update(binary).digest('hex');
    const mirror = await fakeService(({ url }) => (url.endsWith('.sha256') ? { body: `${sum}\n` } : { body: binary }));
    const env: Record<string, string> = { ...without(), ZKUBECTL_KUBECTL_MIRROR: mirror.url };
    env['PATH'] = '/nonexistent';
    try {
      expect(await run(['get', 'pods'], env)).toMatchObject({
        code: 0,
        stdout: 'kubectl get pods\n',
        stderr: expect.stringContaining('downloading v1.35.2 from 127.0.0.1'),
      });
      expect(mirror.requests.map(r => r.url).sort()).toEqual([
        expect.stringMatching(/^\/release\/v1\.35\.2\/bin\/linux\/(amd64|arm64)\/kubectl$/),
        expect.stringMatching(/kubectl\.sha256$/),
      ]);
      expect(await run(['get', 'nodes'], env)).toMatchObject({ code: 0, stdout: 'kubectl get nodes\n', stderr: '' });
      expect(mirror.requests).toHaveLength(2);
    } finally {
      await mirror.close();
    }
  });

  test('one that was tampered with is not kept and not run', async () => {
    const mirror = await fakeService(({ url }) =>
      url.endsWith('.sha256') ? { body: 'a'.repeat(64) } : { body: '#!/bin/sh\n: > "$HOME/pwned"\n' },
    );
    const env = { ...without(), ZKUBECTL_KUBECTL_MIRROR: mirror.url };
    try {
      expect(await run(['get', 'pods'], env)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('has a wrong checksum'),
      });
      expect(fs.existsSync(path.join(alice['HOME'] ?? '', 'pwned'))).toBe(false);
      const kept = fs.readdirSync(env['ZKUBECTL_CACHE_DIR'] ?? '', { recursive: true, withFileTypes: true });
      expect(kept.filter(entry => entry.isFile() && entry.name.includes('kubectl'))).toEqual([]);
    } finally {
      await mirror.close();
    }
  });

  test('no network: exit 6 and how to install it', async () => {
    expect(await run(['get', 'pods'], { ...without(), ZKUBECTL_KUBECTL_MIRROR: 'http://127.0.0.1:1' })).toMatchObject({
      code: 6,
      stdout: '',
      stderr: expect.stringContaining('install kubectl'),
    });
  });
});

describe('manners', () => {
  test('| head ends quietly; a megabyte arrives whole', async () => {
    const clusters = path.join(makeTempDir(), 'clusters.yaml');
    const line = (i: number) =>
      `- {id: "aws:1:eu:kube-${i}", alias: c${i}, lifecycle_status: ready, infrastructure_account: "${'x'.repeat(200)}"}\n`;
    fs.writeFileSync(clusters, `clusters:\n${Array.from({ length: 4000 }, (_, i) => line(i)).join('')}`);
    const env: Record<string, string> = { ...base, ZKUBECTL_REGISTRY_FILE: clusters };
    const whole = await shell('zk list -o json | cat', env);
    expect(whole.stdout.length).toBeGreaterThan(1_000_000);
    expect((JSON.parse(whole.stdout) as { items: unknown[] }).items).toHaveLength(4000);
    expect(await shell('zk list | head -n 1', env)).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Id/),
    });
    // Node opens /dev/null for a stream that is closed.
    expect(await shell('zk list -o name >&-', env)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await shell('zk list -o name <&- | tail -n 1', env)).toMatchObject({ stdout: 'c999\n' });
  });

  test('a reader of stderr that goes away loses no rotated refresh token', async () => {
    const env = { ...alice, KUBECONFIG: path.join(makeTempDir(), 'config') };
    for (let i = 0; i < 3; i++) await shell('zk login --force-refresh foobarlab --debug 2>&1 | head -n 1', env);
    expect(await run(['login', '--force-refresh', 'foobarlab'], { ...env, BROWSER: '/bin/false' })).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('log in here'),
    });
  });

  test('a full disk behind stdout is an error of one line: 1', async () => {
    const { code, stderr } = await shell('zk list > /dev/full', alice);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^zkubectl: error: cannot write the output: .*\n$/);
  });

  test.each(['0777', '0000'])('with umask %s, folders are ours alone and can be used', async umask => {
    const home = makeTempDir();
    const env = { PATH: base['PATH'] ?? '', HOME: home };
    const { code } = await shell(`umask ${umask}; zk configure auth.client_id=x && zk configure`, env);
    expect(code).toBe(0);
    expect(fs.statSync(path.join(home, '.config')).mode & 0o777).toBe(0o700);
  });

  test('without a HOME, kubectl still runs, and nothing is written where we stand', async () => {
    const cwd = makeTempDir();
    const { code, stdout } = await shell(
      'cd "$1" && export HOME= && zk version --client',
      { PATH: base['PATH'] ?? '' },
      cwd,
    );
    expect([code, stdout.includes('Client Version')]).toEqual([0, true]);
    expect(fs.readdirSync(cwd)).toEqual([]);
  });

  test('Ctrl-C in a login closes the listener and the lock: 130', async () => {
    const env = { ...alice, BROWSER: '/bin/true', ZKUBECTL_STATE_DIR: makeTempDir() };
    const login = start(['login'], env);
    await vi.waitFor(() => expect(login.output().stderr).toMatch(/redirect_uri=[^&\s]+[&\s]/), { timeout: 90_000 });
    const callback = decodeURIComponent(/redirect_uri=([^&\s]+)/.exec(login.output().stderr)?.[1] ?? '');
    expect((await fetch(callback)).status).toBe(400);
    login.child.kill('SIGINT');
    expect(await login.ended).toMatchObject({ code: 130, stdout: '' });
    await expect(fetch(callback)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    const locks = path.join(env['ZKUBECTL_STATE_DIR'], 'locks');
    expect(fs.readdirSync(locks, { recursive: true, withFileTypes: true }).filter(e => e.isFile())).toEqual([]);
  });

  test('ten credentials at once print the same token', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => zk('credentials', 'foobarlab')));
    expect(results.map(r => r.code)).toEqual(results.map(() => 0));
    expect(new Set(results.map(r => r.stdout)).size).toBe(1);
  });

  test('no warning and nothing else on stderr of a command that works', async () => {
    for (const argv of [
      ['--version'],
      ['credentials', 'foobarlab'],
      ['list'],
      ['whoami'],
      ['token'],
      ['show', 'foobarlab'],
      ['sandbox', 'status'],
    ]) {
      expect({ argv, stderr: (await zk(...argv)).stderr }).toEqual({ argv, stderr: '' });
    }
    // The Kubernetes client is loaded here.
    expect((await zk('ns', 'shop')).stderr).not.toMatch(/warn/i);
    expect(fs.readFileSync(path.join(base['ZKUBECTL_SANDBOX_DIR'] ?? '', 'sandbox.log'), 'utf8')).not.toMatch(
      /warn|error/i,
    );
  });
});

// Last, as the time of the grant goes by while the others run.
test('when an emergency ends, no more', async () => {
  const env = await (granted ?? emergency());
  await vi.waitFor(async () => expect((await run(['auth', 'can-i', 'delete', 'pods'], env)).stdout).toMatch(/^no/), {
    timeout: 90_000,
    interval: 300,
  });
});
