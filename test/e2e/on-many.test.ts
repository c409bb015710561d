/** `on` over many clusters: what runs, what is shown, and what is counted. The fake kubectl answers by the cluster in its environment. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { makeTempDir, runMain, type TestIoOptions } from '../support/io.ts';
import { programs } from '../support/programs.ts';

interface Seed {
  readonly alias: string;
  readonly environment?: string;
  readonly channel?: string;
}

const FLEET: Seed[] = ['cart', 'pay', 'shop'].flatMap(name => [
  { alias: name, environment: 'production', channel: 'stable' },
  { alias: `${name}-test`, environment: 'test', channel: 'beta' },
]);

function fleet(kubectl: string, seeds: readonly Seed[] = FLEET, config = '') {
  const home = makeTempDir();
  const { dir, argv, log } = programs({ kubectl });
  const clusters = path.join(home, 'clusters.yaml');
  const records = seeds.map(({ alias, environment = 'test', channel = 'stable' }, index) => ({
    id: `aws:${100 + index}:eu:kube-1`,
    alias,
    environment,
    channel,
    infrastructure_account: `aws:${100 + index}`,
    local_id: 'kube-1',
    region: 'eu',
    lifecycle_status: 'ready',
    api_server_url: `https://${alias}.example.org`,
  }));
  fs.writeFileSync(clusters, JSON.stringify({ clusters: records }));
  const file = path.join(home, '.config', 'zkubectl', 'config.yaml');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, config);
  const env = { PATH: dir, ZKUBECTL_TOKEN: 'token', ZKUBECTL_REGISTRY_FILE: clusters };
  const on = (options: TestIoOptions, ...words: string[]) =>
    runMain(['on', ...words], { home, ...options, env: { ...env, ...options.env } });
  const runs = () => path.join(home, '.local', 'state', 'zkubectl', 'runs');
  /** The clusters on which the fake kubectl ran, by its own notes. */
  const ran = () => argv('kubectl').length;
  return { on: (...words: string[]) => on({}, ...words), onWith: on, argv, log, home, ran, runs };
}

const ALIAS = 'alias=$ZKUBECTL_CLUSTER_ALIAS';
const summary = (text: string) => text.split('\n').find(line => line.includes(' · '));
const counts = (text: string) => summary(text)?.replace(/ · .*/, '');

describe('a line that kubectl would refuse', () => {
  test.each([
    ['get', 'pods', '--foo'],
    ['get', 'pods', '-n'],
    ['get', 'deploy', 'x', '--diff'],
  ])('kubectl %s %s %s: 2, and where flags of on stand', async (...words) => {
    const { on, ran } = fleet('echo');
    const { code, stderr } = await on('--all', '--', 'kubectl', ...words);
    expect([code, stderr, ran()]).toEqual([2, expect.stringContaining('hint: flags of on come before --'), 0]);
  });
});

