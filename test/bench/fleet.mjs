// `on` over 250 clusters of a sandbox, against kubectl on one of them and against xargs, in turns in one run: medians and ratios. Then over 2,000 of another.
//   npm run bench:fleet                the table; exit code 1 when a ratio is missed
//   npm run bench:fleet -- --runs N    so many runs of each (5)
//   npm run bench:fleet -- --node      with Node instead of the executable
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { realKubectl } from '../../scripts/kubectl.mjs';

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, node: { type: 'boolean', default: false } },
});
const RUNS = Math.max(3, Number(options.runs));
const CLUSTERS = 250;
const MANY = 2000;
/** What a person takes for at once. */
const FIRST_LINE_LIMIT_MS = 150;
/** Processes are slow to start 250 times: so many clusters for them. */
const FEW = 40;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const executable = path.join(root, '.cache', 'executable', 'zkubectl');
/** The program and its first arguments. */
const [file, ...first] =
  options.node || !existsSync(executable) ? [process.execPath, path.join(root, 'bin', 'zkubectl.js')] : [executable];
const kubectl = await realKubectl();
const home = mkdtempSync(path.join(os.tmpdir(), 'zkubectl-fleet-'));
const base = { PATH: process.env.PATH, HOME: home, ZKUBECTL_KUBECTL_PATH: kubectl };

function run(env, program, args) {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}\n${stderr}`);
  return { seconds: (performance.now() - begun) / 1000, stdout, stderr };
}
const zk = (env, ...args) => run(env, file, [...first, ...args]);
const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Resolves to the seconds until the first byte on stdout. */
async function firstByte(env, ...args) {
  const begun = performance.now();
  const child = spawn(file, [...first, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let arrived;
  child.stdout.on('data', () => {
    arrived ??= performance.now();
  });
  const [code] = await once(child, 'close');
  if (code !== 0 || arrived === undefined) throw new Error(`${args.join(' ')}: exit ${code}`);
  return { seconds: (arrived - begun) / 1000 };
}

/** Starts a sandbox, logs in to all its clusters with one token, and stops it after `use`. */
async function inSandbox(clusters, use) {
  const own = { ...base, ZKUBECTL_SANDBOX_DIR: path.join(home, `sandbox-${clusters}`) };
  own.HOME = path.join(home, `home-${clusters}`);
  mkdirSync(own.HOME);
  try {
    zk(own, 'sandbox', 'up', '--detach', '--clusters', String(clusters));
    const env = { ...own };
    const { stdout } = zk(own, 'sandbox', 'env', '--ci', '--shell', 'sh');
    for (const [, name, value] of stdout.matchAll(/^export (\w+)='(.*)'$/gm)) env[name] = value;
    Object.assign(env, { ZKUBECTL_AUTH_CLIENT_ID: 'ci', ZKUBECTL_AUTH_CLUSTER_CLIENT_ID: 'ci' });
    zk(env, 'login', '--all');
    return await use(env);
  } finally {
    spawnSync(file, [...first, 'sandbox', 'down', '--delete'], { env: own });
  }
}

/** Runs all in turns, after once each that does not count: then a new sandbox makes its clusters, and some may answer too late. Resolves to the median of each, in seconds. */
async function inTurns(measured, runs) {
  const seconds = Object.fromEntries(Object.keys(measured).map(name => [name, []]));
  for (const one of Object.values(measured)) await one().catch(() => undefined);
  for (let i = 0; i < runs; i++)
    for (const [name, one] of Object.entries(measured)) seconds[name].push((await one()).seconds);
  return Object.fromEntries(Object.entries(seconds).map(([name, list]) => [name, median(list)]));
}

const getPods = ['-n', 'shop', '--', 'kubectl', 'get', 'pods'];
console.log(`with ${file}`);
const all = env => zk(env, 'on', '--all', ...getPods);
try {
  const parallel = Math.max(8, 2 * os.availableParallelism());
  const some = await inSandbox(CLUSTERS, env => {
    const token = zk(env, 'token').stdout.trim();
    // For the references, a kubeconfig with the token in it: they start no zkubectl.
    const plain = path.join(home, 'plain.yaml');
    const view = JSON.parse(run(env, kubectl, ['config', 'view', '--raw', '-o', 'json']).stdout);
    view.users = view.users.map(({ name }) => ({ name, user: { token } }));
    writeFileSync(plain, JSON.stringify(view), { mode: 0o600 });
    const reference = { ...env, KUBECONFIG: plain };
    const few = view.contexts.map(({ name }) => name).slice(0, FEW);
    const status = ['-n', 'shop', 'rollout', 'status', 'deployment/cart'];
    const xargs = `printf '%s\\n' ${few.join(' ')} | xargs -P ${parallel} -I CONTEXT '${kubectl}' --context CONTEXT ${status.join(' ')} >/dev/null`;
    const measured = {
      one: async () => run(reference, kubectl, ['--context', few[0], '-n', 'shop', 'get', 'pods']),
      all: async () => all(env),
      first: () => firstByte(env, 'on', '--all', '--stream', ...getPods),
      xargs: async () => run(env, '/bin/sh', ['-c', xargs]),
      xargsWithToken: async () => run(reference, '/bin/sh', ['-c', xargs]),
      processes: async () => zk(env, 'on', few.join(','), '--parallel', String(parallel), '--', 'kubectl', ...status),
    };
    return inTurns(measured, RUNS);
  });
  const many = await inSandbox(MANY, env => inTurns({ all: async () => all(env) }, Math.min(3, RUNS)));
  const rows = [
    [
      `on --all -- kubectl get pods, ${CLUSTERS} clusters`,
      some.all,
      '25 × kubectl get pods on one',
      25 * some.one,
      0.5,
    ],
    [
      `on … -- kubectl rollout status, ${FEW} clusters`,
      some.processes,
      `xargs -P ${parallel} over kubectl, with the same kubeconfig`,
      some.xargs,
      1.1,
    ],
    ['the same', some.processes, 'the same, with the token in the kubeconfig', some.xargsWithToken, undefined],
    [`on --all -- kubectl get pods, ${MANY} clusters`, many.all, `${CLUSTERS} clusters`, some.all, 9],
    ['on --all --stream, first line', some.first, `${FIRST_LINE_LIMIT_MS} ms`, FIRST_LINE_LIMIT_MS / 1000, 1],
  ];
  console.log('| what | median | reference | its median | ratio | limit |\n|---|---:|---|---:|---:|---:|');
  for (const [what, value, against, theirs, limit] of rows)
    console.log(
      `| ${what} | ${value.toFixed(2)} s | ${against} | ${theirs.toFixed(2)} s | ${(value / theirs).toFixed(2)} | ${limit === undefined ? '' : `≤ ${limit}`} |`,
    );
  if (rows.some(([, value, , theirs, limit]) => limit !== undefined && value / theirs > limit)) process.exitCode = 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}
