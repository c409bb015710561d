/**
 * Simulates the StackSet controller (zalando.org/v1): each Stack gets a Deployment, and traffic moves to the desired weights at once, when every
 * stack that gets more of it is ready. Until then, each sync says `TrafficNotSwitched`. With the annotation `sandbox.zkubectl/traffic-fails: REASON`,
 * a StackSet does not switch traffic, to practise this failure.
 */
import { isDeepStrictEqual } from 'node:util';
import { type ControlPlane, ownerReference } from './control-plane.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { needResource } from './resources.ts';

/** Between two tries to switch traffic (milliseconds). The real controller waits 10 s. */
const SYNC_MS = 1_000;
export const TRAFFIC_FAILS = 'sandbox.zkubectl/traffic-fails';

const STACK_SETS = needResource('zalando.org', 'stacksets');
const STACKS = needResource('zalando.org', 'stacks');
const DEPLOYMENTS = needResource('apps', 'deployments');

type Weights = ReadonlyMap<string, number>;

/** Moves Stacks and StackSets one step towards their specs. */
export function reconcileStackSets(plane: ControlPlane): void {
  for (const stack of plane.store.list(STACKS)) reconcileStack(plane, stack);
  for (const set of plane.store.list(STACK_SETS)) reconcileTraffic(plane, set);
}

function reconcileStack(plane: ControlPlane, stack: KubeObject): void {
  const { name, namespace, labels } = stack.metadata;
  const template = (stack.spec?.['podTemplate'] ?? {}) as Fields;
  const replicas = Number(stack.spec?.['replicas'] ?? 1);
  const deployment: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ownerReferences: [ownerReference(stack)],
    },
    spec: {
      replicas,
      selector: { matchLabels: labels ?? {} },
      template: {
        ...template,
        metadata: { ...template['metadata'], labels: { ...template['metadata']?.labels, ...labels } },
      },
    },
  };
  const existing = plane.store.get(DEPLOYMENTS, namespace, name);
  if (existing === undefined) plane.store.create(DEPLOYMENTS, deployment);
  else if (
    existing.spec?.['replicas'] !== replicas ||
    !isDeepStrictEqual(existing.spec?.['template'], deployment.spec?.['template'])
  )
    // Like the real controller, update the Deployment some time after the Stack.
    plane.later(stack, () => {
      const now = plane.store.get(DEPLOYMENTS, namespace, name);
      const [latest] = plane.store.list(STACKS, namespace).filter(other => other.metadata.uid === stack.metadata.uid);
      if (now && latest?.metadata.generation === stack.metadata.generation)
        plane.store.update(DEPLOYMENTS, {
          ...now,
          spec: { ...now.spec, replicas, template: deployment.spec?.['template'] },
        });
    });
  keepStatus(plane, stack, existing);
}

