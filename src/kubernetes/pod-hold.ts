/**
 * Why a pod is still on a node that is being drained. The order of the checks is that of the API server's eviction handler
 * (kubernetes/pkg/registry/core/pod/storage/eviction.go).
 */
import { recordAt, recordsAt } from '../lib/json.ts';
import { type Budget, budgetsOf, type KubeObject } from './budget.ts';

/**
 * stays: it ends with the node. finished: it does not hold up the node. ending: its deletion has begun. evictable: nothing forbids its eviction.
 * blocked: the API refuses its eviction.
 */
export type HoldState = 'stays' | 'finished' | 'ending' | 'evictable' | 'blocked';

export interface Hold {
  readonly state: HoldState;
  readonly reason: string;
  readonly budgets: readonly Budget[];
}

const MIRROR = 'kubernetes.io/config.mirror';

export function holdOf(pod: KubeObject, all: readonly Budget[]): Hold {
  const metadata = recordAt(pod, 'metadata');
  const phase = phaseOf(pod);
  const budgets = budgetsOf(pod, all);
  const [budget, other] = budgets;
  const hold = (state: HoldState, reason: string): Hold => ({ state, reason, budgets });
  if (recordAt(metadata, 'annotations')[MIRROR] !== undefined)
    return hold('stays', 'mirror pod: it ends with the node');
  if (isOwnedBy(pod, 'DaemonSet')) return hold('stays', 'pod of a DaemonSet: it ends with the node');
  if (isFinished(pod)) return hold('finished', 'finished: it does not hold up the node');
  if (metadata['deletionTimestamp'] !== undefined)
    return hold('ending', `terminating (grace period ${String(metadata['deletionGracePeriodSeconds'] ?? 0)} s)`);
  if (phase === 'Pending') return hold('evictable', 'pending: no budget protects it');
  if (budget === undefined) return hold('evictable', 'no budget protects it: it is evicted when its turn comes');
  if (other !== undefined)
    return hold(
      'blocked',
      `more than one budget (${budgets.map(({ name }) => name).join(', ')}): the API refuses to evict it`,
    );
  const { name, desiredHealthy, currentHealthy, disruptionsAllowed } = budget;
  if (!isReady(pod)) {
    if (budget.alwaysAllowsUnhealthy) return hold('evictable', `not ready: budget ${name} does not protect such pods`);
    if (currentHealthy >= desiredHealthy && desiredHealthy > 0)
      return hold(
        'evictable',
        `not ready: budget ${name} has enough healthy pods without it (${currentHealthy}, needs ${desiredHealthy})`,
      );
  }
  if (budget.isBehind) return hold('blocked', `budget ${name}: the server still processes its last change`);
  if (disruptionsAllowed > 0)
    return hold(
      'evictable',
      `budget ${name} allows ${disruptionsAllowed} ${disruptionsAllowed === 1 ? 'eviction' : 'evictions'}`,
    );
  const pods = desiredHealthy === 1 ? 'healthy pod' : 'healthy pods';
  return hold(
    'blocked',
    `budget ${name} allows no eviction: it needs ${desiredHealthy} ${pods} and has ${currentHealthy}`,
  );
}

export function isOwnedBy(pod: KubeObject, kind: string): boolean {
  return recordsAt(recordAt(pod, 'metadata'), 'ownerReferences').some(owner => owner['kind'] === kind);
}

export function isFinished(pod: KubeObject): boolean {
  return /^(Succeeded|Failed)$/.test(phaseOf(pod));
}

export function isReady(pod: KubeObject): boolean {
  return recordsAt(recordAt(pod, 'status'), 'conditions').some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}

function phaseOf(pod: KubeObject): string {
  return String(recordAt(pod, 'status')['phase'] ?? '');
}
