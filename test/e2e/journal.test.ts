/** The journal: what is noted, and how it is shown. */
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { clock, person, testSandbox } from '../support/sandbox.ts';
import { world } from '../support/world.ts';

interface Item {
  readonly id: string;
  readonly kind: string;
  readonly clusters: string[];
  readonly what: string;
  readonly exitCode: number | null;
  readonly incident: string | null;
  readonly [field: string]: unknown;
}

type Run = (argv: string[]) => Promise<{ code: number; stdout: string; stderr: string }>;
async function items(run: Run, ...argv: string[]): Promise<Item[]> {
  const { code, stdout } = await run(['journal', ...argv, '-o', 'json']);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { items: Item[] }).items;
}

describe('what is noted', () => {
  test('writes on a guarded cluster, with their exit code', async () => {
    const { run } = await world({ kubectl: 'case "$*" in *annotate*) exit 3;; esac' });
    await run(['scale', 'deployment/x', '--replicas=3', '-n', 'cart']);
    await run(['annotate', 'pod', 'x', 'a=b']);
    expect(await items(run)).toEqual([
      expect.objectContaining({
        kind: 'command',
        clusters: ['shop'],
        environment: 'production',
        namespace: 'cart',
        what: 'zkubectl scale deployment/x --replicas=3 -n cart',
        exitCode: 0,
      }),
      expect.objectContaining({ what: 'zkubectl annotate pod x a=b', namespace: 'default', exitCode: 3 }),
    ]);
  });

  test.each([
    [['get', 'pods']],
    [['logs', 'x']],
    [['describe', 'pod', 'x']],
    [['rollout', 'status', 'deployment/x']],
    [['apply', '-f', 'x.yaml', '--dry-run=server']],
    [['scale', '--help']],
    [['config', 'get-contexts']],
    [['config', 'set-context', 'x']],
    [['scale', 'deployment/x', '--replicas=3', '--context', 'shop-test']],
    [['version']],
  ])('%j is not', async argv => {
    const { run } = await world({ kubectl: '' });
    await run(argv);
    expect(await items(run)).toEqual([]);
  });

  test.each([
    [['exec', 'x', '--', 'ls']],
    [['kubectl', 'scale', 'deployment/x', '--replicas=3']],
    [['some-plugin', 'x']],
    [['scale', 'deployment/x', '--server', 'https://elsewhere.example.org', '--context', 'shop-test']],
    [['delete', 'pod', 'x', '--yes']],
    [['scale', 'deployment/x', '--replicas=3', '--help=false']],
    [['set', 'image', 'deployment/x', 'a=b', '--local=false']],
    [['delete', '--raw', '/api/v1/x', '--dry-run=client', '--yes']],
  ])('%j is', async argv => {
    const { run, dir } = await world({ kubectl: '', 'kubectl-some_plugin': '' });
    expect(dir).not.toBe('');
    await run(argv);
    expect((await items(run)).map(({ what }) => what)).toEqual([`zkubectl ${argv.join(' ')}`]);
  });

  test('without a current context: the cluster is not known, and the line is noted', async () => {
    const { run, home, log } = await world({ kubectl: '' });
    fs.writeFileSync(path.join(home, '.kube', 'config'), 'apiVersion: v1\nkind: Config\n');
    const argv = ['annotate', 'pod', 'x', 'a=b', '--server', 'https://x.example.org'];
    await run(argv);
    expect(log()).toHaveLength(1);
    expect(await items(run)).toEqual([
      expect.objectContaining({ clusters: ['https://x.example.org'], what: `zkubectl ${argv.join(' ')}` }),
    ]);
  });

  test('a command that a person did not confirm did nothing: it is not noted', async () => {
    const { run } = await world({ kubectl: 'echo \'pod "a" deleted from cart namespace (server dry run)\'' });
    const { code } = await run(['delete', 'pod', 'a']);
    expect([code, await items(run)]).toEqual([2, []]);
  });

  test('on CLUSTER -- COMMAND, which may write; and runs on many clusters', async () => {
    const { run } = await world({ kubectl: '', helm: 'exit 4' });
    await run(['on', 'shop', '-n', 'cart', '--', 'helm', 'upgrade', 'a', 'b']);
    await run(['on', 'shop', '--', 'kubectl', 'get', 'pods']);
    await run(['on', '--all', '--yes', '--', 'kubectl', 'annotate', 'ns', 'x', 'a=b']);
    const [helm, all, ...others] = await items(run);
    expect(helm).toMatchObject({ clusters: ['shop'], namespace: 'cart', exitCode: 4 });
    expect(all).toMatchObject({ kind: 'run', clusters: ['shop', 'shop-test'] });
    expect(all?.what).toBe('on 2 clusters: kubectl annotate ns x a=b');
    expect(others).toEqual([]);
    expect(all?.['outcome']).toBe('2 ok');
    const id = all?.id ?? '';
    for (const part of [id.slice(0, 12), id.slice(-8)])
      expect((await run(['journal', part])).stdout).toContain('on 2 clusters');
  });

  test('a run that only reads is listed with --all', async () => {
    const { run } = await world({ kubectl: '' });
    await run(['on', '--all', '--', 'kubectl', 'top', 'nodes']);
    expect(await items(run)).toEqual([]);
    expect((await items(run, '--all')).map(({ what }) => what)).toEqual(['on 2 clusters: kubectl top nodes']);
  });

  test("--yes is zkubectl's with every verb of kubectl", async () => {
    const { run, log } = await world({ kubectl: '' });
    expect((await run(['annotate', 'pod', 'x', 'a=b', '--yes', '--context', 'shop-test'])).code).toBe(0);
    expect(log()).toEqual(['kubectl <annotate> <pod> <x> <a=b> <--context=shop-test>']);
    expect(await items(run)).toEqual([]);
  });

  test('a journal that cannot be written is said, and stops nothing', async () => {
    const { run, home, log } = await world({ kubectl: 'echo done' });
    const state = path.join(home, '.local', 'state', 'zkubectl');
    fs.writeFileSync(path.join(state, 'journal'), 'a file');
    const { code, stderr } = await run(['annotate', 'pod', 'x', 'a=b']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^zkubectl: warning: this command is not in the journal: /m);
    expect(log()).toEqual(['kubectl <annotate> <pod> <x> <a=b>']);
  });

  test('secret values are masked', async () => {
    const { run, home } = await world({ kubectl: '' });
    await run(['set', 'env', 'deployment/x', 'DB_PASSWORD=CANARY']);
    await run(['--token', 'CANARY', 'scale', 'x', '--replicas=3']);
    expect((await items(run)).map(({ what }) => what)).toEqual([
      "zkubectl set env deployment/x 'DB_PASSWORD=********'",
      "zkubectl --token '********' scale x --replicas=3",
    ]);
    const files = fs.readdirSync(path.join(home, '.local', 'state', 'zkubectl', 'journal'), { recursive: true });
    expect(files).toHaveLength(1);
  });
});

