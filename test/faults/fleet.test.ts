/** `on` over many clusters and kill -9: no cluster that was begun is called not begun, and none is done twice without being asked. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { figure, scaled } from '../support/faults.ts';
import { cleanEnv, run, start } from '../support/program.ts';
import { writeProgram } from '../support/programs.ts';

const AREA = 'a run over many clusters';
const CLUSTERS = 40;

function world() {
  const env: Record<string, string> = { ...cleanEnv(), ZKUBECTL_TOKEN: 'token' };
  const home = env['HOME'] ?? '';
  const registry = path.join(home, 'clusters.yaml');
  const records = Array.from({ length: CLUSTERS }, (_, i) => ({
    id: `aws:${i}:eu:kube-1`,
    alias: `team-${i}`,
    environment: 'test',
    lifecycle_status: 'ready',
    api_server_url: `https://team-${i}.example.org`,
  }));
  fs.writeFileSync(registry, JSON.stringify({ clusters: records }));
  const begun = path.join(home, 'begun');
  fs.mkdirSync(begun);
  // Notes each start in a file of its own: two starts are two lines.
  const kubectl = writeProgram(
    path.join(home, 'fake-kubectl'),
    `echo x >> "${begun}/$ZKUBECTL_CLUSTER_ALIAS"; sleep 0.0$((RANDOM % 9)) 2>/dev/null || sleep 0.03; echo done`,
  );
  Object.assign(env, { ZKUBECTL_REGISTRY_FILE: registry, ZKUBECTL_KUBECTL_PATH: kubectl });
  const starts = () =>
    new Map(
      fs.readdirSync(begun).map(name => [name, fs.readFileSync(path.join(begun, name), 'utf8').split('\n').length - 1]),
    );
  return { env, starts };
}

const WRITE = ['on', '--all', '--yes', '--parallel', '6', '--', 'kubectl', 'apply', '-k', 'x'];

test('killed at any point, and resumed', async () => {
  const rounds = scaled(10, 60);
  let unknown = 0;
  let resumed = 0;
  for (let round = 0; round < rounds; round++) {
    const { env, starts } = world();
    const writing = start(WRITE, env);
    // At another point of the run each time.
    const least = Math.floor((round * CLUSTERS) / rounds);
    await vi.waitFor(() => expect(starts().size).toBeGreaterThanOrEqual(least), { timeout: 30_000, interval: 2 });
    writing.child.kill('SIGKILL');
    await writing.ended;
    const before = starts();
    const left = await run(['on', '--resume', '--yes', '-o', 'json'], env);
    // Nothing was recorded yet: the run had not begun.
    if (left.code === 3) {
      expect(before.size).toBe(0);
      continue;
    }
    const warned = /unknown on (.*): the command may be done there/.exec(left.stderr)?.[1];
    const after = starts();
    for (const [name, times] of after) expect([round, name, times]).toEqual([round, name, 1]);
    const again = await run(['on', '--resume', '--yes', '--also-unknown'], env);
    expect([round, again.code]).toEqual([round, 0]);
    const done = starts();
    expect(done.size).toBe(CLUSTERS);
    const twice = [...done.values()].filter(times => times === 2).length;
    if (warned === undefined) expect(twice).toBe(0);
    expect([...done.values()].filter(times => times > 2)).toEqual([]);
    unknown += CLUSTERS - after.size + twice;
    resumed += after.size - before.size;
  }
  figure(AREA, `kill -9 of a write on ${CLUSTERS} clusters`, rounds);
  figure(AREA, 'clusters done by --resume, none of them twice', resumed);
  figure(AREA, 'clusters named as unknown, and done with --also-unknown', unknown);
});
