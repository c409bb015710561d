import { describe, expect, test } from 'vitest';
import { type Cluster, parseCluster, rawWithItems } from '../../../src/registry/cluster.ts';
import { clusterState, shortVersion, versionText } from '../../../src/registry/cluster-state.ts';

const RECORD = {
  id: 'aws:1:eu:kube-1',
  alias: 'one',
  lifecycle_status: 'ready',
  status: { current_version: 'a', next_version: 'a' },
};
const cluster = (changes: Record<string, unknown> = {}) => {
  const parsed = parseCluster({ ...RECORD, ...changes });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed as Cluster;
};

describe('versions', () => {
  test.each([
    ['5f4316c0a1b2c3d4e5f60718293a4b5c6d7e8f90#xyz', '5f4316c'],
    ['5f4316c0a1b2#xyz', '5f4316c'],
    ['v1.35.2#abc', 'v1.35.2'],
    ['1234567', '1234567'],
    ['', ''],
  ])('%s is shown as %s', (version, short) => {
    expect(shortVersion(version)).toBe(short);
  });

  test('from → to while the next differs', () => {
    expect(
      versionText(cluster({ status: { current_version: '5f4316c0a1b2#x', next_version: '9f1b369aaaaaaaaa#x' } })),
    ).toBe('5f4316c → 9f1b369');
    expect(versionText(cluster({ status: { current_version: 'a#1', next_version: 'a#2' } }))).toBe('a → a');
    expect(versionText(cluster({ status: { current_version: 'a' } }))).toBe('a');
    expect(versionText(cluster({ status: undefined }))).toBe('');
  });
});

describe('state', () => {
  test.each([
    [{}, 'ready'],
    [{ status: { current_version: 'a', next_version: 'b' } }, 'updating'],
    [{ config_items: { cluster_update_block: 'why' } }, 'blocked'],
    [{ status: { problems: [{ type: 't', title: 'x' }] } }, 'problems'],
    [{ lifecycle_status: 'creating' }, 'creating'],
  ])('%j is %s', (changes, state) => {
    expect(clusterState(cluster(changes))).toBe(state);
  });
});

describe('a record', () => {
  test.each([
    null,
    [],
    'text',
    {},
    { ...RECORD, id: 7 },
    { ...RECORD, id: 'a b' },
    { ...RECORD, id: `a${'b'.repeat(255)}` },
    { ...RECORD, id: 'a:b:c\n' },
    { ...RECORD, alias: '' },
    { ...RECORD, alias: '../../x' },
    { ...RECORD, alias: '-rf' },
    { ...RECORD, alias: '__proto__' },
    { ...RECORD, alias: 'a b' },
    { ...RECORD, api_server_url: 'nope' },
    { ...RECORD, channel: 3 },
    { ...RECORD, config_items: { a: 1 } },
    { ...RECORD, status: [] },
    { ...RECORD, node_pools: {} },
  ])('that is malformed is a problem, not an error (%#)', record => {
    expect(parseCluster(record)).toEqual({ problem: expect.any(String) });
  });

  test('may leave fields out or null', () => {
    expect(
      cluster({ config_items: null, node_pools: null, status: null, channel: null, criticality_level: null }),
    ).toMatchObject({ channel: '', nodePools: [], problems: [] });
  });

  test('a config item called __proto__ is just an item', () => {
    const record = JSON.parse(
      '{"id":"a:b:c","alias":"x","config_items":{"__proto__":"evil","constructor":"c"}}',
    ) as unknown;
    const parsed = parseCluster(record) as Cluster;
    expect(parsed.configItems['constructor']).toBe('c');
    expect(Object.keys(rawWithItems(parsed, true)['config_items'] as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  });
});
