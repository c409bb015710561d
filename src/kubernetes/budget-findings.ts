/** Budgets that hold up every update, and workloads that an update may end whole. */
import { recordAt } from '../lib/json.ts';
import { selectsLabels } from '../lib/label-selector.ts';
import { type Budget, budgetsOf, type KubeObject, labelsOf } from './budget.ts';

export interface BudgetFinding {
  readonly namespace: string;
  readonly kind: 'PodDisruptionBudget' | 'Pod' | 'Deployment' | 'StatefulSet';
  readonly name: string;
  readonly problem: string;
}

export interface Workload {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly object: KubeObject;
}

/** @param pods those that are not finished */
export function budgetFindings(
  budgets: readonly Budget[],
  pods: readonly KubeObject[],
  workloads: readonly Workload[],
): BudgetFinding[] {
  const ofBudgets = budgets.flatMap(budget => {
    const { namespace, name } = budget;
    const problem = problemOf(budget, pods);
    return problem === undefined ? [] : [{ namespace, kind: 'PodDisruptionBudget' as const, name, problem }];
  });
  const ofPods = pods.flatMap(pod => {
    const own = budgetsOf(pod, budgets);
    if (own.length < 2) return [];
    const problem = `more than one budget (${own.map(({ name }) => name).join(', ')}): it can never be evicted`;
    return [{ ...placeOf(pod), kind: 'Pod' as const, problem }];
  });
  const ofWorkloads = workloads.flatMap(({ kind, object }) => {
    const spec = recordAt(object, 'spec');
    const replicas = Number(spec['replicas'] ?? 1);
    const template = recordAt(recordAt(spec, 'template'), 'metadata');
    const { namespace } = placeOf(object);
    const isProtected = budgets.some(
      budget => budget.namespace === namespace && selectsLabels(budget.selector, recordAt(template, 'labels')),
    );
    if (replicas < 2 || isProtected) return [];
    return [{ ...placeOf(object), kind, problem: `no budget: an update may end all ${replicas} replicas at once` }];
  });
  return [...ofBudgets, ...ofPods, ...ofWorkloads].sort(
    (a, b) => compare(a.namespace, b.namespace) || compare(a.kind, b.kind) || compare(a.name, b.name),
  );
}

function problemOf(budget: Budget, pods: readonly KubeObject[]): string | undefined {
  const { maxUnavailable, minAvailable, expectedPods, namespace, selector } = budget;
  if (maxUnavailable !== undefined && isNought(maxUnavailable))
    return `maxUnavailable is ${String(maxUnavailable)}: it never allows an eviction`;
  const matched = pods.filter(
    pod => placeOf(pod).namespace === namespace && selectsLabels(selector, labelsOf(pod)),
  ).length;
  if (matched === 0) return 'its selector matches no pod';
  if (
    minAvailable !== undefined &&
    minAvailable !== null &&
    expectedPods > 0 &&
    needed(minAvailable, expectedPods) >= expectedPods
  )
    return `minAvailable is ${String(minAvailable)} of ${expectedPods} pods: it never allows an eviction`;
  return undefined;
}

function isNought(value: unknown): boolean {
  return /^0+%?$/.test(String(value));
}

/** A number, or a percentage of all pods, rounded up as the API server does. */
function needed(value: unknown, all: number): number {
  const [, percent] = /^(\d+)%$/.exec(String(value)) ?? [];
  return percent === undefined ? Number(value) : Math.ceil((Number(percent) / 100) * all);
}

function placeOf(object: KubeObject): { readonly namespace: string; readonly name: string } {
  const { namespace, name } = recordAt(object, 'metadata');
  return { namespace: String(namespace), name: String(name) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
