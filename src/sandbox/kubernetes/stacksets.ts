/**
 * Simulates the StackSet controller (zalando.org/v1): each Stack gets a Deployment, and traffic moves to the desired weights in steps. With the
 * annotation `sandbox.zkubectl/traffic-fails: REASON`, a StackSet does not switch traffic and emits a warning event, to practise this failure.
 */
import { isDeepStrictEqual } from 'node:util';
import { type ControlPlane, ownerReference } from './control-plane.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { needResource } from './resources.ts';

const STEP_POINTS = 25;
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
      replicas: Number(stack.spec?.['replicas'] ?? 1),
      selector: { matchLabels: labels ?? {} },
      template: {
        ...template,
        metadata: { ...template['metadata'], labels: { ...template['metadata']?.labels, ...labels } },
      },
    },
  };
  const existing = plane.store.get(DEPLOYMENTS, namespace, name);
  if (existing === undefined) plane.store.create(DEPLOYMENTS, deployment);
  else if (!isDeepStrictEqual(existing.spec?.['template'], deployment.spec?.['template']))
    // Like the real controller, update the Deployment some time after the Stack.
    plane.later(stack, () => {
      const now = plane.store.get(DEPLOYMENTS, namespace, name);
      const [latest] = plane.store.list(STACKS, namespace).filter(other => other.metadata.uid === stack.metadata.uid);
      if (now && latest?.metadata.generation === stack.metadata.generation)
        plane.store.update(DEPLOYMENTS, { ...now, spec: { ...now.spec, template: deployment.spec?.['template'] } });
    });
}

function reconcileTraffic(plane: ControlPlane, set: KubeObject): void {
  const desired = normalised(weightsOf(set.spec?.['traffic']));
  const actual = weightsOf(set.status?.['traffic']);
  const { generation } = set.metadata;
  if (isSame(desired, actual) || set.status?.['failedGeneration'] === generation) return;
  const known = new Set(plane.store.list(STACKS, set.metadata.namespace).map(stack => stack.metadata.name));
  const unknown = [...desired.keys()].find(name => !known.has(name));
  const reason =
    set.metadata.annotations?.[TRAFFIC_FAILS] ??
    (unknown === undefined ? undefined : `stack ${unknown} does not exist`);
  if (reason !== undefined) {
    plane.store.update(STACK_SETS, { ...set, status: { ...set.status, failedGeneration: generation } });
    plane.event(set, 'Warning', 'TrafficNotSwitched', `Traffic not switched: ${reason}`, 'stackset-controller');
    return;
  }
  // A new StackSet gets its desired traffic at once.
  if (actual.size === 0) move(plane, set, desired, Number.POSITIVE_INFINITY);
  else plane.later(set, () => move(plane, set, desired, STEP_POINTS));
}

function move(
  plane: ControlPlane,
  { metadata: { namespace, name, uid, generation } }: KubeObject,
  desired: Weights,
  points: number,
): void {
  const set = plane.store.get(STACK_SETS, namespace, name);
  // The StackSet was changed or deleted in the meantime.
  if (set === undefined || set.metadata.uid !== uid || set.metadata.generation !== generation) return;
  const next = approach(weightsOf(set.status?.['traffic']), desired, points);
  const traffic = [...next].map(([stackName, weight]) => ({
    stackName,
    serviceName: stackName,
    servicePort: 80,
    weight,
  }));
  plane.store.update(STACK_SETS, { ...set, status: { ...set.status, traffic } });
  if (isSame(next, desired))
    plane.event(set, 'Normal', 'TrafficSwitched', `Switched traffic: ${describe(desired)}`, 'stackset-controller');
}

/** Moves the weights up to `points` closer to the desired ones. Whole numbers that add up to 100. */
function approach(actual: Weights, desired: Weights, points: number): Weights {
  const names = [...new Set([...actual.keys(), ...desired.keys()])];
  const way = (name: string) => (desired.get(name) ?? 0) - (actual.get(name) ?? 0);
  const longest = Math.max(...names.map(name => Math.abs(way(name))));
  if (longest <= points) return desired;
  return normalised(new Map(names.map(name => [name, (actual.get(name) ?? 0) + (way(name) * points) / longest])));
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

function describe(weights: Weights): string {
  return [...weights].map(([name, weight]) => `${name} ${weight}%`).join(', ');
}
