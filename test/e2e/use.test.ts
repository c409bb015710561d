import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
beforeAll(async () => {
  sandbox = await testSandbox();
  alice = person(sandbox, 'alice');
  await alice.run('login', 'foobarlab');
  await alice.run('list');
});
afterAll(() => sandbox.close());

interface Config {
  'current-context': string;
  contexts: { name: string; context: { cluster: string; user: string; namespace?: string } }[];
  clusters: { name: string }[];
  users: { name: string }[];
}
const read = (file: string) => parse(fs.readFileSync(file, 'utf8')) as Config;

describe('use', () => {
  test('a cluster without a context gets one, without a login', async () => {
    const { code, stderr, io } = await alice.run('use', 'abckub');
    expect([code, io.opened, stderr]).toEqual([0, [], 'switched to abckub, namespace default\n']);
    expect(read(alice.kubeconfig)['current-context']).toBe('abckub');
  });

  test('- is the previous one, there and back', async () => {
    await alice.run('use', 'abckub');
    await alice.run('use', 'foobarlab');
    await alice.run('use', '-');
    expect(read(alice.kubeconfig)['current-context']).toBe('abckub');
    await alice.run('use', '-');
    expect(read(alice.kubeconfig)['current-context']).toBe('foobarlab');
  });

  test('-n is checked where the cluster can say so quickly: exit 3 with the nearest, and nothing is switched', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    await alice.run('login', 'abckub-test');
    expect(await alice.run('use', 'foobarlab', '-n', 'shp')).toMatchObject({
      code: 3,
      stderr: 'zkubectl: error: there is no namespace shp in foobarlab\nzkubectl: hint: did you mean shop?\n',
    });
    expect(read(alice.kubeconfig)['current-context']).toBe('abckub-test');
    expect((await alice.run('use', 'foobarlab', '-n', 'shop')).code).toBe(0);
    expect((await alice.run('use', 'foobarlab', '-n', 'shp', '--offline')).code).toBe(0);
    // Nobody is logged in there: nothing is known, and no login begins.
    await alice.run('use', 'foobarlab-test');
    const unknown = await alice.runWith({ tty: true }, 'use', 'foobarlab-test', '-n', 'shp');
    expect([unknown.code, unknown.io.opened]).toEqual([0, []]);
  });

  test('-2 is the one before the previous; each comes back with the namespace that it had', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login');
    for (const argv of [['foobarlab', '-n', 'one'], ['abckub'], ['foobarlab', '-n', 'two'], ['abckub-test']])
      expect((await alice.run('use', ...argv)).code).toBe(0);
    expect((await alice.run('use', '-2')).stderr).toBe('switched to abckub, namespace default\n');
    expect((await alice.run('use', '-2')).stderr).toBe('switched to foobarlab, namespace two\n');
    expect((await alice.run('use', 'abckub')).code).toBe(0);
    expect((await alice.run('use', '-')).stderr).toBe('switched to foobarlab, namespace two\n');
    expect((await alice.run('use', '-', '-n', 'three')).stderr).toBe('switched to abckub, namespace three\n');
    expect(await alice.run('use', '-40')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('there are no 40 previous contexts'),
    });
  });

  test('- without a previous one is exit 3', async () => {
    expect((await person(sandbox, 'alice').run('use', '-')).code).toBe(3);
  });

  test('an id is its alias', async () => {
    expect((await alice.run('use', 'abckub')).code).toBe(0);
    expect((await alice.run('use', 'aws:123740508747:eu-central-1:kube-1')).code).toBe(0);
    expect(read(alice.kubeconfig)['current-context']).toBe('foobarlab');
  });

  test('with nothing configured, it says that no registry is configured; with contexts, that there is no such context', async () => {
    expect(await runMain(['use', 'foobarlab'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no registry is configured'),
    });
    const home = makeTempDir();
    const file = path.join(home, 'config');
    fs.writeFileSync(file, 'apiVersion: v1\nkind: Config\ncontexts: [{name: one, context: {cluster: c, user: u}}]\n');
    expect(await runMain(['use', 'foobarlab'], { home, env: { KUBECONFIG: file } })).toMatchObject({ code: 3 });
  });

  test('works while the registry is down, for contexts and for the snapshot', async () => {
    const env = { ZKUBECTL_KUBECTL_PATH: '' };
    await sandboxDown(async () => {
      expect((await alice.runWith({ env }, 'use', 'foobarlab')).code).toBe(0);
      expect((await alice.runWith({ env }, 'use', 'abckub-test')).code).toBe(0);
    });
  });

  test('an unknown cluster is exit 3 with the nearest names, and nothing is written', async () => {
    const before = fs.readFileSync(alice.kubeconfig);
    const { code, stderr } = await alice.run('use', 'foobarlabb');
    expect(code).toBe(3);
    expect(stderr).toContain('did you mean foobarlab');
    expect(fs.readFileSync(alice.kubeconfig)).toEqual(before);
  });

  test('nothing named: a picker on a terminal, else exit 2', async () => {
    const { code, io } = await alice.runWith({ tty: true, answers: [{ pick: /^foobarlab-test .*test/ }] }, 'use');
    expect([code, io.asked]).toEqual([0, ['switch to which cluster?']]);
    expect(read(alice.kubeconfig)['current-context']).toBe('foobarlab-test');
    expect(await alice.run('use')).toMatchObject({ code: 2, stderr: expect.stringContaining('zkubectl use CLUSTER') });
  });

  test('a picker that is left changes nothing and is 130', async () => {
    const before = fs.readFileSync(alice.kubeconfig);
    expect((await alice.runWith({ tty: true, answers: [{ leave: true }] }, 'use')).code).toBe(130);
    expect(fs.readFileSync(alice.kubeconfig)).toEqual(before);
  });

  test('--kubeconfig and -n, in every form and place', async () => {
    const file = path.join(makeTempDir(), 'mine.yaml');
    expect((await alice.run('--kubeconfig', file, 'use', 'abckub', '-nshop')).code).toBe(0);
    expect(read(file).contexts[0]?.context.namespace).toBe('shop');
    expect((await alice.run('use', `--kubeconfig=${file}`, 'foobarlab', '--namespace=monitoring')).code).toBe(0);
    expect(read(file)['current-context']).toBe('foobarlab');
    expect(read(file).contexts.map(c => c.context.namespace)).toEqual(['shop', 'monitoring']);
  });

  async function sandboxDown(action: () => Promise<void>): Promise<void> {
    const config = path.join(alice.home, '.config', 'zkubectl', 'config.yaml');
    const text = fs.readFileSync(config, 'utf8');
    // The same registry, so the same snapshot: but nobody is there.
    await sandbox.close();
    try {
      await action();
    } finally {
      fs.writeFileSync(config, text);
      sandbox = await testSandbox({ dir: path.dirname(sandbox.info.configFile) });
    }
  }
});

