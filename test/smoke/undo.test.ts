/** undo with real kubectl, where others have changed the object since. test/faults/undo.test.ts has the cases of the verbs. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type UndoWorld, undoWorld } from '../support/guarded-sandbox.ts';
import { makeTempDir } from '../support/io.ts';
import { run as runProgram } from '../support/program.ts';
import { writeProgram } from '../support/programs.ts';

let world: UndoWorld;
let env: UndoWorld['env'];
beforeAll(async () => {
  world = await undoWorld();
  ({ env } = world);
});
afterAll(() => world.close());
const run = (...argv: string[]) => world.zkubectl(...argv);
const runWithEnv = (other: UndoWorld['env'], ...argv: string[]) => runProgram(argv, other);
interface Entry {
  readonly id: string;
  readonly what: string;
}
const journal = async () => (JSON.parse((await run('journal', '-o', 'json')).stdout) as { items: Entry[] }).items;
/** Of the last command, without those of `zkubectl kubectl`. */
const lastId = (items: readonly Entry[]) =>
  items.findLast(({ what }) => !what.startsWith('zkubectl kubectl'))?.id ?? '';
const k = (...argv: string[]) => world.kubectl(...argv);
const stateOf = (name: string) => world.stateOf(name);

describe('others have changed the object since', () => {
  test('other fields: theirs stay', async () => {
    const before = (await stateOf('deployment/catalog')) as { spec: { replicas: number } };
    expect(await run('set', 'image', 'deployment/catalog', 'catalog=catalog:9')).toMatchObject({ code: 0 });
    expect(await k('label', 'deployment', 'catalog', '-n', 'shop', 'theirs=yes')).toMatchObject({ code: 0 });
    const { stdout } = await run('journal', '-o', 'json');
    const { items } = JSON.parse(stdout) as { items: { id: string; what: string }[] };
    const id = items.findLast(({ what }) => what.includes('set image'))?.id ?? '';
    expect(await run('undo', id, '--yes')).toMatchObject({ code: 0 });
    const after = (await stateOf('deployment/catalog')) as { labels: Record<string, string>; spec: object };
    expect(after.spec).toEqual(before.spec);
    expect(after.labels['theirs']).toBe('yes');
  });

  test('the same field: refused, and --force restores it', async () => {
    expect(await run('scale', 'deployment/payment', '--replicas=5')).toMatchObject({ code: 0 });
    expect(await k('scale', 'deployment/payment', '-n', 'shop', '--replicas=6')).toMatchObject({ code: 0 });
    const list = await run('journal', '-o', 'json');
    const { items } = JSON.parse(list.stdout) as { items: { id: string; what: string }[] };
    const id = items.find(({ what }) => what.includes('deployment/payment --replicas=5'))?.id ?? '';
    const refused = await run('undo', id, '--yes');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/\.spec\.replicas: was changed since.* to 6; before: 2/);
    expect(refused.stderr).toContain('hint: to overwrite their changes: zkubectl undo ');
    expect(((await stateOf('deployment/payment')) as { spec: { replicas: number } }).spec.replicas).toBe(6);
    expect(await run('undo', id, '--yes', '--force')).toMatchObject({ code: 0 });
    expect(((await stateOf('deployment/payment')) as { spec: { replicas: number } }).spec.replicas).toBe(2);
  });

  test('an object that was created again is not touched', async () => {
    expect(await run('delete', 'cm', 'checkout-config', '--yes')).toMatchObject({ code: 0 });
    expect(await k('create', 'cm', 'checkout-config', '-n', 'shop', '--from-literal=a=b')).toMatchObject({ code: 0 });
    const last = await run('undo', '--yes');
    expect([last.code, last.stderr]).toEqual([
      3,
      expect.stringMatching(
        /nothing was kept of: zkubectl kubectl create cm .*\n.*to undo an older command: zkubectl undo \w+ \(zkubectl delete cm/,
      ),
    ]);
    const id = /zkubectl undo (\w+)/.exec(last.stderr)?.[1] ?? '';
    const { code, stderr } = await run('undo', id, '--yes');
    expect([code, stderr]).toEqual([1, expect.stringContaining('was deleted and created again since')]);
  });
});

test('what cannot come back is said: a namespace, secret values', async () => {
  expect(await k('create', 'namespace', 'short-lived')).toMatchObject({ code: 0 });
  expect(await run('delete', 'namespace', 'short-lived', '--yes')).toMatchObject({ code: 0 });
  const namespace = await run('undo', '--yes');
  expect([namespace.code, namespace.stderr]).toEqual([
    1,
    expect.stringContaining('cannot be created again: what was in the'),
  ]);
  const set = (value: string) => run('set', 'env', 'deployment/checkout', `DB_PASSWORD=${value}`);
  expect(await set('CANARY-old')).toMatchObject({ code: 0 });
  expect(await set('CANARY-new')).toMatchObject({ code: 0 });
  const secret = await run('undo', '--yes');
  expect(secret.stderr).toContain('cannot come back: its value was not kept, because it is secret');
  const state = (dir: string): string[] =>
    fs.readdirSync(dir, { withFileTypes: true }).flatMap(entry => {
      const at = path.join(dir, entry.name);
      return entry.isDirectory() ? state(at) : [fs.readFileSync(at, 'latin1')];
    });
  const journal = path.join(env['ZKUBECTL_STATE_DIR'] ?? '', 'journal');
  expect(state(journal).join('\n')).not.toContain('CANARY');
});

