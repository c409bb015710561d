/** PodDisruptionBudgets (policy/v1), and what the eviction API makes of them. */
import { recordAt } from '../lib/json.ts';
import { selectsLabels } from '../lib/label-selector.ts';

export type KubeObject = Readonly<Record<string, unknown>>;

export interface Budget {
  readonly name: string;
  readonly namespace: string;
  readonly selector: unknown;
  /** A number or a percentage. */
  readonly minAvailable: unknown;
  readonly maxUnavailable: unknown;
  /** `unhealthyPodEvictionPolicy: AlwaysAllow`. */
  readonly alwaysAllowsUnhealthy: boolean;
  /** The server has not yet processed the last change of the budget. */
  readonly isBehind: boolean;
  readonly expectedPods: number;
  readonly desiredHealthy: number;
  readonly currentHealthy: number;
  readonly disruptionsAllowed: number;
}

export function budgetOf(object: KubeObject): Budget {
  const { name, namespace, generation } = recordAt(object, 'metadata');
  const spec = recordAt(object, 'spec');
  const status = recordAt(object, 'status');
  const count = (field: string) => Number(status[field] ?? 0) || 0;
  return {
    name: String(name),
    namespace: String(namespace),
    selector: spec['selector'],
    minAvailable: spec['minAvailable'],
    maxUnavailable: spec['maxUnavailable'],
    alwaysAllowsUnhealthy: spec['unhealthyPodEvictionPolicy'] === 'AlwaysAllow',
    isBehind: count('observedGeneration') < (Number(generation) || 0),
    expectedPods: count('expectedPods'),
    desiredHealthy: count('desiredHealthy'),
    currentHealthy: count('currentHealthy'),
    disruptionsAllowed: count('disruptionsAllowed'),
  };
}

export function labelsOf(object: KubeObject): Readonly<Record<string, unknown>> {
  return recordAt(recordAt(object, 'metadata'), 'labels');
}

/** The budgets that match an object of their namespace. */
export function budgetsOf(object: KubeObject, budgets: readonly Budget[]): Budget[] {
  const { namespace } = recordAt(object, 'metadata');
  return budgets.filter(budget => budget.namespace === namespace && selectsLabels(budget.selector, labelsOf(object)));
}