describe("client-go's rules on files", () => {
  test('a list in KUBECONFIG: new entries go to the first file that exists, changes to where the entry is', async () => {
    const dir = makeTempDir();
    const [missing, one, two] = ['missing', 'one', 'two'].map(name => path.join(dir, name)) as [string, string, string];
    fs.writeFileSync(one, 'apiVersion: v1\nkind: Config\n');
    fs.writeFileSync(
      two,
      'apiVersion: v1\nkind: Config\ncontexts:\n- context: {cluster: old, user: old}\n  name: foobarlab\ncurrent-context: foobarlab\n',
    );
    const env = { KUBECONFIG: [missing, one, two].join(':') };
    expect((await alice.runWith({ env }, 'use', 'abckub')).code).toBe(0);
    expect(fs.existsSync(missing)).toBe(false);
    expect(read(one)).toMatchObject({ 'current-context': 'abckub', contexts: [{ name: 'abckub' }] });
    expect((await alice.runWith({ env }, 'ns', 'shop', '--offline', '--context', 'foobarlab')).code).toBe(0);
    expect(read(two)).toMatchObject({
      'current-context': 'foobarlab',
      contexts: [{ name: 'foobarlab', context: { namespace: 'shop' } }],
    });
    expect(read(one).contexts).toHaveLength(1);
  });

  test('comments, order, unknown fields, mode and symlinks survive', async () => {
    const dir = makeTempDir();
    const real = path.join(dir, 'real.yaml');
    const link = path.join(dir, 'link.yaml');
    const text =
      '# mine\nkind: Config # kept\napiVersion: v1\nx-unknown: {a: [1, 2]}\ncontexts:\n- name: other\n  context:\n    user: u # who\n    cluster: c\n    extra: 1\nclusters: []\nusers:\n# nobody\n- name: u\n  user:\n    token: abc\ncurrent-context: other # now\n';
    fs.writeFileSync(real, text, { mode: 0o640 });
    fs.symlinkSync(real, link);
    expect((await alice.run('--kubeconfig', link, 'use', 'abckub')).code).toBe(0);
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
    expect(fs.statSync(real).mode & 0o777).toBe(0o640);
    const after = fs.readFileSync(real, 'utf8');
    for (const line of [
      '# mine',
      'kind: Config # kept',
      'x-unknown: {a: [1, 2]}',
      '    user: u # who',
      '    extra: 1',
      '# nobody',
      'current-context: abckub # now',
    ])
      expect(after).toContain(line);
    expect(after.indexOf('kind:')).toBeLessThan(after.indexOf('apiVersion:'));
    expect((await alice.run('--kubeconfig', link, 'use', 'other')).code).toBe(0);
  });

  test.each([
    ['does not parse', 'contexts: [', /:1:12:/],
    ['has a key twice', 'kind: Config\nkind: Config\n', /:2:1:/],
    ['is a list', '- a\n', /expected a mapping/],
    ['has contexts that are no list', 'contexts: hello\n', /contexts is not a list/],
  ])('a kubeconfig that %s is an error naming line and column, and stays byte for byte', async (_name, text, words) => {
    const file = path.join(makeTempDir(), 'config');
    fs.writeFileSync(file, text);
    const { code, stderr } = await alice.run('--kubeconfig', file, 'use', 'foobarlab');
    expect(code).toBe(2);
    expect(stderr).toContain(file);
    expect(stderr).toMatch(words);
    expect(fs.readFileSync(file, 'utf8')).toBe(text);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['config']);
  });

  test('a read-only kubeconfig is an error and not one byte changes', async () => {
    const file = path.join(makeTempDir(), 'config');
    fs.writeFileSync(file, 'apiVersion: v1\n', { mode: 0o400 });
    const { code, stderr } = await alice.run('--kubeconfig', file, 'use', 'foobarlab');
    expect(code).toBe(1);
    expect(stderr).toContain('cannot change the kubeconfig');
    expect(fs.readFileSync(file, 'utf8')).toBe('apiVersion: v1\n');
    expect(fs.readdirSync(path.dirname(file))).toEqual(['config']);
  });

  test('a lock that a dead zkubectl left is taken over; one of kubectl is waited for', async () => {
    const file = path.join(makeTempDir(), 'config');
    fs.writeFileSync(`${file}.lock`, '');
    let isReleased = false;
    setTimeout(() => {
      isReleased = true;
      fs.rmSync(`${file}.lock`);
    }, 200);
    expect((await alice.run('--kubeconfig', file, 'use', 'foobarlab')).code).toBe(0);
    expect(isReleased).toBe(true);
    const { ownerMark } = await import('../../src/platform/files/lock.ts');
    const mark = ownerMark().split('~');
    mark[2] = '999999999';
    fs.writeFileSync(`${file}.lock`, mark.join('~'));
    expect((await alice.run('--kubeconfig', file, 'use', 'abckub')).code).toBe(0);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['config']);
  });

  test('concurrent switches lose no entry', async () => {
    const file = path.join(makeTempDir(), 'config');
    const names = sandbox.info.clusters.map(c => c.alias);
    const results = await Promise.all([...names, ...names].map(name => alice.run('--kubeconfig', file, 'use', name)));
    expect(results.map(r => r.code)).toEqual(results.map(() => 0));
    expect(
      read(file)
        .contexts.map(c => c.name)
        .sort(),
    ).toEqual([...names].sort());
  });
});

