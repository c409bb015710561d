/** logtail over a selection: one stream ordered by time, and clusters that fail. */
import fs from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { TimeOrder } from '../../src/commands/logtail/time-order.ts';
import { InterruptedError } from '../../src/errors.ts';
import { main } from '../../src/main.ts';
import { type FakeApi, type FakeApiOptions, fakeApi, podOf } from '../support/fake-api.ts';
import { createTestIo, makeTempDir } from '../support/io.ts';

const open: FakeApi[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(api => api.close()));
});

const json = (response: http.ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  return true;
};

async function fleet(clusters: Record<string, FakeApiOptions | undefined>) {
  const apis = new Map<string, FakeApi>();
  const records = [];
  for (const [alias, options] of Object.entries(clusters)) {
    const api = options && (await fakeApi(options));
    if (api) open.push(api);
    if (api) apis.set(alias, api);
    // Port 1 is reserved: nobody listens there.
    const api_server_url = api?.url ?? 'http://127.0.0.1:1';
    const kept = { id: `aws:1:eu:${alias}`, alias, environment: 'test', lifecycle_status: 'ready', api_server_url };
    records.push(kept);
  }
  const home = makeTempDir();
  const file = path.join(home, 'clusters.yaml');
  fs.writeFileSync(file, JSON.stringify({ clusters: records }));
  const start = (...argv: string[]) => {
    const interrupt = new AbortController();
    const env = { ZKUBECTL_TOKEN: 'token', ZKUBECTL_REGISTRY_FILE: file };
    const io = createTestIo({ home, env, signal: interrupt.signal });
    const ended = main(['logtail', ...argv], io);
    return { io, ended, interrupt: () => interrupt.abort(new InterruptedError()) };
  };
  const run = async (...argv: string[]) => {
    const { io, ended } = start(...argv);
    const code = await ended;
    return { code, stdout: io.stdout.text, stderr: io.stderr.text };
  };
  return { run, start, apis };
}

const stamp = (n: number) => `2026-01-02T03:04:${String(n).padStart(2, '0')}Z`;
/** One pod, whose log has lines of these seconds. */
const withLines = (name: string, ...seconds: number[]): FakeApiOptions => ({
  pods: [podOf(name, { app: `${name}-1` })],
  log: (_, response) => response.end(seconds.map(n => `${stamp(n)} ${n}\n`).join('')),
});

test('--no-follow: the lines of all clusters in the order of their times, and what became of each cluster', async () => {
  const { run } = await fleet({ a: withLines('cart-1', 1, 4), b: withLines('cart-2', 2, 3), down: undefined });
  const { code, stdout, stderr } = await run('cart', '-n', 'shop', '--all-clusters', '--no-follow');
  expect(stdout).toBe('a cart-1 app 1\nb cart-2 app 2\nb cart-2 app 3\na cart-1 app 4\n');
  expect(stderr).toMatch(/^zkubectl: warning: down: cannot reach the API server of down/m);
  expect(stderr).toMatch(/^\+ a shop cart-1 app$/m);
  expect(stderr).toMatch(/\n2 answered, 1 unreachable \(down\) · [\d.]+ s\n$/);
  // All that failed are of one class.
  expect(code).toBe(6);
});

test('JSON lines and templates name the cluster', async () => {
  const { run } = await fleet({ a: withLines('cart-1', 1), b: withLines('cart-2', 2) });
  const data = await run('cart', '-n', 'shop', '--cluster', 'a,b', '--no-follow', '-o', 'json');
  expect(
    data.stdout
      .split('\n')
      .slice(0, 2)
      .map(line => JSON.parse(line) as unknown),
  ).toEqual([
    expect.objectContaining({ clusterName: 'a', podName: 'cart-1', message: '1' }),
    expect.objectContaining({ clusterName: 'b', podName: 'cart-2', message: '2' }),
  ]);
  const own = await run(
    '.',
    '-n',
    'shop',
    '--cluster',
    '*',
    '--no-follow',
    '--template',
    '{{.ClusterName}} {{.Message}} ',
  );
  expect(own.stdout).toBe('a 1 b 2 ');
});