describe('what is shown', () => {
  test('equal answers stand once, under the clusters that gave them, the largest group first', async () => {
    const { on } = fleet(`${ALIAS}; case $alias in pay) echo old;; *) echo new;; esac`);
    const { code, stdout, stderr } = await on('--all', '--', 'kubectl', 'cluster-info');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '== 5 clusters: cart, cart-test, pay-test, shop, shop-test\nnew\n\n== pay\nold\n',
    });
    expect(counts(stderr)).toBe('6 answered');
  });

  test("each cluster's own names and addresses make no difference, nor do ages and pod names", async () => {
    const { on } = fleet(`${ALIAS}
printf 'cluster %s at https://%s.example.org\\n' $alias $alias
printf 'NAME                        AGE    CPU\\n'
case $alias in
shop) printf 'web-7d62409c0d-22bcv        5m     100m\\n';;
cart) printf 'web-6f8d7c9b5-x4k2p         3d2h   100m\\n';;
*)    printf 'web-6f8d7c9b5-x4k2p         3d2h   200m\\n';;
esac`);
    const { stdout } = await on('cart', 'shop', 'pay', '--', 'kubectl', 'top', 'pod');
    expect(stdout).toContain('== 2 clusters: cart, shop\ncluster cart at https://cart.example.org\n');
    // What looks like an age in another column is compared.
    expect(stdout).toContain('== pay\n');
  });

  test('an object called like a cluster does not make that cluster another', async () => {
    const { on } = fleet('echo deployment.apps/cart');
    expect((await on('cart', 'shop', '--', 'kubectl', 'describe', 'deploy')).stdout).toBe(
      '== 2 clusters: cart, shop\ndeployment.apps/cart\n',
    );
  });

  test('--diff: the others against the most frequent answer', async () => {
    const { on } = fleet(`${ALIAS}; echo one; case $alias in pay) echo TWO;; *) echo two;; esac; echo three`);
    expect((await on('--all', '--diff', '--', 'kubectl', 'cluster-info')).stdout).toBe(
      '== 5 clusters: cart, cart-test, pay-test, shop, shop-test\none\ntwo\nthree\n\n== pay\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n',
    );
  });

  test('--no-fold: a block for each cluster', async () => {
    const { on } = fleet('echo x');
    expect((await on('cart', 'pay', '--no-fold', '--', 'kubectl', 'cluster-info')).stdout).toBe(
      '== cart\nx\n\n== pay\nx\n',
    );
  });

  test('--stream: lines as they come, behind the alias', async () => {
    const { on } = fleet('echo one; printf two; echo bad >&2');
    const { stdout, stderr } = await on('cart', 'pay-test', '--stream', '--', 'kubectl', 'cluster-info');
    expect(stdout.split('\n').sort()).toEqual([
      '',
      'cart     │ one',
      'cart     │ two',
      'pay-test │ one',
      'pay-test │ two',
    ]);
    expect(stderr).toContain('pay-test │ bad\n');
  });

  test('-o json: a result for each cluster; -o name: those that succeeded', async () => {
    const { on } = fleet(`${ALIAS}; case $alias in pay) echo no >&2; exit 3;; *) echo yes;; esac`);
    const json = await on('cart', 'pay', '-o', 'json', '--', 'kubectl', 'cluster-info');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toEqual({
      apiVersion: 'zkubectl/v1',
      kind: 'RunResult',
      items: [
        {
          cluster: { id: 'aws:100:eu:kube-1', alias: 'cart', environment: 'production', channel: 'stable' },
          outcome: 'ok',
          exitCode: 0,
          seconds: expect.any(Number),
          stdout: 'yes\n',
          stderr: '',
        },
        expect.objectContaining({ outcome: 'failed', exitCode: 3, stdout: '', stderr: 'no\n' }),
      ],
    });
    expect((await on('cart', 'pay', '-o', 'name', '--', 'kubectl', 'cluster-info')).stdout).toBe('cart\n');
    const stream = await on('cart', 'pay', '--stream', '-o', 'json', '--', 'kubectl', 'cluster-info');
    const lines = stream.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { outcome: string });
    expect(lines.map(({ outcome }) => outcome).sort()).toEqual(['failed', 'ok']);
  });

  test('more than 8 names are folded', async () => {
    const seeds = Array.from({ length: 12 }, (_, i) => ({ alias: `team-${String(i).padStart(2, '0')}` }));
    const { on } = fleet('exit 1', seeds);
    const { stdout, stderr } = await on('team-*', '--', 'kubectl', 'cluster-info');
    expect(stdout).toContain('== 12 clusters: team-00, team-01, team-02 and 9 more: failed, exit code 1\n');
    expect(counts(stderr)).toBe('12 failed (team-00, team-01, team-02 and 9 more)');
  });

  test('hostile output cannot move the cursor or forge a line', async () => {
    const { on } = fleet("printf 'a\\033[2Jb\\r\\n== pay\\n'");
    const { stdout } = await on('cart', 'shop', '--', 'kubectl', 'cluster-info');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(stdout).not.toMatch(/[\x1b\r]/);
  });
});

