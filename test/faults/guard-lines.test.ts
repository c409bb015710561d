/**
 * Generated kubectl lines that destroy something, held against real kubectl: without a terminal, none of them may send through zkubectl what it sends
 * through kubectl alone.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { figure, scaled } from '../support/faults.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { realKubectl } from '../support/program.ts';
import { type RecordingApi, recordingApi, type Write } from '../support/recording-api.ts';
import { person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let token: string;
let ca: string;
let far: string;
let kubectl: string;
beforeAll(async () => {
  kubectl = realKubectl();
  sandbox = await testSandbox({ now: () => new Date() });
  const alice = person(sandbox, 'alice', {});
  const now = { now: () => new Date() };
  expect(await alice.runWith(now, 'login', 'foobarlab-test')).toMatchObject({ code: 0 });
  const { stdout } = await alice.runWith(now, 'credentials', 'foobarlab-test');
  ({ token } = (JSON.parse(stdout) as { status: { token: string } }).status);
  ca = fs.readFileSync(sandbox.info.caFile, 'utf8');
  far = sandbox.info.clusters.find(({ alias }) => alias === 'foobarlab-test')?.url ?? '';
});
afterAll(() => sandbox.close());

/** Numbers in [0, 1) that depend on the seed only (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Generator {
  one<T>(of: readonly T[]): T;
  chance(probability: number): boolean;
}

function generator(seed: number): Generator {
  const random = seeded(seed);
  return {
    one: of => of[Math.floor(random() * of.length)] as (typeof of)[number],
    chance: probability => random() < probability,
  };
}

type Spell = (g: Generator) => string[];
/** `--flag value` in one of the ways that pflag takes. */
const valued =
  (flag: string, value: string, short?: string): Spell =>
  g => {
    const long = g.chance(0.15) ? `--${flag.replaceAll('-', '_')}` : `--${flag}`;
    if (short === undefined || g.chance(0.5)) return g.chance(0.5) ? [`${long}=${value}`] : [long, value];
    return g.one([[`-${short}`, value], [`-${short}${value}`], [`-${short}=${value}`]]);
  };
const switched =
  (flag: string): Spell =>
  g => [g.one([`--${flag}`, `--${flag}=true`, `--${flag}=1`, `--${flag}=T`, `--${flag}=TRUE`, `--${flag}=t`])];
const words =
  (...all: string[]): Spell =>
  () =>
    all;
const named =
  (...names: string[]): Spell =>
  g => {
    const kind = g.one(['deployment', 'deploy', 'deployments', 'deployment.apps', 'deployments.v1.apps', 'DEPLOY']);
    return g.chance(0.5) ? names.map(name => `${kind}/${name}`) : [kind, ...names];
  };
const anyOf =
  (...spells: Spell[]): Spell =>
  g =>
    g.one(spells)(g);

