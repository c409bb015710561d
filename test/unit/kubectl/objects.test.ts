import { describe, expect, test } from 'vitest';
import { deletedObjects, describeObjects, nameIn, objectListsIn } from '../../../src/kubectl/objects.ts';

describe('what kubectl says it would delete', () => {
  test('kind, name and namespace, each once', () => {
    expect(
      deletedObjects(`pod "a" deleted from shop namespace (server dry run)
pod "a" deleted from cart namespace (server dry run)
pod "a" deleted from shop namespace (server dry run)
deployment.apps "b" force deleted from shop namespace (server dry run)
clusterrole.rbac.authorization.k8s.io "shop reader" deleted (server dry run)
`),
    ).toEqual([
      { kind: 'pod', name: 'a', namespace: 'shop' },
      { kind: 'pod', name: 'a', namespace: 'cart' },
      { kind: 'deployment.apps', name: 'b', namespace: 'shop' },
      { kind: 'clusterrole.rbac.authorization.k8s.io', name: 'shop reader', namespace: undefined },
    ]);
    expect(deletedObjects('No resources found\n')).toEqual([]);
    expect(deletedObjects('')).toEqual([]);
  });

  test.each(['pod/a', 'pod "a" gelöscht', 'pod "" deleted (server dry run)', 'pod "a" deleted (dry run)'])(
    '%j cannot be read',
    line => {
      expect(deletedObjects(`pod "x" deleted (server dry run)\n${line}\n`)).toBeUndefined();
    },
  );
});

test('documents that follow each other, with lists in them', () => {
  const document = (value: unknown) => `${JSON.stringify(value, null, 4)}\n`;
  const list = { kind: 'List', items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'x' } }] };
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'a}\n{b' } };
  const lists = objectListsIn(document(list) + document(role));
  expect(lists.map(objects => objects.map(nameIn))).toEqual([
    [{ kind: 'pod', name: 'a', namespace: 'x' }],
    [{ kind: 'clusterrole.rbac.authorization.k8s.io', name: 'a}\n{b', namespace: undefined }],
  ]);
  expect(objectListsIn('')).toEqual([]);
});

describe('what is shown', () => {
  const pods = (count: number, namespace: string) =>
    Array.from({ length: count }, (_, i) => ({ kind: 'pod', name: `p${i}`, namespace }));

  test('one namespace is said once, several with each object, none where there is none', () => {
    expect(describeObjects('x (production)', pods(1, 'shop'))).toEqual([
      'on x (production), namespace shop, these objects are deleted:',
      '  pod/p0',
    ]);
    const node = { kind: 'node', name: 'n', namespace: undefined };
    expect(describeObjects('x (production)', [node])).toEqual([
      'on x (production), these objects are deleted:',
      '  node/n',
    ]);
    expect(describeObjects('x (production)', [node, ...pods(1, 'shop'), ...pods(1, 'cart')])).toEqual([
      'on x (production), these objects are deleted:',
      '  node/n',
      '  pod/p0 in namespace shop',
      '  pod/p0 in namespace cart',
    ]);
  });

  test('many are counted by kind and namespace', () => {
    expect(describeObjects('x', [...pods(22, 'shop'), ...pods(3, 'cart')]).slice(-3)).toEqual([
      '  and 5 more:',
      '    2 × pod in namespace shop',
      '    3 × pod in namespace cart',
    ]);
    expect(describeObjects('x', pods(25, 'shop')).slice(-2)).toEqual(['  and 5 more:', '    5 × pod']);
  });
});