describe('outcomes and exit codes', () => {
  const FORBIDDEN = `echo 'Error from server (Forbidden): pods is forbidden: User "a" cannot list resource "pods"' >&2; exit 1`;
  const DOWN = "echo 'Unable to connect to the server: dial tcp: lookup x: no such host' >&2; exit 1";
  const BUSY = "echo 'Error from server (ServiceUnavailable): try again' >&2; exit 1";
  const LOGIN = "echo 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1";
  const answers = (script: string) => `${ALIAS}; case $alias in *-test) ${script};; *) echo ok;; esac`;

  test.each([
    [FORBIDDEN, 5, '1 answered, 1 forbidden (cart-test)'],
    [DOWN, 6, '1 answered, 1 unreachable (cart-test)'],
    [BUSY, 6, '1 answered, 1 unreachable (cart-test)'],
    [LOGIN, 4, '1 answered, 1 not logged in (cart-test)'],
    ['exit 7', 1, '1 answered, 1 failed (cart-test)'],
    ['echo ok', 0, '2 answered'],
  ])('%s', async (script, code, line) => {
    const { on } = fleet(answers(script));
    const result = await on('cart', 'cart-test', '--', 'kubectl', 'describe', 'pods');
    expect([result.code, counts(result.stderr)]).toEqual([code, line]);
  });

  test('failures of several classes: 1', async () => {
    const { on } = fleet(`${ALIAS}; case $alias in cart) ${DOWN};; *) ${LOGIN};; esac`);
    expect((await on('cart', 'pay', '--', 'kubectl', 'describe', 'pods')).code).toBe(1);
  });

  test('--timeout ends the command of a cluster that hangs', async () => {
    const { on } = fleet(`${ALIAS}; case $alias in pay) exec sleep 60;; *) echo ok;; esac`);
    const { code, stderr } = await on('cart', 'pay', '--timeout', '1s', '--', 'kubectl', 'describe', 'pods');
    expect([code, counts(stderr)]).toEqual([6, '1 answered, 1 timed out (pay)']);
  });

  test('a cluster without a login does not stop the others', async () => {
    const { onWith, ran } = fleet('echo ok');
    const env = { ZKUBECTL_TOKEN: '', ZKUBECTL_AUTH_ISSUER: 'https://id.example.org' };
    const { code, stderr } = await onWith({ env }, '--all', '--', 'kubectl', 'cluster-info');
    expect([code, ran()]).toEqual([4, 0]);
    expect(counts(stderr)).toBe('6 not logged in (cart, cart-test, pay, pay-test, shop, shop-test)');
  });

  test('no such command: before anything starts', async () => {
    const { on } = fleet('echo ok');
    expect(await on('--all', '--', 'no-such-program')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('command not found: no-such-program'),
    });
  });
});

