/** The guard of delete, drain, replace --force and apply --prune, with a kubectl that writes down what it was given. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fakeService } from '../support/fake-service.ts';
import { CLUSTERS, world } from '../support/world.ts';

/** A kubectl that would delete two pods. What it is told of a kubeconfig is replaced by that file's current context. */
const PODS = `case "$*" in
  *--dry-run=server*) echo 'pod "a" deleted from cart namespace (server dry run)'; echo 'pod "b" deleted from cart namespace (server dry run)' ;;
  *) echo deleted ;;
esac`;
const dryRun = (...lines: string[]) =>
  `case "$*" in *--dry-run=server*) ${lines.map(line => `echo '${line} (server dry run)'`).join('; ')} ;; esac`;

/** What kubectl was given, without the names of kubeconfigs. */
const plain = (lines: readonly string[]) => lines.map(line => line.replace(/ <--kubeconfig=[^>]*>/, ''));
const answered = (input: string, meanwhile?: () => Promise<unknown>) => ({
  tty: true,
  answers: [{ input, ...(meanwhile && { meanwhile }) }],
});

describe('delete', () => {
  test.each([['--all'], ['--all=true'], ['--all=false'], ['--all=1'], ['-n', 'x', '--all'], ['--all', '--yes']])(
    'refuses %s %s %s: 2, and kubectl is not run',
    async (...flags) => {
      const { run, log } = await world({ kubectl: PODS });
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
    const { run, log } = await world({ kubectl: PODS });
    expect((await run(['delete', 'pods', '-A', '-l', 'a=b', '--context=shop-test'])).code).toBe(0);
    expect((await run(['delete', 'pods', '--context=shop-test', '--', '--all'])).code).toBe(0);
    expect(plain(log())).toEqual([
      'kubectl <delete> <pods> <--all-namespaces> <--selector=a=b> <--context=shop-test>',
      'kubectl <delete> <--context=shop-test> <--> <pods> <--all>',
    ]);
  });

  test('on production: shown by a server-side dry run, the alias typed, and deleted by the names that were shown', async () => {
    const { run, log } = await world({ kubectl: PODS });
    const { code, stderr, io } = await run(['delete', 'pods', '-l', 'a=b', '-n', 'cart', '--wait'], answered('shop'));
    expect([code, stderr]).toEqual([
      0,
      'on shop (production), namespace cart, these objects are deleted:\n  pod/a\n  pod/b\n',
    ]);
    expect(io.asked).toEqual(['type shop to delete these 2:']);
    expect(plain(log())).toEqual([
      'kubectl <delete> <pods> <--selector=a=b> <--namespace=cart> <--wait> <--dry-run=server> <--interactive=false>',
      'kubectl <delete> <pod/a> <pod/b> <--wait> <--ignore-not-found> <--namespace=cart>',
    ]);
  });

  test.each([['yes'], ['shop-test'], ['']])('%j typed is not shop: 1, and nothing is deleted', async typed => {
    const { run, log } = await world({ kubectl: PODS });
    const { code, stderr } = await run(['delete', 'pod', 'a'], answered(typed));
    expect([code, stderr.includes('the answer is not shop; nothing changed')]).toEqual([1, true]);
    expect(log()).toHaveLength(1);
  });

  test('a dry run that fails is the end, with its own code', async () => {
    const { run, log } = await world({ kubectl: 'echo "Error from server (Forbidden): no" >&2; exit 9' });
    const { code, stderr } = await run(['delete', 'pod', 'a'], { tty: true });
    expect([code, stderr]).toEqual([9, 'Error from server (Forbidden): no\n']);
    expect(log()).toHaveLength(1);
  });

  test('one of two that is not there is said, and the other is asked about; the exit code is 1', async () => {
    const missing = 'Error from server (NotFound): pods "nope" not found';
    const { run, log } = await world({
      kubectl: `case "$*" in *--dry-run*) echo 'pod "a" deleted from default namespace (server dry run)'; echo '${missing}' >&2; exit 1 ;; esac`,
    });
    const { code, stderr } = await run(['delete', 'pod', 'a', 'nope'], answered('shop'));
    expect([code, stderr]).toEqual([
      1,
      `${missing}\non shop (production), namespace default, these objects are deleted:\n  pod/a\n`,
    ]);
    expect(plain(log())[1]).toBe('kubectl <delete> <pod/a> <--namespace=default>');
  });

  test.each([
    ['nothing', 'exit 0'],
    ['what kubectl says beside names', 'echo "No resources found"'],
  ])('%s matches: nothing is asked', async (_, kubectl) => {
    const { run } = await world({ kubectl });
    expect(await run(['delete', 'pods', '-l', 'a=b'], { tty: true })).toMatchObject({
      code: 0,
      stderr: 'no resources found; nothing to delete\n',
    });
  });

  test('what cannot be read is not asked about', async () => {
    const { run, log } = await world({ kubectl: 'echo "pod/a deleted"' });
    expect(await run(['delete', 'pod', 'a'], { tty: true })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing was deleted'),
    });
    expect(log()).toHaveLength(1);
  });

  test('without a terminal it needs --yes, which kubectl never sees', async () => {
    const { run, log } = await world({ kubectl: PODS });
    const refused = await run(['delete', 'pod', 'a']);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('delete on shop (production) must be confirmed'),
    });
    expect([refused.stderr.includes('add --yes'), log()]).toEqual([true, []]);
    expect((await run(['delete', 'pod', 'a', '--yes'])).code).toBe(0);
    expect((await run(['--yes', 'delete', 'pod', 'b'])).code).toBe(0);
    expect(log()).toEqual(['kubectl <delete> <pod> <a>', 'kubectl <delete> <pod> <b>']);
  });

  test.each([
    ['a flag without its value', ['-o'], 'needs an argument'],
    ['a long one', ['--output'], 'needs an argument'],
    ['one at the end of a group', ['-Ro'], 'needs an argument'],
    ['another', ['-io'], 'needs an argument'],
    ['who to be', ['--as'], 'needs an argument'],
    ['a cache', ['--cache-dir'], 'needs an argument'],
    ['an underscore', ['--cache_dir'], 'needs an argument'],
    ['a password', ['--password'], 'needs an argument'],
    ['a key', ['--client-key'], 'needs an argument'],
    ['a flag that nobody knows', ['--new-flag'], 'unknown flag: --new-flag'],
    ['one before --', ['--new-flag', '--', 'b'], 'unknown flag: --new-flag'],
    ['a letter that nobody knows', ['-x'], 'unknown shorthand flag'],
  ])('%s is refused before anything is sent, with --yes and on a test cluster too', async (_, flags, message) => {
    const { run, log } = await world({ kubectl: PODS });
    for (const more of [[], ['--yes'], ['--context', 'shop-test']]) {
      const argv = ['delete', 'configmap', 'x', ...more, ...flags];
      expect(await run(argv, { tty: true })).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    }
    expect(log()).toEqual([]);
  });

  test.each([
    [['--server', 'https://other.example.org'], 'other.example.org'],
    [['-s=https://other.example.org'], 'other.example.org'],
    [['--cluster=elsewhere'], 'elsewhere'],
    [['-As', 'https://other.example.org'], 'other.example.org'],
    [['--token', 'x'], 'shop-test'],
    [['--kuberc', '/tmp/x'], 'shop-test'],
    [['--insecure-skip-tls-verify'], 'shop-test'],
    [['--tls-server-name', 'x'], 'shop-test'],
    [['--new-flag=x'], 'shop-test'],
    [['--dry-run=none', '--token', 'x'], 'shop-test'],
    [['--cache-dir', '--dry-run=server', '--token', 'x'], 'shop-test'],
  ])('%j leads past the context: it counts as production', async (flags, name) => {
    const { run, log } = await world({ kubectl: PODS });
    const { code, stderr } = await run(['delete', 'pod', 'a', '--context', 'shop-test', ...flags]);
    expect([code, stderr.includes(`delete on ${name} (environment unknown)`), log()]).toEqual([2, true, []]);
  });

  test.each([
    ['a dry run that is none', ['--dry-run=none']],
    ['a dry run that is a value', ['--cache-dir', '--dry-run=server']],
    ['a dry run that is a name', ['--', '--dry-run=server']],
    ['--raw, which no dry run stops', ['--raw', '/api/v1/x', '--dry-run=server']],
  ])('%s is no dry run', async (_, flags) => {
    const { run, log } = await world({ kubectl: PODS });
    const { code, stderr } = await run(['delete', 'pod', 'a', ...flags]);
    expect([code, stderr, log()]).toEqual([2, expect.stringContaining('must be confirmed'), []]);
  });

  test.each([[['--dry-run=client']], [['--dry-run=server']], [['--dry_run=client']], [['-Rh']]])(
    '%j changes nothing, and asks nothing',
    async flags => {
      const { run, log } = await world({ kubectl: 'exit 0' });
      expect([(await run(['delete', 'pod', 'a', ...flags])).code, log().length]).toEqual([0, 1]);
    },
  );

  test.each([
    [['--grace-period', '1', 'delete', 'pod', 'a']],
    [['-l', 'a=b', 'delete', 'pods']],
    [['--timeout', '5s', 'delete', 'pods', '--all']],
    [['--new', 'x', 'drain', 'node']],
    [['--new', 'x', 'replace', '--force', '-f', 'y']],
    [['--new', 'x', 'apply', '--prune', '-f', 'y']],
  ])('%j: flags of a guarded verb stand after it', async argv => {
    const { run, log } = await world({ kubectl: PODS });
    const { code, stderr } = await run(argv);
    expect([code, stderr, log()]).toEqual([2, expect.stringContaining('flags must come after'), []]);
    expect((await run(['--request-timeout', '5s', 'get', 'delete'])).code).toBe(0);
  });

  test.each(['-f', '--filename'])(
    '%s: manifests typed on the terminal cannot be previewed, nor may an address be read twice',
    async flag => {
      const { run, log } = await world({ kubectl: PODS });
      for (const file of ['-', '/dev/stdin', 'a.yaml,-']) {
        const { code, stderr } = await run(['delete', flag, file], { tty: true });
        expect([code, stderr.includes('cannot preview manifests typed on the terminal')]).toEqual([2, true]);
      }
      for (const url of ['https://example.org/a.yaml', 'HTTP://x/y']) {
        const { code, stderr } = await run(['delete', flag, url], { tty: true });
        expect([code, stderr.includes('download it first')]).toEqual([2, true]);
      }
      expect(log()).toEqual([]);
    },
  );

  test('kuberc is not read: what was looked at is what goes', async () => {
    const { run, home } = await world({ kubectl: 'echo "$KUBECTL_KUBERC" >> "$HOME/kuberc"' });
    expect(
      (await run(['delete', 'pod', 'a', '--context', 'shop-test'], { env: { KUBECTL_KUBERC: 'true' } })).code,
    ).toBe(0);
    expect(fs.readFileSync(path.join(home, 'kuberc'), 'utf8')).toBe('false\n');
  });

  test('objects in several namespaces, or in none, are shown with theirs and deleted there', async () => {
    const { run, log, home } = await world({
      kubectl: dryRun(
        'pod "a" deleted from cart namespace',
        'pod "a" deleted from shop namespace',
        'pod "a" deleted from shop namespace',
        'node "n1" deleted',
      ),
    });
    fs.writeFileSync(path.join(home, 'x.yaml'), '');
    const { stderr } = await run(['delete', '-f', 'x.yaml'], { ...answered('shop'), cwd: home });
    expect(stderr).toBe(`on shop (production), these objects are deleted:
  pod/a in namespace cart
  pod/a in namespace shop
  node/n1
`);
    expect(plain(log()).slice(1)).toEqual([
      'kubectl <delete> <pod/a> <--namespace=cart>',
      'kubectl <delete> <pod/a> <--namespace=shop>',
      'kubectl <delete> <node/n1>',
    ]);
  });

  test('a name that can hold a line break is taken from JSON: lines that it forges are not believed', async () => {
    const role = (name: string) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name, namespace: 'shop' },
    });
    const kubectl = (name: string) =>
      `case "$*" in *--dry-run*) printf '%s\\n' 'role.rbac.authorization.k8s.io "${name}" deleted from shop namespace (server dry run)' ;; get*) echo '${JSON.stringify(role(name)).replaceAll('\\', '\\\\')}' ;; esac`;
    const plainRole = await world({ kubectl: kubectl('shop reader') });
    expect((await plainRole.run(['delete', 'role', '-l', 'a=b'], answered('shop'))).stderr).toContain(
      'role.rbac.authorization.k8s.io/shop reader\n',
    );
    const forged = await world({
      kubectl: kubectl('x" deleted from shop namespace (server dry run)\nconfigmap "victim'),
    });
    const { code, stderr } = await forged.run(['delete', 'role', '-l', 'a=b'], { tty: true });
    expect([code, stderr.includes('nothing was deleted')]).toEqual([1, true]);
  });

  test.each([
    [['-n', 'x', '--all', '--', 'delete', 'cm']],
    [['-n', 'x', '--now', '--', 'delete', 'cm', 'a']],
    [['--selector=a=b', '--filename=a.yaml', '--prune', '--', 'apply']],
    [['--ignore-daemonsets', '--', 'drain', 'n1']],
    [['--force', '--', 'replace', '-f', 'x']],
    [['--save-config', '--', 'edit', 'cm', 'a']],
    [['', 'delete', 'cm', 'a']],
    [['-', 'delete', 'cm', 'a']],
  ])('%j: a verb behind -- that kubectl finds is found by the guard too', async argv => {
    const { run, log } = await world({ kubectl: PODS });
    const { code, stderr } = await run(argv);
    expect([code, stderr, log()]).toEqual([2, expect.stringContaining('flags must come after'), []]);
  });

  test.each([[['--yes=false']], [['--yes=0']]])('%j is no yes', async flags => {
    const { run, log } = await world({ kubectl: PODS });
    expect((await run(['delete', 'pod', 'a', ...flags])).code).toBe(2);
    expect((await run([...flags, 'delete', 'pod', 'a'])).code).toBe(2);
    expect((await run(['edit', 'pod/a', ...flags])).code).toBe(2);
    expect(log()).toEqual([]);
  });

  test('what looks like a flag of ours and is the value of another stays its value', async () => {
    const { run, log } = await world({ kubectl: PODS });
    expect((await run(['-n', '--yes', 'delete', 'pod', 'a'])).code).toBe(2);
    expect((await run(['-n', '--offline', 'get', 'pods'])).code).toBe(0);
    expect(log()).toEqual(['kubectl <-n> <--offline> <get> <pods>']);
  });

  test.each([['--server'], ['--cluster']])(
    'an empty %s is none: the name to type is that of the context',
    async flag => {
      const { run } = await world({ kubectl: PODS });
      const { io, code } = await run(['delete', 'pod', 'a', `${flag}=`], answered(''));
      expect([code, io.asked]).toEqual([1, ['type shop to delete these 2:']]);
      expect((await run(['delete', 'pod', 'a', '--context', ''], answered('no'))).code).toBe(1);
    },
  );

  test('an older kubectl says no namespaces: they are those of the very objects, as get says them', async () => {
    const items = (...namespaces: string[]) =>
      JSON.stringify({
        kind: 'List',
        items: namespaces.map(namespace => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace } })),
      });
    const kubectl = (list: string) => `case "$*" in
  *version*) echo '{"clientVersion": {"minor": "30"}}' ;;
  *--dry-run*) echo 'pod "a" deleted (server dry run)' ;;
  get*) echo '${list}' ;;
esac`;
    const { run, log } = await world({ kubectl: kubectl(items('cart', 'shop')) });
    const { stderr } = await run(['delete', 'pods', '-A', '-l', 'x=y', '--grace-period=3'], answered('shop'));
    expect(stderr).toContain('  pod/a in namespace cart\n  pod/a in namespace shop\n');
    expect(plain(log()).slice(2)).toEqual([
      'kubectl <get> <pods> <--all-namespaces> <--selector=x=y> <--ignore-not-found> <--output=json>',
      'kubectl <delete> <pod/a> <--grace-period=3> <--ignore-not-found> <--namespace=cart>',
      'kubectl <delete> <pod/a> <--grace-period=3> <--ignore-not-found> <--namespace=shop>',
    ]);
    // What get does not know is not deleted.
    const other = await world({ kubectl: kubectl(items()) });
    expect((await other.run(['delete', 'pod', 'a'], { tty: true })).code).toBe(1);
  });

  test('many are deleted in several goes, and a failure is the exit code', async () => {
    const lines = Array.from({ length: 450 }, (_, i) => `pod "p${i}" deleted from shop namespace (server dry run)`);
    const { run, log, home } = await world({
      kubectl: 'case "$*" in *--dry-run*) cat "$HOME/lines" ;; *pod/p200*) exit 3 ;; esac',
    });
    fs.writeFileSync(path.join(home, 'lines'), `${lines.join('\n')}\n`);
    const { code, stderr } = await run(['delete', 'pods', '-l', 'a=b'], answered('shop'));
    expect(code).toBe(3);
    expect(stderr).toContain('  pod/p19\n  and 430 more:\n    430 × pod\n');
    expect(log().map(line => (line.match(/pod\/p\d+/g) ?? []).length)).toEqual([0, 200, 200, 50]);
  });

  test('a child that a signal killed is 128 + n; --help is ours', async () => {
    const { run } = await world({ kubectl: 'kill -TERM $$' });
    expect((await run(['delete', 'pod', 'a', '--yes'])).code).toBe(143);
    expect((await run(['delete', '--help'])).stdout).toMatch(/--all,\s+which\s+is\s+refused/);
  });
});

