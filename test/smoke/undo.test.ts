/** undo with real kubectl: after each command and its undo, the object is as it was, and what others have done stays. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTempDir } from '../support/io.ts';
import { cleanEnv, run, sandboxEnv } from '../support/program.ts';

let base: Record<string, string>;
let env: Record<string, string>;
beforeAll(async () => {
  base = cleanEnv();
  expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
  const made = await sandboxEnv(base, '--user', 'alice');
  // A test cluster that counts as production: alice may write there, and writes are noted.
  expect(await run(['login', 'foobarlab-test'], made)).toMatchObject({ code: 0 });
  const { stdout } = await run(['list', '-o', 'json'], made);
  const { items } = JSON.parse(stdout) as { items: Record<string, unknown>[] };
  const file = path.join(makeTempDir(), 'clusters.yaml');
  const clusters = items.map(item => ({ ...item, environment: 'production' }));
  fs.writeFileSync(file, JSON.stringify({ clusters }));
  env = { ...made, ZKUBECTL_REGISTRY_FILE: file };
  expect(await run(['login', 'foobarlab-test'], env)).toMatchObject({ code: 0 });
  expect(await run(['use', 'foobarlab-test', '-n', 'shop'], env)).toMatchObject({ code: 0 });
  for (const [name, text] of Object.entries(FILES)) fs.writeFileSync(path.join(base['HOME'] ?? '', name), text);
});
afterAll(async () => {
  expect(await run(['sandbox', 'down', '--delete'], base)).toMatchObject({ code: 0 });
});

const FILES: Record<string, string> = {
  'config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: checkout-config, namespace: shop}\ndata: {mode: slow, level: "9"}\n',
  'new.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: brand-new, namespace: shop}\ndata: {a: "1"}\n',
};
const k = (...argv: string[]) => run(['kubectl', ...argv], env);

/** What a person means by the object: without status, identity and what the server sets. */
async function stateOf(name: string): Promise<unknown> {
  const { stdout } = await k('get', name, '-n', 'shop', '--ignore-not-found', '-o', 'json');
  if (stdout === '') return undefined;
  const { metadata, spec, data } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
  const { 'deployment.kubernetes.io/revision': _, ...annotations } = (metadata?.['annotations'] ?? {}) as Record<
    string,
    unknown
  >;
  return { labels: metadata?.['labels'] ?? {}, annotations, finalizers: metadata?.['finalizers'], spec, data };
}
const file = (name: string) => path.join(base['HOME'] ?? '', name);
const FILE = /\w+\.yaml/;

test.each([
  ['deployment/cart', 'scale deployment/cart --replicas=0'],
  ['deployment/cart', 'scale deployment/cart --replicas=7'],
  ['deployment/cart', 'scale deployments -l application=cart --replicas=1'],
  ['deployment/cart', 'set image deployment/cart cart=cart:9'],
  ['deployment/cart', 'set env deployment/cart MODE=slow'],
  ['deployment/cart', 'set resources deployment/cart --limits=cpu=2'],
  ['deployment/cart', 'label deployment cart owner=me'],
  ['deployment/cart', 'label deployment cart application=other --overwrite'],
  ['deployment/cart', 'label deployment cart team-'],
  ['deployment/cart', 'annotate deployment cart a/b=c'],
  ['deployment/cart', 'patch deployment cart -p {"spec":{"template":{"metadata":{"labels":{"x":"y"}}}}}'],
  ['deployment/cart', 'patch deployment cart --type=json -p [{"op":"replace","path":"/spec/replicas","value":0}]'],
  ['deployment/cart', 'delete deployment cart'],
  ['service/cart', 'delete service cart'],
  ['service/cart', 'label svc cart x=y'],
  ['configmap/checkout-config', 'delete configmap checkout-config'],
  ['configmap/checkout-config', 'delete configmap checkout-config --wait=false'],
  ['configmap/checkout-config', 'apply -f config.yaml'],
  ['configmap/checkout-config', 'apply --server-side --force-conflicts -f config.yaml'],
  ['configmap/checkout-config', 'replace -f config.yaml'],
  ['configmap/checkout-config', 'patch cm checkout-config --type=merge -p {"data":null}'],
  ['configmap/brand-new', 'apply -f new.yaml'],
  ['statefulset/orders-db', 'scale sts/orders-db --replicas=0'],
  ['stackset/storefront', 'delete stackset storefront'],
  ['stackset/storefront', 'traffic storefront storefront-v1 30 --no-wait'],
])('%s: %s', async (name, line) => {
  const before = await stateOf(name);
  const argv = line.split(' ').map(word => (FILE.test(word) ? file(word) : word));
  const own = line.startsWith('traffic') ? [...argv, '-n', 'shop'] : [...argv, '-n', 'shop', '--yes'];
  const done = await run(own, env);
  // Verbs that the guard does not know have no --yes.
  const result = /unknown flag: --yes/.test(done.stderr) ? await run([...argv, '-n', 'shop'], env) : done;
  expect(result).toMatchObject({ code: 0 });
  expect(await stateOf(name)).not.toEqual(before);
  expect(await run(['undo', '--yes'], env)).toMatchObject({ code: 0 });
  expect(await stateOf(name)).toEqual(before);
});

