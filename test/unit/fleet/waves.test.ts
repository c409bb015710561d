import { expect, test } from 'vitest';
import { maxFailures, wavesByChannel, wavesBySize } from '../../../src/fleet/waves.ts';
import { type Cluster, parseCluster } from '../../../src/registry/cluster.ts';

function cluster(alias: string, channel: string, environment: string, level = 2): Cluster {
  const parsed = parseCluster({ id: `aws:1:eu:${alias}`, alias, channel, environment, criticality_level: level });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}
const names = (waves: { name: string; clusters: readonly Cluster[] }[]) =>
  waves.map(({ name, clusters }) => [name, clusters.map(({ alias }) => alias).join(' ')]);

test('by channel, test before production within each, channels that are not named last', () => {
  const fleet = [
    cluster('a', 'stable', 'production'),
    cluster('b', 'stable', 'test'),
    cluster('c', 'beta', 'test'),
    cluster('d', 'nightly', ''),
    cluster('e', 'beta', 'test'),
  ];
  expect(names(wavesByChannel(fleet, ['beta', 'stable']))).toEqual([
    ['beta', 'c e'],
    ['stable, not production', 'b'],
    ['stable, production', 'a'],
    ['nightly', 'd'],
  ]);
});

test('by size: the least critical first, test before production', () => {
  const fleet = [
    cluster('a', '', 'production', 1),
    cluster('b', '', 'test', 3),
    cluster('c', '', 'test', 1),
    cluster('d', '', 'production', 2),
  ];
  expect(names(wavesBySize(fleet, '1,50%,rest'))).toEqual([
    ['1', 'c'],
    ['50%', 'b a'],
    ['rest', 'd'],
  ]);
  expect(names(wavesBySize(fleet, '10%,9'))).toEqual([
    ['10%', 'c'],
    ['9', 'b a d'],
  ]);
});

test.each(['0', 'x', '101%', 'rest,1', '1,', '-1', '1.5'])('--waves %s is refused', spec => {
  expect(() => wavesBySize([cluster('a', '', 'test'), cluster('b', '', 'test')], spec)).toThrow('--waves takes sizes');
});

test('sizes that leave clusters out are refused', () => {
  const fleet = ['a', 'b', 'c'].map(alias => cluster(alias, '', 'test'));
  expect(() => wavesBySize(fleet, '1,1')).toThrow('--waves 1,1 leaves out 1 of 3 clusters');
});

test.each<[string | undefined, boolean, number]>([
  [undefined, false, 0],
  [undefined, true, 40],
  ['3', false, 3],
  ['5%', false, 2],
  ['100%', false, 40],
])('--max-failures %s', (text, isRead, expected) => {
  expect(maxFailures(text, 40, isRead)).toBe(expected);
});
test.each(['x', '-1', '101%', ''])('--max-failures %j is refused', text => {
  expect(() => maxFailures(text, 40, false)).toThrow('--max-failures is a number or a share');
});
