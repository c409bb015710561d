/** How an explanation is shown. */
import type { Term } from '../../kubernetes/drain.ts';
import type { Hold } from '../../kubernetes/pod-hold.ts';
import { formatRfc3339, formatSpan } from '../../lib/time.ts';
import type { View } from '../../output/view.ts';

export interface ExplainedPod {
  readonly pod: string;
  readonly namespace: string;
  readonly node: string;
  readonly hold: Hold;
  /** Empty: the pod is not ended by force. */
  readonly terms: readonly Term[];
  readonly earliestEnd: Date | undefined;
  readonly isDrainStartAssumed: boolean;
}

export function explainView(now: Date): View<ExplainedPod> {
  return {
    kind: 'PodEviction',
    name: row => `${row.namespace}/${row.pod}`,
    columns: [
      { title: 'Pod', value: row => `${row.namespace}/${row.pod}` },
      { title: 'Node', value: row => row.node, dropFirst: 1 },
      { title: 'Why it is still there', value: row => row.hold.reason },
      { title: 'Earliest end (estimate)', value: row => endText(row, now) },
      { title: 'Waits for', value: row => termText(lastTerm(row)), wide: true },
    ],
    toJson: row => ({
      pod: row.pod,
      namespace: row.namespace,
      node: row.node || null,
      state: row.hold.state,
      reason: row.hold.reason,
      budgets: row.hold.budgets.map(({ name, expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed }) => ({
        ...{ name, expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed },
      })),
      earliestEnd: row.earliestEnd ? formatRfc3339(row.earliestEnd) : null,
      isDrainStartAssumed: row.isDrainStartAssumed,
      terms: row.terms.map(({ item, sibling, from, at }) => ({
        ...{ item, sibling: sibling ?? null, from: formatRfc3339(from) },
        ...{ seconds: (at.getTime() - from.getTime()) / 1000, at: formatRfc3339(at) },
      })),
    }),
    empty: 'no pods',
  };
}

/** An eviction comes first: only a pod that is blocked waits to be ended by force. */
function endText({ hold, earliestEnd }: ExplainedPod, now: Date): string {
  if (hold.state === 'evictable') return 'with its eviction';
  if (hold.state === 'stays') return 'with the node';
  if (earliestEnd === undefined) return '-';
  const left = earliestEnd.getTime() - now.getTime();
  return left <= 0 ? 'now' : `${formatRfc3339(earliestEnd)} (in ${formatSpan(left)})`;
}

function lastTerm({ terms, hold }: ExplainedPod): Term | undefined {
  if (hold.state !== 'blocked') return undefined;
  return terms.reduce<Term | undefined>(
    (last, term) => (last === undefined || term.at > last.at ? term : last),
    undefined,
  );
}

function termText(term: Term | undefined): string {
  return term === undefined ? '' : `${term.item}${term.sibling === undefined ? '' : ` of ${term.sibling}`}`;
}
