import { expect, test } from 'vitest';
import { foldResults, masked } from '../../../src/fleet/fold.ts';
import { type FleetResult, notRun } from '../../../src/fleet/results.ts';
import { type Cluster, parseCluster } from '../../../src/registry/cluster.ts';

function cluster(alias: string): Cluster {
  const parsed = parseCluster({ id: `aws:1:eu:${alias}`, alias, api_server_url: `https://${alias}.example.org` });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}
const groups = (...texts: string[]) =>
  foldResults(texts.map((stdout, i): FleetResult => ({ ...notRun(cluster(`c${i}`), 'ok'), stdout }))).length;

test.each<[string, string]>([
  ['image: cart:main-20240115-45672\n', 'image: cart:main-20231231-99887\n'],
  ['NAME  DURATION\na     90d\n', 'NAME  DURATION\na     30d\n'],
  ['last backup 2m ago\n', 'last backup 400d ago\n'],
  ['a:\n    privileged: true\n', 'a:\n  privileged: true\n'],
  ['cpu: 100m\n', 'cpu: 200m\n'],
])('%j and %j are different answers', (one, two) => {
  expect(groups(one, two)).toBe(2);
});

test.each<[string, string]>([
  ['NAME   AGE\nweb    5m\n', 'NAME   AGE\nweb    3d2h\n'],
  ['NAME  RESTARTS      AGE\nx     3 (5m ago)    2d\n', 'NAME  RESTARTS      AGE\nx     3 (9m ago)    2d\n'],
  ['pod/web-7d62409c0d-22bcv\n', 'pod/web-6f8d7c9b5-x4k2p\n'],
  ['server: https://c0.example.org\n', 'server: https://c1.example.org\n'],
])('%j and %j are one answer', (one, two) => {
  expect(groups(one, two)).toBe(1);
});

test('a name counts only where it stands alone', () => {
  expect(masked('cart cartoon my-cart', cluster('cart'))).toBe('<alias> cartoon my-<alias>');
});

test('a cluster that has the name of an application gives the same answer as the others', () => {
  const of = (alias: string, pod: string): FleetResult => ({ ...notRun(cluster(alias), 'ok'), stdout: `pod/${pod}\n` });
  expect(foldResults([of('cart', 'cart-7d62409c0d-22bcv'), of('search', 'cart-6f8d7c9b5-x4k2p')])).toHaveLength(1);
});
