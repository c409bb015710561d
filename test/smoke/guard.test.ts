/** The guard with real kubectl, in pseudo-terminals: what is shown is what goes, in the place that was looked at. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type GuardedSandbox, guardedSandbox } from '../support/guarded-sandbox.ts';
import { makeTempDir } from '../support/io.ts';
import { PROGRAM, run } from '../support/program.ts';
import { writeProgram } from '../support/programs.ts';
import { openTerminal } from '../support/terminal.ts';

let sandbox: GuardedSandbox;
let env: Record<string, string>;
beforeAll(async () => {
  // Alice may write on these test clusters, and the guard asks on all but one.
  sandbox = await guardedSandbox(alias => (alias === 'abckub-test' ? 'test' : 'Production '));
  ({ env } = sandbox);
  for (const alias of ['abckub-test', 'foobarlab-test'])
    expect(await run(['login', alias], env)).toMatchObject({ code: 0 });
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  expect(await run(['use', 'foobarlab-test', '-n', 'shop'], env)).toMatchObject({ code: 0 });
});

const k = (...argv: string[]) => run(['kubectl', ...argv], env);
const there = async (...argv: string[]) => {
  const { code, stdout, stderr } = await k('get', '--ignore-not-found', '-o', 'name', ...argv);
  expect({ argv, code, stderr }).toMatchObject({ code: 0 });
  return stdout.trim();
};

function manifest(text: string): string {
  const file = path.join(makeTempDir(), 'manifest.yaml');
  fs.writeFileSync(file, text);
  return file;
}
const configMap = (name: string, namespace: string, more = '') =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${namespace}${more}}\n`;

/** Types an answer at the question, and gives the exit code and what was on the screen. */
async function answer(argv: readonly string[], typed: string, meanwhile?: () => Promise<unknown>) {
  const terminal = openTerminal(argv, env, 200);
  await terminal.shows(/type [\w-]+ to /);
  await meanwhile?.();
  terminal.child.write(`${typed}\r`);
  return { code: await terminal.ended, text: terminal.text() };
}

describe('delete', () => {
  test('-f: the namespace is that of the object, also beside -n of the context', async () => {
    const file = manifest(configMap('o', 'default'));
    expect(await k('apply', '-f', file)).toMatchObject({ code: 0 });
    const no = await answer(['delete', '-f', file], 'no');
    expect([no.code, await there('configmap/o', '-n', 'default')]).toEqual([1, 'configmap/o']);
    const { code, text } = await answer(['delete', '-f', file], 'foobarlab-test');
    expect(code).toBe(0);
    expect(text).toContain('on foobarlab-test (Production), namespace default, these objects are deleted:');
    expect(text).toContain('configmap "o" deleted from default namespace');
    expect(await there('configmap/o', '-n', 'default')).toBe('');
  });

  test('-A -l: every object with its namespace, once; one that came meanwhile stays', async () => {
    const file = manifest(
      configMap('p', 'default', ', labels: {t: "1"}') + configMap('p', 'shop', ', labels: {t: "1"}'),
    );
    expect(await k('apply', '-f', file)).toMatchObject({ code: 0 });
    const late = manifest(configMap('late', 'shop', ', labels: {t: "1"}'));
    const { code, text } = await answer(['delete', 'configmap', '-A', '-l', 't=1'], 'foobarlab-test', () =>
      k('apply', '-f', late),
    );
    expect(code).toBe(0);
    expect(text.match(/configmap\/p in namespace (default|shop)/g)).toEqual([
      'configmap/p in namespace default',
      'configmap/p in namespace shop',
    ]);
    expect(await there('configmap', '-l', 't=1', '-n', 'shop')).toBe('configmap/late');
    expect(await there('configmap', '-l', 't=1', '-n', 'default')).toBe('');
  });

  test('what has no namespace is shown without one; one that is not there is said', async () => {
    expect(await k('create', 'namespace', 'gone')).toMatchObject({ code: 0 });
    const { code, text } = await answer(['delete', 'namespace', 'gone', 'nope'], 'foobarlab-test');
    expect(code).toBe(1);
    expect(text).toContain('on foobarlab-test (Production), these objects are deleted:');
    expect(text).toContain('  namespace/gone');
    expect(text).toContain('"nope" not found');
    expect(await there('namespace', 'gone')).toBe('');
  });

  test('two terminals: the cluster that was asked about is the one where it goes', async () => {
    for (const context of ['foobarlab-test', 'abckub-test'])
      expect(await k('create', 'configmap', 'both', '-n', 'shop', '--context', context)).toMatchObject({ code: 0 });
    const { code } = await answer(['delete', 'configmap', 'both'], 'foobarlab-test', () =>
      run(['use', 'abckub-test'], env),
    );
    expect(code).toBe(0);
    expect(await there('configmap/both', '-n', 'shop', '--context', 'foobarlab-test')).toBe('');
    expect(await there('configmap/both', '-n', 'shop', '--context', 'abckub-test')).toBe('configmap/both');
  });

  test.each([['-o']])('%s without its value: refused, and the object is there', async flag => {
    const terminal = openTerminal(['delete', 'configmap', 'checkout-config', flag], env, 200);
    expect(await terminal.ended).toBe(2);
    expect(await there('configmap/checkout-config')).toBe('configmap/checkout-config');
  });
});