describe('what a command gets', () => {
  test('a kubeconfig of its own without a secret, and the names of its cluster', async () => {
    const { on } = fleet(
      'cat "$KUBECONFIG"; echo; echo "$ZKUBECTL_CLUSTER_ID $ZKUBECTL_CLUSTER_ALIAS $ZKUBECTL_ENVIRONMENT"; ls -l "$KUBECONFIG" | cut -c1-10',
    );
    const { stdout } = await on(
      'cart',
      'pay',
      '--no-fold',
      '-n',
      'web',
      '-o',
      'json',
      '--',
      'kubectl',
      'config',
      'view',
    );
    const [item] = (JSON.parse(stdout) as { items: { stdout: string }[] }).items;
    const [kubeconfig = '', names, mode] = item?.stdout.split('\n') ?? [];
    expect(JSON.parse(kubeconfig)).toMatchObject({
      'current-context': 'cart',
      clusters: [{ name: 'cart', cluster: { server: 'https://cart.example.org' } }],
      contexts: [{ name: 'cart', context: { cluster: 'cart', namespace: 'web' } }],
      users: [{ user: { exec: { args: ['credentials', 'cart'] } } }],
    });
    expect(kubeconfig).not.toContain('"token"');
    expect([names, mode]).toEqual(['aws:100:eu:kube-1 cart production', '-rw-------']);
  });

  test('what is piped, each the whole of it', async () => {
    const { onWith } = fleet('cat; echo');
    const { stdout } = await onWith({ stdin: 'input' }, 'cart', 'pay', '--no-fold', '--', 'kubectl', 'diff', '-f', '-');
    expect(stdout).toBe('== cart\ninput\n\n== pay\ninput\n');
  });

  test('its flags as they stand, also those that we have too', async () => {
    const { on, argv } = fleet('true');
    await on('cart', 'pay', '--', 'kubectl', 'get', 'pods', '-l', 'a=b', '--all-namespaces', '-o', 'yaml');
    expect(argv('kubectl')).toEqual(Array(2).fill(['get', 'pods', '-l', 'a=b', '--all-namespaces', '-o', 'yaml']));
  });

  test.each([
    ['--context', 'x'],
    ['--server', 'https://x'],
    ['--kubeconfig', 'x'],
    ['--token', 'x'],
  ])('%s in the command is refused: every run would go to one cluster', async (flag, value) => {
    const { on, ran } = fleet('true');
    const result = await on('cart', 'pay', '--', 'kubectl', 'get', 'pods', flag, value);
    expect(result).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${flag} leads every run to one cluster`),
    });
    expect(ran()).toBe(0);
  });
});

describe('the selection', () => {
  test('without a command it is listed', async () => {
    const { on, ran } = fleet('true');
    expect((await on('cart*', '-o', 'name')).stdout).toBe('cart\ncart-test\n');
    expect((await on('--environment', 'test', '--except', 'pay-test', '-o', 'name')).stdout).toBe(
      'cart-test\nshop-test\n',
    );
    expect(ran()).toBe(0);
  });

  test('groups of the configuration, also from a variable', async () => {
    const { on, onWith } = fleet('true', FLEET, 'groups:\n  money: alias in (pay,pay-test)\n  two: [cart, "@money"]\n');
    expect((await on('@two', '-o', 'name')).stdout).toBe('cart\npay\npay-test\n');
    const result = await onWith({ env: { ZKUBECTL_GROUPS_MINE: 'channel=beta' } }, '@mine', '-o', 'name');
    expect(result.stdout).toBe('cart-test\npay-test\nshop-test\n');
  });

  test('names on stdin', async () => {
    const { onWith } = fleet('true');
    expect((await onWith({ stdin: 'shop\ncart\n' }, '-', '-o', 'name')).stdout).toBe('cart\nshop\n');
  });

  test.each([
    [['crat', 'pay', '--', 'kubectl', 'cluster-info'], 3, 'no cluster is called crat'],
    [['x*', '--', 'kubectl', 'cluster-info'], 3, 'no ready cluster matches x*'],
    [['--', 'kubectl', 'cluster-info'], 2, 'no cluster given'],
    [['cart', 'kubectl', 'get', 'pods'], 2, 'zkubectl on cart -- kubectl get pods'],
    [['cart', 'pay', '--read-only', '--', 'kubectl', 'cluster-info'], 2, '--read-only works only with one cluster'],
    [['cart', 'pay', '-o', 'wide', '--', 'kubectl', 'cluster-info'], 2, '-o wide works only without a command'],
    [
      ['cart', 'pay', '--diff', '--stream', '--', 'kubectl', 'cluster-info'],
      2,
      '--diff and --stream cannot be used together',
    ],
    [['cart', 'pay', '--check', 'true', '--', 'kubectl', 'cluster-info'], 2, '--soak and --check need --waves'],
    [['--all', '--pick', '0'], 2, '--pick is a number'],
    [['--resume', '--', 'kubectl', 'cluster-info'], 2, '--resume takes neither'],
  ])('%j: exit %i', async (words, code, message) => {
    const { on, ran } = fleet('true');
    expect(await on(...words)).toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(ran()).toBe(0);
  });
});

describe('a write', () => {
  const RESTART = ['--', 'kubectl', 'rollout', 'restart', 'deployment/web'];
  const terminal = (typed: string) => ({ tty: true, answers: [{ input: typed }] });

  test('is shown, and the number of clusters is typed', async () => {
    const { onWith, ran } = fleet('echo restarted');
    const { code, stderr, io } = await onWith(terminal('6'), '--all', ...RESTART);
    expect([code, ran()]).toEqual([0, 6]);
    expect(stderr).toContain('kubectl rollout restart deployment/web\non 6 clusters, 3 of them guarded\n');
    expect(stderr).toContain('guarded: cart, pay, shop');
    expect(stderr).toContain('this machine knows of no production access to cart, pay, shop');
    expect(io.asked).toEqual(['type 6 to run it on these 6 clusters:']);
  });

  test.each(['5', 'yes', '', '66'])('%j is not the number: 1, and nothing ran', async typed => {
    const { onWith, ran, runs } = fleet('true');
    expect(await onWith(terminal(typed), '--all', ...RESTART)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing was run'),
    });
    expect([ran(), fs.existsSync(runs())]).toEqual([0, false]);
  });

  test('without a terminal it needs --yes; --expect refuses another number', async () => {
    const { on, ran } = fleet('true');
    expect(await on('--all', ...RESTART)).toMatchObject({ code: 2, stderr: expect.stringContaining('add --yes') });
    expect(await on('--all', '--yes', '--expect', '5', ...RESTART)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the selection has 6, not 5'),
    });
    expect(ran()).toBe(0);
    expect(await on('--all', '--yes', '--expect', '6', ...RESTART)).toMatchObject({ code: 0 });
    expect(ran()).toBe(6);
  });

  test.each([
    ['kubectl', 'get', 'pods', '-o', 'yaml'],
    ['kubectl', '-n', 'x', 'rollout', 'status', 'deployment/web'],
    ['kubectl', 'delete', 'pod', 'x', '--dry-run=server'],
    ['kubectl', 'auth', 'can-i', 'list', 'pods'],
  ])('%s %s %s … is a read: nothing is asked', async (...command) => {
    const { on, ran } = fleet('true');
    expect((await on('cart', 'pay', '--', ...command)).code).toBe(0);
    expect(ran()).toBe(2);
  });

  test.each([
    [['kubectl', 'rollout', 'undo', 'deployment/web']],
    [['kubectl', 'get', 'pods', '--no-such-flag']],
    [['kubectl', 'auth', 'reconcile', '-f', 'x']],
    [['kubectl', 'delete', 'pod', 'x', '--dry-run=none']],
    [['kubectl', 'no-such-verb']],
    [['sh', '-c', 'kubectl get pods']],
  ])('%j is not certainly a read', async command => {
    const { onWith, ran } = fleet('true');
    const result = await onWith({ env: { PATH: '/usr/bin:/bin' } }, 'cart', 'pay', '--', ...command);
    expect(ran()).toBe(0);
    expect(result.code).toBe(2);
  });

  test('--dry-run shows the plan, wave by wave, and runs nothing', async () => {
    const { on, ran } = fleet('true');
    const { code, stdout } = await on('--all', '--waves', '--dry-run', ...RESTART);
    expect([code, ran()]).toEqual([0, 0]);
    expect(stdout).toBe(`kubectl rollout restart deployment/web (a write), on 6 clusters
wave 1 (beta), 3 clusters, 0 guarded: cart-test, pay-test, shop-test
wave 2 (stable), 3 clusters, 3 guarded: cart, pay, shop
`);
    const configured = fleet('true', FLEET, 'fleet:\n  waves: [stable, beta]\n');
    expect((await configured.on('--all', '--waves', '--dry-run', ...RESTART)).stdout).toContain(
      'wave 1 (stable), 3 clusters',
    );
  });

  test('stops at the first failure: what was not begun is skipped, exit 9', async () => {
    const { on, ran } = fleet(`${ALIAS}; case $alias in cart-test) exit 1;; *) echo done;; esac`);
    const { code, stderr } = await on('*-test', '--yes', '--parallel', '1', ...RESTART);
    expect([code, ran()]).toEqual([9, 1]);
    expect(counts(stderr)).toBe('1 failed (cart-test), 2 skipped (pay-test, shop-test)');
    expect(stderr).toContain('zkubectl on --resume');
  });

  test.each([
    ['1', 0, 3],
    ['34%', 0, 3],
    ['0%', 9, 1],
  ])('--max-failures %s', async (limit, stopped, times) => {
    const { on, ran } = fleet(`${ALIAS}; case $alias in cart-test) exit 1;; *) echo done;; esac`);
    const { code } = await on('*-test', '--yes', '--parallel', '1', '--max-failures', limit, ...RESTART);
    expect([code, ran()]).toEqual([stopped || 1, times]);
  });

  test('waves: a check that fails ends the run before the next wave', async () => {
    const { on, log } = fleet(
      `${ALIAS}; case "$1 $alias" in "get pay-test") echo broken; exit 1;; *) echo done;; esac`,
    );
    const check = ['--check', 'kubectl get deployment web'];
    const { code, stdout, stderr } = await on(
      '--all',
      '--yes',
      '--parallel',
      '1',
      '--waves',
      '3,rest',
      ...check,
      ...RESTART,
    );
    expect(code).toBe(9);
    expect(stderr).toContain('the check failed on 1 of 3 clusters; the next waves were not begun');
    expect(stdout).toContain('broken');
    expect(counts(stderr.split('\n').slice(-3).join('\n'))).toBe('3 answered, 3 skipped (cart, pay, shop)');
    expect(log().filter(line => line.includes('<rollout>'))).toHaveLength(3);
  });

  test('waves: on a terminal, each next wave is asked about', async () => {
    const { onWith, ran } = fleet('echo done');
    const answers = [{ input: '6' }, { confirm: false }];
    const { code, io } = await onWith({ tty: true, answers }, '--all', '--waves', '1,rest', ...RESTART);
    expect([code, ran()]).toEqual([9, 1]);
    expect(io.asked).toEqual(['type 6 to run it on these 6 clusters:', 'begin wave rest (clusters: 5)?']);
  });
});

describe('--every', () => {
  test('repeats a read and prints who moved from which answer to which; Ctrl-C ends it: 0', async () => {
    const flag = path.join(makeTempDir(), 'changed');
    const { onWith, runs } = fleet(
      `${ALIAS}; if [ -e '${flag}' ] && [ $alias = pay ]; then echo new; else echo old; fi`,
    );
    const stop = new AbortController();
    let rounds = 0;
    const sleep = async (ms: number, signal?: AbortSignal) => {
      // Only the pauses between two rounds: the progress line sleeps, too.
      if (ms === 60_000) {
        rounds++;
        if (rounds === 2) fs.writeFileSync(flag, '');
        if (rounds === 4) stop.abort(new InterruptedError());
      }
      signal?.throwIfAborted();
      await new Promise(resolve => setImmediate(resolve));
    };
    const words = ['cart', 'pay', '--every', '1m', '--', 'kubectl', 'cluster-info'];
    const { code, stdout, stderr } = await onWith({ sleep, signal: stop.signal }, ...words);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^== 2 clusters: cart, pay\nold\n\d\d:\d\d:\d\d pay: old → new\n$/);
    expect(counts(stderr)).toBe('2 answered');
    expect(fs.existsSync(runs())).toBe(false);
  });

  test('a write is not repeated', async () => {
    const { on, ran } = fleet('true');
    const words = ['cart', 'pay', '--yes', '--every', '1m', '--', 'kubectl', 'rollout', 'restart', 'deployment/x'];
    expect(await on(...words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--every works only with reads'),
    });
    expect(ran()).toBe(0);
  });
});

describe('a check', () => {
  const APPLY = ['--', 'kubectl', 'cluster-info'];

  test('that may write makes the run a write; it is shown, and may not lead elsewhere', async () => {
    const { on, ran } = fleet('true');
    const write = ['--waves', '1,rest', '--check', 'kubectl annotate ns x a=b'];
    expect(await on('*-test', ...write, ...APPLY)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --yes'),
    });
    expect((await on('*-test', ...write, '--dry-run', ...APPLY)).stdout).toContain(
      'after each wave: kubectl annotate ns x a=b\n',
    );
    const elsewhere = ['--waves', '1,rest', '--check', 'kubectl get x --context y'];
    expect(await on('*-test', ...elsewhere, ...APPLY)).toMatchObject({ code: 2 });
    const missing = ['--waves', '1,rest', '--check', 'no-such-program'];
    expect(await on('*-test', '--yes', ...missing, ...APPLY)).toMatchObject({ code: 2 });
    expect(ran()).toBe(0);
  });

  test('that fails after the last wave is exit 1', async () => {
    const { on } = fleet(`${ALIAS}; case "$1 $alias" in "get shop-test") exit 1;; *) echo ok;; esac`);
    const words = ['--parallel', '1', '--waves', '1,rest', '--check', 'kubectl get x'];
    const { code, stderr } = await on('*-test', ...words, ...APPLY);
    expect([code, stderr.includes('the check failed on 1 of 2 clusters')]).toEqual([1, true]);
    // The command itself is done everywhere: nothing is left to resume.
    expect(stderr).not.toContain('--resume');
  });
});

describe('input', () => {
  test('that is too long ends before anything starts: 2', async () => {
    const { onWith, ran } = fleet('wc -c');
    const stdin = 'x'.repeat(17 * 1024 * 1024);
    expect(await onWith({ stdin }, 'cart', 'pay', '--yes', '--', 'kubectl', 'apply', '-f', '-')).toMatchObject({
      code: 2,
    });
    expect(ran()).toBe(0);
  });

  test('is left alone by a command that does not read it', async () => {
    const { onWith } = fleet('wc -c');
    const { stdout } = await onWith({ stdin: 'a script' }, 'cart', 'pay', '--', 'kubectl', 'cluster-info');
    expect(stdout).toBe('== 2 clusters: cart, pay\n0\n');
  });
});

test('what a command says on stderr is shown also when it succeeds', async () => {
  const { on } = fleet(`${ALIAS}; echo ok; [ $alias != pay ] || echo 'Warning: quota' >&2`);
  const { code, stdout, stderr } = await on('cart', 'pay', 'shop', '--', 'kubectl', 'cluster-info');
  expect([code, stdout]).toEqual([0, '== 3 clusters: cart, pay, shop\nok\n']);
  expect(stderr).toContain('== pay: on stderr\nWarning: quota\n');
});

test('output cannot forge a heading', async () => {
  const { on } = fleet("printf 'a\\n== 9 clusters: x\\n'");
  expect((await on('cart', 'pay', '--', 'kubectl', 'cluster-info')).stdout).toBe(
    '== 2 clusters: cart, pay\na\n == 9 clusters: x\n',
  );
});

test.each([
  [['-l', '', '--', 'kubectl', 'cluster-info'], '--selector is empty'],
  [['*', '--except', '', '--', 'kubectl', 'cluster-info'], '--except is empty'],
  [['--all', 'cart', '--', 'kubectl', 'cluster-info'], 'names and --all exclude each other'],
  [['cart', '', '--', 'kubectl', 'cluster-info'], 'a name is empty'],
  [['cart', 'pay', '--stream', '-o', 'name', '--', 'kubectl', 'cluster-info'], '--stream and -o name'],
])('%j: exit 2', async (words, message) => {
  const { on, ran } = fleet('true');
  expect(await on(...words)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  expect(ran()).toBe(0);
});

describe('runs are kept', () => {
  const APPLY = ['--', 'kubectl', 'apply', '-k', 'x'];
  const failing = (flag: string) => `${ALIAS}; if [ -e '${flag}' ]; then echo done; else
