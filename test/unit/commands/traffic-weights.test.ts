import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  inPercent,
  isReached,
  naturalOrder,
  weightsOf,
  withWeight,
} from '../../../src/commands/traffic/traffic-weights.ts';

const map = (weights: Record<string, number>) => new Map(Object.entries(weights));
const sum = (weights: ReadonlyMap<string, number>) => [...weights.values()].reduce((total, w) => total + w, 0);

describe('one stack gets its weight, the others share the rest as before', () => {
  test.each([
    [{ a: 20, b: 80 }, 'c', 50, { a: 10, b: 40, c: 50 }],
    [{ a: 20, b: 80, c: 0 }, 'a', 0, { a: 0, b: 100, c: 0 }],
    [{ a: 100 }, 'a', 100, { a: 100 }],
    [{ a: 0, b: 0 }, 'a', 100, { a: 100, b: 0 }],
    [{ a: 1, b: 1, c: 1 }, 'a', 50, { a: 50, b: 25, c: 25 }],
  ])('%j, %s %i: %j', (weights, stack, weight, expected) => {
    expect(Object.fromEntries(withWeight(map(weights), stack, weight))).toEqual(expected);
  });

  test.each([
    [{ a: 100 }, 'a', 50],
    [{ a: 100, b: 0 }, 'a', 0],
    [{ a: 50, b: 50 }, 'a', 101],
    [{ a: 50, b: 50 }, 'a', -1],
    [{ a: 50, b: 50 }, 'a', Number.NaN],
  ])('%j, %s %d is impossible', (weights, stack, weight) => {
    expect(() => withWeight(map(weights), stack, weight)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  test('whatever the weights, the sum is 100, and their order stays', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 100 }), (list, weight) => {
        const before = new Map(list.map((w, i) => [`s${i}`, w]));
        const after = withWeight(before, 's0', weight);
        expect(sum(after)).toBeCloseTo(100, 1);
        expect(after.get('s0')).toBe(weight);
        const others = [...before].slice(1).sort(([, a], [, b]) => a - b);
        const shares = others.map(([name]) => after.get(name) ?? Number.NaN);
        expect(shares).toEqual([...shares].sort((a, b) => a - b));
      }),
    );
  });
});

test('weights that are missing, or no numbers, are 0', () => {
  expect(weightsOf(undefined)).toEqual(new Map());
  expect(weightsOf([{ stackName: 'a' }, { stackName: 'b', weight: 'x' }, { weight: 5 }, null, 'c'])).toEqual(
    map({ a: 0, b: 0 }),
  );
  expect(inPercent(map({ a: 1, b: 3 }))).toEqual(map({ a: 25, b: 75 }));
  expect(inPercent(map({ a: 0 }))).toEqual(map({ a: 0 }));
});

test.each([
  [{ a: 33.3333, b: 66.6667 }, { a: 33, b: 67 }, true],
  [{ a: 100, b: 0 }, { a: 100 }, true],
  [{ a: 100 }, { a: 99, b: 1 }, false],
  [{ a: 50, b: 50 }, {}, false],
])('%j is reached by %j: %s', (desired, actual, expected) => {
  expect(isReached(map(desired), map(actual))).toBe(expected);
});

test('v2 comes before v10', () => {
  expect(['s-v10', 's-v2', 's-v1'].sort(naturalOrder)).toEqual(['s-v1', 's-v2', 's-v10']);
});
