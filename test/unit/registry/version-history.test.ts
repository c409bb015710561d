import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Cluster, parseCluster } from '../../../src/registry/cluster.ts';
import { createVersionHistory, lagOf } from '../../../src/registry/version-history.ts';
import { makeTempDir } from '../../support/io.ts';

function cluster(alias: string, current: string, next = current, more: object = {}): Cluster {
  const parsed = parseCluster({
    id: `aws:1:eu:${alias}`,
    alias,
    channel: 'stable',
    environment: 'production',
    lifecycle_status: 'ready',
    api_server_url: `https://${alias}.example.org`,
    status: { current_version: current, next_version: next },
    ...more,
  });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}
const day = (n: number) => new Date(Date.UTC(2026, 0, n));

describe('how far a cluster is behind', () => {
  test('versions in the order in which they came, since the first that came after its own', () => {
    const history = createVersionHistory(makeTempDir(), 'https://registry');
    const slow = cluster('slow', 'v1#a');
    history.see([slow, cluster('fast', 'v1#b')], day(1));
    history.see([slow, cluster('fast', 'v2#b')], day(2));
    history.see([slow, cluster('fast', 'v3#b')], day(3));
    // A version that goes back is no new one.
    history.see([slow, cluster('fast', 'v1#b')], day(4));
    const lag = (one: Cluster) => lagOf(history.seen(), one);
    expect(lag(slow)).toEqual({ newest: 'v3', versions: 2, since: day(2), isGuess: false });
    expect(lag(cluster('x', 'v2#z'))).toEqual({ newest: 'v3', versions: 1, since: day(3), isGuess: false });
    expect(lag(cluster('x', 'v3#z'))).toEqual({ newest: 'v3', versions: 0, since: undefined, isGuess: false });
    expect(lag(cluster('x', 'v9'))).toBeUndefined();
    expect(lag(cluster('x', 'v1', 'v1', { channel: 'beta' }))).toBeUndefined();
  });

  test('at the first look the order is a guess, and since when is not known', () => {
    const history = createVersionHistory(makeTempDir(), 'https://registry');
    const old = cluster('old', 'v1');
    history.see([old, cluster('a', 'v2'), cluster('b', 'v2'), cluster('c', 'v2', 'v3')], day(1));
    expect(
      history
        .seen()
        .get('stable')
        ?.map(({ version }) => version),
    ).toEqual(['v1', 'v2', 'v3']);
    expect(lagOf(history.seen(), old)).toEqual({ newest: 'v3', versions: 2, since: undefined, isGuess: true });
    history.see([cluster('a', 'v4')], day(2));
    expect(lagOf(history.seen(), old)).toEqual({ newest: 'v4', versions: 3, since: undefined, isGuess: false });
    expect(lagOf(history.seen(), cluster('c', 'v3'))).toMatchObject({ versions: 1, since: day(2) });
  });

  test('clusters that are not ready, or without a version or channel, say nothing', () => {
    const history = createVersionHistory(makeTempDir(), 'https://registry');
    const others = [
      cluster('a', 'v1', 'v1', { lifecycle_status: 'decommissioned' }),
      cluster('b', ''),
      cluster('c', 'v1', 'v1', { channel: '' }),
    ];
    history.see(others, day(1));
    expect(history.seen().size).toBe(0);
  });

  test('each registry has its own file; a damaged one counts as absent', () => {
    const dir = makeTempDir();
    const history = createVersionHistory(dir, 'https://registry');
    history.see([cluster('a', 'v1')], day(1));
    expect(createVersionHistory(dir, 'https://other').seen().size).toBe(0);
    const [name = ''] = fs.readdirSync(dir);
    for (const text of ['{', '{"origin": "https://registry", "channels": {"stable": [{"version": 1}, null]}}']) {
      fs.writeFileSync(path.join(dir, name), text, { mode: 0o600 });
      expect(history.seen().get('stable') ?? []).toEqual([]);
    }
  });
});
