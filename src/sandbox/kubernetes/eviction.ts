/** Checks evictions (policy/v1) like an API server (kubernetes/pkg/registry/core/pod/storage/eviction.go), by the status of the budgets. */
import { isRecord } from '../../lib/json.ts';
import { selectsLabels } from '../../lib/label-selector.ts';
import { isReady } from './pods.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { needResource } from './resources.ts';
import { StatusError } from './status.ts';
import type { ObjectStore } from './store.ts';

const BUDGETS = needResource('policy', 'poddisruptionbudgets');

/** The DeleteOptions in a body. In an Eviction they are in the field `deleteOptions`. */
export function deleteOptionsIn(body: Fields): Fields {
  return body['kind'] === 'Eviction' ? (isRecord(body['deleteOptions']) ? body['deleteOptions'] : {}) : body;
}

/** Throws StatusError: 429 when the budget forbids the eviction, 500 when the pod has more than one budget. */
export function checkEviction(store: ObjectStore, pod: KubeObject): void {
  const { namespace, labels = {}, deletionTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined || /^(Pending|Succeeded|Failed)$/.test(String(pod.status?.['phase']))) return;
  const [budget, other] = store.list(BUDGETS, namespace).filter(b => selectsLabels(b.spec?.['selector'], labels));
  if (budget === undefined) return;
  if (other !== undefined)
    throw new StatusError(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const { name, generation = 0 } = budget.metadata;
  const status = budget.status ?? {};
  const [desired, current] = [Number(status['desiredHealthy'] ?? 0), Number(status['currentHealthy'] ?? 0)];
  if (!isReady(pod)) {
    if (budget.spec?.['unhealthyPodEvictionPolicy'] === 'AlwaysAllow') return;
    if (current >= desired && desired > 0) return;
  }
  if (Number(status['observedGeneration'] ?? 0) < generation)
    throw forbidden(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (Number(status['disruptionsAllowed'] ?? 0) > 0) return;
  throw forbidden(`The disruption budget ${name} needs ${desired} healthy pods and has ${current} currently`, 0);
}

function forbidden(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    retryAfterSeconds,
    causes: [{ reason: 'DisruptionBudget', message }],
  });
}