const file = (name: string) => valued('filename', name, 'f');
const ZERO = '{"spec":{"replicas":0}}';
/** Verbs, and the parts that make them destroy something. */
const LINES: readonly (readonly [string[], ...Spell[]])[] = [
  [['delete'], named('cart')],
  [['delete'], named('cart', 'checkout')],
  [['delete'], words('pods'), valued('selector', 'application=cart', 'l')],
  [['delete'], words('cm,svc'), valued('selector', 'application=cart', 'l')],
  [['delete'], file('same.yaml')],
  [['delete'], words('ns', 'shop')],
  [['delete'], words('-Rf', 'folder')],
  [['delete'], words('deploy'), switched('all')],
  [['drain'], words('worker-1.foobarlab-test.internal'), switched('ignore-daemonsets'), switched('force')],
  [['scale'], named('cart'), valued('replicas', '0')],
  [['scale'], named('cart', 'checkout'), valued('replicas', '0')],
  [['scale'], words('deploy'), valued('replicas', '0'), anyOf(switched('all'), valued('selector', 'x!=y', 'l'))],
  [['scale'], file('same.yaml'), valued('replicas', '0')],
  [['scale'], named('checkout'), valued('replicas', '1'), valued('current-replicas', '3')],
  [['patch'], named('cart'), valued('patch', ZERO, 'p')],
  [['patch'], named('cart'), valued('patch', ZERO, 'p'), valued('type', 'merge')],
  [['patch'], named('cart'), valued('patch', ZERO, 'p'), valued('subresource', 'scale'), valued('type', 'merge')],
  [['patch'], named('cart'), valued('patch-file', 'zero-patch.yaml')],
  [
    ['patch'],
    named('cart'),
    valued('type', 'json'),
    valued('patch', '[{"op":"replace","path":"/spec/replicas","value":0}]', 'p'),
  ],
  [['patch'], file('same.yaml'), valued('patch', ZERO, 'p')],
  [['apply'], file('zero.yaml')],
  [['apply'], file('same.yaml,zero.yaml')],
  [['apply'], words('-Rf', 'folder')],
  [['apply'], words('-k', 'kustom')],
  [['apply'], file('zero.yaml'), switched('server-side'), switched('force-conflicts')],
  [['replace'], file('zero.yaml')],
  [['replace'], file('same.yaml'), switched('force')],
  [
    ['taint'],
    words('no', 'worker-1.foobarlab-test.internal'),
    anyOf(words('a=b:NoExecute'), words('a:NoExecute', 'c=d:NoSchedule')),
  ],
  [['zap'], words('cart')],
];

/** Flags that every verb takes, and that do not make a line harmless. */
const DECOYS: readonly Spell[] = [
  valued('namespace', 'shop', 'n'),
  valued('context', 'shop'),
  valued('dry-run', 'none'),
  words('--dry-run=server', '--dry-run=none'),
  words('--cache-dir', '--dry-run=server'),
  words('--help=false'),
  words('-h=false'),
  valued('v', '1', 'v'),
  words('-v=0'),
  valued('request-timeout', '20s'),
  valued('output', 'name', 'o'),
  words('--warnings-as-errors=false'),
  words('--match-server-version=0'),
  words('--profile=none'),
  words('--user='),
  words('--cluster='),
];
/** Flags that only some verbs take. */
const OTHERS: readonly Spell[] = [
  valued('field-manager', '--dry-run=client'),
  valued('grace-period', '0'),
  words('--now'),
  words('--wait=0'),
  words('--kuberc=kuberc'),
  words('--raw='),
  words('--local=false'),
  words('--force=false', '--force'),
  words('--timeout=5s'),
  words('--', '--dry-run=server'),
  words('--cascade=orphan'),
  words('--ignore-not-found'),
  words('--recursive', '--recursive=false'),
  words('--yes=false'),
];

/** A line: the parts in any order, with decoys between them, before the verb and after it; some lines are damaged. */
function lineOf(g: Generator): string[] {
  const [verb, ...spells] = g.one(LINES);
  const parts = spells.map(spell => spell(g));
  for (let i = g.one([0, 1, 1, 2, 3]); i > 0; i--)
    parts.splice(g.one([...parts.keys(), parts.length]), 0, g.one(g.chance(0.8) ? DECOYS : OTHERS)(g));
  parts.splice(g.chance(0.2) ? g.one([...parts.keys()]) : 0, 0, verb);
  const line = parts.flat();
  if (g.chance(0.1)) line.splice(g.one([...line.keys()]), 1);
  if (g.chance(0.05)) line.splice(g.one([...line.keys()]), 0, g.one(line));
  return line;
}

const KUBERC = `apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
aliases:
- {name: zap, command: delete, prependArgs: [deployment]}
`;

