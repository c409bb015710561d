/** `cluster-update explain` against the sandbox's cluster whose update is stuck. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
beforeAll(async () => {
  sandbox = await testSandbox();
  alice = person(sandbox, 'alice');
  for (const cluster of ['foobarlab', 'abckub-test'])
    expect(await alice.run('login', cluster)).toMatchObject({ code: 0 });
});
afterAll(() => sandbox.close());

interface Explained {
  readonly pod: string;
  readonly node: string;
  readonly state: string;
  readonly reason: string;
  readonly earliestEnd: string | null;
  readonly isDrainStartAssumed: boolean;
  readonly budgets: readonly Record<string, unknown>[];
  readonly terms: readonly { item: string; from: string; seconds: number; at: string; sibling: string | null }[];
}

const explain = (...argv: string[]) => alice.run('cluster-update', 'explain', ...argv);
async function items(...argv: string[]): Promise<Explained[]> {
  const { code, stdout } = await explain(...argv, '-o', 'json');
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { items: Explained[] }).items;
}

describe('the nodes that are drained', () => {
  test('each pod, its reason and its earliest end; pods that hold nothing up are counted', async () => {
    const { code, stdout, stderr } = await explain();
    expect(code).toBe(0);
    const rows = stdout.split('\n').slice(1, -1);
    const plain = rows.map(row =>
      row
        .replace(/-\w{10}-\w{5} +/, ' ')
        .replace(/ +/g, ' ')
        .replace(/\d{4}-\S+Z/, 'TIME'),
    );
    const blocked = (text: string, time: RegExp) => expect.stringMatching(new RegExp(`^shop/${text} ${time.source}$`));
    const payment = blocked(
      'payment worker-1\\.\\S+ budget payment allows no eviction: it needs 2 healthy pods and has 2',
      /TIME \(in 1h (19|20)m\)/,
    );
    const cart = blocked(
      'cart worker-2\\.\\S+ more than one budget \\(cart, cart-old\\).*',
      /TIME \(in (2m \d+s|3m)\)/,
    );
    expect(plain.slice(0, 4)).toEqual([payment, payment, cart, cart]);
    expect(plain.slice(4).sort()).toEqual([
      blocked(
        'catalog worker-3\\.\\S+ budget catalog allows no eviction: it needs 1 healthy pod and has 1',
        /TIME \(in 1h 4\dm\)/,
      ),
      blocked('catalog worker-3\\.\\S+ not ready: budget catalog has enough healthy pods .*', /with its eviction/),
    ]);
    expect(stdout.split('\n')[0]).toContain('(estimate)');
    expect(stderr).toMatch(/worker-2\S+: the drain started at \S+Z \(3h 10m ago\); the last pod was ended by force at/);
    expect(stderr).toContain(
      'rules of abckub-test: drain_grace_period 2h, drain_force_evict_interval 5m, drain_min_pod_lifetime 8h',
    );
    expect(stderr).toContain('not shown: 3 pods that do not delay the drain');
  });

  test('JSON has every term of the maximum', async () => {
    const [cart] = (await items()).filter(({ pod }) => pod.startsWith('cart-'));
    expect(cart).toMatchObject({ state: 'blocked', isDrainStartAssumed: false });
    expect(cart?.budgets.map(({ name }) => name)).toEqual(['cart', 'cart-old']);
    expect(cart?.terms.map(({ item, seconds }) => [item, seconds])).toEqual([
      ['drain_grace_period', 7200],
      ['drain_force_evict_interval', 300],
      ['drain_min_pod_lifetime', 28_800],
      ['drain_min_healthy_sibling_lifetime', 3600],
    ]);
    expect(cart?.earliestEnd).toBe(
      cart?.terms
        .map(({ at }) => at)
        .sort()
        .at(-1),
    );
  });

  test('config items override the rules', async () => {
    const [{ id = '' } = {}] = (
      JSON.parse((await alice.run('list', 'abckub-test', '-o', 'json')).stdout) as { items: { id: string }[] }
    ).items;
    const token = (await alice.run('token')).stdout.trim();
    const response = await fetch(`${sandbox.info.registry}/kubernetes-clusters/${id}/config-items/drain_grace_period`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"value": "45m"}',
    });
    expect(response.status).toBe(200);
    const { stderr } = await explain();
    expect(stderr).toContain('drain_grace_period 45m');
  });
});

describe('what is named', () => {
  test('a node that is not drained: it is said what is assumed', async () => {
    const { code, stdout, stderr } = await explain('worker-4.abckub-test.internal');
    expect([code, stdout]).toEqual([0, expect.stringContaining('no budget protects it')]);
    expect(stderr).toContain(
      'worker-4.abckub-test.internal is not being drained: the estimate assumes that the drain starts now',
    );
  });

  test('a pod, by its namespace or -n; a pod of a DaemonSet is shown when it is named', async () => {
    const pods = await items();
    const name = pods.find(({ pod }) => pod.startsWith('payment-'))?.pod ?? '';
    for (const argv of [[`shop/${name}`], [name, '-n', 'shop']])
      expect((await items(...argv)).map(({ pod, state }) => [pod, state])).toEqual([[name, 'blocked']]);
    const proxy = pods.find(({ pod }) => pod.startsWith('kube-proxy-'))?.pod ?? '';
    expect((await explain(`kube-system/${proxy}`)).stdout).toContain('pod of a DaemonSet: it ends with the node');
  });

  test('neither: exit 3', async () => {
    const { code, stderr } = await explain('gone');
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('there is no node gone, and no pod gone in namespace default'),
    ]);
  });

  test('--cluster; where nothing is drained, that is said', async () => {
    const { code, stdout, stderr } = await explain('--cluster', 'foobarlab');
    expect([code, stdout, stderr]).toEqual([0, '', expect.stringContaining('no node of foobarlab is being drained')]);
  });
});

test('--budgets: what never allows an eviction, and what has no budget', async () => {
  const { code, stdout } = await explain('--budgets', '-o', 'json', '-n', 'shop');
  expect(code).toBe(0);
  const found = (JSON.parse(stdout) as { items: { kind: string; name: string; problem: string }[] }).items;
  expect(found.map(({ kind, name, problem }) => `${kind} ${name.replace(/-\w{10}-\w{5}$/, '')}: ${problem}`)).toEqual([
    'Deployment checkout: no budget: an update may end all 3 replicas at once',
    'Pod cart: more than one budget (cart, cart-old): it can never be evicted',
    'Pod cart: more than one budget (cart, cart-old): it can never be evicted',
    'PodDisruptionBudget payment: minAvailable is 2 of 2 pods: it never allows an eviction',
  ]);
  expect((await explain('--budgets', 'worker-1')).code).toBe(2);
});
