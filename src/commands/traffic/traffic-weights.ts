/** Weights of a StackSet's traffic (zalando.org/v1): percentages by stack; a missing stack has 0. */
import { UsageError } from '../../errors.ts';
import { isRecord } from '../../lib/json.ts';

export type Weights = ReadonlyMap<string, number>;

/** The weights of `spec.traffic` or `status.traffic`. */
export function weightsOf(traffic: unknown): Weights {
  const weights = new Map<string, number>();
  for (const entry of Array.isArray(traffic) ? (traffic as unknown[]) : []) {
    if (!isRecord(entry) || typeof entry['stackName'] !== 'string') continue;
    const weight = Number(entry['weight'] ?? 0);
    weights.set(entry['stackName'], Number.isFinite(weight) ? weight : 0);
  }
  return weights;
}

/** The weights scaled to a sum of 100, unless all are 0. */
export function inPercent(weights: Weights): Weights {
  const sum = total(weights);
  return sum === 0 ? weights : new Map([...weights].map(([name, weight]) => [name, (weight / sum) * 100]));
}

/**
 * The weights when one stack gets `weight` percent: the others share the rest as they did before.
 * Throws UsageError (2) when no other stack can take the rest, or when the weight is not from 0 to 100.
 */
export function withWeight(weights: Weights, stack: string, weight: number): Weights {
  if (!(weight >= 0 && weight <= 100))
    throw new UsageError(`invalid weight ${weight}: must be from 0 to 100`, { code: 'bad_weight' });
  const others = new Map([...weights].filter(([name]) => name !== stack));
  const sum = total(others);
  if (sum === 0 && weight !== 100) {
    throw new UsageError(`no other stack has traffic, so ${stack} can only have 100`, {
      code: 'impossible_weights',
      hint: 'give another stack its share first',
    });
  }
  const scaled = [...others].map(([name, w]) => [name, sum === 0 ? 0 : rounded((w * (100 - weight)) / sum)] as const);
  return new Map([...scaled, [stack, weight]]);
}

/** Do both mean the same once they are rounded to whole percentages, as the controller does? */
export function isReached(desired: Weights, actual: Weights): boolean {
  const wanted = inPercent(desired);
  const names = new Set([...wanted.keys(), ...actual.keys()]);
  // Rounding to a sum of 100 may move a stack by one.
  return [...names].every(name => Math.abs((wanted.get(name) ?? 0) - (actual.get(name) ?? 0)) < 1);
}

/** v2 before v10. */
export function naturalOrder(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function total(weights: Weights): number {
  return [...weights.values()].reduce((sum, weight) => sum + weight, 0);
}

function rounded(weight: number): number {
  return Math.round(weight * 10_000) / 10_000;
}