describe('what is shown', () => {
  test('a table, one entry whole, Markdown, and filters', async () => {
    const { run } = await world({ kubectl: '' });
    await run(['scale', 'deployment/a|b`c', '--replicas=3', '-n', 'cart']);
    const [item] = await items(run);
    const table = await run(['journal']);
    expect(table.stdout).toMatch(/^Time +│Id +│User.*│Cluster.*│Outcome.*│What\n/);
    expect(table.stdout).toContain(item?.id ?? 'none');
    const one = await run(['journal', item?.id.slice(0, 4) ?? '']);
    expect(one.stdout).toMatch(/Command +zkubectl scale/);
    const markdown = await run(['journal', '-o', 'markdown']);
    expect(markdown.stdout).toMatch(/^## Journal\n\n\| UTC \| Local \| Who \| Cluster \| What \| Outcome \|\n/);
    expect(markdown.stdout).toContain(
      "| shop / cart | `zkubectl scale 'deployment/a\\|b'c' --replicas=3 -n cart` | ok, ",
    );
    expect(await items(run, '--cluster', 'other')).toEqual([]);
    expect(await items(run, '--since', '1h')).toHaveLength(1);
    expect((await run(['journal', 'ffff'])).code).toBe(3);
    expect((await run(['journal', '--since', 'yesterday'])).code).toBe(2);
  });

  test('nothing', async () => {
    const { run } = await world({ kubectl: '' });
    expect(await run(['journal'])).toMatchObject({ code: 0, stdout: '', stderr: 'nothing in the journal\n' });
    expect((await run(['incident'])).code).toBe(3);
  });
});

describe('an incident', () => {
  const open: Sandbox[] = [];
  afterEach(async () => {
    clock.reset();
    for (const sandbox of open.splice(0)) await sandbox.close();
  });

  test('undo takes back a block of updates, and no block that somebody else has changed', async () => {
    const sandbox = await testSandbox();
    open.push(sandbox);
    const [alice, bob] = [person(sandbox, 'alice'), person(sandbox, 'bob')];
    for (const who of [alice, bob]) expect((await who.run('login', 'abckub')).code).toBe(0);
    const status = async () => (await alice.run('cluster-update', 'status', '--cluster', 'abckub')).stdout;
    const before = await status();
    expect((await alice.run('cluster-update', 'block', '--reason', 'one')).code).toBe(0);
    const asked = await alice.runWith({ tty: true, answers: [{ input: 'abckub' }] }, 'undo');
    expect([asked.code, asked.io.asked]).toEqual([0, ['type abckub to allow updates:']]);
    expect(asked.stderr).toContain('updates of abckub: blocked (one (alice@example.org)) → allowed');
    expect(await status()).toBe(before);
    // The undo can be undone.
    expect((await alice.run('undo', '--yes')).code).toBe(0);
    expect(await status()).toContain('blocked: one (alice@example.org)');
    expect((await alice.run('cluster-update', 'unblock')).code).toBe(0);
    expect((await bob.run('cluster-update', 'block', '--reason', 'mine')).code).toBe(0);
    const { code, stderr } = await alice.run('undo', '--yes');
    expect([code, stderr]).toEqual([1, expect.stringContaining('others have changed')]);
    expect(await status()).toContain('blocked: mine (bob@example.org)');
    expect((await alice.run('undo', '--yes', '--force')).code).toBe(0);
    expect(await status()).toContain('blocked: one (alice@example.org)');
  });

  test('undo takes no older command when nothing was kept of the last one', async () => {
    const sandbox = await testSandbox();
    open.push(sandbox);
    const alice = person(sandbox, 'alice');
    expect((await alice.run('login', 'abckub')).code).toBe(0);
    expect((await alice.run('cluster-update', 'block', '--reason', 'one')).code).toBe(0);
    await alice.run('on', 'abckub', '--', '/bin/true');
    const { code, stderr } = await alice.run('undo', '--yes');
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(
        /nothing was kept of: zkubectl on abckub -- \/bin\/true\n.*to undo an older command: zkubectl undo [0-9a-f]{8} \(zkubectl cluster-update block --reason one\)/,
      ),
    ]);
  });

  test('asked, decided, used, ended: from the journal and the access service', async () => {
    const sandbox = await testSandbox({ grantTtlMs: 600_000, tokenTtlSeconds: 36_000 });
    open.push(sandbox);
    const [alice, bob] = [person(sandbox, 'alice'), person(sandbox, 'bob')];
    for (const who of [alice, bob]) expect((await who.run('login', 'abckub')).code).toBe(0);
    const asked = await alice.run('emergency', '-i', 'INC-1234', '--no-wait-for-approval', 'checkout', 'is', 'down');
    expect(asked.code).toBe(0);
    expect((await bob.run('cluster-access', 'approve', '--incident', 'INC-1234', '--yes')).code).toBe(0);
    clock.advance(16_000);
    await alice.run('credentials', 'abckub');
    expect((await alice.run('cluster-update', 'block', '--reason', 'INC-1234')).code).toBe(0);
    const line = async () => {
      const { stdout } = await alice.run('incident', 'INC-1234', '-o', 'json');
      return (JSON.parse(stdout) as { items: Item[] }).items.map(({ what, user }) => `${String(user)}: ${what}`);
    };
    const during = [
      expect.stringMatching(/^alice: request \d+: checkout is down \(now PROVISIONED, decided by bob\)$/),
      expect.stringMatching(/^alice@example\.org: access requested: zkubectl emergency -i INC-1234 /),
      expect.stringMatching(/^alice@example\.org: access granted: /),
      'alice@example.org: zkubectl cluster-update block --reason INC-1234',
    ];
    expect(await line()).toEqual(during);
    clock.advance(700_000);
    expect(await line()).toEqual([...during, expect.stringMatching(/^null: access of request \d+ ended$/)]);
    const { stdout } = await alice.run('incident', '-o', 'markdown');
    expect(stdout).toMatch(/^## Time line of INC-1234\n/);
    const approved = await bob.run('journal', '-o', 'json');
    expect((JSON.parse(approved.stdout) as { items: Item[] }).items).toMatchObject([
      {
        kind: 'access',
        what: expect.stringMatching(/^access approved: /),
        incident: expect.stringContaining('INC-1234'),
      },
    ]);
  });

  test('without the access service: the journal alone, and it is said', async () => {
    const { run } = await world({ kubectl: '' });
    const { code, stderr } = await run(['incident', 'https://jira.example.org/INC-1']);
    expect(code).toBe(3);
    expect(stderr).toContain('cannot ask the access service: ');
  });
});
