// Whole processes against their references, interleaved in one run: medians and their ratios, as a table and as JSON.
//   npm run bench                    the table; exit code 1 when a ratio is missed
//   npm run bench -- --json FILE     also writes the figures
//   npm run bench -- --docs          also writes docs/performance.md
//   npm run bench -- --runs N        so many runs of each (31; at least 30 count)
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { realKubectl } from '../../scripts/kubectl.mjs';
import { clusters, kubeconfig } from './fixtures.mjs';

const { values: options } = parseArgs({
  options: { json: { type: 'string' }, docs: { type: 'boolean' }, runs: { type: 'string', default: '31' } },
});
const RUNS = Math.max(30, Number(options.runs));
const FEW_RUNS = 7;
const WARM_UPS = 2;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const executable = path.join(root, '.cache', 'executable', 'zkubectl');
const script = path.join(root, 'bin', 'zkubectl.js');
if (!existsSync(executable)) throw new Error('no executable: node scripts/test-executable.mjs makes it');
const kubectl = await realKubectl();
const home = mkdtempSync(path.join(os.tmpdir(), 'zkubectl-bench-'));
const empty = path.join(home, 'empty.js');
writeFileSync(empty, '');

/** A registry that gives so many clusters. */
function registryOf(count) {
  const body = JSON.stringify({ items: clusters(count) });
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(body);
  });
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}`, server }));
  });
}

/** What the user has set for kubectl and us is left out; the rest is as it is for whatever starts on this machine. */
const inherited = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(ZKUBECTL_|KUBE|XDG_|npm_|HOME$|BROWSER$)/.test(name)),
);

/** An environment with folders of its own. */
function environment(name, extra = {}) {
  const dir = path.join(home, name);
  mkdirSync(dir, { recursive: true });
  return {
    ...inherited,
    HOME: dir,
    ZKUBECTL_KUBECTL_PATH: kubectl,
    ZKUBECTL_AUTH_ISSUER: 'http://127.0.0.1:1',
    ZKUBECTL_AUTH_CLIENT_ID: 'zkubectl',
    ...extra,
  };
}

/** Runs a command to its end. The servers are in this process, so nothing here may block it. */
function runOnce(file, args, env) {
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', text => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', code => {
      const ms = Number(process.hrtime.bigint() - start) / 1e6;
      if (code === 0) resolve(ms);
      else reject(new Error(`${file} ${args.join(' ')}: exit code ${code}\n${stderr}`));
    });
  });
}

const median = numbers => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** Times commands in turns, so that a slow moment of the machine meets all of them. */
async function timeInTurns(commands, runs = RUNS) {
  const times = new Map(Object.keys(commands).map(name => [name, []]));
  for (let round = -WARM_UPS; round < runs; round++) {
    for (const [name, { file, args, env }] of Object.entries(commands)) {
      const ms = await runOnce(file, typeof args === 'function' ? args(round) : args, env);
      if (round >= 0) times.get(name).push(ms);
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, { median: median(list), min: Math.min(...list) }]));
}

const results = [];
function compare(what, measured, reference, times, limit) {
  const ratio = times[measured].median / times[reference].median;
  results.push({
    what,
    against: reference,
    ms: round(times[measured].median),
    referenceMs: round(times[reference].median),
    ratio: Math.round(ratio * 1000) / 1000,
    limit: limit ?? null,
    met: limit === undefined ? null : ratio <= limit,
  });
}
const round = ms => Math.round(ms * 10) / 10;

const servers = [];
async function prepare(count) {
  const registry = await registryOf(count);
  servers.push(registry.server);
  const env = environment(`clusters-${count}`, { ZKUBECTL_REGISTRY_URL: registry.url, ZKUBECTL_TOKEN: 'x' });
  await runOnce(executable, ['list'], env);
  return { env, url: `${registry.url}/kubernetes-clusters` };
}

async function measure() {
  const small = await prepare(250);
  const large = await prepare(10_000);
  const huge = await prepare(100_000);

  // A login at the sandbox, for tokens as they are; its tokens outlive the benchmark.
  const sandboxDir = path.join(home, 'sandbox');
  const base = environment('login', { ZKUBECTL_SANDBOX_DIR: sandboxDir });
  delete base.ZKUBECTL_AUTH_ISSUER;
  delete base.ZKUBECTL_AUTH_CLIENT_ID;
  await runOnce(executable, ['sandbox', 'up', '--detach', '--token-ttl', '24h'], base);
  const exported = spawnSync(executable, ['sandbox', 'env', '--user', 'alice'], { env: base, encoding: 'utf8' }).stdout;
  const user = { ...base };
  for (const [, name, value] of exported.matchAll(/^export (\w+)='(.*)'$/gm)) user[name] = value;
  await runOnce(executable, ['login', 'foobarlab'], user);
  const [, server] = /server: (https:\/\/\S+)/.exec(readFileSync(user.KUBECONFIG, 'utf8')) ?? [];
  const [, ca] = /certificate-authority-data: (\S+)/.exec(readFileSync(user.KUBECONFIG, 'utf8')) ?? [];
  user.KUBERNETES_EXEC_INFO = JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server, 'certificate-authority-data': ca } },
  });
  try {
    const names = clusters(250).map(cluster => cluster.alias);
    const switching = file => {
      writeFileSync(file, kubeconfig(names, executable), { mode: 0o600 });
      return { ...small.env, KUBECONFIG: file };
    };
    const kubeconfigs = ['use-executable', 'use-node'].map(name => switching(path.join(home, name)));
    const program = (args, env) => ({ file: executable, args, env });
    const underNode = (args, env) => ({
      file: process.execPath,
      args: typeof args === 'function' ? turn => [script, ...args(turn)] : [script, ...args],
      env,
    });
    const use = turn => ['use', names[(turn + WARM_UPS) % 2 === 0 ? 200 : 1]];
    const starts = await timeInTurns({
      'kubectl version --client': { file: kubectl, args: ['version', '--client'], env: small.env },
      'node empty.js': { file: process.execPath, args: [empty], env: small.env },
      version: program(['--version'], small.env),
      credentials: program(['credentials', 'foobarlab'], user),
      use: program(use, kubeconfigs[0]),
      list: program(['list', '--offline'], small.env),
      current: program(['current'], user),
      TAB: program(['__complete', 'use', ''], user),
      'pass-through': program(['version', '--client'], small.env),
      'version, Node': underNode(['--version'], small.env),
      'credentials, Node': underNode(['credentials', 'foobarlab'], user),
      'use, Node': underNode(use, kubeconfigs[1]),
      'list, Node': underNode(['list', '--offline'], small.env),
    });
    const reference = 'kubectl version --client';
    compare('`--version`', 'version', reference, starts, 0.3);
    compare('`credentials`, valid token', 'credentials', reference, starts, 0.35);
    compare('`use ALIAS`, 250 contexts', 'use', reference, starts, 0.6);
    compare('`list --offline`, 250 clusters', 'list', reference, starts, 0.6);
    compare('pass-through of `version --client`', 'pass-through', reference, starts, 1.35);
    compare('`current`', 'current', reference, starts);
    compare('TAB: clusters', 'TAB', reference, starts);
    compare('Node: `--version`', 'version, Node', 'node empty.js', starts, 1.15);
    compare('Node: `credentials`, valid token', 'credentials, Node', 'node empty.js', starts, 1.2);
    compare('Node: `use ALIAS`, 250 contexts', 'use, Node', 'node empty.js', starts, 1.6);
    compare('Node: `list --offline`, 250 clusters', 'list, Node', 'node empty.js', starts, 2);

    await measurePeers({ user, program, switching, use });

    const json = ['list', '--offline', '-o', 'json'];
    const sizes = await timeInTurns({
      '250 clusters': program(json, small.env),
      '10,000 clusters': program(json, large.env),
    });
    compare('`list --offline -o json`, 10,000 clusters', '10,000 clusters', '250 clusters', sizes, 4);

    const tables = await timeInTurns({
      [reference]: { file: kubectl, args: ['version', '--client'], env: small.env },
      table: program(['list', '--offline'], large.env),
      'credentials, 10,000': program(['credentials', 'foobarlab'], {
        ...user,
        ZKUBECTL_REGISTRY_URL: large.env.ZKUBECTL_REGISTRY_URL,
        XDG_CACHE_HOME: path.join(large.env.HOME, '.cache'),
      }),
    });
    compare('`list --offline`, 10,000 clusters', 'table', reference, tables);
    compare('`credentials`, valid token, 10,000 clusters', 'credentials, 10,000', reference, tables, 0.35);

    // Seconds each: a few runs tell enough, and there is no limit to be met.
    const many = await timeInTurns(
      {
        [reference]: { file: kubectl, args: ['version', '--client'], env: small.env },
        table: program(['list', '--offline'], huge.env),
        json: program(json, huge.env),
      },
      FEW_RUNS,
    );
    compare('`list --offline`, 100,000 clusters *', 'table', reference, many);
    compare('`list --offline -o json`, 100,000 clusters *', 'json', reference, many);

    if (['curl', 'jq'].every(tool => spawnSync(tool, ['--version']).status === 0)) {
      const pipe = url => ({ file: '/bin/sh', args: ['-c', `curl -s '${url}' | jq length`], env: small.env });
      const online = await timeInTurns({
        'curl | jq length, 10,000': pipe(large.url),
        list: program(['list'], large.env),
      });
      compare('`list`, 10,000 clusters from a loopback registry', 'list', 'curl | jq length, 10,000', online, 3);
      const most = await timeInTurns(
        { 'curl | jq length, 100,000': pipe(huge.url), list: program(['list'], huge.env) },
        FEW_RUNS,
      );
      compare('`list`, 100,000 clusters from a loopback registry *', 'list', 'curl | jq length, 100,000', most);
    } else console.error('not measured: list from a registry, as there is no curl or no jq');
  } finally {
    await runOnce(executable, ['sandbox', 'down', '--delete'], base);
  }
}

/** kubelogin and kubectx, where they are on PATH: the same work, side by side in one run. */
async function measurePeers({ user, program, switching, use }) {
  const kubelogin = ['kubelogin', 'kubectl-oidc_login'].find(isThere);
  if (kubelogin === undefined) console.error('not measured: kubelogin, which is not on PATH');
  else {
    const args = [
      'get-token',
      `--oidc-issuer-url=${user.ZKUBECTL_AUTH_ISSUER ?? issuerIn(user.ZKUBECTL_CONFIG)}`,
      '--oidc-client-id=ci',
      '--grant-type=client-credentials',
      `--token-cache-dir=${path.join(home, 'kubelogin')}`,
    ];
    const secret = readFileSync(path.join(user.ZKUBECTL_SANDBOX_DIR, 'client-secret'), 'utf8').trim();
    const peer = { file: kubelogin, args: [...args, `--oidc-client-secret=${secret}`], env: user };
    try {
      // The first run fills its cache.
      await runOnce(peer.file, peer.args, peer.env);
      const tokens = await timeInTurns({
        'kubelogin get-token, from its cache': peer,
        credentials: program(['credentials', 'foobarlab'], user),
      });
      compare('`credentials`, valid token', 'credentials', 'kubelogin get-token, from its cache', tokens, 1);
    } catch (error) {
      console.error(`not measured: kubelogin: ${error.message.split('\n').slice(0, 2).join(': ')}`);
    }
  }
  if (!isThere('kubectx')) return console.error('not measured: kubectx, which is not on PATH');
  const own = switching(path.join(home, 'use-beside-kubectx'));
  const theirs = switching(path.join(home, 'kubectx'));
  // kubectx keeps the context before in this folder.
  mkdirSync(path.join(theirs.HOME, '.kube'), { recursive: true });
  const switches = await timeInTurns({
    kubectx: {
      file: 'kubectx',
      args: turn => [use(turn)[1]],
      env: { ...theirs, PATH: `${path.dirname(kubectl)}:${process.env.PATH}` },
    },
    use: program(use, own),
  });
  compare('`use ALIAS`, 250 contexts', 'use', 'kubectx', switches, 1.25);
}

function isThere(name) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status === 0;
}

/** Of kubectx there are two: a shell script and a program. */
function kindOf(name) {
  const file = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).stdout.trim();
  return readFileSync(file).subarray(0, 2).toString() === '#!' ? 'a shell script' : 'a program';
}

function issuerIn(file) {
  return /issuer: (\S+)/.exec(readFileSync(file, 'utf8'))?.[1];
}

function machine() {
  const [cpu] = os.cpus();
  return [
    `${os.cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`,
    `NODE_EXTRA_CA_CERTS is ${process.env.NODE_EXTRA_CA_CERTS ? "set, which makes every start of Node slower, the empty script's too" : 'not set'}`,
    `Node ${process.version}, ${spawnSync(kubectl, ['version', '--client'], { encoding: 'utf8' }).stdout.split('\n')[0].replace('Client Version:', 'kubectl')}`,
    ...['kubelogin', 'kubectx'].filter(isThere).map(name => `${name}: ${kindOf(name)}`),
    `${RUNS} runs of each (${FEW_RUNS} where there is a *), in turns, ${new Date().toISOString().slice(0, 10)}`,
  ];
}

function table() {
  const mark = result => (result.met === null ? '' : result.met ? 'met' : 'MISSED');
  return [
    '| what | median | reference | its median | ratio | limit | |',
    '|---|---:|---|---:|---:|---:|---|',
    ...results.map(
      r =>
        `| ${r.what} | ${r.ms} ms | ${r.against.replace('|', '\\|')} | ${r.referenceMs} ms | ${r.ratio.toFixed(2)} | ${r.limit === null ? '' : `≤ ${r.limit.toFixed(2)}`} | ${mark(r)} |`,
    ),
  ].join('\n');
}

try {
  await measure();
  const lines = machine();
  console.log(`${lines.join('\n')}\n\n${table()}`);
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ machine: lines, runs: RUNS, results }, null, 2)}\n`);
  if (options.docs) {
    const file = path.join(root, 'docs', 'performance.md');
    const begin = '<!-- npm run bench -- --docs writes from here -->';
    const end = '<!-- to here -->';
    const text = readFileSync(file, 'utf8');
    const [before] = text.split(begin);
    const [, after] = text.split(end);
    writeFileSync(
      file,
      `${before}${begin}\n\n${lines.map(line => `- ${line}`).join('\n')}\n\n${table()}\n\n${end}${after}`,
    );
  }
  if (results.some(result => result.met === false)) process.exitCode = 1;
} finally {
  for (const server of servers) server.close();
  rmSync(home, { recursive: true, force: true });
}
