import { expect, test } from 'vitest';
import { createGrantMemory } from '../../../src/access/grants.ts';
import { makeTempDir } from '../../support/io.ts';

test('a later grant never shortens the access; the request and incident are those of the longest', () => {
  const grants = createGrantMemory(makeTempDir());
  const at = (minutes: number) => new Date(Date.UTC(2026, 10, 29, 12, minutes));
  grants.save('cart', at(30), at(0), { request: '1', incident: 'https://x/INC-1' });
  grants.save('cart', at(20), at(0), { request: '2', incident: undefined });
  expect(grants.find('cart', at(0))).toEqual(at(30));
  expect(grants.grant('cart', at(0))).toMatchObject({ request: '1', incident: 'https://x/INC-1' });
  grants.save('cart', at(40), at(0), { request: '3', incident: undefined });
  expect(grants.grant('cart', at(0))).toMatchObject({ request: '3', incident: undefined });
  expect(grants.grant('cart', at(41))).toBeUndefined();
});

test('an end that is far away is kept as a day', () => {
  const grants = createGrantMemory(makeTempDir());
  const now = new Date('2026-11-29T12:00:00Z');
  grants.save('cart', new Date('9999-12-31T00:00:00Z'), now);
  expect(grants.find('cart', now)).toEqual(new Date('2026-11-30T12:00:00Z'));
});
