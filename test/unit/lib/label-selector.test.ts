import { expect, test } from 'vitest';
import { selectsLabels } from '../../../src/lib/label-selector.ts';
import { parseDuration } from '../../../src/lib/time.ts';

const labels = { app: 'shop', tier: 'web' };
const expression = (key: string, operator: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});

test.each([
  [undefined, false],
  [null, false],
  [{}, true],
  [{ matchLabels: { app: 'shop' } }, true],
  [{ matchLabels: { app: 'shop', tier: 'db' } }, false],
  [{ matchLabels: { constructor: 'x' } }, false],
  [expression('app', 'In', 'a', 'shop'), true],
  [expression('app', 'In', 'a'), false],
  [expression('app', 'NotIn', 'a'), true],
  [expression('gone', 'NotIn', 'a'), true],
  [expression('app', 'NotIn', 'shop'), false],
  [expression('app', 'Exists'), true],
  [expression('toString', 'Exists'), false],
  [expression('gone', 'DoesNotExist'), true],
  [expression('app', 'DoesNotExist'), false],
  [expression('app', 'Unknown'), false],
  [{ matchLabels: { app: 'shop' }, ...expression('tier', 'In', 'db') }, false],
])('%j matches: %s', (selector, matches) => {
  expect(selectsLabels(selector, labels)).toBe(matches);
});

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['2d', 172_800_000],
  ['250ms', 250],
  ['0s', 0],
  ['', undefined],
  ['6', undefined],
  ['6 h', undefined],
  ['-6h', undefined],
  ['********', undefined],
])('the duration %j', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
