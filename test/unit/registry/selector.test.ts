import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { matchesSelector, parseSelector } from '../../../src/registry/selector.ts';

const labels: Record<string, string> = { env: 'prod', tier: '1', empty: '' };
const matches = (text: string) => matchesSelector(parseSelector(text), key => labels[key]);

describe('label selector', () => {
  test.each([
    ['', true],
    ['env=prod', true],
    ['env==prod', true],
    ['env = prod', true],
    ['env!=prod', false],
    ['env!=test', true],
    ['missing!=x', true],
    ['env in (prod,test)', true],
    ['env in (a, b)', false],
    ['env notin (a,b)', true],
    ['missing notin (a)', true],
    ['missing in (a)', false],
    ['env', true],
    ['!env', false],
    ['! missing', true],
    ['env=prod,tier in (1,2),!missing', true],
    ['env=prod,tier=2', false],
    ['empty=', true],
    ['empty in ()', true],
    ['in=x', false],
  ])('%s is %s', (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  test.each(['=a', 'a=b,', ',a', 'a in', 'a in (', 'a in (b', 'a in b', 'a b', 'a=b=c', '!', '()', 'a notin (x y)'])(
    '%s does not parse',
    text => {
      expect(() => parseSelector(text)).toThrow(UsageError);
    },
  );
});
