import { describe, expect, test } from 'vitest';
import { recreated } from '../../../src/incident/recreate.ts';
import { changesBetween, patchOf, pathText, planUndo, pointerOf } from '../../../src/incident/undo-plan.ts';
import { NOT_KEPT, whyNotRecreated } from '../../../src/journal/kept.ts';

const deployment = (spec: object, metadata: object = {}, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'cart', namespace: 'shop', uid: 'u1', resourceVersion: '7', ...metadata },
  spec,
  ...more,
});
const containers = (...images: string[]) => ({ containers: images.map((image, i) => ({ name: `c${i}`, image })) });

describe('what a command has changed', () => {
  test('fields, list items with names one by one, other lists as a whole', () => {
    const before = deployment({ replicas: 3, ...containers('a:1', 'b:1'), args: ['x', 'y'], paused: true });
    const after = deployment({ replicas: 3, ...containers('a:1', 'b:2'), args: ['x'], added: { deep: 1 } });
    expect(changesBetween(before, after).map(({ path, before: b, after: a }) => [pathText(path), b, a])).toEqual([
      ['.spec.containers[1].image', 'b:1', 'b:2'],
      ['.spec.args', ['x', 'y'], ['x']],
      ['.spec.paused', true, undefined],
      ['.spec.added', undefined, { deep: 1 }],
    ]);
  });

  test('never status, identity, owners and generated fields', () => {
    const before = deployment({ a: 1 }, { generation: 1, annotations: { 'deployment.kubernetes.io/revision': '1' } });
    const after = deployment(
      { a: 1 },
      {
        generation: 2,
        resourceVersion: '9',
        uid: 'u2',
        managedFields: [{}],
        ownerReferences: [{}],
        annotations: { 'deployment.kubernetes.io/revision': '2' },
      },
      { status: { replicas: 3 } },
    );
    expect(changesBetween(before, after)).toEqual([]);
  });

  test('a container that was added makes the list another one', () => {
    const changes = changesBetween(deployment(containers('a')), deployment(containers('a', 'b')));
    expect(changes.map(({ path }) => pathText(path))).toEqual(['.spec.containers']);
  });
});

describe('the way back', () => {
  const before = deployment({ replicas: 4, image: 'a:1' });
  const after = deployment({ replicas: 0, image: 'a:1' });

  test('other fields that others have changed stay', () => {
    const now = deployment({ replicas: 0, image: 'a:2' }, { labels: { by: 'others' }, resourceVersion: '12' });
    const { changes, conflicts } = planUndo(before, after, now);
    expect(conflicts).toEqual([]);
    expect(patchOf(changes, now)).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'u1' },
      { op: 'test', path: '/spec/replicas', value: 0 },
      { op: 'replace', path: '/spec/replicas', value: 4 },
    ]);
  });

  test('the same field, changed since: a conflict, with its manager', () => {
    const managedFields = [
      { manager: 'kubectl-scale', time: '2026-11-29T10:00:00Z', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
      { manager: 'hpa', time: '2026-11-29T11:00:00Z', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
      { manager: 'other', time: '2026-11-29T12:00:00Z', fieldsV1: { 'f:spec': { 'f:image': {} } } },
    ];
    const { changes, conflicts } = planUndo(
      before,
      after,
      deployment({ replicas: 2, image: 'a:1' }, { managedFields }),
    );
    expect(changes).toEqual([]);
    expect(conflicts).toEqual([
      { path: ['spec', 'replicas'], before: 4, after: 0, now: 2, isMoved: false, manager: 'hpa' },
    ]);
  });

  test('what is back already needs nothing', () => {
    expect(planUndo(before, after, deployment({ replicas: 4, image: 'a:1' }))).toEqual({
      changes: [],
      conflicts: [],
      lost: [],
    });
  });

  test('a value that was not kept cannot come back', () => {
    const env = (value: string) => deployment({ env: [{ name: 'DB_PASSWORD', value }] });
    const plan = planUndo(env(`${NOT_KEPT} aa`), env(`${NOT_KEPT} bb`), env('new'));
    expect([plan.changes, plan.lost.map(pathText)]).toEqual([[], ['.spec.env[0].value']]);
  });

  test('fields that were removed come back, with the objects around them', () => {
    const labeled = deployment({}, { labels: { 'a/b~c': '1' } });
    const now = deployment({});
    const { changes } = planUndo(labeled, deployment({}, { labels: {} }), deployment({}, { labels: {} }));
    expect(patchOf(changes, deployment({}, { labels: {} })).slice(1)).toEqual([
      { op: 'add', path: '/metadata/labels/a~1b~0c', value: '1' },
    ]);
    expect(patchOf([{ path: ['metadata', 'labels', 'a'], before: '1', after: undefined }], now).slice(1)).toEqual([
      { op: 'add', path: '/metadata/labels', value: {} },
      { op: 'add', path: '/metadata/labels/a', value: '1' },
    ]);
    expect(patchOf([{ path: ['spec', 'x'], before: undefined, after: 1 }], now).slice(1)).toEqual([]);
    expect(pointerOf(['a', 0])).toBe('/a/0');
  });
});

describe('a deleted object', () => {
  test('is created again without identity, owners and status', () => {
    const object = deployment({ a: 1 }, { finalizers: ['x'], labels: { a: 'b' }, ownerReferences: [] }, { status: {} });
    expect(recreated(object)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'cart', namespace: 'shop', finalizers: ['x'], labels: { a: 'b' } },
      spec: { a: 1 },
    });
  });

  test('a Job without what the server makes of it; a claim without its volume', () => {
    const labels = { app: 'a', 'controller-uid': 'u', 'batch.kubernetes.io/job-name': 'j', 'job-name': 'j' };
    const job = {
      kind: 'Job',
      metadata: { name: 'j', labels },
      spec: { selector: { matchLabels: {} }, template: { metadata: { labels }, spec: { containers: [] } } },
    };
    expect(recreated(job)).toEqual({
      kind: 'Job',
      metadata: { name: 'j', labels: { app: 'a' } },
      spec: { template: { metadata: { labels: { app: 'a' } }, spec: { containers: [] } } },
    });
    const manual = { ...job, spec: { ...job.spec, manualSelector: true } };
    expect(recreated(manual)).toMatchObject({ spec: { selector: { matchLabels: {} } } });
    const claim = {
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c', annotations: { 'pv.kubernetes.io/bind-completed': 'yes', mine: '1' } },
      spec: { volumeName: 'pv-1', storageClassName: 'gp3' },
    };
    expect(recreated(claim)).toEqual({
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c', annotations: { mine: '1' } },
      spec: { storageClassName: 'gp3' },
    });
  });

  test('is not created again when it was more than itself, or when its owner makes it', () => {
    expect(whyNotRecreated({ kind: 'Namespace', metadata: {} })).toMatch(/was not kept/);
    expect(whyNotRecreated({ kind: 'CustomResourceDefinition', metadata: {} })).toMatch(/were not kept/);
    const owned = { ownerReferences: [{ kind: 'ReplicaSet', name: 'x', controller: true }] };
    expect(whyNotRecreated({ kind: 'Pod', metadata: owned })).toBe('ReplicaSet/x makes it');
    expect(whyNotRecreated(deployment({ v: `${NOT_KEPT} aa` }))).toMatch(/secret/);
    expect(whyNotRecreated(deployment({}))).toBeUndefined();
  });
});
