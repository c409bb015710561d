/** Plugins through main(): whose command it is, what they are given, what is refused before anything happens. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Context } from '../../src/context.ts';
import { NO_GLOBALS } from '../../src/globals.ts';
import { externalName, startable } from '../../src/plugins/external.ts';
import { type Plugin, PluginContext } from '../../src/plugins/plugin.ts';
import { createTestIo, makeTempDir, runMain, type TestIoOptions } from '../support/io.ts';

/** A folder for PATH with programs that write down what they were given. */
function programs(scripts: Record<string, string>): { dir: string; log: () => string[] } {
  const dir = makeTempDir();
  const log = path.join(dir, 'log');
  for (const [name, script] of Object.entries(scripts)) {
    const text = `#!/bin/sh\nprintf '%s' '${name}' >> '${log}'; for a in "$@"; do printf ' <%s>' "$a" >> '${log}'; done; echo >> '${log}'\n${script}\n`;
    fs.writeFileSync(path.join(dir, name), text, { mode: 0o755 });
  }
  return { dir, log: () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8').split('\n').slice(0, -1) : []) };
}

const CLUSTERS = `clusters:
- {id: "aws:1:eu:kube-1", alias: shop, environment: production, lifecycle_status: ready, api_server_url: "https://shop.example.org"}
- {id: "aws:2:eu:kube-1", alias: shop-test, environment: test, lifecycle_status: ready, api_server_url: "https://shop-test.example.org"}
`;

/** A home with a registry file and a kubeconfig with the contexts shop (current) and shop-test. */
async function world(scripts: Record<string, string>) {
  const { dir, log } = programs(scripts);
  const home = makeTempDir();
  const clusters = path.join(home, 'clusters.yaml');
  fs.writeFileSync(clusters, CLUSTERS);
  const env = {
    PATH: dir,
    ZKUBECTL_REGISTRY_FILE: clusters,
    ZKUBECTL_DASHBOARD_URL: 'https://view.example.org/{alias}?ns={namespace}&id={id}',
  };
  const run = (argv: string[], options: TestIoOptions = {}) =>
    runMain(argv, { home, ...options, env: { ...env, ...options.env } });
  for (const name of ['shop-test', 'shop']) expect((await run(['use', name])).code).toBe(0);
  return { run, log, dir, home };
}

describe('delete', () => {
  const DRY_RUN = 'case "$*" in *--dry-run=server*) echo pod/a; echo pod/b ;; *) echo deleted ;; esac';

  test.each([['--all'], ['--all=true'], ['--all=false'], ['--all=1'], ['-n', 'x', '--all'], ['--all', '--yes']])(
    'refuses %s %s %s: 2, and kubectl is not run',
    async (...flags) => {
      const { run, log } = await world({ kubectl: DRY_RUN });
      for (const argv of [
        ['delete', 'pods', ...flags],
        ['--context', 'shop-test', 'delete', ...flags, 'pods'],
      ]) {
        const { code, stderr } = await run(argv.filter(Boolean));
        expect([code, stderr.includes('--all is refused')]).toEqual([2, true]);
      }
      expect(log()).toEqual([]);
    },
  );

  test('-A and names after -- are no --all', async () => {
    const { run, log } = await world({ kubectl: DRY_RUN });
    expect((await run(['delete', 'pods', '-A', '-l', 'a=b', '--context=shop-test'])).code).toBe(0);
    expect((await run(['delete', 'pods', '--context=shop-test', '--', '--all'])).code).toBe(0);
    expect(log()).toEqual([
      'kubectl <delete> <pods> <-A> <-l> <a=b> <--context=shop-test>',
      'kubectl <delete> <pods> <--context=shop-test> <--> <--all>',
    ]);
  });

  test('on production: shown by a server-side dry run, and the alias typed', async () => {
    const { run, log } = await world({ kubectl: DRY_RUN });
    const { code, stderr } = await run(['delete', 'pods', '-l', 'a=b', '-n', 'cart', '--', 'x'], {
      tty: true,
      answers: [{ input: 'shop' }],
    });
    expect([code, stderr]).toEqual([0, 'on shop (production), namespace cart, this goes:\n  pod/a\n  pod/b\n']);
    expect(log()).toEqual([
      'kubectl <delete> <pods> <-l> <a=b> <-n> <cart> <--dry-run=server> <--interactive=false> <-o> <name> <--> <x>',
      'kubectl <delete> <pods> <-l> <a=b> <-n> <cart> <--> <x>',
    ]);
  });

  test.each([['yes'], ['shop-test'], ['']])('%j typed is no shop: 1, and nothing is deleted', async typed => {
    const { run, log } = await world({ kubectl: DRY_RUN });
    const { code, stderr } = await run(['delete', 'pod', 'a'], { tty: true, answers: [{ input: typed }] });
    expect([code, stderr.includes('nothing was deleted')]).toEqual([1, true]);
    expect(log()).toHaveLength(1);
  });

  test('a dry run that fails is the end, with its own code', async () => {
    const { run, log } = await world({ kubectl: 'echo "Error from server (Forbidden): no" >&2; exit 9' });
    const { code, stderr } = await run(['delete', 'pod', 'a'], { tty: true });
    expect([code, stderr]).toEqual([9, 'Error from server (Forbidden): no\n']);
    expect(log()).toHaveLength(1);
  });

  test('nothing that matches: nothing is asked', async () => {
    const { run } = await world({ kubectl: 'exit 0' });
    expect(await run(['delete', 'pod', '-l', 'a=b'], { tty: true })).toMatchObject({ code: 0 });
  });

  test('without a terminal it needs --yes, which kubectl never sees', async () => {
    const { run, log } = await world({ kubectl: DRY_RUN });
    const refused = await run(['delete', 'pod', 'a']);
    expect([refused.code, refused.stderr.includes('say --yes'), log()]).toEqual([2, true, []]);
    expect((await run(['delete', 'pod', 'a', '--yes'])).code).toBe(0);
    expect((await run(['--yes', 'delete', 'pod', 'b'])).code).toBe(0);
    expect(log()).toEqual(['kubectl <delete> <pod> <a>', 'kubectl <delete> <pod> <b>']);
  });

  test.each([
    [['--server', 'https://other.example.org']],
    [['-s=https://other.example.org']],
    [['--cluster=elsewhere']],
  ])('a server past the context counts as production: %j', async flags => {
    const { run } = await world({ kubectl: DRY_RUN });
    const { code, stderr } = await run(['delete', 'pod', 'a', '--context', 'shop-test', ...flags]);
    expect([code, stderr.includes('perhaps production')]).toEqual([2, true]);
  });

  test.each([
    ['switches in a group', ['-As', 'https://other.example.org']],
    ['a dry run that is none', ['--context', 'shop', '--dry-run=none']],
    ['a dry run that is a value', ['--context', 'shop', '--cache-dir', '--dry-run=server']],
    ['--raw, which no dry run stops', ['--context', 'shop', '--raw', '/api/v1/x', '--dry-run=server']],
    ['a kuberc', ['--kuberc', '/tmp/x']],
    ['a flag that nobody knows', ['--new-flag', 'x']],
  ])('%s is no way round the guard', async (_, flags) => {
    const { run, log } = await world({ kubectl: DRY_RUN });
    const { code } = await run(['delete', 'pod', 'a', '--context', 'shop-test', ...flags]);
    expect([code, log()]).toEqual([2, []]);
  });

  test.each([
    [['--grace-period', '1', 'delete', 'pod', 'a']],
    [['-l', 'a=b', 'delete', 'pods']],
    [['--timeout', '5s', 'delete', 'pods', '--all']],
  ])('%j: flags of delete stand after it', async argv => {
    const { run, log } = await world({ kubectl: DRY_RUN });
    expect([(await run(argv)).code, log()]).toEqual([2, []]);
    expect((await run(['--request-timeout', '5s', 'get', 'delete'])).code).toBe(0);
  });

  test('a context that bears the name of a test cluster and leads elsewhere counts as production', async () => {
    const { run, home, log } = await world({ kubectl: DRY_RUN });
    const file = path.join(home, '.kube', 'config');
    fs.writeFileSync(
      file,
      fs.readFileSync(file, 'utf8').replace('https://shop-test.example.org', 'https://shop.example.org'),
    );
    expect((await run(['delete', 'pod', 'a', '--context', 'shop-test'])).code).toBe(2);
    expect(log()).toEqual([]);
  });

  test('kuberc is not read: what was looked at is what goes', async () => {
    const { run, log } = await world({ kubectl: 'echo "$KUBECTL_KUBERC" >> "$HOME/kuberc"' });
    expect(
      (await run(['delete', 'pod', 'a', '--context', 'shop-test'], { env: { KUBECTL_KUBERC: 'true' } })).code,
    ).toBe(0);
    expect(log()).toHaveLength(1);
  });

  test.each([['-f', '/dev/stdin'], ['-Rf', '-'], ['-f=-'], ['--filename=a.yaml,-']])(
    '%s %s: stdin cannot be shown',
    async (...flags) => {
      const { run, log } = await world({ kubectl: DRY_RUN });
      expect([(await run(['delete', ...flags.filter(Boolean)], { tty: true })).code, log()]).toEqual([2, []]);
    },
  );

  test.each([[['-Al', 'a=b']], [['--all-namespaces=1', '-l', 'a=b']]])('%j is all namespaces', async flags => {
    const { run } = await world({ kubectl: DRY_RUN });
    const { stderr } = await run(['delete', 'pods', ...flags], { tty: true, answers: [{ input: 'shop' }] });
    expect(stderr).toContain('on shop (production), all namespaces, this goes:');
  });

  test('what kubectl says beside the names is no name', async () => {
    const { run } = await world({ kubectl: 'echo "No resources found"' });
    expect(await run(['delete', 'pods', '-l', 'a=b'], { tty: true })).toMatchObject({
      code: 0,
      stderr: 'nothing matches: nothing to delete\n',
    });
  });

  test('a cluster that the registry does not know counts as production', async () => {
    const { run } = await world({ kubectl: DRY_RUN });
    const { code } = await run(['delete', 'pod', 'a', '--context', 'shop-test'], {
      env: { ZKUBECTL_REGISTRY_FILE: '/nonexistent' },
    });
    expect(code).toBe(2);
  });

  test('its own dry run asks nothing; what comes from stdin cannot be shown', async () => {
    const { run, log } = await world({ kubectl: 'exit 0' });
    expect((await run(['delete', 'pod', 'a', '--dry-run=client'])).code).toBe(0);
    expect((await run(['delete', '-f', '-'], { tty: true })).code).toBe(2);
    expect(log()).toHaveLength(1);
  });

  test('a child that a signal killed is 128 + n; --help is ours', async () => {
    const { run } = await world({ kubectl: 'kill -TERM $$' });
    expect((await run(['delete', 'pod', 'a', '--yes'])).code).toBe(143);
    expect((await run(['delete', '--help'])).stdout).toMatch(/--all\s+is refused/);
  });
});

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
    expect(status).toMatch(/<rollout> <status> <deployment\/web> <--timeout=10m>$/);
    await run(['restart-pods', 'web', '--no-wait']);
    expect(log()[4]).not.toBe(patch);
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
      ZKUBECTL_CLUSTER_ALIAS: 'shop-test',
      ZKUBECTL_BIN: '/opt/bin/zkubectl',
      KUBECONFIG: path.join(home, '.kube', 'config'),
    });
    expect(stdout).not.toContain('secret');
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
    expect(items).toContainEqual({ name: 'delete', kind: 'built-in', file: null, shadowed_by: null });
    expect(items.filter(item => item['kind'] === 'zkubectl')).toEqual([
      { name: 'dash', kind: 'zkubectl', file: path.join(dir, 'zkubectl-dash'), shadowed_by: null },
      { name: 'get', kind: 'zkubectl', file: path.join(dir, 'zkubectl-get'), shadowed_by: 'kubectl get' },
      { name: 'list', kind: 'zkubectl', file: path.join(dir, 'zkubectl-list'), shadowed_by: 'zkubectl list' },
    ]);
  });

  test('not by a name with a separator, nor from a relative entry of PATH', async () => {
    const { run, log, dir, home } = await world({ 'zkubectl-x': '', kubectl: 'exit 1' });
    fs.mkdirSync(path.join(home, 'rel'));
    fs.copyFileSync(path.join(dir, 'zkubectl-x'), path.join(home, 'rel', 'zkubectl-y'));
    for (const word of ['../x', './x', 'x/../x', 'y']) {
      await run([word], { env: { PATH: `rel:.:${dir}` }, cwd: home });
    }
    expect(log().filter(line => line.startsWith('zkubectl-'))).toEqual([]);
  });

  test('one that runs us again for ever ends', async () => {
    const { run } = await world({ 'zkubectl-x': '' });
    const { code, stderr } = await run(['x'], { env: { ZKUBECTL_DEPTH: '8' } });
    expect([code, stderr.includes('would never end')]).toEqual([1, true]);
  });

  test('names of files', () => {
    expect(externalName(['a', 'b-c'])).toBe('zkubectl-a-b_c');
  });

  test.each([['%PATH%'], ['a&b'], ['a"b'], ['a\nb'], ['^'], ['a|b']])('a batch file is not given %j', argument => {
    const io = { platform: 'win32', env: {} } as const;
    expect(() => startable(io, { file: 'C:\\p\\zkubectl-x.cmd', args: [argument] })).toThrow('cannot be given');
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

test('the TypeScript plugin of docs/plugins.md', async () => {
  const [, code = ''] = /```ts\n(\/\*\* `images [\s\S]*?)```/.exec(fs.readFileSync('docs/plugins.md', 'utf8')) ?? [];
  const file = path.join(makeTempDir(), 'images.ts');
  fs.writeFileSync(file, code);
  const { imagesPlugin } = (await import(file)) as { imagesPlugin: Plugin };
  const { dir, home } = await world({ kubectl: 'printf "a:1 b:2 a:1 a:3"' });
  const io = createTestIo({ home, env: { PATH: dir } });
  const context = new PluginContext(new Context(io, NO_GLOBALS));
  expect(await imagesPlugin.run(context, ['a'], {})).toBe(0);
  expect(io.stdout.text).toBe('2\ta:1\n1\ta:3\n');
});
