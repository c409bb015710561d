/**
 * What `on` answers without kubectl is kubectl's own answer, byte for byte: stdout, stderr and exit code, for every kind and many flags.
 * Against the sandbox, or with `npm run test:same-as-kubectl -- --context X` against any cluster: it only reads.
 */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeTempDir } from '../support/io.ts';
import { cleanEnv, realKubectl, run, type Started, sandboxEnv, start } from '../support/program.ts';

const GIVEN = process.env['SAME_AS_CONTEXT'];
const PARALLEL = 3;

const kubectl = realKubectl();
let theirs: Record<string, string>;
let ours: Record<string, string>;
let context: string;
let proxy: Started;
let front: http.Server;
let base: Record<string, string> | undefined;

beforeAll(async () => {
  if (GIVEN === undefined) {
    base = cleanEnv();
    expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
    theirs = await sandboxEnv(base, '--user', 'alice');
    context = 'foobarlab-test';
    expect(await run(['login', context], theirs)).toMatchObject({ code: 0 });
  } else {
    theirs = { ...(process.env as Record<string, string>), KUBECONFIG: process.env['SAME_AS_KUBECONFIG'] ?? '' };
    if (theirs['KUBECONFIG'] === '') delete theirs['KUBECONFIG'];
    context = GIVEN;
  }
  proxy = start(['proxy', '--port=0', '--context', context], theirs, kubectl, []);
  await vi.waitFor(() => expect(proxy.output().stdout).toMatch(/127\.0\.0\.1:\d+/), { timeout: 60_000 });
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(proxy.output().stdout) ?? [];
  // kubectl's proxy logs in; a bearer token of ours would replace its own.
  front = http.createServer((request, response) => {
    const { authorization: _, host: __, ...headers } = request.headers;
    const forwarded = http.request({ port, path: request.url, method: request.method, headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  });
  await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve));
  const home = makeTempDir();
  const registry = path.join(home, 'clusters.yaml');
  const server = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const cluster = { id: 'x:1:y:same', alias: 'same', environment: 'test', lifecycle_status: 'ready' };
  fs.writeFileSync(registry, JSON.stringify({ clusters: [{ ...cluster, api_server_url: server }] }));
  ours = {
    HOME: home,
    PATH: '/usr/bin:/bin',
    ZKUBECTL_REGISTRY_FILE: registry,
    ZKUBECTL_TOKEN: 'token',
    // Only kubectl's own version may be asked of kubectl.
    ZKUBECTL_KUBECTL_PATH: fakeKubectl(home),
  };
});
afterAll(async () => {
  front.close();
  front.closeAllConnections();
  proxy.child.kill();
  await proxy.ended;
  if (base) await run(['sandbox', 'down', '--delete'], base);
});

function fakeKubectl(home: string): string {
  const file = path.join(home, 'kubectl');
  const text = `#!/bin/sh\n[ "$1 $2" = "version --client" ] && exec '${kubectl}' "$@"\necho "kubectl was asked: $*"\nexit 99\n`;
  fs.writeFileSync(file, text, { mode: 0o755 });
  return file;
}

/** Ages of less than ten minutes differ between two commands. */
const steady = (text: string) => text.replace(/\b(\d+m(\d+s)?|\d+s)\b( *)/g, 'AGE ');

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function fromOurs(line: readonly string[]): Promise<Said> {
  const { stdout, stderr } = await run(['on', 'same', '--no-fold', '--', 'kubectl', ...line], ours);
  const [, code, text = ''] = /^== same(?:: [a-z ]+, exit code (\d+))?\n(.*)$/s.exec(stdout) ?? [];
  const [, warned = ''] = /^== same: on stderr\n(.*\n)[^\n]+\n$/s.exec(stderr) ?? [];
  return { code: Number(code ?? 0), stdout: text === '(no output)\n' ? '' : text, stderr: warned };
}

async function fromKubectl(line: readonly string[]): Promise<Said> {
  const { code, stdout, stderr } = await start(['--context', context, ...line], theirs, kubectl, []).ended;
  // A failure is shown as one text.
  return code === 0 ? { code, stdout: endLine(stdout), stderr } : { code, stdout: `${stdout}${stderr}`, stderr: '' };
}

const endLine = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