test('replace --force: the bytes that were looked at', async () => {
  const file = manifest(`${configMap('r', 'shop')}data: {which: first}\n`);
  expect(await k('apply', '-f', file)).toMatchObject({ code: 0 });
  const { code, text } = await answer(['replace', '--force', '-f', file], 'foobarlab-test', async () =>
    fs.writeFileSync(file, configMap('other', 'default')),
  );
  expect(code).toBe(0);
  expect(text).toContain('namespace shop, these objects are deleted and recreated:');
  expect((await k('get', 'configmap/r', '-n', 'shop', '-o', 'jsonpath={.data.which}')).stdout).toBe('first');
  expect(await there('configmap/other', '-n', 'default')).toBe('');
});

test('apply --prune: what is pruned is shown with its namespace', async () => {
  const labels = ', labels: {set: one}';
  const all = manifest(configMap('keep', 'shop', labels) + configMap('gone', 'shop', labels));
  expect(await k('apply', '-f', all)).toMatchObject({ code: 0 });
  const kept = manifest(configMap('keep', 'shop', labels));
  const argv = ['apply', '--prune', '-l', 'set=one', '--prune-allowlist', 'core/v1/ConfigMap', '-f', kept];
  const { code, text } = await answer(argv, 'foobarlab-test');
  expect([code, text.includes('namespace shop, these objects are pruned:')]).toEqual([0, true]);
  expect([await there('configmap/gone'), await there('configmap/keep')]).toEqual(['', 'configmap/keep']);
});

test('drain: the pods, and those that a budget holds back; nothing goes before the answer', async () => {
  const selector = 'spec.nodeName=worker-1.foobarlab-test.internal';
  const pods = () => there('pods', '-A', '--field-selector', selector);
  const before = await pods();
  expect(await k('create', 'pdb', 'held', '-n', 'shop', '--selector=application', '--max-unavailable=0')).toMatchObject(
    {
      code: 0,
    },
  );
  const { code, text } = await answer(
    ['drain', 'worker-1.foobarlab-test.internal', '--ignore-daemonsets', '--delete-emptydir-data', '--force'],
    'no',
  );
  expect(code).toBe(1);
  expect(text).toContain('worker-1.foobarlab-test.internal is drained and these pods are evicted:');
  expect(await pods()).toBe(before);
  const node = await k('get', 'node', 'worker-1.foobarlab-test.internal', '-o', 'json');
  expect(node.code).toBe(0);
  expect((JSON.parse(node.stdout) as { spec: object }).spec).not.toHaveProperty('unschedulable');
});

