/** The selector against a model of Kubernetes' grammar: what is written is what is read, in any spacing, and it matches as labels.Parse would. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { matchesSelector, parseSelector, type Requirement } from '../../../src/registry/selector.ts';
import { figure, scaled } from '../../support/faults.ts';

const KEYS = ['env', 'tier', 'x.example.org/name', 'in', 'notin', 'exists', '__proto__', 'constructor'];
const VALUES = ['prod', 'test', 'a-b_c.d', '1', 'in', 'notin', '', '__proto__'];
const key = fc.constantFrom(...KEYS);
const value = fc.constantFrom(...VALUES);
const space = fc.constantFrom('', ' ', '  ', '\t');

/** A requirement, and one way to write it. */
const requirement: fc.Arbitrary<{ meant: Requirement; text: string }> = fc.oneof(
  fc.tuple(key, fc.constantFrom('=', '=='), value, space, space).map(([k, op, v, a, b]) => ({
    meant: { key: k, operator: 'in' as const, values: [v] },
    text: `${k}${a}${op}${b}${v}`,
  })),
  fc.tuple(key, value, space, space).map(([k, v, a, b]) => ({
    meant: { key: k, operator: 'notin' as const, values: [v] },
    text: `${k}${a}!=${b}${v}`,
  })),
  fc
    .tuple(
      key,
      fc.constantFrom('in' as const, 'notin' as const),
      fc.array(value, { minLength: 1, maxLength: 4 }),
      space,
      space,
    )
    .map(([k, op, vs, a, b]) => ({
      meant: { key: k, operator: op, values: vs },
      text: `${k} ${op}${a}(${vs.join(`${b},${a}`)})`,
    })),
  fc.tuple(key, space).map(([k, a]) => ({ meant: { key: k, operator: '!' as const, values: [] }, text: `!${a}${k}` })),
  key.map(k => ({ meant: { key: k, operator: 'exists' as const, values: [] }, text: k })),
);
const labels = fc.dictionary(key, value).map(entries => new Map(Object.entries(entries)));

/** apimachinery, labels.Requirement.Matches. */
function matches({ key: k, operator, values }: Requirement, of: ReadonlyMap<string, string>): boolean {
  const has = of.has(k);
  if (operator === 'exists') return has;
  if (operator === '!') return !has;
  return operator === 'in' ? has && values.includes(of.get(k) ?? '') : !has || !values.includes(of.get(k) ?? '');
}

const runs = scaled(2_000, 100_000);

test('what is written is what is read, and matches as Kubernetes would', () => {
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), space, labels, (parts, gap, of) => {
      const selector = parseSelector(parts.map(part => part.text).join(`${gap},${gap}`));
      expect(selector).toEqual(parts.map(part => part.meant));
      expect(matchesSelector(selector, k => of.get(k))).toBe(parts.every(part => matches(part.meant, of)));
    }),
    { numRuns: runs },
  );
  figure('properties', 'selectors read and matched as Kubernetes would', runs);
});

test('whatever is typed is read, or refused in words', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', '=', '!', ',', '(', ')', ' ', 'in', 'notin', '\t', '\0', 'é', '"'),
    maxLength: 12,
  });
  let refused = 0;
  fc.assert(
    fc.property(text, typed => {
      try {
        parseSelector(typed);
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
    { numRuns: runs },
  );
  // Most of what is typed so is no selector.
  expect(refused).toBeGreaterThan(runs / 10);
});
