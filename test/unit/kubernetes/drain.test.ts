/** Why pods are still on a drained node, and when they may be ended by force. */
import { describe, expect, test } from 'vitest';
import { budgetOf, type KubeObject } from '../../../src/kubernetes/budget.ts';
import { budgetFindings } from '../../../src/kubernetes/budget-findings.ts';
import { type DrainRules, drainRules, latest, marksOf, termsOf } from '../../../src/kubernetes/drain.ts';
import { holdOf } from '../../../src/kubernetes/pod-hold.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

interface PodOptions {
  readonly name?: string;
  readonly app?: string;
  readonly phase?: string;
  readonly ready?: boolean;
  readonly owner?: string;
  readonly createdAgo?: number;
  readonly more?: object;
}

function pod({ name = 'a', app = 'shop', phase = 'Running', ready = true, owner, createdAgo = 0, more }: PodOptions) {
  return {
    metadata: {
      name,
      namespace: 'shop',
      labels: { app },
      creationTimestamp: ago(createdAgo),
      ...(owner === undefined ? {} : { ownerReferences: [{ kind: owner, name: 'x' }] }),
      ...more,
    },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

function budget(status: object = {}, spec: object = {}, name = 'b') {
  return budgetOf({
    metadata: { name, namespace: 'shop', generation: 1 },
    spec: { selector: { matchLabels: { app: 'shop' } }, ...spec },
    status: { observedGeneration: 1, expectedPods: 2, desiredHealthy: 2, currentHealthy: 2, ...status },
  });
}

describe('why a pod is still there', () => {
  test.each([
    ['a mirror pod', pod({ more: { annotations: { 'kubernetes.io/config.mirror': 'x' } } }), [budget()], 'stays'],
    ['a pod of a DaemonSet', pod({ owner: 'DaemonSet' }), [budget()], 'stays'],
    ['a finished pod', pod({ phase: 'Succeeded' }), [budget()], 'finished'],
    ['a failed pod', pod({ phase: 'Failed' }), [budget()], 'finished'],
    ['a pod that is ending', pod({ more: { deletionTimestamp: ago(1) } }), [budget()], 'ending'],
    ['a pending pod', pod({ phase: 'Pending', ready: false }), [budget()], 'evictable'],
    ['no budget', pod({ app: 'other' }), [budget()], 'evictable'],
    ['a budget of another namespace', pod({}), [{ ...budget(), namespace: 'x' }], 'evictable'],
    ['two budgets', pod({}), [budget(), budget({ disruptionsAllowed: 1 }, {}, 'c')], 'blocked'],
    ['a budget that allows none', pod({}), [budget()], 'blocked'],
    ['a budget that allows one', pod({}), [budget({ disruptionsAllowed: 1 })], 'evictable'],
    ['a budget that is not processed', pod({}), [budget({ observedGeneration: 0, disruptionsAllowed: 1 })], 'blocked'],
    [
      'not ready, AlwaysAllow',
      pod({ ready: false }),
      [budget({ currentHealthy: 0 }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' })],
      'evictable',
    ],
    ['not ready, enough others', pod({ ready: false }), [budget()], 'evictable'],
    ['not ready, too few others', pod({ ready: false }), [budget({ currentHealthy: 1 })], 'blocked'],
    [
      'not ready, nothing desired',
      pod({ ready: false }),
      [budget({ desiredHealthy: 0, currentHealthy: 0 })],
      'blocked',
    ],
  ] as const)('%s', (_, one, budgets, state) => {
    expect(holdOf(one, budgets).state).toBe(state);
  });

  test('the numbers and the names are said', () => {
    expect(holdOf(pod({}), [budget({ currentHealthy: 1 })]).reason).toBe(
      'budget b allows no eviction: it needs 2 healthy pods and has 1',
    );
    expect(holdOf(pod({}), [budget(), budget({}, {}, 'c')]).reason).toContain('(b, c)');
  });
});

describe('the rules', () => {
  test('production and other environments have other defaults; config items override; what is no duration is said', () => {
    const hours = ({ rules }: { rules: DrainRules }) => Object.values(rules).map(ms => ms / 3_600_000);
    expect(hours(drainRules('production', {}))).toEqual([6, 1 / 12, 72, 1, 6]);
    expect(hours(drainRules('test', {}))).toEqual([2, 1 / 12, 8, 1, 1]);
    expect(drainRules('test', { drain_grace_period: '30m', drain_min_pod_lifetime: 'soon', other: 'x' })).toMatchObject(
      {
        rules: { drain_grace_period: 1_800_000, drain_min_pod_lifetime: 8 * 3_600_000 },
        unreadable: ['drain_min_pod_lifetime'],
      },
    );
  });

  test('marks that are no times count as missing', () => {
    const node = (annotations: object, labels = {}) => marksOf({ metadata: { annotations, labels } });
    expect(
      node({ 'cluster-lifecycle-manager.zalando.org/drain-start': 'yesterday' }, { 'lifecycle-status': 'draining' }),
    ).toEqual({
      isDrained: true,
      drainStart: undefined,
      lastForcedDrain: undefined,
    });
    expect(node({ 'cluster-lifecycle-manager.zalando.org/last-forced-drain': ago(60) })).toMatchObject({
      isDrained: false,
      lastForcedDrain: new Date(NOW.getTime() - 60_000),
    });
  });
});

/** The rules once more, as conditions: may this pod be ended by force at this moment? */
function mayBeForced(
  at: number,
  one: PodOptions,
  siblings: readonly PodOptions[],
  marks: { readonly start: number | undefined; readonly forced: number | undefined },
  rules: DrainRules,
): boolean {
  const since = (secondsAgo: number) => at - (NOW.getTime() - secondsAgo * 1000);
  if (since(marks.start ?? 0) < rules.drain_grace_period) return false;
  if (marks.forced !== undefined && since(marks.forced) < rules.drain_force_evict_interval) return false;
  if (since(one.createdAgo ?? 0) < rules.drain_min_pod_lifetime) return false;
  return siblings
    .filter(({ app, owner, phase }) => app === 'shop' && owner !== 'Job' && !/Succeeded|Failed/.test(phase ?? ''))
    .every(
      ({ ready, createdAgo = 0 }) =>
        since(createdAgo) >=
        (ready ? rules.drain_min_healthy_sibling_lifetime : rules.drain_min_unhealthy_sibling_lifetime),
    );
}

test('the earliest end is the first moment at which every rule allows it, in 200 generated situations', () => {
  const number = (max: number) => Math.floor(Math.random() * max);
  const one = <T>(of: readonly T[]): T => of[number(of.length)] as T;
  for (let i = 0; i < 200; i++) {
    const { rules } = drainRules(one(['production', 'test']), {
      ...(Math.random() < 0.3 && { drain_grace_period: `${number(600)}m` }),
      ...(Math.random() < 0.3 && { drain_min_healthy_sibling_lifetime: `${number(90)}m` }),
    });
    const marks = {
      start: one([undefined, number(40_000)]),
      forced: one([undefined, number(900)]),
    };
    const self: PodOptions = { name: 'self', createdAgo: number(400_000) };
    const siblings: PodOptions[] = Array.from({ length: number(5) }, (_, n) => ({
      name: `s${n}`,
      app: one(['shop', 'shop', 'other']),
      ready: Math.random() < 0.5,
      createdAgo: number(40_000),
      phase: one(['Running', 'Running', 'Pending', 'Succeeded', 'Failed']),
      ...(Math.random() < 0.2 && { owner: 'Job' }),
    }));
    const annotations = {
      ...(marks.start === undefined ? {} : { 'cluster-lifecycle-manager.zalando.org/drain-start': ago(marks.start) }),
      ...(marks.forced === undefined
        ? {}
        : { 'cluster-lifecycle-manager.zalando.org/last-forced-drain': ago(marks.forced) }),
    };
    const terms = termsOf(pod(self), {
      others: [self, ...siblings].map(pod),
      budgets: [budget()],
      marks: marksOf({ metadata: { annotations } }),
      rules,
      now: NOW,
    });
    const at = latest(terms).getTime();
    const situation = JSON.stringify({ rules, marks, self, siblings });
    expect([mayBeForced(at, self, siblings, marks, rules), situation]).toEqual([true, situation]);
    expect([mayBeForced(at - 1, self, siblings, marks, rules), situation]).toEqual([false, situation]);
  }
});

test('budgets that hold up updates, and workloads without one', () => {
  const deployment = (name: string, replicas: number | undefined, app: string): KubeObject => ({
    metadata: { name, namespace: 'shop' },
    spec: { replicas, template: { metadata: { labels: { app } } } },
  });
  const select = (app: string) => ({ selector: { matchLabels: { app } } });
  const findings = budgetFindings(
    [
      budget({}, { maxUnavailable: 0, ...select('nought') }, 'nought'),
      budget({}, { maxUnavailable: '0%', ...select('nought') }, 'nought-percent'),
      budget({}, { minAvailable: 2, ...select('all') }, 'all'),
      budget({}, { minAvailable: '100%', ...select('all') }, 'all-percent'),
      budget({}, { minAvailable: '51%', ...select('all') }, 'rounded-up'),
      budget({}, { minAvailable: '50%', ...select('half') }, 'half'),
      budget({}, { maxUnavailable: 1, ...select('nobody') }, 'nobody'),
    ],
    [pod({ app: 'nought' }), pod({ app: 'half', name: 'h' }), pod({ app: 'all', name: 'c' })],
    [
      { kind: 'Deployment', object: deployment('bare', 2, 'bare') },
      { kind: 'Deployment', object: deployment('single', 1, 'bare') },
      { kind: 'Deployment', object: deployment('default', undefined, 'bare') },
      { kind: 'StatefulSet', object: deployment('half', 2, 'half') },
    ],
  );
  expect(findings.map(({ kind, name, problem }) => `${kind} ${name}: ${problem}`)).toEqual([
    'Deployment bare: no budget: an update may end all 2 replicas at once',
    'Pod a: more than one budget (nought, nought-percent): it can never be evicted',
    'Pod c: more than one budget (all, all-percent, rounded-up): it can never be evicted',
    'PodDisruptionBudget all: minAvailable is 2 of 2 pods: it never allows an eviction',
    'PodDisruptionBudget all-percent: minAvailable is 100% of 2 pods: it never allows an eviction',
    'PodDisruptionBudget nobody: its selector matches no pod',
    'PodDisruptionBudget nought: maxUnavailable is 0: it never allows an eviction',
    'PodDisruptionBudget nought-percent: maxUnavailable is 0%: it never allows an eviction',
    'PodDisruptionBudget rounded-up: minAvailable is 51% of 2 pods: it never allows an eviction',
  ]);
});