describe('edit', () => {
  const editor = (script: string) => {
    const file = path.join(makeTempDir(), 'editor');
    writeProgram(file, `${script}`);
    return file;
  };

  test.each([['exit 1'], ['echo x >> "$1"; exit 3']])(
    'an editor that fails (%s) is exit 1, as with kubectl',
    async script => {
      const { code, stdout } = await run(['edit', 'deployment/cart', '--yes'], { ...env, EDITOR: editor(script) });
      expect([code, stdout]).toEqual([1, '']);
    },
  );

  test('two terminals: what is applied is applied where it was asked about', async () => {
    const sed = editor('sed -i "s/replicas: [0-9]*/replicas: 1/" "$1"');
    const terminal = openTerminal(['edit', 'deployment/cart'], { ...env, EDITOR: sed }, 200);
    await terminal.shows(/apply this to foobarlab-test, namespace shop\?/);
    expect(await run(['use', 'abckub-test'], env)).toMatchObject({ code: 0 });
    terminal.child.write('y\r');
    expect(await terminal.ended).toBe(0);
    const replicas = async (context: string) =>
      (await k('get', 'deployment/cart', '-n', 'shop', '--context', context, '-o', 'jsonpath={.spec.replicas}')).stdout;
    expect([await replicas('foobarlab-test'), await replicas('abckub-test')]).toEqual(['1', '2']);
  });

  test('to no replicas: the name is typed, or nothing is written', async () => {
    expect(await k('scale', 'deployment/cart', '--replicas=3')).toMatchObject({ code: 0 });
    const EDITOR = editor('sed -i "s/replicas: 3/replicas: 0/" "$1"');
    const edit = async (typed: string) => {
      const terminal = openTerminal(['edit', 'deployment/cart'], { ...env, EDITOR }, 200);
      await terminal.shows(/type foobarlab-test to apply this:/);
      expect(terminal.text()).toContain('on foobarlab-test (Production), these workloads lose replicas:');
      expect(terminal.text()).toContain('deployment.apps/cart in namespace shop: 3 → 0 replicas');
      terminal.child.write(`${typed}\r`);
      await terminal.ended;
      return (await k('get', 'deployment/cart', '-o', 'jsonpath={.spec.replicas}')).stdout;
    };
    expect(await edit('y')).toBe('3');
    expect(await edit('foobarlab-test')).toBe('0');
    expect(await k('scale', 'deployment/cart', '--replicas=2')).toMatchObject({ code: 0 });
  });
});

