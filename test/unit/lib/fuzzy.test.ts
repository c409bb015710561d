import { expect, test } from 'vitest';
import { bestMatches } from '../../../src/lib/fuzzy.ts';

const lines = [
  'shop-test  test',
  'shop  production',
  'workshop  production',
  'search-op  test',
  'payments  production',
];
const best = (typed: string) => bestMatches(lines, typed, line => line).map(line => line.split(' ')[0]);

test.each<[string, string[]]>([
  ['', ['shop-test', 'shop', 'workshop', 'search-op', 'payments']],
  ['shop', ['shop', 'shop-test', 'workshop', 'search-op']],
  ['SHOP prod', ['shop', 'workshop']],
  ['test', ['shop-test', 'search-op']],
  ['prod pay', ['payments']],
  ['wksp', ['workshop']],
  ['op', ['search-op', 'shop-test', 'shop', 'workshop']],
  ['xyz', []],
])('%j', (typed, expected) => {
  expect(best(typed).slice(0, expected.length)).toEqual(expected);
  if (expected.length === 0) expect(best(typed)).toEqual([]);
});

test('what matches equally well keeps its order', () => {
  expect(bestMatches(['ab1', 'ab2', 'ab3'], 'ab', line => line)).toEqual(['ab1', 'ab2', 'ab3']);
});

test('10,000 lines: a key is answered before the next one', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => `team-${i}  production  stable  5f4316c`);
  const start = performance.now();
  for (const typed of ['t', 'te', 'tea', 'team 47', 'tm47 prod', 'zzz']) bestMatches(many, typed, line => line);
  // 6 keys; a slow machine is no reason to fail, a quadratic way is.
  expect(performance.now() - start).toBeLessThan(3000);
});