/** A home in which context shop leads to the proxy, and a registry that calls it production. */
async function world(api: RecordingApi) {
  const home = makeTempDir();
  const write = (name: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    fs.writeFileSync(path.join(home, name), text);
  };
  const deployment = (replicas: number) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, namespace: shop}\nspec:\n  replicas: ${replicas}\n  selector: {matchLabels: {application: cart}}\n  template: {metadata: {labels: {application: cart}}, spec: {containers: [{name: cart, image: "cart:1"}]}}\n`;
  write(
    '.kube/config',
    `apiVersion: v1\nkind: Config\ncurrent-context: shop\ncontexts: [{name: shop, context: {cluster: shop, user: me, namespace: shop}}]\nclusters: [{name: shop, cluster: {server: "${api.url}"}}]\nusers: [{name: me, user: {token: t}}]\n`,
  );
  write(
    'clusters.yaml',
    `clusters:\n- {id: "aws:1:eu:kube-1", alias: shop, environment: production, lifecycle_status: ready, api_server_url: "${api.url}"}\n`,
  );
  write('.kube/kuberc', KUBERC);
  write('kuberc', KUBERC);
  write('same.yaml', deployment(2));
  write('zero.yaml', deployment(0));
  write('folder/inner/zero.yaml', deployment(0));
  write('zero-patch.yaml', 'spec: {replicas: 0}');
  write('kustom/kustomization.yaml', 'resources: [zero.yaml]');
  write('kustom/zero.yaml', deployment(0));
  fs.mkdirSync(path.join(home, 'bin'));
  fs.symlinkSync(kubectl, path.join(home, 'bin', 'kubectl'));
  return { home, env: { HOME: home, PATH: path.join(home, 'bin') } };
}

/** Does this request take something away? */
function destroys({ method, path: target, body }: Write): boolean {
  if (method === 'DELETE' || target.includes('/eviction')) return true;
  if (/"replicas":\s*[01]\b|replicas: [01]\b|NoExecute|"path":"\/spec\/replicas"/.test(body)) return true;
  return method === 'PUT' && /\/scale(\?|$)/.test(target) && !/"spec":\{"replicas"/.test(body);
}

function runKubectl(argv: string[], cwd: string, env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(kubectl, argv, {
      cwd,
      env,
      stdio: process.env['DBG'] ? 'inherit' : 'ignore',
      timeout: 30_000,
      killSignal: 'SIGKILL',
    });
    child.on('error', reject);
    child.on('close', () => resolve());
  });
}

test('no generated line gets by the guard', { timeout: 36_000_000 }, async () => {
  const apis = await Promise.all([0, 1].map(() => recordingApi({ url: far, ca, token })));
  const [alone, through] = apis as [RecordingApi, RecordingApi];
  const [plain, guarded] = [await world(alone), await world(through)];
  const seed = Number(process.env['ZKUBECTL_SEED'] ?? Date.now() % 1_000_000);
  const g = generator(seed);
  const count = Number(process.env['ZKUBECTL_LINES'] ?? scaled(40, 2000));
  const gotBy: string[][] = [];
  let destroying = 0;
  let asked = 0;
  for (let i = 0; i < count; i++) {
    const argv = lineOf(g);
    const kuberc = g.one(['', '', 'true', 'false', '0', 'F']);
    const more: Record<string, string> = kuberc === '' ? {} : { KUBECTL_KUBERC: kuberc };
    alone.writes.length = 0;
    through.writes.length = 0;
    const given = argv.filter(word => !word.startsWith('--yes'));
    const [, { code }] = await Promise.all([
      runKubectl(given, plain.home, { ...plain.env, ...more }),
      runMain(argv, {
        home: guarded.home,
        cwd: guarded.home,
        env: { ...guarded.env, ZKUBECTL_REGISTRY_FILE: path.join(guarded.home, 'clusters.yaml'), ...more },
      }),
    ]);
    if (alone.writes.some(destroys)) destroying++;
    if (code === 2) asked++;
    if (through.writes.some(destroys)) gotBy.push([...argv, JSON.stringify(more)]);
  }
  await Promise.all(apis.map(api => api.close()));
  expect({ seed, gotBy }).toEqual({ seed, gotBy: [] });
  // The lines are not all nonsense.
  expect(destroying).toBeGreaterThan(count / 4);
  expect(asked).toBeGreaterThan(count / 3);
  const area = 'the guard';
  figure(area, 'generated command lines', count);
  figure(area, 'of them, lines that destroy something with kubectl', destroying);
  figure(area, 'lines that destroyed something with zkubectl, unasked', gotBy.length);
});
