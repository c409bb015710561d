/**
 * When a pod may be ended by force while its node is drained for an update (docs/cluster-updates.md): the latest of several terms.
 * Rules: the marks are the Cluster Lifecycle Manager's, and so are the config items and their defaults.
 */
import { recordAt } from '../lib/json.ts';
import { parseDuration } from '../lib/time.ts';
import { type Budget, budgetsOf, type KubeObject } from './budget.ts';
import { isFinished, isOwnedBy, isReady } from './pod-hold.ts';

export const DRAIN_ITEMS = [
  'drain_grace_period',
  'drain_force_evict_interval',
  'drain_min_pod_lifetime',
  'drain_min_healthy_sibling_lifetime',
  'drain_min_unhealthy_sibling_lifetime',
] as const;
export type DrainItem = (typeof DRAIN_ITEMS)[number];

/** Milliseconds. */
export type DrainRules = Readonly<Record<DrainItem, number>>;

const HOUR = 3_600_000;
const MINUTE = 60_000;
const PRODUCTION: DrainRules = {
  drain_grace_period: 6 * HOUR,
  drain_force_evict_interval: 5 * MINUTE,
  drain_min_pod_lifetime: 72 * HOUR,
  drain_min_healthy_sibling_lifetime: HOUR,
  drain_min_unhealthy_sibling_lifetime: 6 * HOUR,
};
const OTHER: DrainRules = {
  drain_grace_period: 2 * HOUR,
  drain_force_evict_interval: 5 * MINUTE,
  drain_min_pod_lifetime: 8 * HOUR,
  drain_min_healthy_sibling_lifetime: HOUR,
  drain_min_unhealthy_sibling_lifetime: HOUR,
};

/** @returns the rules, and the config items whose value is no duration: their defaults are used */
export function drainRules(
  environment: string,
  items: Readonly<Record<string, string>>,
): { readonly rules: DrainRules; readonly unreadable: readonly DrainItem[] } {
  const defaults = environment.trim().toLowerCase() === 'production' ? PRODUCTION : OTHER;
  const given = DRAIN_ITEMS.filter(item => items[item] !== undefined);
  const unreadable = given.filter(item => parseDuration(items[item] ?? '') === undefined);
  const own = given.map(item => [item, parseDuration(items[item] ?? '') ?? defaults[item]] as const);
  return { rules: { ...defaults, ...Object.fromEntries(own) }, unreadable };
}

const LIFECYCLE = 'lifecycle-status';
const DRAIN_START = 'cluster-lifecycle-manager.zalando.org/drain-start';
const LAST_FORCED_DRAIN = 'cluster-lifecycle-manager.zalando.org/last-forced-drain';

/** What a node says of its drain. */
export interface NodeMarks {
  readonly isDrained: boolean;
  /** Undefined: no mark, or one that is no time. */
  readonly drainStart: Date | undefined;
  readonly lastForcedDrain: Date | undefined;
}

export function marksOf(node: KubeObject): NodeMarks {
  const metadata = recordAt(node, 'metadata');
  const annotations = recordAt(metadata, 'annotations');
  return {
    isDrained: recordAt(metadata, 'labels')[LIFECYCLE] === 'draining',
    drainStart: timeOf(annotations[DRAIN_START]),
    lastForcedDrain: timeOf(annotations[LAST_FORCED_DRAIN]),
  };
}

export interface Term {
  readonly item: DrainItem;
  /** The sibling that the term is about. */
  readonly sibling?: string;
  readonly from: Date;
  readonly at: Date;
}

/**
 * The terms of a pod; the latest one is its earliest end.
 * @param others the pods of its namespace
 * @param now the server's time: a drain without a mark is assumed to begin now
 */
export function termsOf(
  pod: KubeObject,
  {
    others,
    budgets,
    marks,
    rules,
    now,
  }: {
    readonly others: readonly KubeObject[];
    readonly budgets: readonly Budget[];
    readonly marks: NodeMarks;
    readonly rules: DrainRules;
    readonly now: Date;
  },
): Term[] {
  const term = (item: DrainItem, from: Date, sibling?: string): Term => ({
    item,
    from,
    at: new Date(from.getTime() + rules[item]),
    ...(sibling === undefined ? {} : { sibling }),
  });
  return [
    term('drain_grace_period', marks.drainStart ?? now),
    ...(marks.lastForcedDrain ? [term('drain_force_evict_interval', marks.lastForcedDrain)] : []),
    term('drain_min_pod_lifetime', createdAt(pod) ?? now),
    ...siblingsOf(pod, others, budgets).map(sibling =>
      term(
        isReady(sibling) ? 'drain_min_healthy_sibling_lifetime' : 'drain_min_unhealthy_sibling_lifetime',
        createdAt(sibling) ?? now,
        nameOf(sibling),
      ),
    ),
  ];
}

export function latest(terms: readonly Term[]): Date {
  return new Date(Math.max(...terms.map(({ at }) => at.getTime())));
}

/** Other pods that a budget of this pod matches, without those of Jobs and finished ones. */
function siblingsOf(pod: KubeObject, others: readonly KubeObject[], budgets: readonly Budget[]): KubeObject[] {
  const own = budgetsOf(pod, budgets);
  return others.filter(
    other =>
      nameOf(other) !== nameOf(pod) &&
      !isOwnedBy(other, 'Job') &&
      !isFinished(other) &&
      budgetsOf(other, own).length > 0,
  );
}

export function nameOf(object: KubeObject): string {
  return String(recordAt(object, 'metadata')['name']);
}

function createdAt(object: KubeObject): Date | undefined {
  return timeOf(recordAt(object, 'metadata')['creationTimestamp']);
}

function timeOf(value: unknown): Date | undefined {
  const time = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
