/** Workloads that lose replicas. */
import { recordAt } from '../lib/json.ts';
import { keyOf, nameIn, type ObjectName } from './objects.ts';

export interface Shrinking {
  readonly object: ObjectName;
  /** Undefined: it cannot be read. */
  readonly before: number | undefined;
  /** Undefined: the field is gone. */
  readonly after: number | undefined;
}

/** Does it lose all replicas, or more than half of them? */
export function shrinks(before: number, after: number): boolean {
  return before > 0 && after < before && (after === 0 || after < before / 2);
}

/** Of a workload as it is: wanted or running replicas, whichever are more. Undefined: it has none. */
export function replicasIn(object: Record<string, unknown>): number | undefined {
  const counts = [recordAt(object, 'spec')['replicas'], recordAt(object, 'status')['replicas']].filter(
    count => typeof count === 'number',
  );
  if (counts.length > 0) return Math.max(...counts);
  // A Scale with 0 replicas has no such field.
  return isScale(object) ? 0 : undefined;
}

export function isScale(object: Record<string, unknown>): boolean {
  return object['kind'] === 'Scale';
}

/** Can an object of a dry run be a workload? Custom resources may have lost the field. */
export function mayHaveReplicas(object: Record<string, unknown>): boolean {
  const group = /^(.*)\//.exec(String(object['apiVersion'] ?? ''))?.[1] ?? '';
  const isCustom = group.includes('.') && !group.endsWith('.k8s.io');
  return isScale(object) || isCustom || replicasIn(object) !== undefined;
}

/** @param before undefined: it is not there yet @param after as the dry run gives it */
export function shrinkingOf(
  before: Record<string, unknown> | 'unreadable' | undefined,
  after: Record<string, unknown>,
): Shrinking | undefined {
  const { replicas } = recordAt(after, 'spec');
  const has = typeof replicas === 'number' ? replicas : isScale(after) ? 0 : undefined;
  if (before === 'unreadable')
    return has === undefined ? undefined : { object: nameIn(after), before: undefined, after: has };
  const had = before && replicasIn(before);
  if (before === undefined || !had) return undefined;
  return has === undefined || shrinks(had, has) ? { object: nameIn(before), before: had, after: has } : undefined;
}

/** The workloads of an edit that lose replicas. Both lists are whole objects. */
export function shrinkingBetween(
  before: readonly Record<string, unknown>[],
  after: readonly Record<string, unknown>[],
): Shrinking[] {
  const was = new Map(before.map(object => [keyOf(nameIn(object)), object]));
  return after.flatMap(object => {
    const lost = mayHaveReplicas(object) ? shrinkingOf(was.get(keyOf(nameIn(object))), object) : undefined;
    return lost ? [lost] : [];
  });
}

/** Empty: none. @param place such as `foobarlab (production)` */
export function shrinkingLines(place: string, shrinking: readonly Shrinking[]): string[] {
  if (shrinking.length === 0) return [];
  const line = ({ object: { kind, name, namespace }, before, after }: Shrinking) =>
    `  ${kind}/${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}: ${before ?? 'unknown'} → ${after ?? 'unset'} replicas`;
  return [`on ${place}, these workloads lose replicas:`, ...shrinking.map(line)];
}
