import { expect, test } from 'vitest';
import { parallelOf } from '../../../src/fleet/parallel.ts';

const of = (maxOpenFiles: number, isWithoutKubectl: boolean, clusters = 250, wish?: number) =>
  parallelOf({ cores: 2, maxOpenFiles }, { wish, isWithoutKubectl, clusters });

test('64 without kubectl, else twice the processors and at least 8; never more than there are', () => {
  const plenty = Number.POSITIVE_INFINITY;
  expect(of(plenty, true)).toEqual({ count: 64, note: undefined });
  expect(of(plenty, false).count).toBe(8);
  expect(
    parallelOf({ cores: 16, maxOpenFiles: plenty }, { wish: undefined, isWithoutKubectl: false, clusters: 99 }).count,
  ).toBe(32);
  expect(of(plenty, true, 3).count).toBe(3);
  expect(of(plenty, true, 250, 100).count).toBe(100);
});

test('below the limit of open files, and it is said when that slows the run', () => {
  expect(of(256, true)).toEqual({ count: 64, note: undefined });
  expect(of(60, true)).toEqual({
    count: 20,
    note: '20 clusters run at a time: only 60 files can be open (ulimit -n)',
  });
  expect(of(60, false)).toMatchObject({
    count: 4,
    note: '4 clusters run at a time: only 60 files can be open (ulimit -n)',
  });
  expect(of(20, true)).toMatchObject({ count: 1, note: expect.stringMatching(/^1 cluster runs at a time/) });
});
