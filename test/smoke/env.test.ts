/** `env` in real shells, and `on` with real kubectl: a terminal and a command with a cluster of their own. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRunning } from '../../src/platform/process/processes.ts';
import { cleanEnv, isThere, putOnPath, run, sandboxEnv, shell, start } from '../support/program.ts';

let base: Record<string, string>;
let alice: Record<string, string>;
beforeAll(async () => {
  base = cleanEnv();
  putOnPath(base);
  expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
  alice = await sandboxEnv(base, '--user', 'alice');
  expect(await run(['login', 'foobarlab-test'], alice)).toMatchObject({ code: 0 });
  expect(await run(['login', 'foobarlab'], alice)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await run(['sandbox', 'down', '--delete'], base);
});

const shells = () => path.join(alice['ZKUBECTL_STATE_DIR'] ?? '', 'shells');
const files = () => (fs.existsSync(shells()) ? fs.readdirSync(shells()) : []);
const kubeconfig = () => fs.readFileSync(alice['KUBECONFIG'] ?? '', 'utf8');

const POSIX = {
  enter: 'eval "$(zkubectl env foobarlab-test -n shop)"',
  exit: 'eval "$(zkubectl env --exit)"',
};
const FISH = {
  enter: 'zkubectl env foobarlab-test -n shop --shell fish | source',
  // It knows the shell that entered.
  exit: 'zkubectl env --exit | source',
};

describe.each([
  ['sh', POSIX],
  ['bash', POSIX],
  ['zsh', POSIX],
  ['fish', FISH],
])('env in %s', (name, lines) => {
  test.skipIf(!isThere(name))('this shell alone moves, and goes back', async () => {
    const before = kubeconfig();
    const script = [
      lines.enter,
      'zkubectl current',
      'kubectl config view --minify -o jsonpath="{.contexts[0].context.namespace}"; echo',
      'kubectl config get-contexts -o name',
      'zkubectl use abckub-test',
      'zkubectl current -o name',
      'zkubectl ns kube-system --offline',
      lines.exit,
      'zkubectl current -o name',
      'echo "$KUBECONFIG"',
      'zkubectl env --exit >/dev/null; echo left',
    ].join('\n');
    const { code, stdout, stderr } = await start(['-c', script], alice, name, []).ended;
    expect(stderr).toContain(
      'this terminal now uses foobarlab-test (test), namespace shop; other terminals are unchanged',
    );
    expect(stderr).toContain('this terminal has no kubeconfig of its own');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `foobarlab-test shop test (this terminal)\nshop\nfoobarlab-test\nabckub-test\nfoobarlab\n${alice['KUBECONFIG']}\nleft\n`,
    });
    expect(kubeconfig()).toBe(before);
    expect(files()).toEqual([]);
  });
});

describe.each([
  ['sh', 'eval "$(LINE)"', 'export ZKUBECTL_AUTH_ISSUER=https://mine.example.org', '; '],
  ['zsh', 'eval "$(LINE)"', 'export ZKUBECTL_AUTH_ISSUER=https://mine.example.org', '; '],
  ['fish', 'LINE | source', 'set -gx ZKUBECTL_AUTH_ISSUER https://mine.example.org', '; '],
])('sandbox env --exit in %s', (name, evaluate, mine, then) => {
  test.skipIf(!isThere(name))('gives back what this shell had, also after two users', async () => {
    const flags = name === 'fish' ? ' --shell fish' : '';
    const show = 'env | grep -E "^(ZKUBECTL_|KUBECONFIG|BROWSER|XDG_)" | sort';
    const line = (command: string) => evaluate.replace('LINE', command);
    const script = [
      mine,
      show,
      "echo '====='",
      line(`zkubectl sandbox env --user bob${flags}`),
      line(`zkubectl sandbox env --ci${flags}`),
      line(`zkubectl sandbox env --user alice${flags}`),
      'zkubectl whoami -o name',
      'env | grep ^ZKUBECTL_AUTH_',
      line('zkubectl sandbox env --exit'),
      "echo '====='",
      show,
      'zkubectl sandbox env --exit >/dev/null',
    ].join(then);
    const { stdout, stderr } = await start(['-c', script], base, name, []).ended;
    const [before, inside, after] = stdout.split('=====\n');
    expect([before?.includes('mine.example.org'), inside]).toEqual([true, 'alice@example.org\n']);
    expect(after).toBe(before);
    expect(stderr).toContain('this terminal does not use a sandbox');
  });
});

describe.each([
  ['sh', 'eval "$(LINE)"', '&&'],
  ['bash', 'eval "$(LINE)"', '&&'],
  ['zsh', 'eval "$(LINE)"', '&&'],
  ['fish', 'LINE --shell fish | source', '; and'],
])('what fails, fails in %s', (name, evaluate, and) => {
  test.skipIf(!isThere(name)).each([
    ['zkubectl env nosuch', 3],
    ['zkubectl env foobarlab --bogus', 2],
    ['zkubectl env --exit', 1],
    ['zkubectl sandbox env --dir "$HOME/nothing-runs-here"', 3],
  ])('%s: %i, and nothing goes on', async (line, expected) => {
    const evaluated = evaluate.replace('LINE', line);
    const script = `${evaluated} ${and} echo went on\n${evaluated}\necho "$${name === 'fish' ? 'status' : '?'} $KUBECONFIG"`;
    const { stdout, stderr } = await start(['-c', script], alice, name, []).ended;
    expect(stderr).toContain('zkubectl: error: ');
    expect(stdout).toBe(`${expected} ${alice['KUBECONFIG']}\n`);
  });
});

describe('env', () => {
  test('what is printed keeps a hostile name a name', async () => {
    const state = path.join(base['HOME'] ?? '', `state '$(touch pwned)' "x`);
    const { stdout } = await start(
      ['-c', 'eval "$(zkubectl env foobarlab)"; echo "$KUBECONFIG"', 'sh'],
      { ...alice, ZKUBECTL_STATE_DIR: path.join(state, 'zkubectl') },
      '/bin/sh',
      [],
    ).ended;
    expect(stdout).toMatch(/ '\$\(touch pwned\)' "x\/zkubectl\/shells\/foobarlab-[0-9a-f]+\.yaml\n$/);
    expect(fs.existsSync('pwned')).toBe(false);
  });

  test('the second time, what was before stays what it was', async () => {
    const line =
      'eval "$(zkubectl env foobarlab)"; eval "$(zkubectl env abckub)"; zkubectl current -o name; eval "$(zkubectl env --exit)"; echo "$KUBECONFIG"';
    const { stdout } = await start(['-c', line], alice, '/bin/sh', []).ended;
    expect(stdout).toBe(`abckub\n${alice['KUBECONFIG']}\n`);
  });

  test('what a terminal left is swept once it is gone and nobody has read it for a week', async () => {
    const { stdout } = await start(['-c', 'eval "$(zkubectl env foobarlab)"; echo "$KUBECONFIG"'], alice, '/bin/sh', [])
      .ended;
    const file = stdout.trim();
    await run(['env', 'foobarlab'], alice);
    expect(fs.existsSync(file)).toBe(true);
    const old = new Date(Date.now() - 8 * 24 * 3_600_000);
    const mine = `${file.slice(0, -5)}-mine.yaml`;
    fs.copyFileSync(file, mine);
    for (const one of [file, mine]) fs.utimesSync(one, old, old);
    fs.writeFileSync(mine.replace('.yaml', '.pid'), `${process.pid}\n`);
    await run(['env', 'foobarlab'], alice);
    expect({ theirs: fs.existsSync(file), mine: fs.existsSync(mine) }).toEqual({ theirs: false, mine: true });
    for (const name of files()) fs.rmSync(path.join(shells(), name));
  });

  test('no such cluster: 3, and code that fails', async () => {
    expect(await run(['env', 'foobarlib'], alice)).toMatchObject({
      code: 3,
      stdout: '(exit 3)\n',
      stderr: expect.stringContaining('did you mean foobarlab'),
    });
  });
});

describe('on', () => {
  test('one command against one cluster; nothing is switched, and nothing is left', async () => {
    const before = kubeconfig();
    const { code, stdout } = await run(
      [
        'on',
        'foobarlab-test',
        '-n',
        'shop',
        '--',
        'sh',
        '-c',
        'kubectl config get-contexts -o name; kubectl get ns shop -o name; echo $ZKUBECTL_ENVIRONMENT',
      ],
      alice,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'foobarlab-test\nnamespace/shop\ntest\n' });
    expect(kubeconfig()).toBe(before);
    expect(files()).toEqual([]);
  });

  test('kubectl itself, its flags and its exit code are its own', async () => {
    const { code, stdout } = await run(
      ['on', 'foobarlab', '--', 'kubectl', 'config', 'view', '-o', 'jsonpath={.current-context}'],
      alice,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'foobarlab' });
    expect(await run(['on', 'foobarlab', '--', 'sh', '-c', 'exit 7'], alice)).toMatchObject({ code: 7, stdout: '' });
    expect(await run(['on', 'foobarlab', '--', 'sh', '-c', 'kill -9 $$'], alice)).toMatchObject({ code: 137 });
    expect(files()).toEqual([]);
  });

  test('without the dashes it is refused: 2, with the line to type', async () => {
    expect(await run(['on', 'foobarlab', 'kubectl', 'get', 'pods', '-n', 'shop'], alice)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('zkubectl on foobarlab -- kubectl get pods'),
    });
  });

  test('no such command: 2; no such cluster: 3', async () => {
    expect(await run(['on', 'foobarlab', '--', 'no-such-command'], alice)).toMatchObject({ code: 2 });
    expect(await run(['on', 'nowhere-near', '--', 'true'], alice)).toMatchObject({ code: 3 });
  });

  test('SIGTERM reaches the command, and nothing is left', async () => {
    const child = start(
      ['on', 'foobarlab', '--', 'sh', '-c', 'trap "echo ended; exit 3" TERM; echo ready; while :; do sleep 0.05; done'],
      alice,
    );
    await expect.poll(() => child.output().stdout, { timeout: 90_000 }).toContain('ready');
    child.child.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 3, stdout: 'ready\nended\n' });
    expect(files()).toEqual([]);
  });
});

test('a context of another tool is taken along with what it points at', async () => {
  const home = base['HOME'] ?? '';
  const config = path.join(home, 'foreign', 'config');
  fs.mkdirSync(path.dirname(config));
  fs.writeFileSync(
    config,
    'apiVersion: v1\nkind: Config\nclusters: [{name: mini, cluster: {server: "https://127.0.0.1:1", certificate-authority: ca.pem}}]\n' +
      'users: [{name: me, user: {client-key: k.pem, exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Never}}}]\n' +
      'contexts: [{name: mini/cube, context: {cluster: mini, user: me}}]\n',
  );
  const { stdout } = await shell('zk on mini/cube -- kubectl config view --raw -o json', {
    ...alice,
    KUBECONFIG: config,
  });
  const dir = path.dirname(config);
  expect(JSON.parse(stdout)).toMatchObject({
    'current-context': 'mini/cube',
    clusters: [{ cluster: { 'certificate-authority': path.join(dir, 'ca.pem') } }],
    users: [{ user: { 'client-key': path.join(dir, 'k.pem'), exec: { command: path.join(dir, 'login') } } }],
  });
});

describe('a read-only terminal', () => {
  const SCRIPT = [
    'eval "$(zkubectl env foobarlab-test -n shop --read-only)" || exit 9',
    'pid=$(pgrep -f "[s]erve-read-only $KUBECONFIG")',
    '[ -n "$pid" ] && echo "proxy runs"',
    'zkubectl current',
    'zkubectl current -o json | grep readOnly',
    'kubectl get deployment checkout -o name',
    'kubectl delete deployment checkout; echo "delete $?"',
    'kubectl delete deployment checkout --dry-run=server -o name',
    'kubectl scale deployment checkout --replicas 0 --dry-run=server',
    'kubectl auth can-i delete deployments',
    'kubectl exec deployment/checkout -c checkout -- true; echo "exec $?"',
    'zkubectl restart-pods checkout; echo "restart $?"',
    'zkubectl on foobarlab -- kubectl create namespace other; echo "other cluster $?"',
    'zkubectl use foobarlab; echo "use $?"',
    'zkubectl login foobarlab; echo "login $?"',
    'zkubectl env abckub-test >/dev/null; echo "env $?"',
    'zkubectl login foobarlab-test; echo "same cluster $?"',
    'zkubectl current',
  ].join('\n');

  test('reads and dry runs alone reach the cluster; the proxy ends when the terminal leaves', async () => {
    const leave =
      'eval "$(zkubectl env --exit)"\nn=0; while kill -0 "$pid" 2>/dev/null && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done\nkill -0 "$pid" 2>/dev/null || echo "proxy gone"';
    const { code, stdout, stderr } = await start(['-c', `${SCRIPT}\n${leave}`], alice, '/bin/bash', []).ended;
    expect(stdout.split('\n')).toEqual([
      'proxy runs',
      'foobarlab-test shop test read-only (this terminal)',
      '  "readOnly": true',
      'deployment.apps/checkout',
      'delete 1',
      'deployment.apps/checkout',
      'deployment.apps/checkout scaled (server dry run)',
      'yes',
      'exec 1',
      'restart 1',
      'other cluster 1',
      'use 2',
      'login 2',
      'env 2',
      'same cluster 0',
      'foobarlab-test shop test read-only (this terminal)',
      'proxy gone',
      '',
    ]);
    const refused = 'Error from server (MethodNotAllowed): zkubectl: this session is read-only, nothing was sent: ';
    expect(stderr).toContain('namespace shop, read-only; other terminals are unchanged');
    expect(stderr).toContain(`${refused}DELETE would change something`);
    expect(stderr).toContain(`${refused}the request opens a connection`);
    expect(stderr).toContain('error: this terminal is read-only: it stays on its cluster');
    expect(code).toBe(0);
    expect(files()).toEqual([]);
  });

  test('it stays read-only when its kubeconfig and its proxy have gone', async () => {
    const script = `
eval "$(zkubectl env foobarlab-test --read-only)"
kill "$(pgrep -f "[s]erve-read-only $KUBECONFIG")"
n=0; while [ -e "$KUBECONFIG" ] && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done
zkubectl use foobarlab-test; echo "use $?"
zkubectl on foobarlab-test -- kubectl create namespace orphan; echo "on $?"
zkubectl on foobarlab-test -- kubectl get namespace shop -o name
zkubectl on foobarlab-test abckub-test --yes -- kubectl create namespace orphan; echo "on many $?"
eval "$(zkubectl env --exit)"
zkubectl use foobarlab-test; echo "after $?"`;
    const { stdout } = await start(['-c', script], alice, '/bin/bash', []).ended;
    expect(stdout).toBe('use 2\non 1\nnamespace/shop\non many 2\nafter 0\n');
    expect(files()).toEqual([]);
  });

  test('another read-only cluster in the same terminal leaves nothing behind', async () => {
    const script = `
zkubectl login abckub-test
eval "$(zkubectl env foobarlab-test --read-only)"
eval "$(zkubectl env abckub-test --read-only)"
zkubectl current -o name
eval "$(zkubectl env --exit)"
n=0; while pgrep -f "[s]erve-read-only ${alice['ZKUBECTL_STATE_DIR']}" >/dev/null && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done
pgrep -fc "[s]erve-read-only ${alice['ZKUBECTL_STATE_DIR']}"`;
    const { stdout } = await start(['-c', script], alice, '/bin/bash', []).ended;
    expect(stdout).toBe('abckub-test\n0\n');
    expect(files()).toEqual([]);
  });

  test('the proxy ends with the shell', async () => {
    const script = 'eval "$(zkubectl env foobarlab-test --read-only)"; pgrep -f "[s]erve-read-only $KUBECONFIG"';
    const { stdout } = await start(['-c', script], alice, '/bin/bash', []).ended;
    const pid = Number(stdout.trim());
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
    expect(files()).toEqual([]);
  });

  test('nobody without the token of the session reads through it', async () => {
    const script =
      'eval "$(zkubectl env foobarlab-test --read-only)"; kubectl --token wrong get pods 2>&1; eval "$(zkubectl env --exit)"';
    const { stdout } = await start(['-c', script], alice, '/bin/bash', []).ended;
    expect(stdout).toContain('the server has asked for the client to provide credentials');
  });
});

test('on --read-only: for one command', async () => {
  const line = 'zk on foobarlab-test --read-only -- sh -c "kubectl get ns shop -o name; kubectl create ns other"';
  const { code, stdout, stderr } = await shell(line, alice);
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'namespace/shop\n' });
  expect(stderr).toContain('this session is read-only, nothing was sent: POST would change something');
  expect(files()).toEqual([]);
});
