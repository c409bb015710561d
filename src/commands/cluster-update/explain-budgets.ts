/** `cluster-update explain --budgets`. */
import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { listAll, METADATA_ONLY } from '../../fleet/api-list.ts';
import type { ApiReader } from '../../fleet/api-reader.ts';
import { budgetOf } from '../../kubernetes/budget.ts';
import { type BudgetFinding, budgetFindings, type Workload } from '../../kubernetes/budget-findings.ts';
import { printList, type View } from '../../output/view.ts';

const NOT_FINISHED = encodeURIComponent('status.phase!=Succeeded,status.phase!=Failed');

/** Of all namespaces, or of the one that -n names. */
export async function printBudgets(ctx: Context, reader: ApiReader): Promise<void> {
  const { namespace, color } = ctx.globals;
  const inside = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const [budgets, pods, deployments, statefulSets] = [
    await listAll(reader, `/apis/policy/v1${inside}/poddisruptionbudgets`),
    await listAll(reader, `/api/v1${inside}/pods?fieldSelector=${NOT_FINISHED}`, METADATA_ONLY),
    await listAll(reader, `/apis/apps/v1${inside}/deployments`),
    await listAll(reader, `/apis/apps/v1${inside}/statefulsets`),
  ];
  const workloads: Workload[] = [
    ...deployments.map(object => ({ kind: 'Deployment' as const, object })),
    ...statefulSets.map(object => ({ kind: 'StatefulSet' as const, object })),
  ];
  const findings = budgetFindings(budgets.map(budgetOf), pods, workloads);
  await printList(ctx.io, VIEW, findings, { format: formatOf(ctx), color });
}

const VIEW: View<BudgetFinding> = {
  kind: 'BudgetFinding',
  name: ({ namespace, kind, name }) => `${namespace}/${kind.toLowerCase()}/${name}`,
  columns: [
    { title: 'Namespace', value: finding => finding.namespace },
    { title: 'Kind', value: finding => finding.kind, dropFirst: 1 },
    { title: 'Name', value: finding => finding.name },
    { title: 'Problem', value: finding => finding.problem },
  ],
  toJson: ({ namespace, kind, name, problem }) => ({ namespace, kind, name, problem }),
  empty: 'no problems: every budget allows evictions, and every workload with more than one replica has a budget',
};