describe('others have changed the object since', () => {
  test('other fields: theirs stay', async () => {
    const before = (await stateOf('deployment/catalog')) as { spec: { replicas: number } };
    expect(await run(['set', 'image', 'deployment/catalog', 'catalog=catalog:9'], env)).toMatchObject({ code: 0 });
    expect(await k('label', 'deployment', 'catalog', '-n', 'shop', 'theirs=yes')).toMatchObject({ code: 0 });
    const { stdout } = await run(['journal', '-o', 'json'], env);
    const { items } = JSON.parse(stdout) as { items: { id: string; what: string }[] };
    const id = items.findLast(({ what }) => what.includes('set image'))?.id ?? '';
    expect(await run(['undo', id, '--yes'], env)).toMatchObject({ code: 0 });
    const after = (await stateOf('deployment/catalog')) as { labels: Record<string, string>; spec: object };
    expect(after.spec).toEqual(before.spec);
    expect(after.labels['theirs']).toBe('yes');
  });

  test('the same field: refused, and --force restores it', async () => {
    expect(await run(['scale', 'deployment/payment', '--replicas=5'], env)).toMatchObject({ code: 0 });
    expect(await k('scale', 'deployment/payment', '-n', 'shop', '--replicas=6')).toMatchObject({ code: 0 });
    const list = await run(['journal', '-o', 'json'], env);
    const { items } = JSON.parse(list.stdout) as { items: { id: string; what: string }[] };
    const id = items.find(({ what }) => what.includes('deployment/payment --replicas=5'))?.id ?? '';
    const refused = await run(['undo', id, '--yes'], env);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/\.spec\.replicas: was changed since.* to 6; before: 2/);
    expect(refused.stderr).toContain('hint: --force restores these fields too');
    expect(((await stateOf('deployment/payment')) as { spec: { replicas: number } }).spec.replicas).toBe(6);
    expect(await run(['undo', id, '--yes', '--force'], env)).toMatchObject({ code: 0 });
    expect(((await stateOf('deployment/payment')) as { spec: { replicas: number } }).spec.replicas).toBe(2);
  });

  test('an object that was created again is not touched', async () => {
    expect(await run(['delete', 'cm', 'checkout-config', '--yes'], env)).toMatchObject({ code: 0 });
    expect(await k('create', 'cm', 'checkout-config', '-n', 'shop', '--from-literal=a=b')).toMatchObject({ code: 0 });
    const { code, stderr } = await run(['undo', '--yes'], env);
    expect([code, stderr]).toEqual([1, expect.stringContaining('it was deleted and created again since')]);
  });
});

test('what cannot come back is said: a namespace, secret values', async () => {
  expect(await k('create', 'namespace', 'short-lived')).toMatchObject({ code: 0 });
  expect(await run(['delete', 'namespace', 'short-lived', '--yes'], env)).toMatchObject({ code: 0 });
  const namespace = await run(['undo', '--yes'], env);
  expect([namespace.code, namespace.stderr]).toEqual([
    1,
    expect.stringContaining('cannot be created again: what was in the'),
  ]);
  const set = (value: string) => run(['set', 'env', 'deployment/checkout', `DB_PASSWORD=${value}`], env);
  expect(await set('CANARY-old')).toMatchObject({ code: 0 });
  expect(await set('CANARY-new')).toMatchObject({ code: 0 });
  const secret = await run(['undo', '--yes'], env);
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
  expect(await run(['annotate', 'svc', 'cart', 'twice=1'], env)).toMatchObject({ code: 0 });
  expect(await run(['undo'], env)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
  expect(await run(['undo', '--yes'], env)).toMatchObject({ code: 0 });
  // The last command is the undo itself: undoing it brings the annotation again.
  expect(await run(['undo', '--yes'], env)).toMatchObject({ code: 0 });
  expect(await stateOf('service/cart')).toMatchObject({ annotations: { twice: '1' } });
  expect((await run(['undo', 'ffffffff'], env)).code).toBe(3);
});
