import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { OutputSpool } from '../../../src/fleet/output-spool.ts';
import { notRun, resultJson } from '../../../src/fleet/results.ts';
import { makeTempDir } from '../../support/io.ts';
import { manyClusters } from '../../support/many-clusters.ts';

const [cluster] = manyClusters(1);
if (cluster === undefined) throw new Error('no cluster');
const result = (stdout: string, stderr = '') => ({ ...notRun(cluster, 'ok'), stdout, stderr });

test('a long output is on disk until it is used, and only its owner can read it', () => {
  const folder = makeTempDir();
  const long = 'ä'.repeat(300_000);
  const kept = new OutputSpool(folder).keep(result(long, 'careful\n'));
  const files = fs.readdirSync(folder);
  expect(files).toHaveLength(2);
  for (const file of files) expect(fs.statSync(path.join(folder, file)).mode & 0o777).toBe(0o600);
  expect([kept.stdout === long, kept.stderr, kept.cluster]).toEqual([true, 'careful\n', cluster]);
  expect(resultJson(kept)['stdout']).toBe(long);
});

test('short outputs, and those that cannot be written, stay in memory', () => {
  const folder = makeTempDir();
  const short = result('one\n');
  expect(new OutputSpool(folder).keep(short)).toBe(short);
  expect(fs.readdirSync(folder)).toEqual([]);
  const long = result('x'.repeat(300_000));
  expect(new OutputSpool('/dev/null/none').keep(long).stdout).toBe(long.stdout);
});
