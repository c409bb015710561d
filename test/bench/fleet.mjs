// `on` over 250 clusters of a sandbox, against kubectl on one of them and against xargs, in turns in one run: medians and ratios.
//   npm run bench:fleet                the table; exit code 1 when a ratio is missed
//   npm run bench:fleet -- --runs N    so many runs of each (5)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { realKubectl } from '../../scripts/kubectl.mjs';

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const RUNS = Math.max(3, Number(options.runs));
const CLUSTERS = 250;
/** Processes are slow to start 250 times: so many clusters for them. */
const FEW = 40;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const zkubectl = path.join(root, 'bin', 'zkubectl.js');
const kubectl = await realKubectl();
const home = mkdtempSync(path.join(os.tmpdir(), 'zkubectl-fleet-'));
const base = {
  PATH: process.env.PATH,
  HOME: home,
  ZKUBECTL_KUBECTL_PATH: kubectl,
  ZKUBECTL_SANDBOX_DIR: path.join(home, 'sandbox'),
};

function run(env, file, args) {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(file, args, { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: exit ${status}\n${stderr}`);
  return { seconds: (performance.now() - begun) / 1000, stdout, stderr };
}
const zk = (env, ...args) => run(env, process.execPath, [zkubectl, ...args]);
const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

try {
  zk(base, 'sandbox', 'up', '--detach', '--clusters', String(CLUSTERS));
  const { stdout } = zk(base, 'sandbox', 'env', '--ci', '--shell', 'sh');
  const env = { ...base };
  for (const [, name, value] of stdout.matchAll(/^export (\w+)='(.*)'$/gm)) env[name] = value;
  // One token for all clusters.
  Object.assign(env, { ZKUBECTL_AUTH_CLIENT_ID: 'ci', ZKUBECTL_AUTH_CLUSTER_CLIENT_ID: 'ci' });
  zk(env, 'login', '--all');
  const token = zk(env, 'token').stdout.trim();
  // For the references, a kubeconfig with the token in it: they start no zkubectl.
  const plain = path.join(home, 'plain.yaml');
  const view = JSON.parse(run(env, kubectl, ['config', 'view', '--raw', '-o', 'json']).stdout);
  view.users = view.users.map(({ name }) => ({ name, user: { token } }));
  writeFileSync(plain, JSON.stringify(view), { mode: 0o600 });
  const reference = { ...env, KUBECONFIG: plain };
  const few = view.contexts.map(({ name }) => name).slice(0, FEW);
  const parallel = Math.max(8, 2 * os.availableParallelism());
  const status = ['-n', 'shop', 'rollout', 'status', 'deployment/cart'];
  const xargs = `printf '%s\\n' ${few.join(' ')} | xargs -P ${parallel} -I CONTEXT '${kubectl}' --context CONTEXT ${status.join(' ')} >/dev/null`;
  const measured = {
    one: () => run(reference, kubectl, ['--context', few[0], '-n', 'shop', 'get', 'pods']),
    all: () => zk(env, 'on', '--all', '-n', 'shop', '--', 'kubectl', 'get', 'pods'),
    xargs: () => run(reference, '/bin/sh', ['-c', xargs]),
    processes: () => zk(env, 'on', few.join(','), '--parallel', String(parallel), '--', 'kubectl', ...status),
  };
  const seconds = { one: [], all: [], xargs: [], processes: [] };
  for (const once of Object.values(measured)) once();
  for (let i = 0; i < RUNS; i++)
    for (const [name, once] of Object.entries(measured)) seconds[name].push(once().seconds);
  const [one, all, byXargs, processes] = ['one', 'all', 'xargs', 'processes'].map(name => median(seconds[name]));
  const rows = [
    [`on --all -- kubectl get pods, ${CLUSTERS} clusters`, all, `25 × kubectl get pods on one`, 25 * one, 0.5],
    [
      `on … -- kubectl rollout status, ${FEW} clusters`,
      processes,
      `xargs -P ${parallel} over kubectl, with the token in the kubeconfig`,
      byXargs,
      1.1,
    ],
  ];
  console.log('| what | median | reference | its median | ratio | limit |\n|---|---:|---|---:|---:|---:|');
  for (const [what, value, against, theirs, limit] of rows)
    console.log(
      `| ${what} | ${value.toFixed(2)} s | ${against} | ${theirs.toFixed(2)} s | ${(value / theirs).toFixed(2)} | ${limit === undefined ? '' : `≤ ${limit}`} |`,
    );
  if (rows.some(([, value, , theirs, limit]) => limit !== undefined && value / theirs > limit)) process.exitCode = 1;
} finally {
  spawnSync(process.execPath, [zkubectl, 'sandbox', 'down', '--delete'], { env: base });
  rmSync(home, { recursive: true, force: true });
}