async function differences(lines: readonly string[]): Promise<unknown[]> {
  const left = [...lines];
  const found: unknown[] = [];
  const work = async () => {
    for (let line = left.shift(); line !== undefined; line = left.shift()) {
      const words = line.split(' ').map(word => word.replaceAll('␠', ' '));
      const [own, other] = await Promise.all([fromOurs(words), fromKubectl(words)]);
      const same = (said: Said) => ({ ...said, stdout: steady(said.stdout) });
      if (JSON.stringify(same(own)) !== JSON.stringify(same(other))) found.push({ line, ours: own, kubectl: other });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return found;
}

async function kubectlLines(...line: string[]): Promise<string[]> {
  const { stdout } = await fromKubectl(line);
  return stdout.split('\n').filter(text => text !== '');
}

test('every kind, by its full name', async () => {
  const kinds = await kubectlLines('api-resources', '--verbs=list', '-o', 'name');
  expect(kinds.length).toBeGreaterThan(20);
  // Events come and go; a component's status has no order.
  const lines = kinds.filter(kind => !/^(events|componentstatuses)\b/.test(kind)).flatMap(kind => [`get ${kind} -A`]);
  expect(await differences(lines)).toEqual([]);
});

test('every short name', async () => {
  const lines = await kubectlLines('api-resources', '--verbs=list', '--no-headers', '-o', 'wide');
  const short = lines
    .map(line => /^\S+ +(\S+) +\S*v\d\S* /.exec(line)?.[1] ?? '')
    .filter(name => !/^(|ev|cs)$/.test(name));
  expect(short.length).toBeGreaterThan(5);
  expect(await differences(short.flatMap(names => names.split(',')).map(name => `get ${name}`))).toEqual([]);
});

const NAMESPACE = process.env['SAME_AS_NAMESPACE'] ?? 'shop';
const N = `-n ${NAMESPACE}`;

test('the flags of get', async () => {
  const [deployment = '', second = ''] = await kubectlLines('get', 'deploy', '-n', NAMESPACE, '-o', 'name');
  const [name, other] = [deployment, second].map(text => text.split('/')[1]);
  expect(other).toBeDefined();
  const lines = [
    `get pods ${N}`,
    `get po ${N} -o wide`,
    `get Pod ${N}`,
    `get deployments.apps ${N}`,
    `get deployments.v1.apps ${N}`,
    `get deploy.ap ${N}`,
    `get pods,svc ${N}`,
    `get deploy,ns -A`,
    `get ns,deploy,nodes -A --no-headers`,
    `get all ${N}`,
    `get all ${N} --no-headers`,
    `get deploy ${name} ${N}`,
    `get deploy ${name} ${other} ${N}`,
    `get deploy ${name} nope ${other} nope2 ${N}`,
    `get deploy/${name} svc/kubernetes ${N}`,
    `get deploy ${name} --show-kind ${N}`,
    `get deploy nope ${N}`,
    `get deploy nope ${N} --ignore-not-found`,
    `get deploy nope ${N} -o json`,
    `get deploy ${name} nope ${N} -o name`,
    `get nokind`,
    `get nokind.example.org`,
    `get pods,nokind ${N}`,
    `get pods -n not-there`,
    `get pods,nodes -n not-there -l a=b`,
    `get nodes -l a=b`,
    `get pods -n not-there -o name`,
    `get pods -n not-there -o json`,
    `get pods -n not-there -o custom-columns=A:.metadata.name`,
    `get pods -n not-there --ignore-not-found`,
    `get pods ${N} --field-selector bad.field=1`,
    `get pods ${N} -l a=(`,
    `get pods ${N} -l app,team!=x`,
    `get pods -A --field-selector metadata.namespace=${NAMESPACE}`,
    `get deploy ${N} -L app,kubernetes.io/name --show-labels`,
    `get cm ${N} --no-headers -o wide`,
    `get cm,svc -A --show-labels`,
    `get deploy ${N} -o name`,
    `get deploy,svc ${N} -o name`,
    `get deploy ${N} -o json`,
    `get deploy ${name} ${N} -o json`,
    `get deploy ${name} ${other} ${N} -o json`,
    `get cm,svc ${N} -o json`,
    `get nodes -o json`,
    `get deploy ${name} ${N} -o jsonpath={.spec.template.spec.containers[*].image}`,
    `get deploy ${N} -o jsonpath={range␠.items[*]}{.metadata.name}{"\\t"}{.spec.replicas}{"\\n"}{end}`,
    `get deploy ${N} -o jsonpath={.items[0].metadata.labels}`,
    `get deploy ${N} -o jsonpath={.items[0:2].metadata['name','namespace']}`,
    `get deploy ${N} -o jsonpath={.items[?(@.metadata.name=="${name}")].spec.selector}`,
    `get deploy ${N} -o jsonpath={.items[?(@.spec.replicas>1)].metadata.name}`,
    `get deploy ${N} -o jsonpath={.items[-1:].metadata.name}{.nope}`,
    `get deploy ${N} -o custom-columns=NAME:.metadata.name,IMAGES:.spec.template.spec.containers[*].image,NO:.nope,L:.metadata.labels`,
    `get deploy ${N} -o custom-columns=NAME:metadata.name --no-headers`,
    `get deploy ${N} --sort-by=.metadata.name`,
    `get svc ${N} --sort-by={.metadata.name} -o wide`,
    `get deploy ${N} --sort-by=.spec.replicas`,
    `get DEPLOY ${N}`,
    `get DEPLOYMENTS ${N}`,
    `get deploy ${N} --sort-by=.metadata.name -o name`,
    'version',
    'version -o json',
  ];
  expect(await differences(lines)).toEqual([]);
});
