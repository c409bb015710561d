/** The resource metrics of a cluster (metrics.k8s.io/v1beta1), for `kubectl top`: plausible numbers that change slowly. */
import { createHash } from 'node:crypto';
import { type ApiWorld, type Call, selected } from './call.ts';
import { containersOf } from './pods.ts';
import type { KubeObject } from './resource-types.ts';
import { needResource } from './resources.ts';
import { StatusError } from './status.ts';

export const METRICS = 'metrics.k8s.io/v1beta1';
const PODS = needResource('', 'pods');
const NODES = needResource('', 'nodes');
const WINDOW_MS = 60_000;

export interface MetricsTarget {
  readonly resource: 'pods' | 'nodes';
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Undefined: the path is none of the metrics API. */
export function metricsTarget(segments: readonly string[]): MetricsTarget | undefined {
  const [root, group, version, ...rest] = segments;
  if (root !== 'apis' || `${group}/${version}` !== METRICS || rest.length === 0) return undefined;
  const [first, second, third, fourth] = rest;
  if (first === 'namespaces' && third === 'pods') return { resource: 'pods', namespace: second, name: fourth };
  if ((first === 'pods' && second === undefined) || first === 'nodes')
    return { resource: first, namespace: undefined, name: second };
  return undefined;
}

export function metricsOf(world: ApiWorld, call: Call, { resource, namespace, name }: MetricsTarget): unknown {
  const type = resource === 'pods' ? PODS : NODES;
  const objects = world.store
    .list(type, namespace)
    .filter(selected(call, { type, namespace, name, subresource: undefined }))
    .filter(object => resource === 'nodes' || object.status?.['phase'] === 'Running');
  const now = world.now();
  const items = objects.map(object => (resource === 'pods' ? podMetrics(object, now) : nodeMetrics(object, now)));
  const kind = resource === 'pods' ? 'PodMetrics' : 'NodeMetrics';
  if (name === undefined) return { kind: `${kind}List`, apiVersion: METRICS, metadata: {}, items };
  const [item] = items;
  if (item) return { kind, apiVersion: METRICS, ...item };
  throw new StatusError(404, 'NotFound', `${resource}.metrics.k8s.io "${name}" not found`);
}

function podMetrics(pod: KubeObject, now: Date) {
  return {
    ...head(pod, now),
    containers: containersOf(pod).map(container => ({
      name: container['name'],
      usage: usage(`${pod.metadata.uid}/${container['name']}`, now, { cpu: 90, memory: 200 }),
    })),
  };
}

function nodeMetrics(node: KubeObject, now: Date) {
  return { ...head(node, now), usage: usage(node.metadata.name, now, { cpu: 2500, memory: 9000 }) };
}

function head({ metadata: { name, namespace, labels, creationTimestamp } }: KubeObject, now: Date) {
  return {
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels, creationTimestamp },
    timestamp: now.toISOString(),
    window: '30s',
  };
}

/** Between a tenth of `most` and all of it (millicores, Mi): the same for everybody within a minute. */
function usage(key: string, now: Date, most: { readonly cpu: number; readonly memory: number }) {
  const [steady = 0, slow = 0, changing = 0] = createHash('sha256')
    .update(`${key}/${Math.floor(now.getTime() / WINDOW_MS)}`)
    .digest()
    .map((byte, i) => (i < 2 ? (createHash('sha256').update(key).digest()[i] ?? 0) : byte));
  const part = (byte: number) => 0.1 + (0.7 * byte) / 255 + (0.2 * changing) / 255;
  return {
    cpu: `${Math.round(most.cpu * part(steady))}m`,
    memory: `${Math.round(most.memory * part(slow))}Mi`,
  };
}