describe('where a line leads is decided once', () => {
  /** A kubectl that writes down the server, context and namespace that it would go to. */
  const WHERE = `for a in "$@"; do case $a in --kubeconfig=*) file=\${a#--kubeconfig=} ;; esac; done
file=\${file:-\${KUBECONFIG:-$HOME/.kube/config}}
tr -d '" {}' < "$file" | tr ',' '\\n' | sed -nE 's/.*(server:https[^ ]*).*/\\1/p; s/.*(current-context:.*)/\\1/p' | tr '\\n' ' ' >> "$HOME/where"; echo >> "$HOME/where"
${PODS}`;
  const where = (home: string) =>
    fs
      .readFileSync(path.join(home, 'where'), 'utf8')
      .trim()
      .split('\n')
      .map(line => line.trim());

  test('another terminal switches while a person reads: look and deed reach one cluster', async () => {
    const { run, home } = await world({ kubectl: WHERE });
    const meanwhile = () => run(['use', 'shop-test']);
    expect((await run(['delete', 'pod', 'a'], answered('shop', meanwhile))).code).toBe(0);
    expect([...new Set(where(home))]).toEqual(['server:https://shop.example.org current-context:shop']);
  });

  test('the very server is kept, when somebody changes the context itself', async () => {
    const { run, home } = await world({ kubectl: WHERE });
    const file = path.join(home, '.kube', 'config');
    const meanwhile = async () =>
      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll('shop.example', 'evil.example'));
    expect((await run(['delete', 'pod', 'a'], answered('shop', meanwhile))).code).toBe(0);
    expect(new Set(where(home))).toEqual(new Set(['server:https://shop.example.org current-context:shop']));
  });

  test('a cluster that needs no question is the one that was looked at, however long the registry takes', async () => {
    const { run, home } = await world({ kubectl: WHERE });
    await run(['use', 'shop-test']);
    const { clusters: items } = parse(fs.readFileSync(path.join(home, 'clusters.yaml'), 'utf8')) as {
      clusters: object[];
    };
    // While the registry thinks, another terminal switches to production.
    const registry = await fakeService(async () => {
      await run(['use', 'shop']);
      return { json: { items } };
    });
    const env = { ZKUBECTL_REGISTRY_FILE: '', ZKUBECTL_REGISTRY_URL: registry.url, ZKUBECTL_TOKEN: 'x.y.z' };
    const { code } = await run(['delete', 'pod', 'a'], { env });
    await registry.close();
    expect([code, registry.requests.length]).toEqual([0, 1]);
    expect(where(home)).toEqual(['server:https://shop-test.example.org current-context:shop-test']);
  });

  test('what was pinned is removed, whatever the answer', async () => {
    const { run, home } = await world({ kubectl: PODS });
    const pins = () => fs.readdirSync(path.join(home, '.local/state/zkubectl/pinned'));
    const during: number[] = [];
    const meanwhile = async () => during.push(pins().length);
    expect((await run(['delete', 'pod', 'a'], answered('shop', meanwhile))).code).toBe(0);
    expect((await run(['delete', 'pod', 'a'], answered('no', meanwhile))).code).toBe(1);
    expect((await run(['delete', 'pod', 'a', '--context', 'shop-test'])).code).toBe(0);
    expect(during).toEqual([1, 1]);
    expect(pins()).toEqual([]);
  });
});

