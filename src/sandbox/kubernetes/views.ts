/** Converts objects to other representations: a Scale, an Event of events.k8s.io. */
import { isRecord } from '../../lib/json.ts';
import { apiVersionOf, type KubeObject, type ResourceType } from './resource-types.ts';
import { StatusError } from './status.ts';

/** The value at a field selector's path, such as `involvedObject.name`. */
export function fieldAt(object: KubeObject, path: string): string | undefined {
  let value: unknown = object;
  for (const part of path.split('.')) value = isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value === undefined || value === null ? '' : String(value);
}

/** Converts Events to events.k8s.io, which names some fields differently. */
export function view(type: ResourceType, object: KubeObject): KubeObject {
  if (type.group !== 'events.k8s.io') return object;
  return { ...object, apiVersion: apiVersionOf(type), regarding: object['involvedObject'], note: object['message'] };
}

export function scaleOf(object: KubeObject): Record<string, unknown> {
  const labels = (object.spec?.['selector']?.matchLabels ?? {}) as Record<string, string>;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: object.metadata.name,
      namespace: object.metadata.namespace,
      uid: object.metadata.uid,
      resourceVersion: object.metadata.resourceVersion,
      creationTimestamp: object.metadata.creationTimestamp,
    },
    spec: { replicas: Number(object.spec?.['replicas'] ?? 1) },
    status: {
      replicas: Number(object.status?.['replicas'] ?? 0),
      selector: Object.entries(labels)
        .map(([k, v]) => `${k}=${v}`)
        .join(','),
    },
  };
}

export function withScale(object: KubeObject, scale: KubeObject): KubeObject {
  const replicas = scale.spec?.['replicas'] ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0 || replicas > 1000)
    throw new StatusError(422, 'Invalid', 'spec.replicas: Invalid value: must be from 0 to 1000');
  const { resourceVersion: _stale, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(scale.metadata?.resourceVersion ? { resourceVersion: scale.metadata.resourceVersion } : {}),
    },
    spec: { ...object.spec, replicas },
  };
}