case $alias in pay-test) exit 1;; *) echo done;; esac; fi`;

  function world() {
    const flag = path.join(makeTempDir(), 'repaired');
    return { ...fleet(failing(flag)), repair: () => fs.writeFileSync(flag, '') };
  }

  test('--resume does what failed or never began, once', async () => {
    const { on, argv, repair } = world();
    expect((await on('*-test', '--yes', '--parallel', '1', ...APPLY)).code).toBe(9);
    expect(argv('kubectl')).toHaveLength(2);
    repair();
    const { code, stdout, stderr } = await on('--resume', '--yes');
    expect(code).toBe(0);
    expect(stderr).toMatch(/going on with the run \d{8}T/);
    expect(stdout).toContain('== 2 clusters: pay-test, shop-test\ndone\n');
    expect(argv('kubectl')).toHaveLength(4);
    expect(argv('kubectl').at(-1)).toEqual(['apply', '-k', 'x']);
    expect(await on('--resume', '--yes')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('all of its clusters are done'),
    });
    expect(argv('kubectl')).toHaveLength(4);
  });

  test('a run that ended without a word: what was begun is unknown, and done again only with --also-unknown', async () => {
    const { on, runs, argv, repair } = world();
    expect((await on('*-test', '--yes', '--parallel', '1', '--max-failures', '3', ...APPLY)).code).toBe(1);
    repair();
    // As after kill -9: the end of pay-test was never written, shop-test was not begun.
    const [name = ''] = fs.readdirSync(runs());
    const file = path.join(runs(), name);
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    const begun = lines.findIndex(line => line.includes('"started":"aws:103:'));
    fs.writeFileSync(file, `${lines.slice(0, begun + 1).join('\n')}\n{"ended":"aws:103:eu:`);
    const first = await on('--resume', '--yes');
    expect(first.code).toBe(0);
    expect(first.stderr).toContain('unknown on pay-test: the command may be done there');
    expect(first.stdout).toContain('== shop-test\n');
    expect(argv('kubectl')).toHaveLength(4);
    expect(await on('--resume', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('only unknown clusters are left'),
    });
    const again = await on('--resume', '--yes', '--also-unknown');
    expect([again.code, again.stdout]).toEqual([0, '== pay-test\ndone\n']);
    expect(await on('--resume', '--yes')).toMatchObject({ code: 0 });
    expect(argv('kubectl')).toHaveLength(5);
  });

  test('@failed: the clusters that the last run did not finish', async () => {
    const { on } = fleet(`${ALIAS}; case $alias in pay*) exit 1;; *) echo ok;; esac`);
    expect((await on('@failed')).code).toBe(3);
    await on('--all', '--', 'kubectl', 'cluster-info');
    expect((await on('@failed', '-o', 'name')).stdout).toBe('pay\npay-test\n');
  });

  test('a secret in the command is not kept, so the command must be given again', async () => {
    const { on, runs } = fleet('exit 1');
    const secret = ['kubectl', 'create', 'secret', 'generic', 'x', '--from-literal=password=hunter2'];
    expect((await on('*-test', '--yes', '--', ...secret)).stderr).not.toContain('--resume');
    await on('*-test', '--yes', '--', 'kubectl', 'set', 'env', 'deployment/x', 'DB_PASSWORD=hunter2');
    for (const name of fs.readdirSync(runs()))
      expect(fs.readFileSync(path.join(runs(), name), 'utf8')).not.toContain('hunter2');
    expect(await on('--resume', '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('zkubectl on @failed --'),
    });
  });

  test('a read after it does not hide a write that did not end', async () => {
    const { on, repair } = world();
    await on('*-test', '--yes', '--parallel', '1', ...APPLY);
    await on('cart', 'pay', '--', 'kubectl', 'cluster-info');
    repair();
    const { code, stdout } = await on('--resume', '--yes');
    expect([code, stdout]).toEqual([0, '== 2 clusters: pay-test, shop-test\ndone\n']);
  });

  test('a write that was ended half-way counts as unknown', async () => {
    const { on } = fleet(`${ALIAS}; case $alias in pay-test) exec sleep 30;; *) echo done;; esac`);
    const { code } = await on('*-test', '--yes', '--timeout', '1s', '--max-failures', '3', ...APPLY);
    expect(code).toBe(6);
    expect(await on('--resume', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('unknown on pay-test'),
    });
  });

  test('it goes on with its own waves, checks and limits, and only in its own folder', async () => {
    const { on, onWith, repair } = world();
    await on('*-test', '--yes', '--waves', '1,1,rest', '--check', 'kubectl get x', ...APPLY);
    repair();
    const elsewhere = makeTempDir();
    expect(await onWith({ cwd: elsewhere }, '--resume', '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot resume: the run began in'),
    });
    const plan = await on('--resume', '--dry-run');
    expect(plan.stdout).toContain('after each wave: kubectl get x\nwave 1 (1), 1 cluster');
  });

  test('a run by its id; none; another stdin', async () => {
    const { on, onWith, runs } = fleet('cat; exit 1');
    expect(await on('--resume')).toMatchObject({ code: 3 });
    expect(await on('--resume', '2026')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no run is called 2026'),
    });
    await onWith({ stdin: 'a: 1' }, '*-test', '--yes', '--parallel', '1', '--', 'kubectl', 'apply', '-f', '-');
    const [id = ''] = fs.readdirSync(runs());
    expect(await on('--resume', id.slice(0, 18), '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the run had input on stdin'),
    });
  });

  test('a state folder that cannot be written: the run goes on and says that it cannot be resumed', async () => {
    const { on, runs } = fleet('echo done');
    fs.mkdirSync(path.dirname(runs()), { recursive: true });
    fs.writeFileSync(runs(), 'a file in the place of the folder');
    const { code, stderr } = await on('*-test', '--yes', ...APPLY);
    expect([code, counts(stderr)]).toEqual([0, '3 answered']);
    expect(stderr).toContain('this run cannot be resumed');
  });
});
