import { expect, test } from 'vitest';
import { canBeUndone, keptObjects, readKept, writeKept } from '../../../src/journal/kept.ts';
import { makeTempDir } from '../../support/io.ts';

const object = (kind: string, name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop' },
  ...more,
});

test('objects are paired by name; Secrets are left out', () => {
  const kept = keptObjects(
    [object('ConfigMap', 'a'), object('ConfigMap', 'gone'), object('Secret', 's', { data: { a: 'CANARY' } })],
    [object('ConfigMap', 'a', { data: { x: '1' } }), object('ConfigMap', 'new')],
  );
  expect(kept.map(({ name, before, after }) => [name, before !== undefined, after !== undefined])).toEqual([
    ['a', true, true],
    ['gone', true, false],
    ['new', false, true],
  ]);
});

test('secret values are not kept in readable form, but equal ones stay equal', () => {
  const pod = (password: string, applied: string) => ({
    ...object('Deployment', 'd'),
    metadata: {
      name: 'd',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': applied, plain: 'text' },
    },
    spec: {
      env: [
        { name: 'DB_PASSWORD', value: password },
        { name: 'PLAIN', value: 'visible' },
        { name: 'URL', value: `postgres://u:${password}@db/x` },
      ],
      apiKey: password,
    },
  });
  const applied = (password: string) => JSON.stringify({ spec: { env: [{ name: 'DB_PASSWORD', value: password }] } });
  const state = makeTempDir();
  writeKept(state, 'abcd', {
    context: 'c',
    server: 's',
    notKept: [],
    isAfterKnown: true,
    objects: keptObjects([pod('CANARY1', applied('CANARY1'))], [pod('CANARY2', applied('CANARY2'))]),
  });
  const kept = readKept(state, 'abcd');
  const text = JSON.stringify(kept);
  expect(text).not.toContain('CANARY');
  expect(text).toContain('visible');
  const [same] = keptObjects([pod('x', '{}')], [pod('x', '{}')]);
  expect(same?.before).toEqual(same?.after);
  const [other] = keptObjects([pod('x', '{}')], [pod('y', '{}')]);
  expect(other?.before).not.toEqual(other?.after);
  // A guess cannot be checked: the marks of two runs differ.
  expect(keptObjects([pod('x', '{}')], [])[0]?.before).not.toEqual(keptObjects([pod('x', '{}')], [])[0]?.before);
});

test('a damaged file, and none', () => {
  const state = makeTempDir();
  expect(readKept(state, 'abcd')).toBeUndefined();
  expect(readKept(state, '../../../etc/passwd')).toBeUndefined();
});

test('what undo would refuse is no reason for a hint', () => {
  const owned = object('Pod', 'a', {
    metadata: { name: 'a', ownerReferences: [{ kind: 'ReplicaSet', name: 'x', controller: true }] },
  });
  const config = object('ConfigMap', 'a');
  expect(canBeUndone({ before: owned, after: undefined })).toBe(false);
  expect(canBeUndone({ before: object('Namespace', 'a'), after: undefined })).toBe(false);
  expect(canBeUndone({ before: config, after: undefined })).toBe(true);
  expect(canBeUndone({ before: undefined, after: config })).toBe(true);
  expect(canBeUndone({ before: config, after: config })).toBe(false);
  expect(canBeUndone({ before: config, after: object('ConfigMap', 'a', { data: { x: '1' } }) })).toBe(true);
});