test('nothing is undone without an answer, on another server, and twice', async () => {
  expect(await run('annotate', 'svc', 'cart', 'twice=1')).toMatchObject({ code: 0 });
  expect(await run('undo')).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
  expect(await run('undo', '--yes')).toMatchObject({ code: 0 });
  // The last command is the undo itself: undoing it brings the annotation again.
  expect(await run('undo', '--yes')).toMatchObject({ code: 0 });
  expect(await stateOf('service/cart')).toMatchObject({ annotations: { twice: '1' } });
  expect((await run('undo', 'ffffffff')).code).toBe(3);
});

describe('what others do meanwhile is not taken back', () => {
  const editor = (script: string) => {
    const file = path.join(makeTempDir(), 'editor');
    return writeProgram(
      file,
      `KUBECONFIG='${env['KUBECONFIG']}' PATH="${env['PATH']}"\nexport KUBECONFIG PATH\n${script}`,
    );
  };
  const edit = (script: string, ...argv: string[]) =>
    runWithEnv({ ...env, KUBE_EDITOR: editor(script) }, 'edit', ...argv, '-n', 'shop', '--yes');

  test('objects that come and go while an editor is open', async () => {
    expect(await k('create', 'cm', 'victim', '-n', 'shop')).toMatchObject({ code: 0 });
    await edit('kubectl create cm colleague -n shop; kubectl delete cm victim -n shop', 'cm');
    const { code, stderr } = await run('undo', '--yes');
    expect([code, stderr]).toEqual([3, expect.stringContaining('nothing was kept of: zkubectl edit cm')]);
    expect(await stateOf('configmap/colleague')).toBeDefined();
    expect(await stateOf('configmap/victim')).toBeUndefined();
  });

  test('other fields of the object that is edited', async () => {
    const script =
      'kubectl scale deployment/catalog -n shop --replicas=6; sed -i "s/^  labels:/  labels:\\n    mine: yes-please/" "$1"';
    expect(await edit(script, 'deployment/catalog')).toMatchObject({ code: 0 });
    expect(await stateOf('deployment/catalog')).toMatchObject({
      labels: { mine: 'yes-please' },
      spec: { replicas: 6 },
    });
    expect(await run('undo', '--yes')).toMatchObject({ code: 0 });
    const after = (await stateOf('deployment/catalog')) as { labels: object; spec: { replicas: number } };
    expect([after.spec.replicas, Object.keys(after.labels)]).toEqual([6, expect.not.arrayContaining(['mine'])]);
  });

  test('an item that was put before the one that was changed', async () => {
    expect(await k('set', 'env', 'deployment/payment', 'FLAG=off', '-n', 'shop')).toMatchObject({ code: 0 });
    expect(await run('set', 'env', 'deployment/payment', 'FLAG=on', '-n', 'shop')).toMatchObject({ code: 0 });
    const other = { op: 'add', path: '/spec/template/spec/containers/0/env/0', value: { name: 'OTHER', value: 'on' } };
    const patch = JSON.stringify([other]);
    expect(await k('patch', 'deployment', 'payment', '-n', 'shop', '--type=json', '-p', patch)).toMatchObject({
      code: 0,
    });
    for (const force of [[], ['--force']]) {
      const { code, stderr } = await run('undo', lastId(await journal()), '--yes', ...force);
      expect([code, stderr]).toEqual([1, expect.stringContaining('the list has changed since')]);
    }
    expect(JSON.stringify(await stateOf('deployment/payment'))).toContain(
      '[{"name":"OTHER","value":"on"},{"name":"FLAG","value":"on"}]',
    );
  });

  test('a variable beside a secret one', async () => {
    expect(await run('set', 'env', 'deployment/cart', 'API_TOKEN=CANARY', '-n', 'shop')).toMatchObject({ code: 0 });
    const id = lastId(await journal());
    expect(await k('set', 'env', 'deployment/cart', 'COLLEAGUE=1', '-n', 'shop')).toMatchObject({ code: 0 });
    expect((await run('undo', id, '--yes')).code).toBe(1);
    expect(JSON.stringify(await stateOf('deployment/cart'))).toContain('COLLEAGUE');
  });

  test('an object that was made, and changed since; a namespace that was made', async () => {
    const [cm, ns] = ['cm', 'ns'].map(name => path.join(makeTempDir(), `${name}.yaml`)) as [string, string];
    fs.writeFileSync(cm, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made, namespace: shop}\ndata: {a: "1"}\n');
    fs.writeFileSync(ns, 'apiVersion: v1\nkind: Namespace\nmetadata: {name: made}\n');
    expect(await run('apply', '-f', cm)).toMatchObject({ code: 0 });
    const id = lastId(await journal());
    expect(await k('patch', 'cm', 'made', '-n', 'shop', '-p', '{"data":{"theirs":"1"}}')).toMatchObject({ code: 0 });
    const refused = await run('undo', id, '--yes');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('it was changed since')]);
    expect(await run('undo', id, '--yes', '--force')).toMatchObject({ code: 0 });
    expect(await run('apply', '-f', ns)).toMatchObject({ code: 0 });
    const kept = await run('undo', '--yes');
    expect([kept.code, kept.stderr]).toEqual([
      1,
      expect.stringContaining('is not deleted: others may have objects in it'),
    ]);
  });
});

