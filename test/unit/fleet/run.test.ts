import { expect, test } from 'vitest';
import { fleetCommand } from '../../../src/fleet/fleet-command.ts';
import {
  exitCodeOfResults,
  type FleetResult,
  namesOf,
  notRun,
  type Outcome,
  summaryOf,
} from '../../../src/fleet/results.ts';
import { type RunParts, runWaves } from '../../../src/fleet/run.ts';
import { type Cluster, parseCluster } from '../../../src/registry/cluster.ts';

function cluster(alias: string): Cluster {
  const parsed = parseCluster({ id: `aws:1:eu:${alias}`, alias, lifecycle_status: 'ready' });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}
const FLEET = 'abcdef'.split('').map(cluster);
const PROGRESS = { started: () => undefined, ended: () => undefined, end: () => undefined };

function parts(outcomes: Partial<Record<string, Outcome>>, more: Partial<RunParts> = {}): RunParts {
  return {
    io: { signal: new AbortController().signal },
    waves: [{ name: 'all', clusters: FLEET }],
    parallel: 1,
    maxFailures: 0,
    writer: undefined,
    progress: PROGRESS,
    refused: new Map(),
    runOne: one => Promise.resolve({ ...notRun(one, outcomes[one.alias] ?? 'ok'), exitCode: 0 }),
    mayGoOn: () => Promise.resolve(true),
    ...more,
  };
}
const shown = (results: readonly FleetResult[]) => results.map(({ outcome }) => outcome).join(' ');

test('every cluster has one result, in the order of the selection', async () => {
  const { results, wasStopped } = await runWaves(parts({ b: 'failed' }, { maxFailures: 6, parallel: 3 }));
  expect([shown(results), wasStopped]).toEqual(['ok failed ok ok ok ok', false]);
});

test('too many failures: nothing new is started', async () => {
  const { results, wasStopped } = await runWaves(parts({ b: 'failed' }));
  expect([shown(results), wasStopped]).toEqual(['ok failed skipped skipped skipped skipped', true]);
});

test('what runs is waited for', async () => {
  let begin: () => void = () => undefined;
  const hasBegun = new Promise<void>(resolve => {
    begin = resolve;
  });
  const { results } = await runWaves(
    parts(
      {},
      {
        parallel: 2,
        // a fails while b runs.
        runOne: async one => {
          if (one.alias === 'a') {
            await hasBegun;
            return notRun(one, 'failed');
          }
          begin();
          await new Promise(resolve => setTimeout(resolve, 20));
          return notRun(one, 'ok');
        },
      },
    ),
  );
  expect(shown(results)).toBe('failed ok skipped skipped skipped skipped');
});

test('a cluster without a login is no failure of the run: the others go on', async () => {
  const [first] = FLEET;
  if (first === undefined) throw new Error('no cluster');
  const { results, wasStopped } = await runWaves(
    parts({}, { refused: new Map([[first, notRun(first, 'notLoggedIn')]]) }),
  );
  expect([shown(results), wasStopped]).toEqual(['notLoggedIn ok ok ok ok ok', false]);
});

test('no to the next wave: the rest is skipped', async () => {
  const waves = [
    { name: 'one', clusters: FLEET.slice(0, 2) },
    { name: 'two', clusters: FLEET.slice(2) },
  ];
  const seen: string[] = [];
  const end = await runWaves(
    parts(
      {},
      {
        waves,
        mayGoOn: ({ wave, results, next }) =>
          Promise.resolve(seen.push(`${wave.name} ${results.length} ${next?.name}`) === 0),
      },
    ),
  );
  expect([shown(end.results), end.wasStopped, seen]).toEqual([
    'ok ok skipped skipped skipped skipped',
    true,
    ['one 2 two'],
  ]);
});

test.each<[Outcome[], boolean, number]>([
  [['ok', 'ok'], false, 0],
  [['ok', 'unreachable', 'timedOut'], false, 6],
  [['notLoggedIn', 'ok'], false, 4],
  [['forbidden', 'forbidden'], false, 5],
  [['forbidden', 'unreachable'], false, 1],
  [['failed', 'ok'], false, 1],
  [['failed', 'skipped'], true, 9],
  [['ok', 'interrupted', 'skipped'], false, 130],
])('%j, stopped %s: exit %i', (outcomes, wasStopped, code) => {
  const results = outcomes.map((outcome, i) => notRun(cluster(`c${i}`), outcome));
  expect(exitCodeOfResults(results, wasStopped)).toBe(code);
});

test('the last line adds up, and leaves out what is nought', () => {
  const outcomes: Outcome[] = ['ok', 'ok', 'timedOut', 'notLoggedIn', 'unknown'];
  const results = outcomes.map((outcome, i) => notRun(cluster(`c${i}`), outcome));
  expect(summaryOf(results, 1.84)).toBe('2 answered, 1 timed out (c2), 1 not logged in (c3), 1 unknown (c4) · 1.8 s');
  expect(namesOf(FLEET)).toBe('a, b, c, d, e, f');
});

test.each([
  [['kubectl', 'get', 'pods'], true],
  [['kubectl', '--context=x', 'logs', 'x'], true],
  [['zkubectl', 'get', 'pods'], true],
  [['zkubectl', 'traffic', 'x'], false],
  [['kubectl', 'get', '--raw', '/x', 'y'], false],
  [['kubectl', 'config', 'set-context', 'x'], false],
  [['kubectl', 'apply', '-f', 'x', '--dry-run=server'], true],
  [['kubectl', 'apply', '-f', 'x', '--dry-run=none'], false],
  // A plugin may do anything, also with these flags.
  [['kubectl', 'wipe', 'all', '--dry-run=client'], false],
  [['kubectl', 'wipe', '--help'], false],
  [['kubectl', 'create', 'thing', '--dry-run=client'], false],
  [['kubectl', 'create', 'deployment', 'x', '--image=y', '--dry-run=client'], true],
  [['kubectl', 'get', 'pods', '--new-flag=x'], false],
  [['kubectl'], false],
  [['helm', 'list'], false],
])('%j is certainly a read: %s', (words, expected) => {
  expect(fleetCommand(words).isRead).toBe(expected);
});

test('the last wave is checked, too', async () => {
  const waves = [{ name: 'all', clusters: FLEET }];
  const end = await runWaves(parts({}, { waves, mayGoOn: ({ next }) => Promise.resolve(next !== undefined) }));
  expect([shown(end.results), end.wasStopped, end.isBad]).toEqual(['ok ok ok ok ok ok', false, true]);
});