/** The status of a Stack: that of its Deployment, and its part of the traffic. */
function keepStatus(plane: ControlPlane, stack: KubeObject, deployment: KubeObject | undefined): void {
  const { name, namespace, labels } = stack.metadata;
  const set = plane.store
    .list(STACK_SETS, namespace)
    .find(({ metadata }) => stack.metadata.ownerReferences?.some(owner => owner.uid === metadata.uid));
  const actual = weightsOf(set?.status?.['traffic']).get(name) ?? 0;
  const desired = normalised(weightsOf(set?.spec?.['traffic'])).get(name) ?? 0;
  const has = actual > 0 || desired > 0;
  const count = (field: string) => Number(deployment?.status?.[field] ?? 0);
  plane.store.update(STACKS, {
    ...stack,
    status: {
      actualTrafficWeight: actual,
      desiredTrafficWeight: desired,
      replicas: count('replicas'),
      readyReplicas: count('readyReplicas'),
      updatedReplicas: count('updatedReplicas'),
      desiredReplicas: Number(deployment?.spec?.['replicas'] ?? 0),
      labelSelector: Object.entries(labels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
      ...(has ? {} : { noTrafficSince: stack.status?.['noTrafficSince'] ?? plane.timestamp() }),
    },
  });
}

function reconcileTraffic(plane: ControlPlane, set: KubeObject): void {
  const desired = normalised(weightsOf(set.spec?.['traffic']));
  const actual = weightsOf(set.status?.['traffic']);
  const stacks = plane.store
    .list(STACKS, set.metadata.namespace)
    .filter(({ metadata }) => metadata.ownerReferences?.some(owner => owner.uid === set.metadata.uid));
  keepCounts(plane, set, stacks, actual);
  if (isSame(desired, actual)) return;
  // A new StackSet gets its desired traffic at once.
  if (actual.size === 0) sync(plane, set, desired);
  else plane.later(set, () => sync(plane, set, desired));
}

function keepCounts(plane: ControlPlane, set: KubeObject, stacks: readonly KubeObject[], actual: Weights): void {
  plane.store.update(STACK_SETS, {
    ...set,
    status: {
      ...set.status,
      stacks: stacks.length,
      readyStacks: stacks.filter(isReady).length,
      stacksWithTraffic: actual.size,
    },
  });
}

function isReady({ spec, status }: KubeObject): boolean {
  const wanted = Number(spec?.['replicas'] ?? 1);
  return ['readyReplicas', 'updatedReplicas'].every(field => Number(status?.[field] ?? 0) >= wanted) && wanted > 0;
}

/** Moves the traffic, or says why not; then it tries again. */
function sync(
  plane: ControlPlane,
  { metadata: { namespace, name, uid, generation } }: KubeObject,
  desired: Weights,
): void {
  const set = plane.store.get(STACK_SETS, namespace, name);
  // The StackSet was changed or deleted in the meantime.
  if (set === undefined || set.metadata.uid !== uid || set.metadata.generation !== generation) return;
  const actual = weightsOf(set.status?.['traffic']);
  const reason = set.metadata.annotations?.[TRAFFIC_FAILS] ?? notReady(plane, set, desired, actual);
  if (reason !== undefined) {
    plane.eventAgain(set, 'TrafficNotSwitched', `Failed to switch traffic: ${reason}`, 'stackset-controller');
    plane.later(set, () => sync(plane, set, desired), SYNC_MS);
    return;
  }
  const traffic = [...desired].map(([stackName, weight]) => ({
    stackName,
    serviceName: stackName,
    servicePort: 80,
    weight,
  }));
  plane.store.update(STACK_SETS, { ...set, status: { ...set.status, traffic } });
  const changes = [...new Set([...actual.keys(), ...desired.keys()])]
    .filter(stack => actual.get(stack) !== desired.get(stack))
    .map(stack => `${stack}: ${(actual.get(stack) ?? 0).toFixed(1)}% to ${(desired.get(stack) ?? 0).toFixed(1)}%`);
  plane.event(set, 'Normal', 'TrafficSwitched', `Switched traffic: ${changes.join(', ')}`, 'stackset-controller');
}

/** Undefined: every stack that gets more traffic is ready. */
function notReady(plane: ControlPlane, set: KubeObject, desired: Weights, actual: Weights): string | undefined {
  const stacks = new Map(plane.store.list(STACKS, set.metadata.namespace).map(stack => [stack.metadata.name, stack]));
  const waiting = [...desired]
    .filter(([name, weight]) => weight > (actual.get(name) ?? 0))
    .map(([name]) => name)
    .filter(name => {
      const stack = stacks.get(name);
      return stack === undefined || (actual.size > 0 && !isReady(stack));
    });
  return waiting.length === 0 ? undefined : `stacks not ready: ${waiting.sort().join(', ')}`;
}

/** Normalises weights like the controller: whole numbers with the sum 100, without zero weights. */
function normalised(weights: Weights): Weights {
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  if (sum <= 0) return new Map();
  const parts = [...weights].map(([name, weight]) => ({ name, exact: (weight / sum) * 100 }));
  const rounded = parts.map(part => ({ ...part, weight: Math.floor(part.exact) }));
  const missing = 100 - rounded.reduce((total, part) => total + part.weight, 0);
  const byRemainder = [...rounded].sort((a, b) => b.exact - b.weight - (a.exact - a.weight));
  for (const part of byRemainder.slice(0, missing)) part.weight++;
  return new Map(rounded.filter(part => part.weight > 0).map(({ name, weight }) => [name, weight]));
}

function weightsOf(traffic: unknown): Weights {
  const list = Array.isArray(traffic) ? (traffic as Fields[]) : [];
  return new Map(list.map(entry => [String(entry['stackName']), Number(entry['weight'] ?? 0)]));
}

function isSame(a: Weights, b: Weights): boolean {
  return a.size === b.size && [...a].every(([name, weight]) => b.get(name) === weight);
}