test('a label selector that the command itself changes', async () => {
  expect(await k('label', 'cm', 'checkout-config', 'grp=x', '-n', 'shop')).toMatchObject({ code: 0 });
  expect(await run('label', 'cm', '-n', 'shop', '-l', 'grp=x', 'grp=y', '--overwrite')).toMatchObject({ code: 0 });
  expect(await run('undo', '--yes')).toMatchObject({ code: 0 });
  expect(await stateOf('configmap/checkout-config')).toMatchObject({ labels: { grp: 'x' } });
});

test('where the objects cannot be read afterwards, nothing is undone', async () => {
  const dir = makeTempDir();
  const real = path.join(env['PATH']?.split(':')[0] ?? '', 'kubectl');
  writeProgram(
    path.join(dir, 'kubectl'),
    `case "$*" in *get*) [ -e '${dir}/down' ] && exit 1 ;; *scale*) touch '${dir}/down' ;; esac\nexec '${real}' "$@"`,
  );
  const broken = { ...env, PATH: `${dir}:${env['PATH']}` };
  expect(await runWithEnv(broken, 'scale', 'deployment/catalog', '-n', 'shop', '--replicas=7')).toMatchObject({
    code: 0,
  });
  const { code, stderr } = await run('undo', '--yes');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('the objects could not be read after it: zkubectl scale'),
  ]);
});

test('a command that failed half way is not passed over', async () => {
  expect(await run('annotate', 'svc', 'cart', 'older=1', '-n', 'shop')).toMatchObject({ code: 0 });
  const file = path.join(makeTempDir(), 'two.yaml');
  const cm = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\n---\n`;
  fs.writeFileSync(file, cm('fresh') + cm('checkout-config'));
  expect(await run('create', '-f', file)).toMatchObject({ code: 1 });
  expect(await run('undo', '--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('"fresh" deleted') });
  expect(await stateOf('service/cart')).toMatchObject({ annotations: { older: '1' } });
});

test('the command is undone where it was run: another current cluster, or --context, is exit 2', async () => {
  expect(await run('login', 'abckub-test')).toMatchObject({ code: 0 });
  expect(await run('use', 'foobarlab-test', '-n', 'shop')).toMatchObject({ code: 0 });
  expect(await run('label', 'cm', 'checkout-config', 'real=prod')).toMatchObject({ code: 0 });
  const there = await run('undo', '--yes', '--context', 'abckub-test');
  expect([there.code, there.stderr]).toEqual([
    2,
    expect.stringMatching(/was run on foobarlab-test, not on abckub-test[\s\S]*zkubectl undo [0-9a-f]+/),
  ]);
  expect(await run('use', 'abckub-test')).toMatchObject({ code: 0 });
  expect((await run('undo', '--yes')).code).toBe(2);
  const named = await run('undo', lastId(await journal()), '--yes');
  expect([named.code, named.stderr]).toEqual([0, expect.stringContaining('on foobarlab-test (production)')]);
  expect(await run('use', 'foobarlab-test', '-n', 'shop')).toMatchObject({ code: 0 });
});

test('a Secret of a mixed command is named', async () => {
  for (const kind of ['cm', 'secret generic'])
    expect(await k('create', ...kind.split(' '), 'mixed', '-n', 'shop')).toMatchObject({ code: 0 });
  expect(await run('delete', 'cm/mixed', 'secret/mixed', '-n', 'shop', '--yes')).toMatchObject({ code: 0 });
  const { code, stderr } = await run('undo', '--yes');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('secret/mixed in namespace shop: was not kept, and cannot come back'),
  ]);
  expect(await stateOf('configmap/mixed')).toBeDefined();
});

test('the undo of a deletion can be undone', async () => {
  expect(await run('delete', 'cm', 'mixed', '-n', 'shop', '--yes')).toMatchObject({ code: 0 });
  expect(await run('undo', '--yes')).toMatchObject({ code: 0 });
  expect(await stateOf('configmap/mixed')).toBeDefined();
  expect(await run('undo', '--yes')).toMatchObject({ code: 0 });
  expect(await stateOf('configmap/mixed')).toBeUndefined();
});
