/** The controller of PodDisruptionBudgets: keeps their status as kube-controller-manager does (kubernetes/pkg/controller/disruption). */
import { recordAt } from '../../lib/json.ts';
import { selectsLabels } from '../../lib/label-selector.ts';
import { type ControlPlane, condition } from './control-plane.ts';
import { isReady } from './pods.ts';
import type { KubeObject } from './resource-types.ts';
import { needResource, RESOURCES } from './resources.ts';
import type { ObjectStore } from './store.ts';

const BUDGETS = needResource('policy', 'poddisruptionbudgets');
const PODS = needResource('', 'pods');

export function reconcileBudgets(plane: ControlPlane): void {
  for (const budget of plane.store.list(BUDGETS)) {
    const pods = podsOf(plane.store, budget);
    const { expectedPods, desiredHealthy } = wanted(plane.store, budget, pods);
    const currentHealthy = pods.filter(pod => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
    const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
    const isAllowed = disruptionsAllowed > 0;
    plane.store.update(BUDGETS, {
      ...budget,
      status: {
        observedGeneration: budget.metadata.generation ?? 1,
        expectedPods,
        desiredHealthy,
        currentHealthy,
        disruptionsAllowed,
        conditions: [
          condition(
            plane,
            budget,
            'DisruptionAllowed',
            isAllowed,
            isAllowed ? 'SufficientPods' : 'InsufficientPods',
            '',
          ),
        ],
      },
    });
  }
}

function podsOf(store: ObjectStore, { metadata, spec }: KubeObject): KubeObject[] {
  return store
    .list(PODS, metadata.namespace)
    .filter(pod => selectsLabels(spec?.['selector'], pod.metadata.labels ?? {}));
}

function wanted(
  store: ObjectStore,
  { spec }: KubeObject,
  pods: readonly KubeObject[],
): { readonly expectedPods: number; readonly desiredHealthy: number } {
  const { minAvailable, maxUnavailable } = spec ?? {};
  const scale = scaleOf(store, pods);
  if (maxUnavailable !== undefined)
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - share(maxUnavailable, scale)) };
  if (typeof minAvailable === 'string') return { expectedPods: scale, desiredHealthy: share(minAvailable, scale) };
  return { expectedPods: pods.length, desiredHealthy: Number(minAvailable ?? 1) };
}

/** How many pods their controllers want. */
function scaleOf(store: ObjectStore, pods: readonly KubeObject[]): number {
  const references = pods.flatMap(pod => pod.metadata.ownerReferences ?? []);
  const [uids, kinds] = [new Set(references.map(({ uid }) => uid)), new Set(references.map(({ kind }) => kind))];
  let scale = 0;
  for (const type of RESOURCES.filter(({ kind }) => kinds.has(kind)))
    for (const owner of store.list(type))
      if (owner.metadata.uid !== undefined && uids.has(owner.metadata.uid))
        scale += Number(recordAt(owner, 'spec')['replicas'] ?? 1);
  return scale;
}

/** Resolves a number or a percentage of `all`, rounded up. */
function share(value: unknown, all: number): number {
  const [, percent] = /^(\d+)%$/.exec(String(value)) ?? [];
  return percent === undefined ? Number(value) : Math.ceil((Number(percent) / 100) * all);
}
