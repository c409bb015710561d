/** Plugins through main(): whose command it is, what they are given, what is refused before anything happens. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_GLOBALS } from '../../src/argv/globals.ts';
import { Context } from '../../src/cli/context.ts';
import type { CommandDefinition } from '../../src/cli/definition.ts';
import { declaresWrites, externalName, startable } from '../../src/kubectl/external-plugins.ts';
import { createTestIo, makeTempDir } from '../support/io.ts';
import { world } from '../support/world.ts';

describe('dashboard', () => {
  test('fills the template in, and opens it', async () => {
    const { run } = await world({});
    expect((await run(['dashboard', '--print'])).stdout).toBe(
      'https://view.example.org/shop?ns=default&id=aws%3A1%3Aeu%3Akube-1\n',
    );
    const { code, stdout, io } = await run(['dashboard', '--cluster', 'shop-test', '-n', 'cart']);
    expect([code, stdout, io.opened]).toEqual([
      0,
      '',
      ['https://view.example.org/shop-test?ns=cart&id=aws%3A2%3Aeu%3Akube-1'],
    ]);
  });

  test.each([
    [{ ZKUBECTL_DASHBOARD_URL: '' }, 2],
    [{ ZKUBECTL_DASHBOARD_URL: 'file:///etc/{alias}' }, 2],
  ])('%j is exit %i', async (env, code) => {
    const { run } = await world({});
    expect((await run(['dashboard'], { env })).code).toBe(code);
  });

  test('--cluster and --context that differ are exit 2', async () => {
    const { run } = await world({});
    expect((await run(['dashboard', '--print', '--cluster', 'shop', '--context', 'shop-test'])).code).toBe(2);
  });

  test('a cluster without a context is exit 3', async () => {
    const { run } = await world({});
    expect((await run(['dashboard', '--print', '--cluster', 'other'])).code).toBe(3);
  });
});

describe('restart-pods', () => {
  const kubectl = (owner: string) =>
    `case "$*" in *" get "*) echo '{"metadata": {"ownerReferences": [${owner}]}}' ;; *status*) exit 4 ;; esac`;

  test('patches the Deployment with a fresh UUID, and waits: the exit code is that of the waiting', async () => {
    const { run, log } = await world({ kubectl: kubectl('') });
    expect((await run(['restart-pods', 'web', '-n', 'cart'])).code).toBe(4);
    const [get, patch, status] = log();
    expect(get).toBe('kubectl <--context> <shop> <-n> <cart> <get> <deployment/web> <-o> <json>');
    expect(patch).toMatch(
      /<patch> <deployment\/web> <--type=merge> <-p> <\{"spec":\{"template":\{"metadata":\{"annotations":\{"restart":"[0-9a-f-]{36}"\}\}\}\}\}>$/,
    );
    expect(status).toMatch(/<rollout> <status> <deployment\/web> <--timeout=(600|59\d)s>$/);
    expect((await run(['restart-pods', 'web', '-n', 'cart', '--no-wait'])).code).toBe(0);
    const uuid = (line = '') => /"restart":"([0-9a-f-]{36})"/.exec(line)?.[1];
    expect(uuid(log()[4])).toBeDefined();
    expect(uuid(log()[4])).not.toBe(uuid(patch));
    expect(log()).toHaveLength(5);
  });

  test('patches the Stack that owns it, and no other owner', async () => {
    const owned = await world({
      kubectl: kubectl('{"apiVersion": "zalando.org/v1", "kind": "Stack", "name": "web-v2"}'),
    });
    await owned.run(['restart-pods', 'web', '--no-wait']);
    expect(owned.log()[1]).toMatch(/<patch> <stacks\.zalando\.org\/web-v2> .*\{"spec":\{"podTemplate":/);
    const other = await world({ kubectl: kubectl('{"apiVersion": "example.org/v1", "kind": "Stack", "name": "x"}') });
    await other.run(['restart-pods', 'web', '--no-wait']);
    expect(other.log()[1]).toContain('<deployment/web>');
  });

  test.each(['../x', '-x', 'a b', 'A', 'x/y'])('%j is no name: 2, and kubectl is not run', async name => {
    const { run, log } = await world({ kubectl: 'exit 0' });
    expect((await run(['restart-pods', name])).code).toBe(2);
    expect(log()).toEqual([]);
  });
});

test("kubectl's log lines are left out of an error that says the same", async () => {
  const line =
    'E1124 21:00:00.123456   12 memcache.go:265] "Unhandled Error" err="couldn\\x27t get current server API group list"';
  const { run } = await world({
    kubectl: `printf '%b\\n' '${line}' '${line}' 'The connection to the server was refused' >&2; exit 1`,
  });
  expect((await run(['restart-pods', 'x'])).stderr).toMatch(
    /^The connection to the server was refused\nzkubectl: hint: find out what is down: zkubectl doctor\n$/,
  );
});

describe('executables zkubectl-NAME on PATH', () => {
  test('the longest match; argv as it is; its exit code', async () => {
    const { run, log } = await world({
      'zkubectl-a': 'exit 3',
      'zkubectl-a-b': 'exit 4',
      'zkubectl-foo_bar': 'exit 5',
    });
    expect((await run(['a', 'x', '--flag=1', '*', ''])).code).toBe(3);
    expect((await run(['a', 'b', 'c d'])).code).toBe(4);
    expect((await run(['foo-bar'])).code).toBe(5);
    expect(log()).toEqual(['zkubectl-a <x> <--flag=1> <*> <>', 'zkubectl-a-b <c d>', 'zkubectl-foo_bar']);
  });

  test('is told of the cluster and of us, and never given a token', async () => {
    const { run, home } = await world({ 'zkubectl-vars': 'PATH=/usr/bin:/bin env > "$HOME/env"' });
    expect((await run(['--context', 'shop', 'vars'])).code).toBe(2);
    expect((await run(['use', 'shop-test'])).code).toBe(0);
    await run(['--debug', 'vars'], {
      env: { ZKUBECTL_TOKEN: 'secret-token', ZKUBECTL_AUTH_CLIENT_SECRET: 'secret-client' },
      self: { file: '/opt/bin/zkubectl', args: [] },
    });
    const stdout = fs.readFileSync(path.join(home, 'env'), 'utf8');
    const variables = new Map(stdout.split('\n').map(line => line.split(/=(.*)/s) as [string, string]));
    expect(Object.fromEntries([...variables].filter(([name]) => /^(ZKUBECTL_(C|E|B)|KUBECONFIG)/.test(name)))).toEqual({
      ZKUBECTL_CLUSTER_ID: 'aws:2:eu:kube-1',
      ZKUBECTL_CLUSTER_ALIAS: 'shop-test',
      ZKUBECTL_ENVIRONMENT: 'test',
      ZKUBECTL_BIN: '/opt/bin/zkubectl',
      KUBECONFIG: path.join(home, '.kube', 'config'),
    });
    expect(stdout).not.toContain('secret');
  });

  describe('that say zkubectl.guard: write', () => {
    const GUARDED = '# zkubectl.guard: write\necho "$KUBECONFIG" > "$HOME/where"; exit 3';
    const journal = async ({ run }: Awaited<ReturnType<typeof world>>) =>
      (JSON.parse((await run(['journal', '-o', 'json'])).stdout) as { items: Record<string, unknown>[] }).items;

    test('ask on production, and then see the one context that was named', async () => {
      const there = await world({ 'zkubectl-fix': GUARDED });
      const { code, io } = await there.run(['fix', 'web', '--all'], { tty: true, answers: [{ input: 'shop' }] });
      expect(code).toBe(3);
      expect(io.asked).toEqual(['type shop to run it:']);
      expect(there.log()).toEqual(['zkubectl-fix <web> <--all>']);
      const where = fs.readFileSync(path.join(there.home, 'where'), 'utf8').trim();
      expect(where).not.toBe(path.join(there.home, '.kube', 'config'));
      expect(fs.existsSync(where)).toBe(false);
      expect(await journal(there)).toMatchObject([{ clusters: ['shop'], exitCode: 3, what: 'zkubectl fix web --all' }]);
    });

    test('another answer ends it, and no terminal is exit 2 naming --yes', async () => {
      const there = await world({ 'zkubectl-fix': GUARDED });
      const other = await there.run(['fix'], { tty: true, answers: [{ input: 'y' }] });
      expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('not confirmed')]);
      const { code, stderr } = await there.run(['fix', '--yes']);
      expect([code, stderr]).toEqual([2, expect.stringContaining("add --yes before the plugin's name")]);
      expect(there.log()).toEqual([]);
      expect(await journal(there)).toEqual([]);
      expect((await there.run(['--yes', 'fix'])).code).toBe(3);
      expect((await there.run(['fix'], { env: { ZKUBECTL_GUARD_ASK: 'off' } })).code).toBe(3);
      expect(await journal(there)).toHaveLength(2);
    });

    test('are not asked about on a test cluster, and not noted', async () => {
      const there = await world({ 'zkubectl-fix': GUARDED });
      await there.run(['use', 'shop-test']);
      expect((await there.run(['fix'])).code).toBe(3);
      expect(await journal(there)).toEqual([]);
    });

    test.each([
      ['# zkubectl.guard: write', true],
      ['  //zkubectl.guard:write\r', true],
      ['-- zkubectl.guard: write', true],
      ['# zkubectl.guard: write, as it deletes.', true],
      ['# zkubectl.guard : "write"', true],
      ['/* zkubectl-guard = write */', true],
      ['@rem ZKUBECTL.GUARD: write', true],
      ['# the guard of zkubectl', false],
      [`${'#'.repeat(4096)}\n# zkubectl.guard: write`, false],
    ])('%j is a declaration: %s', (line, isOne) => {
      const file = path.join(makeTempDir(), 'zkubectl-x');
      fs.writeFileSync(file, `#!/bin/sh\n${line}\n`);
      expect(declaresWrites(file)).toBe(isOne);
    });
  });

  test('ours and kubectl win; a prefix of ours does not', async () => {
    const { run, log, dir } = await world({
      'zkubectl-list': '',
      'zkubectl-get': '',
      'zkubectl-dash': '',
      kubectl: '',
    });
    await run(['list']);
    await run(['get', 'pods']);
    await run(['dash']);
    expect(log()).toEqual(['kubectl <get> <pods>', 'zkubectl-dash']);
    const { stdout } = await run(['plugin', 'list', '-o', 'json']);
    const items = (JSON.parse(stdout) as { items: Record<string, string | null>[] }).items;
    expect(items).toContainEqual({ name: 'delete', kind: 'built-in', file: null, shadowedBy: null });
    expect(items.filter(item => item['kind'] === 'zkubectl')).toEqual([
      { name: 'dash', kind: 'zkubectl', file: path.join(dir, 'zkubectl-dash'), shadowedBy: null },
      { name: 'get', kind: 'zkubectl', file: path.join(dir, 'zkubectl-get'), shadowedBy: 'kubectl get' },
      { name: 'list', kind: 'zkubectl', file: path.join(dir, 'zkubectl-list'), shadowedBy: 'zkubectl list' },
    ]);
  });

  test('not by a name with a separator, nor from a relative entry of PATH', async () => {
    const { run, log, dir, home } = await world({ 'zkubectl-x': '', kubectl: 'exit 1' });
    fs.mkdirSync(path.join(home, 'rel'));
    fs.copyFileSync(path.join(dir, 'zkubectl-x'), path.join(home, 'rel', 'zkubectl-y'));
    for (const word of ['../x', './x', 'x/../x', 'y']) {
      const { io } = await run([word], { env: { PATH: `rel:.:${dir}` }, cwd: home });
      expect([word, io.spawned.map(({ file }) => file)]).toEqual([word, [path.join(dir, 'kubectl')]]);
    }
    expect(log().filter(line => line.startsWith('zkubectl-'))).toEqual([]);
  });

  test('one that runs us again for ever ends', async () => {
    const { run } = await world({ 'zkubectl-x': '' });
    const { code, stderr } = await run(['x'], { env: { ZKUBECTL_DEPTH: '8' } });
    expect([code, stderr.includes('endless loop')]).toEqual([1, true]);
  });

  test('names of files', () => {
    expect(externalName(['a', 'b-c'])).toBe('zkubectl-a-b_c');
  });

  test.each([['%PATH%'], ['a&b'], ['a"b'], ['a\nb'], ['^'], ['a|b']])('a batch file is not given %j', argument => {
    const io = { platform: 'win32', env: {} } as const;
    expect(() => startable(io, { file: 'C:\\p\\zkubectl-x.cmd', args: [argument] })).toThrow('to a batch file');
    expect(startable(io, { file: 'C:\\p\\zkubectl-x.exe', args: [argument] }).args).toEqual([argument]);
    expect(startable(io, { file: 'C:\\p\\zkubectl-x.cmd', args: ['a b', '--x=1'] })).toEqual({
      file: 'C:\\Windows\\System32\\cmd.exe',
      args: ['/d', '/s', '/c', 'C:\\p\\zkubectl-x.cmd', 'a b', '--x=1'],
    });
  });
});