describe('kuberc: the guard sees the line as kubectl would expand it, and kubectl runs without it', () => {
  const KUBERC = `apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
defaults:
- {command: apply, options: [{name: server-side, default: "true"}]}
- {command: replace, options: [{name: force, default: "true"}]}
- {command: scale, options: [{name: timeout, default: 5s}]}
aliases:
- {name: zap, command: delete, prependArgs: [pod], appendArgs: [--, last], options: [{name: wait, default: "false"}]}
- {name: pods, command: get, prependArgs: [pods]}
`;
  const withKuberc = async (script: string) => {
    const made = await world({ kubectl: script });
    fs.writeFileSync(path.join(made.home, '.kube', 'kuberc'), KUBERC);
    fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: ConfigMap');
    const run = (argv: string[], options = {}) => made.run(argv, { cwd: made.home, ...options });
    return { ...made, run };
  };

  test('an alias of delete asks, and shows what goes', async () => {
    const { run, log } = await withKuberc(PODS);
    expect(await run(['zap', 'a'])).toMatchObject({ code: 2, stderr: expect.stringContaining('delete on shop') });
    expect(log()).toEqual([]);
    expect((await run(['zap', 'a'], answered('shop'))).code).toBe(0);
    expect(plain(log()).at(-1)).toBe('kubectl <delete> <pod/a> <pod/b> <--wait=false> <--namespace=cart>');
    expect((await run(['zap', '--all'], { tty: true })).stderr).toContain('--all is refused');
  });

  test.each([
    ['KUBECTL_KUBERC=0 is no off', KUBERC, { KUBECTL_KUBERC: '0' }],
    ['a first document of another version', `apiVersion: x/v9\nkind: Preference\n---\n${KUBERC}`, {}],
    ['an empty first document', `---\n---\n${KUBERC}`, {}],
  ])('%s: kubectl would expand the alias, so it asks', async (_, text, env) => {
    const { run, home, log } = await withKuberc(PODS);
    fs.writeFileSync(path.join(home, '.kube', 'kuberc'), text);
    expect(await run(['zap', 'a'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('delete on shop'),
    });
    expect(log()).toEqual([]);
  });

  test('two --kuberc are refused; an ordinary line runs without kuberc', async () => {
    const { run, home } = await withKuberc('echo "$KUBECTL_KUBERC" >> "$HOME/seen"');
    expect((await run(['annotate', 'pod', 'x', 'a=b', '--kuberc', 'a', '--kuberc', 'b'])).code).toBe(2);
    expect((await run(['annotate', 'pod', 'x', 'a=b'])).code).toBe(0);
    expect(new Set(fs.readFileSync(path.join(home, 'seen'), 'utf8').trim().split('\n'))).toContain('false');
  });

  test('a default that destroys asks; another default is kept; the command line wins', async () => {
    const { run, log } = await withKuberc('exit 0');
    expect(await run(['replace', '-f', 'x.yaml'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('replace on shop (production) must be confirmed'),
    });
    expect((await run(['replace', '-f', 'x.yaml', '--force=false'])).code).toBe(0);
    expect((await run(['apply', '-f', 'x.yaml'])).code).toBe(0);
    expect((await run(['--context', 'shop-test', 'scale', 'x', '--replicas=0'])).code).toBe(0);
    const sent = plain(log()).map(line => line.replace(/[^<=]*\/input\//g, '/input/'));
    expect(sent[0]).toMatch(/^kubectl <replace> <--force=false> <--filename=\/input\/0001\/x.yaml> <--dry-run=server>/);
    expect(sent[3]).toBe('kubectl <apply> <--server-side=true> <--filename=/input/0001/x.yaml>');
    expect(sent[4]).toBe('kubectl <scale> <x> <--context=shop-test> <--replicas=0> <--timeout=5s>');
  });

  test.each([
    ['--kuberc FILE', ['--kuberc', 'other'], {}],
    ['KUBERC', [], { KUBERC: 'other' }],
  ])('%s names another file', async (_, flags, env) => {
    const { run, home } = await withKuberc('exit 0');
    fs.renameSync(path.join(home, '.kube', 'kuberc'), path.join(home, 'other'));
    expect((await run(['replace', '-f', 'x.yaml'])).code).toBe(0);
    expect((await run(['replace', '-f', 'x.yaml', ...flags], { env })).code).toBe(2);
    expect((await run(['replace', '-f', 'x.yaml', ...flags], { env: { ...env, KUBECTL_KUBERC: 'false' } })).code).toBe(
      0,
    );
  });

  test("one that cannot be read: a write is refused, a read is kubectl's", async () => {
    const { run, home } = await withKuberc('exit 0');
    fs.writeFileSync(path.join(home, '.kube', 'kuberc'), 'a: [');
    expect(await run(['label', 'pod', 'x', 'a=b'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('kuberc'),
    });
    expect((await run(['get', 'pods'])).code).toBe(0);
  });
});

describe('what counts as production', () => {
  const withEnvironment = (environment: string) =>
    CLUSTERS.replace(/environment: test/, environment === '' ? 'region: x' : `environment: "${environment}"`);
  test.each([
    ['', true],
    ['prod', true],
    ['Production ', true],
    ['PRODUCTION', true],
    ['live', true],
    ['test', false],
    [' Test', false],
    ['staging', false],
  ])('the environment %j: asked %s', async (environment, isAsked) => {
    const { run, home } = await world({ kubectl: PODS });
    fs.writeFileSync(path.join(home, 'clusters.yaml'), withEnvironment(environment));
    expect(await run(['delete', 'pod', 'a', '--context', 'shop-test'])).toMatchObject(
      isAsked ? { code: 2, stderr: expect.stringContaining('must be confirmed') } : { code: 0, stderr: '' },
    );
  });

  test('a cluster that the registry does not know', async () => {
    const { run } = await world({ kubectl: PODS });
    const env = { ZKUBECTL_REGISTRY_FILE: '/nonexistent' };
    expect(await run(['delete', 'pod', 'a', '--context', 'shop-test'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('must be confirmed'),
    });
  });

  test.each([
    ['another server', 'https://shop.example.org', ''],
    ['a proxy of its own', 'https://shop-test.example.org', 'proxy-url: http://127.0.0.1:1'],
    ['a name of its own', 'https://shop-test.example.org', 'tls-server-name: shop.example.org'],
    ['no verification', 'https://shop-test.example.org', 'insecure-skip-tls-verify: true'],
    ['a CA of its own', 'https://shop-test.example.org', 'certificate-authority-data: YQ=='],
  ])('a context that bears the name of a test cluster, with %s', async (_, server, more) => {
    const { run, home, log } = await world({ kubectl: PODS });
    const file = path.join(home, '.kube', 'config');
    const text = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(
      file,
      text.replace(/server: https:\/\/shop-test\S+/, `server: ${server}${more && `\n    ${more}`}`),
    );
    const { code, stderr } = await run(['delete', 'pod', 'a', '--context', 'shop-test']);
    expect([code, stderr.includes('shop-test (environment unknown)'), log()]).toEqual([2, true, []]);
  });

  test('a server that another record says is production', async () => {
    const { run, home } = await world({ kubectl: PODS });
    const other =
      '- {id: "aws:3:eu:kube-1", alias: x, environment: production, lifecycle_status: ready, api_server_url: "https://shop-test.example.org"}\n';
    fs.writeFileSync(path.join(home, 'clusters.yaml'), CLUSTERS + other);
    expect(await run(['delete', 'pod', 'a', '--context', 'shop-test'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('must be confirmed'),
    });
  });
});

describe('drain', () => {
  const DRAIN = dryRun(
    'node/n1 cordoned',
    'evicting pod shop/a',
    'evicting pod cart/b',
    'evicting pod cart/b',
    'node/n1 drained',
  );

  test('shows the pods, and wants the alias typed', async () => {
    const { run, log } = await world({ kubectl: DRAIN });
    const { code, stderr, io } = await run(['drain', 'n1', '--ignore-daemonsets'], answered('shop'));
    expect([code, stderr]).toEqual([
      0,
      'on shop (production), n1 is drained and these pods are evicted:\n  pod/b in namespace cart\n  pod/a in namespace shop\n',
    ]);
    expect(io.asked).toEqual(['type shop to drain n1:']);
    const look = 'kubectl <drain> <n1> <--ignore-daemonsets> <--dry-run=server> <--timeout=5s>';
    expect(plain(log())).toEqual([look, look, 'kubectl <drain> <n1> <--ignore-daemonsets>']);
  });

  test('what a budget holds back is said, although kubectl tries on', async () => {
    const { run } = await world({
      kubectl: `${DRAIN}; case "$*" in *--dry-run*) echo 'error when evicting pods/"b" -n "cart" (will retry after 5s): Cannot evict' >&2; exit 1 ;; esac`,
    });
    const { stderr } = await run(['drain', 'n1'], answered('no'));
    expect(stderr).toContain('  blocked by a PodDisruptionBudget: pod/b in namespace cart\n');
  });

  test('a look that a signal has cut short is no look: 130, and nothing is drained', async () => {
    const { run, log } = await world({ kubectl: `${DRAIN}; case "$*" in *--dry-run*) kill -INT $$ ;; esac` });
    expect(await run(['drain', 'n1'], { tty: true })).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('nothing was done'),
    });
    const second = await world({
      kubectl: `${DRAIN}; case "$*" in *--dry-run*) [ -e "$HOME/once" ] && kill -INT $$; : > "$HOME/once" ;; esac`,
    });
    expect((await second.run(['drain', 'n1'], answered('shop'))).code).toBe(130);
    expect([...log(), ...second.log()].filter(line => !line.includes('--dry-run'))).toEqual([]);
  });

  test('the nodes of a selector are those that were shown', async () => {
    const { run, log } = await world({ kubectl: DRAIN });
    expect((await run(['drain', '-l', 'pool=a', '--force'], answered('shop'))).code).toBe(0);
    expect(plain(log()).at(-1)).toBe('kubectl <drain> <n1> <--force>');
  });

  test('pods that came meanwhile are shown, and asked about anew', async () => {
    const { run, home, log } = await world({ kubectl: `${DRAIN}; cat "$HOME/more" 2>/dev/null || :` });
    const more = async () => fs.writeFileSync(path.join(home, 'more'), 'evicting pod shop/c (server dry run)\n');
    const { code, stderr } = await run(['drain', 'n1'], {
      tty: true,
      answers: [{ input: 'shop', meanwhile: more }, { input: 'no' }],
    });
    expect(code).toBe(1);
    expect(stderr).toContain('the preview has changed since; nothing was done yet; it is now:');
    expect(stderr).toContain('pod/c in namespace shop');
    expect(log().filter(line => !line.includes('--dry-run'))).toEqual([]);
  });

  test.each([
    ['without a terminal it needs --yes', [], 2],
    ['--yes is ours', ['--yes'], 0],
    ['a test cluster asks nothing', ['--context', 'shop-test'], 0],
    ['a dry run asks nothing', ['--dry-run=client'], 0],
    ['help asks nothing', ['--help'], 0],
    ['a flag without its value is refused', ['-l'], 2],
  ])('%s', async (_, flags, expected) => {
    const { run, log } = await world({ kubectl: DRAIN });
    expect((await run(['drain', 'n1', ...flags])).code).toBe(expected);
    expect(log().join()).not.toContain('--yes');
    expect(log()).toHaveLength(expected === 0 ? 1 : 0);
  });
});

describe('replace --force', () => {
  const REPLACE = `case "$*" in *--dry-run*) echo 'configmap "a" deleted from cart namespace (server dry run)' ;; replace*) for a in "$@"; do case $a in --filename=*) cat "\${a#--filename=}" >> "$HOME/sent" ;; esac; done ;; esac`;

  test('what is shown is what is sent, whatever becomes of the files', async () => {
    const { run, home, log } = await world({ kubectl: REPLACE });
    const dir = path.join(home, 'm');
    fs.mkdirSync(path.join(dir, 'sub'), { recursive: true });
    for (const name of ['b.yaml', 'a.yml', 'c.json', 'README', 'sub/d.yaml'])
      fs.writeFileSync(path.join(dir, name), `${name}\n`);
    const meanwhile = async () => fs.writeFileSync(path.join(dir, 'a.yml'), 'other\n');
    const { code, stderr, io } = await run(['replace', '--force', '-f', dir, '--save-config'], {
      ...answered('shop', meanwhile),
      cwd: home,
    });
    expect([code, stderr]).toEqual([
      0,
      'on shop (production), namespace cart, these objects are deleted and recreated:\n  configmap/a\n',
    ]);
    expect(io.asked).toEqual(['type shop to run kubectl replace --force:']);
    expect(fs.readFileSync(path.join(home, 'sent'), 'utf8')).toBe('a.yml\nb.yaml\nc.json\n');
    expect(log()[0]).toMatch(/^kubectl <delete> .*<--ignore-not-found> <--dry-run=server> <--interactive=false>$/);
    expect(log()[2]).toMatch(/^kubectl <replace> <--force> <--save-config> /);
  });

  test('nothing that is there: nothing to ask', async () => {
    const { run, home, log } = await world({ kubectl: 'exit 0' });
    fs.writeFileSync(path.join(home, 'a.yaml'), 'x');
    expect((await run(['replace', '--force', '-f', 'a.yaml'], { tty: true, cwd: home })).code).toBe(0);
    expect(log()[1]).toContain('<replace>');
  });

  test('--yes sends it as it is', async () => {
    const { run, log } = await world({ kubectl: 'exit 0' });
    expect((await run(['replace', '--force', '-f', 'x', '--yes'])).code).toBe(0);
    expect(log()).toEqual(['kubectl <replace> <--force> <--filename=x>']);
  });

  test.each([
    [['-f', '-'], 'cannot preview manifests typed on the terminal'],
    [['-f', 'https://example.org/x'], 'download it first'],
    [['-f', '/nonexistent.yaml'], 'no such file: /nonexistent.yaml'],
    [['-f', '*.yaml'], 'so that the shell expands it'],
    [['-f', '"a,b.yaml"'], 'cannot parse a file name with quotes'],
    [['-f'], 'needs an argument'],
    [['-f', ''], 'a file name is empty'],
    [['-f', 'a.yaml,'], 'a file name is empty'],
    [['-f', 'x'.repeat(5000)], 'cannot read'],
  ])('%j is refused: 2', async (flags, message) => {
    const { run, log } = await world({ kubectl: 'exit 0' });
    const { code, stderr } = await run(['replace', '--force', ...flags], { tty: true });
    expect([code, stderr.includes(message), log()]).toEqual([2, true, []]);
  });
});

describe('apply --prune', () => {
  const list = (name: string) =>
    JSON.stringify(
      { kind: 'List', items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'x' } }] },
      null,
      4,
    );
  const pruned = (name: string) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'cart' } }, null, 4);
  const PRUNE = `case "$*" in *--dry-run*) cat "$HOME/look" ;; kustomize*) echo built ;; apply*) for a in "$@"; do case $a in --filename=*) cat "\${a#--filename=}" >> "$HOME/sent" ;; esac; done ;; esac`;

  async function pruning(...names: string[]) {
    const made = await world({ kubectl: PRUNE });
    fs.writeFileSync(path.join(made.home, 'look'), `${[list('kept'), ...names.map(pruned)].join('\n')}\n`);
    fs.writeFileSync(path.join(made.home, 'a.yaml'), 'a\n');
    return made;
  }

  test('shows what is pruned, with its namespace, and wants the alias typed', async () => {
    const { run, log, home } = await pruning('old');
    const argv = ['apply', '--prune', '-l', 'a=b', '-f', 'a.yaml', '-o', 'yaml'];
    const { code, stderr, io } = await run(argv, { ...answered('shop'), cwd: home });
    expect([code, stderr]).toEqual([
      0,
      'on shop (production), namespace cart, these objects are pruned:\n  configmap/old\n',
    ]);
    expect(io.asked).toEqual(['type shop to run kubectl apply --prune:']);
    expect(log()[0]).toMatch(/<--dry-run=server> <--output=json>$/);
    expect(log()[2]).toMatch(/^kubectl <apply> <--prune> <--selector=a=b> <--output=yaml> /);
    expect(fs.readFileSync(path.join(home, 'sent'), 'utf8')).toBe('a\n');
  });

  test('what is only counted is compared as well', async () => {
    const names = Array.from({ length: 25 }, (_, i) => `p${i}`);
    const { run, home } = await pruning(...names);
    const others = [list('kept'), ...[...names.slice(0, 24), 'other'].map(pruned)];
    const meanwhile = async () => fs.writeFileSync(path.join(home, 'look'), `${others.join('\n')}\n`);
    const argv = ['apply', '--prune', '-l', 'a=b', '-f', 'a.yaml'];
    const { stderr } = await run(argv, {
      tty: true,
      cwd: home,
      answers: [{ input: 'shop', meanwhile }, { input: 'no' }],
    });
    expect(stderr).toContain('the preview has changed since');
  });

  test('a kustomization is built once', async () => {
    const { run, log, home } = await pruning('old');
    expect((await run(['apply', '--prune', '-l', 'a=b', '-k', 'dir'], { ...answered('shop'), cwd: home })).code).toBe(
      0,
    );
    expect(log().filter(line => line.includes('kustomize'))).toEqual(['kubectl <kustomize> <dir>']);
    expect(fs.readFileSync(path.join(home, 'sent'), 'utf8')).toBe('built\n');
  });

  test('nothing to prune: nothing is asked', async () => {
    const { run, log, home } = await pruning();
    expect((await run(['apply', '--prune', '-l', 'a=b', '-f', 'a.yaml'], { tty: true, cwd: home })).code).toBe(0);
    expect(log()).toHaveLength(2);
  });

  test.each([
    [['apply', '-f', 'x', '--yes'], ['kubectl <apply> <--filename=x>']],
    [['apply', 'edit-last-applied', '--prune'], ['kubectl <apply> <edit-last-applied> <--prune>']],
  ])('%j asks nothing', async (argv, expected) => {
    const { run, log } = await world({ kubectl: 'exit 0' });
    expect([(await run(argv)).code, log()]).toEqual([0, expected]);
  });

  test('without a terminal it needs --yes', async () => {
    const { run, log } = await pruning('old');
    const { code, stderr } = await run(['apply', '--prune', '-f', 'a.yaml']);
    expect([code, stderr.includes('apply on shop (production) must be confirmed'), log()]).toEqual([2, true, []]);
  });
});
