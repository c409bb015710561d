import { describe, expect, test } from 'vitest';
import { refusedRecords } from '../../../src/clusters/clients.ts';
import { type Cluster, parseCluster } from '../../../src/registry/cluster.ts';

function cluster(alias: string, override?: string, more: object = {}): Cluster {
  const record = parseCluster({
    id: `aws:1:eu:${alias}`,
    alias,
    lifecycle_status: 'ready',
    config_items: override === undefined ? {} : { okta_auth_client_id: override },
    ...more,
  });
  if ('problem' in record) throw new Error(record.problem);
  return record;
}

const EACH = { platform: 'zkubectl', template: 'k.{alias}' };
const refused = (rules: typeof EACH | { platform: string; template: string | undefined }, ...clusters: Cluster[]) =>
  [...refusedRecords(rules, clusters)].map(([id, reason]) => `${id.split(':').at(-1)}: ${reason}`);

describe('records that get no token', () => {
  test('none where each has its own client, by the template or by name', () => {
    expect(refused(EACH, cluster('a'), cluster('b', 'other'), cluster('c', 'k.c'))).toEqual([]);
  });

  test("a client that is another's, by the template or by name, or the platform's", () => {
    // Neither can be told to be the right one.
    expect(refused(EACH, cluster('a'), cluster('b', 'k.a'))).toEqual([
      'a: its OAuth client k.a belongs to b',
      'b: its OAuth client k.a belongs to a',
    ]);
    expect(refused(EACH, cluster('a', 'x'), cluster('b', 'x'))).toHaveLength(2);
    expect(refused(EACH, cluster('a', 'zkubectl'))).toEqual(['a: its OAuth client zkubectl is the platform client']);
    expect(refused({ platform: 'a', template: '{alias}' }, cluster('a'))).toHaveLength(1);
    // Also where that other cluster has a client of its own.
    expect(refused(EACH, cluster('a', 'mine'), cluster('b', 'k.a'))).toEqual(['b: its OAuth client k.a belongs to a']);
  });

  test('the template by id counts as well', () => {
    const rules = { platform: 'zkubectl', template: 'k.{id}' };
    expect(refused(rules, cluster('a'), cluster('b', 'k.aws:1:eu:a'))).toHaveLength(2);
  });

  test('a cluster that was replaced under its alias keeps its client; the old one gets no token, nor does what is no more', () => {
    const old = cluster('a', 'x', { id: 'aws:1:eu:old', lifecycle_status: 'decommission-requested' });
    expect(refused(EACH, old, cluster('a', 'x'))).toEqual(['old: the ready cluster with this alias is aws:1:eu:a']);
    expect(refused(EACH, old)).toEqual([]);
    const gone = cluster('b', undefined, { lifecycle_status: 'decommissioned' });
    expect(refused(EACH, gone, cluster('a', 'k.b'))).toEqual(['b: the cluster is decommissioned']);
  });

  test('several records of one id, whatever they say', () => {
    const twin = cluster('b', 'k.a', { id: 'aws:1:eu:a' });
    expect(refused(EACH, cluster('a'), twin)).toEqual(['a: several records have this id']);
  });

  test('two that are ready under one alias, and both', () => {
    expect(refused(EACH, cluster('a'), cluster('a', undefined, { id: 'aws:2:eu:x' }))).toEqual([
      'a: several ready clusters have this alias: aws:1:eu:a and aws:2:eu:x',
      'x: several ready clusters have this alias: aws:1:eu:a and aws:2:eu:x',
    ]);
  });

  test.each([[undefined], ['shared']])('where all share one client (%s), one that names another', template => {
    const rules = { platform: 'zkubectl', template };
    const shared = template ?? 'zkubectl';
    expect(refused(rules, cluster('a'), cluster('b', shared))).toEqual([]);
    expect(refused(rules, cluster('a'), cluster('b', 'k.a'))).toEqual([
      `b: its OAuth client is k.a, but all clusters share ${shared} (auth.cluster_client_id can set one client per cluster)`,
    ]);
  });
});