test('KIND/NAME: each cluster has an object and a selector of its own', async () => {
  const deployment = (app: string): FakeApiOptions => ({
    ...withLines(`cart-${app}`, 1),
    handle: ({ pathname }, response) => {
      if (!pathname.endsWith('/deployments/cart')) return false;
      const selector = { matchLabels: { app } };
      return json(response, 200, { kind: 'Deployment', metadata: { name: 'cart' }, spec: { selector } });
    },
  });
  const missing: FakeApiOptions = {
    handle: (_, response) =>
      json(response, 404, { kind: 'Status', reason: 'NotFound', message: 'deployments.apps "cart" not found' }),
  };
  const { run, apis } = await fleet({ a: deployment('x'), b: deployment('y'), c: missing });
  const { code, stderr } = await run('deployment/cart', '-n', 'shop', '--cluster', '*', '--no-follow');
  for (const [alias, app] of [
    ['a', 'x'],
    ['b', 'y'],
  ] as const)
    expect(apis.get(alias)?.requests).toContainEqual(
      expect.stringMatching(new RegExp(`/namespaces/shop/pods\\?.*labelSelector=app=${app}`)),
    );
  expect(stderr).toContain('warning: c: Error from server (NotFound): deployments.apps "cart" not found\n');
  expect([code, stderr.split('\n').at(-2)]).toEqual([1, expect.stringMatching(/^2 answered, 1 failed \(c\) · /)]);
});

test('no log in any cluster: exit 3', async () => {
  const { run } = await fleet({ a: withLines('cart-1', 1), b: withLines('cart-2', 1) });
  const { code, stdout, stderr } = await run('nope', '-n', 'shop', '--cluster', 'a,b', '--no-follow');
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toContain('zkubectl: error: no pod matches nope in shop\n');
});

test('following goes on where a cluster fails; Ctrl-C ends it: 0', async () => {
  const pods = [podOf('cart-1', { app: 'one' })];
  const { start } = await fleet({
    a: { pods, log: (_, response) => response.write(`${stamp(1)} hello\n`) },
    b: { handle: (_, response) => json(response, 403, { kind: 'Status', message: 'pods is forbidden' }) },
  });
  const { io, ended, interrupt } = start('cart', '-n', 'shop', '--cluster', '*');
  await vi.waitFor(
    () => {
      expect(io.stdout.text).toBe('a cart-1 app hello\n');
      expect(io.stderr.text).toContain('warning: b: ');
    },
    { timeout: 60_000, interval: 10 },
  );
  interrupt();
  expect(await ended).toBe(0);
});

test('where all clusters fail, there is nothing to follow', async () => {
  const { run } = await fleet({ down: undefined, too: undefined });
  const { code, stderr } = await run('cart', '--cluster', '*');
  expect([code, stderr.split('\n').at(-2)]).toEqual([6, expect.stringMatching(/^2 unreachable \(down, too\) · /)]);
});

test('one cluster by its name is read as before; a name that is not known is exit 3', async () => {
  const { run } = await fleet({ a: withLines('cart-1', 1) });
  expect(await run('cart', '--cluster', 'a,x')).toMatchObject({ code: 3, stdout: '' });
  expect(await run('cart', '--cluster', 'a', '--cluster-selector', '')).toMatchObject({ code: 2 });
});

test('a line waits 500 ms for earlier ones', async () => {
  let now = 0;
  let wake: () => void = () => undefined;
  const printed: string[] = [];
  const io = { now: () => new Date(now), sleep: () => new Promise<void>(resolve => (wake = resolve)) };
  const order = new TimeOrder(io, text => printed.push(text), 4);
  const stop = new AbortController();
  const running = order.run(stop.signal);
  const tick = async (at: number) => {
    now = at;
    wake();
    await new Promise(setImmediate);
  };
  order.add('2026-01-02T03:04:05.5Z', 'c');
  await tick(400);
  order.add('2026-01-02T03:04:05Z', 'a');
  order.add('2026-01-02T03:04:05.25Z', 'b');
  order.add('2026-01-02T03:04:06Z', 'd');
  expect(printed).toEqual([]);
  await tick(500);
  expect(printed).toEqual(['abc']);
  // Beyond the limit, the earliest half goes.
  for (const n of [5, 4, 3, 2]) order.add(`2026-01-02T03:05:0${n}Z`, String(n));
  expect(printed).toEqual(['abc', 'd2']);
  stop.abort();
  wake();
  await running;
  order.end();
  expect(printed).toEqual(['abc', 'd2', '345']);
});
