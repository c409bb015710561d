import { expect, test } from 'vitest';
import { isGuarded } from '../../../src/clusters/guarded.ts';

test.each([
  [undefined, true],
  ['', true],
  ['  ', true],
  ['production', true],
  ['Production ', true],
  ['PRODUCTION', true],
  ['prod', true],
  ['prd-eu', true],
  ['live', true],
  // On doubt it is production.
  ['pre-production', true],
  ['рroduction', true],
  ['test\u200b', true],
  ['test', false],
  [' Test', false],
  ['staging', false],
  ['dev', false],
  ['e2e', false],
])('the environment %j is guarded: %s', (environment, expected) => {
  expect(isGuarded(environment)).toBe(expected);
});