describe('ns', () => {
  let bob: Person;
  beforeEach(async () => {
    bob = person(sandbox, 'bob');
    await bob.run('login', 'foobarlab');
  });
  const namespace = () => read(bob.kubeconfig).contexts.find(c => c.name === 'foobarlab')?.context.namespace;

  test('switches, and back with -', async () => {
    expect(await bob.run('ns', 'shop')).toMatchObject({ code: 0, stderr: 'namespace of foobarlab is now shop\n' });
    expect(namespace()).toBe('shop');
    await bob.run('ns', 'monitoring');
    await bob.run('ns', '-');
    expect(namespace()).toBe('shop');
  });

  test('one that does not exist is exit 3 with the nearest; a bad name exit 2', async () => {
    await bob.run('ns', 'shop');
    expect(await bob.run('ns', 'shopp')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('did you mean shop?'),
    });
    expect((await bob.run('ns', 'Shop!')).code).toBe(2);
    expect(namespace()).toBe('shop');
  });

  test('picks on a terminal; else exit 2', async () => {
    const { code } = await bob.runWith({ tty: true, answers: [{ pick: 'kube-system' }] }, 'ns');
    expect([code, namespace()]).toEqual([0, 'kube-system']);
    expect((await bob.run('ns')).code).toBe(2);
  });

  test('when the cluster cannot say, it is set with a warning', async () => {
    await bob.run('logout', 'foobarlab');
    const { code, stderr } = await bob.run('ns', 'anything');
    expect([code, namespace()]).toEqual([0, 'anything']);
    expect(stderr).toContain('could not check that namespace anything exists');
  });

  test('without a context it is exit 3', async () => {
    expect((await runMain(['ns', 'shop'])).code).toBe(3);
  });
});