describe('traffic by annotations of an Ingress', () => {
  /** A kubectl whose StackSet has no traffic, and whose Ingress has annotations. */
  const kubectl = (annotations: Record<string, string>) => {
    const ingress = JSON.stringify({ metadata: { annotations } });
    return `case "$*" in
  *get*stacksets*) echo '{"spec": {}}' ;;
  *get*ingresses*) echo '${ingress}' ;;
  *get*stacks.*) echo '{"items": [{"metadata": {"name": "web-v3"}}]}' ;;
  *get*events*) echo '{"items": []}' ;;
esac`;
  };
  const ACTUAL = 'zalando.org/backend-weights';
  const DESIRED = 'zalando.org/stack-traffic-weights';
  const weights = { [DESIRED]: '{"web-v1": 30, "web-v2": 70}', [ACTUAL]: '{"web-v1": 100}' };
  const patches = (lines: readonly string[]) =>
    lines.flatMap(line => {
      const [, object = '', json = ''] = /<patch> <([^>]*)> .*<-p> <(.*)>$/.exec(line) ?? [];
      return json === '' ? [] : [[object, JSON.parse(json) as unknown]];
    });

  test('shown as a StackSet is', async () => {
    const { run } = await world({ kubectl: kubectl(weights) });
    const { code, stdout } = await run(['traffic', 'web', '-o', 'tsv']);
    expect([code, stdout.trim().split('\n').slice(-3)]).toEqual([
      0,
      ['web-v1\t30%\t100%', 'web-v2\t70%\t0%', 'web-v3\t0%\t0%'],
    ]);
  });

  test('switched: the desired weights for its controller, and with --force those that count', async () => {
    const { run, log } = await world({ kubectl: kubectl(weights) });
    expect((await run(['traffic', 'web', 'v3', '50', '--no-wait'])).code).toBe(0);
    const half = JSON.stringify({ 'web-v1': 15, 'web-v2': 35, 'web-v3': 50 });
    const ingress = 'ingresses.networking.k8s.io/web';
    expect(patches(log())).toEqual([[ingress, { metadata: { annotations: { [DESIRED]: half } } }]]);
    expect((await run(['traffic', 'web', 'v3', '50', '--no-wait', '--force'])).code).toBe(0);
    expect(patches(log())[1]).toEqual([ingress, { metadata: { annotations: { [DESIRED]: half, [ACTUAL]: half } } }]);
  });

  test('without a controller it needs --force', async () => {
    const { run, log } = await world({ kubectl: kubectl({ [ACTUAL]: '{"web-v1": 1, "web-v2": 1}' }) });
    const { code, stderr } = await run(['traffic', 'web', 'v1', '0', '--no-wait']);
    expect([code, stderr.includes('--force'), patches(log())]).toEqual([2, true, []]);
    expect((await run(['traffic', 'web', 'v1', '0', '--no-wait', '--force'])).code).toBe(0);
    expect(patches(log())).toEqual([
      [
        'ingresses.networking.k8s.io/web',
        { metadata: { annotations: { [ACTUAL]: '{"web-v2":100,"web-v3":0,"web-v1":0}' } } },
      ],
    ]);
  });

  test('a StackSet that cannot be read is no reason to write the Ingress', async () => {
    const script = `case "$*" in *get*stacksets*) echo "Error from server (Timeout): x" >&2; exit 5 ;; esac\n${kubectl(weights)}`;
    const { run, log } = await world({ kubectl: script });
    expect([(await run(['traffic', 'web', 'v1', '50', '--force'])).code, patches(log())]).toEqual([5, []]);
  });

  /** A StackSet of v1 and v2, as files say it, and a patch that finds it changed by somebody else for the first times. */
  const changing = (times: number) => `set="$HOME/set"; [ -e "$set" ] || echo 1 > "$set"
version=$(cat "$set")
[ "$version" = 1 ] && weights='{"stackName": "v1", "weight": 50}, {"stackName": "v2", "weight": 50}' || weights='{"stackName": "v1", "weight": 10}, {"stackName": "v2", "weight": 90}'
case "$*" in
  *get*stacksets*) echo "{\\"metadata\\": {\\"resourceVersion\\": \\"$version\\"}, \\"spec\\": {\\"traffic\\": [$weights]}}" ;;
  *get*) echo '{"items": []}' ;;
  *patch*) if [ "$version" -le ${times} ]; then echo $((version + 1)) > "$set"; echo 'Error from server (Conflict): it was modified' >&2; exit 1; fi ;;
esac`;

  test('somebody else changes the weights meanwhile: they are read anew, theirs stay, and that is said', async () => {
    const { run, log } = await world({ kubectl: changing(1) });
    const { code, stderr } = await run(['traffic', 'web', 'v1', '20', '--no-wait']);
    expect([code, stderr]).toEqual([
      0,
      'somebody else changed the weights of web: reading them again\nswitching v1 to 20% in shop, namespace default\n',
    ]);
    const traffic = (v1: number, v2: number, version: string) => [
      'stacksets.zalando.org/web',
      {
        spec: {
          traffic: [
            { stackName: 'v2', weight: v2 },
            { stackName: 'v1', weight: v1 },
          ],
        },
        metadata: { resourceVersion: version },
      },
    ];
    expect(patches(log())).toEqual([traffic(20, 80, '1'), traffic(20, 80, '2')]);
  });

  test('somebody else who never stops: 1, and nothing is said to be switched', async () => {
    const { run } = await world({ kubectl: changing(1000) });
    const { code, stderr } = await run(['traffic', 'web', 'v1', '20', '--no-wait']);
    expect([code, stderr.includes('others change it at the same time'), stderr.includes('switching')]).toEqual([
      1,
      true,
      false,
    ]);
  });

  test('other weights that are asked for while it waits: 1 at once', async () => {
    const { run } = await world({
      kubectl: `${changing(0)}\ncase "$*" in *patch*) echo 2 > "$HOME/set" ;; esac`,
    });
    const { code, stderr } = await run(['traffic', 'web', 'v1', '20']);
    expect([code, stderr.includes('stopped waiting: somebody else changed the desired weights')]).toEqual([1, true]);
  });

  test('--force is nothing for a StackSet; annotations that are no JSON are no weights', async () => {
    const set =
      'case "$*" in *stacksets*) echo \'{"spec": {"traffic": [{"stackName": "web-v1", "weight": 1}]}}\' ;; *) echo \'{"items": []}\' ;; esac';
    const { run, log } = await world({ kubectl: set });
    expect((await run(['traffic', 'web', 'web-v1', '100', '--force'])).code).toBe(2);
    expect(patches(log())).toEqual([]);
    const odd = await world({ kubectl: kubectl({ [DESIRED]: '[1', [ACTUAL]: '{"web-v1": "x"}' }) });
    expect((await odd.run(['traffic', 'web', '-o', 'name'])).stdout).toBe('web-v1\nweb-v3\n');
  });
});

test('the command of docs/contributing.md', async () => {
  const [, code = ''] =
    /```ts\n(\/\*\* `images [\s\S]*?)```/.exec(fs.readFileSync('docs/contributing.md', 'utf8')) ?? [];
  const file = path.join(makeTempDir(), 'images.ts');
  fs.writeFileSync(file, code.replaceAll("'../", `'${path.resolve('src')}/`));
  const { imagesCommand } = (await import(file)) as { imagesCommand: CommandDefinition };
  const { dir, home } = await world({ kubectl: 'printf "a:1 b:2 a:1 a:3"' });
  const io = createTestIo({ home, env: { PATH: dir, ZKUBECTL_TOKEN: 'token' } });
  const context = new Context(io, NO_GLOBALS);
  expect(await imagesCommand.run(context, imagesCommand.options(['a'], {}, []))).toBe(0);
  expect(io.stdout.text).toBe('2\ta:1\n1\ta:3\n');
});