describe('restart-pods of a Stack', () => {
  test('waits for its own restart: the pods are new when it says so', async () => {
    const pods = () => there('pods', '-l', 'stack-version=v2,stackset=storefront');
    const before = await pods();
    expect(before).toMatch(/^pod\//);
    const { code, stdout } = await run(['restart-pods', 'storefront-v2'], env);
    expect([code, stdout.includes('successfully rolled out')]).toEqual([0, true]);
    expect(before).not.toBe('');
    expect(await pods()).not.toBe(before);
  });

  test('a paused Deployment is refused before anything is patched; so is a wrong --timeout', async () => {
    const version = async () =>
      (await k('get', 'deployment/catalog', '-o', 'jsonpath={.metadata.resourceVersion}')).stdout;
    expect(await k('rollout', 'pause', 'deployment/catalog')).toMatchObject({ code: 0 });
    const paused = await version();
    expect(await run(['restart-pods', 'catalog'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`deployments.apps "catalog" can't restart paused deployment`),
    });
    expect(await k('rollout', 'resume', 'deployment/catalog')).toMatchObject({ code: 0 });
    const resumed = await version();
    for (const timeout of ['soon', '10x', '-5'])
      expect(await run(['restart-pods', 'catalog', `--timeout=${timeout}`], env)).toMatchObject({ code: 2 });
    expect([paused === resumed, await version()]).toEqual([false, resumed]);
    expect(await run(['restart-pods', 'catalog', '--timeout', '60'], env)).toMatchObject({ code: 0 });
  });
});

test('two traffic at once: none is lost', async () => {
  const shares = async () => {
    const { stdout } = await run(['traffic', 'storefront', '-o', 'json'], env);
    const { items } = JSON.parse(stdout) as { items: { stack_name: string; desired: number }[] };
    return Object.fromEntries(items.map(item => [item.stack_name, item.desired]));
  };
  const initial = await shares();
  expect(initial).toEqual({ 'storefront-v1': 20, 'storefront-v2': 80, 'storefront-v10': 0 });
  const codes = await Promise.all(
    ['v2', 'v10'].map(stack => run(['traffic', 'storefront', stack, '30', '--no-wait'], env)),
  );
  expect(codes.map(({ code, stderr }) => [code, stderr.includes('to 30%')])).toEqual(Array(2).fill([0, true]));
  // Each of the two orders has its own sum; the second over the first as it was at the beginning would have another.
  const rounded = Object.values(await shares()).map(Math.round);
  expect([
    [49, 21, 30],
    [22, 30, 48],
  ]).toContainEqual(rounded);
});

describe('by effect', () => {
  const replicas = async () =>
    (await k('get', 'deployment', 'catalog', '-n', 'shop', '-o', 'jsonpath={.spec.replicas}')).stdout;
  const manifestOf = async (count: number) => {
    const { stdout } = await k('get', 'deployment', 'catalog', '-n', 'shop', '-o', 'json');
    const object = JSON.parse(stdout) as { spec: { replicas: number } };
    object.spec.replicas = count;
    return manifest(JSON.stringify(object));
  };
  const ready = async () =>
    expect(await k('rollout', 'status', 'deployment/catalog', '-n', 'shop', '--timeout=60s')).toMatchObject({
      code: 0,
    });
  beforeEach(async () => {
    expect(await k('scale', 'deployment/catalog', '-n', 'shop', '--replicas=4')).toMatchObject({ code: 0 });
    await ready();
  });

  test.each([
    ['scale', ['scale', 'deployment/catalog', '--replicas=1'], 'type foobarlab-test to run kubectl scale'],
    [
      'patch',
      ['patch', 'deployment/catalog', '-p', '{"spec":{"replicas":1}}'],
      'type foobarlab-test to run kubectl patch',
    ],
  ])('%s to a quarter is shown and asked about; any other answer ends it', async (_, argv, question) => {
    const refused = await answer(argv, 'y');
    expect([refused.code, await replicas()]).toEqual([1, '4']);
    const { code, text } = await answer(argv, 'foobarlab-test');
    expect(text).toContain('deployment.apps/catalog in namespace shop: 4 → 1 replicas');
    expect(text).toContain(question);
    expect([code, await replicas()]).toEqual([0, '1']);
  });

  test('a manifest on stdin: the answer is read from the terminal', async () => {
    const file = await manifestOf(0);
    const line = `cat '${file}' | ${PROGRAM.map(word => `'${word}'`).join(' ')} apply -f -`;
    const terminal = openTerminal(['-c', line], env, 200, ['/bin/sh']);
    await terminal.shows(/type foobarlab-test to run kubectl apply/);
    expect(terminal.text()).toContain('deployment.apps/catalog in namespace shop: 4 → 0 replicas');
    terminal.child.write('foobarlab-test\r');
    expect([await terminal.ended, await replicas()]).toEqual([0, '0']);
  });

  test('more, or half of them: nobody is asked', async () => {
    for (const count of [8, 4]) {
      expect(await run(['scale', 'deployment/catalog', `--replicas=${count}`], env)).toMatchObject({ code: 0 });
      await ready();
    }
    expect(await run(['apply', '-f', await manifestOf(2)], env)).toMatchObject({ code: 0 });
    expect(await replicas()).toBe('2');
  });

  test('rollout undo, and a taint that evicts', async () => {
    expect(await k('set', 'image', 'deployment/catalog', '-n', 'shop', 'catalog=catalog:9')).toMatchObject({ code: 0 });
    const undone = await answer(['rollout', 'undo', 'deployment/catalog'], 'foobarlab-test');
    expect(undone.text).toMatch(/deployment\/catalog goes back to the revision before:\s+\S*catalog:2\.7\.1/);
    expect(undone.code).toBe(0);
    const node = (await there('nodes')).split('\n').at(-1)?.replace('node/', '') ?? '';
    const tainted = await answer(['taint', 'nodes', node, 'a=b:NoExecute'], 'no');
    expect(tainted.text).toMatch(/is tainted and these pods are evicted:\s+pod\//);
    expect(tainted.code).toBe(1);
  });

  test('what goes with a namespace', async () => {
    const { code, text } = await answer(['delete', 'namespace', 'shop'], 'no');
    expect(text).toMatch(/namespace\/shop also deletes: .*\d+ × deployment\.apps.*\d+ × pod/s);
    expect(code).toBe(1);
  });
});
