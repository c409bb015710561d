/** Checks evictions (policy/v1) like an API server: rejects an eviction that violates a PodDisruptionBudget. */
import { isRecord } from '../../lib/json.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { needResource } from './resources.ts';
import { StatusError } from './status.ts';
import type { ObjectStore } from './store.ts';

const BUDGETS = needResource('policy', 'poddisruptionbudgets');
const PODS = needResource('', 'pods');

/** The DeleteOptions in a body. In an Eviction they are in the field `deleteOptions`. */
export function deleteOptionsIn(body: Fields): Fields {
  return body['kind'] === 'Eviction' ? (isRecord(body['deleteOptions']) ? body['deleteOptions'] : {}) : body;
}

/** Throws StatusError: 429 when the budget forbids the eviction, 500 when the pod has more than one budget. */
export function checkEviction(store: ObjectStore, pod: KubeObject): void {
  const { namespace, labels = {} } = pod.metadata;
  const [budget, other] = store.list(BUDGETS, namespace).filter(b => isMatched(b, labels));
  if (budget === undefined || !isHealthy(pod)) return;
  if (other !== undefined)
    throw new StatusError(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const pods = store.list(PODS, namespace).filter(p => isMatched(budget, p.metadata.labels ?? {}));
  const healthy = pods.filter(isHealthy).length;
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  const needed =
    maxUnavailable === undefined
      ? share(minAvailable ?? 1, pods.length)
      : pods.length - share(maxUnavailable, pods.length);
  if (healthy - 1 < needed)
    throw new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      retryAfterSeconds: 0,
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget.metadata.name} needs ${needed} healthy pods and has ${healthy} currently`,
        },
      ],
    });
}

function isMatched(budget: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  const wanted = (budget.spec?.['selector'] as Fields | undefined)?.['matchLabels'];
  return isRecord(wanted) && Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function isHealthy(pod: KubeObject): boolean {
  return pod.status?.['phase'] === 'Running';
}

/** Resolves a number or a percentage of `all`, rounded up. */
function share(value: unknown, all: number): number {
  const [, percent] = /^(\d+)%$/.exec(String(value)) ?? [];
  return percent === undefined ? Number(value) : Math.ceil((Number(percent) / 100) * all);
}
