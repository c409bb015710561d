import { describe, expect, test } from 'vitest';
import { patched } from '../../../src/sandbox/kubernetes/patch.ts';
import { decodeKubernetesProtobuf } from '../../../src/sandbox/kubernetes/protobuf.ts';
import { aliasesOf } from '../../../src/sandbox/seed-clusters.ts';

describe('patches', () => {
  const pod = () => ({
    metadata: { labels: { a: '1', b: '2' }, finalizers: ['x'] },
    spec: {
      containers: [
        { name: 'one', image: 'a', ports: [{ containerPort: 80 }] },
        { name: 'two', image: 'b' },
      ],
      args: ['1', '2'],
    },
  });

  test('merge (RFC 7386)', () => {
    const merged = patched(pod(), { metadata: { labels: { a: null, c: '3' } }, spec: { args: ['9'] } }, 'merge');
    expect(merged).toEqual({
      metadata: { labels: { b: '2', c: '3' }, finalizers: ['x'] },
      spec: { ...pod().spec, args: ['9'] },
    });
  });

  test('strategic: lists merge by their key', () => {
    expect(
      patched(
        pod(),
        {
          spec: {
            containers: [
              { name: 'two', image: 'c' },
              { name: 'three', image: 'd' },
            ],
          },
        },
        'strategic',
      )['spec'],
    ).toMatchObject({
      containers: [
        { name: 'one', image: 'a' },
        { name: 'two', image: 'c' },
        { name: 'three', image: 'd' },
      ],
    });
    expect(
      patched(
        pod(),
        { spec: { containers: [{ name: 'one', $patch: 'delete' }], '$setElementOrder/containers': [{ name: 'two' }] } },
        'strategic',
      )['spec'],
    ).toMatchObject({ containers: [{ name: 'two' }] });
    expect(patched(pod(), { spec: { $retainKeys: ['args'], args: ['1'] } }, 'strategic')['spec']).toEqual({
      args: ['1'],
    });
    expect(
      patched(pod(), { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } }, 'strategic')['metadata'],
    ).toMatchObject({ finalizers: [] });
    expect(patched(pod(), { spec: { $patch: 'replace', args: [] } }, 'strategic')['spec']).toEqual({ args: [] });
  });

  test('JSON (RFC 6902), and one that does not apply', () => {
    expect(patched(pod(), [{ op: 'remove', path: '/metadata/labels/a' }], 'json')).toEqual({
      ...pod(),
      metadata: { labels: { b: '2' }, finalizers: ['x'] },
    });
    expect(() => patched(pod(), [{ op: 'remove', path: '/no/such' }], 'json')).toThrow();
    expect(() => patched(pod(), {}, 'json')).toThrow();
  });

  test('a patch cannot reach a prototype', () => {
    patched(pod(), JSON.parse('{"__proto__":{"evil":1}}'), 'strategic');
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  });
});

test('protobuf: a namespace as kubectl sends it', () => {
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const text = (value: string) => Buffer.from(value);
  const typeMeta = Buffer.concat([field(1, text('v1')), field(2, text('Namespace'))]);
  const label = Buffer.concat([field(1, text('k')), field(2, text('v'))]);
  const object = field(1, Buffer.concat([field(1, text('foo')), field(11, label)]));
  const body = Buffer.concat([Buffer.from('k8s\0'), field(1, typeMeta), field(2, object)]);
  expect(decodeKubernetesProtobuf(body)).toEqual({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'foo', labels: { k: 'v' } },
  });
  expect(decodeKubernetesProtobuf(Buffer.from('{}'))).toBeUndefined();
  expect(() => decodeKubernetesProtobuf(body.subarray(0, body.length - 3))).toThrow(RangeError);
});

test('every production cluster stands beside its test twin', () => {
  expect(aliasesOf(4)).toEqual(['foobarlab', 'foobarlab-test', 'abckub', 'abckub-test']);
  const many = aliasesOf(250);
  expect([many.length, new Set(many).size]).toEqual([250, 250]);
  expect(many[7]).toBe(`${many[6]}-test`);
});

test('a patch changes one place, also where two share a part', () => {
  const labels = { a: '1' };
  const object = { metadata: { labels }, spec: { template: { metadata: { labels } } } };
  for (const type of ['merge', 'strategic'] as const)
    expect(patched(object, { metadata: { labels: { a: '2' } } }, type)).toMatchObject({
      metadata: { labels: { a: '2' } },
      spec: { template: { metadata: { labels: { a: '1' } } } },
    });
});
