/** undo with real kubectl, where others have changed the object since. test/faults/undo.test.ts has the cases of the verbs. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type UndoWorld, undoWorld } from '../support/undo-world.ts';

let world: UndoWorld;
let env: UndoWorld['env'];
beforeAll(async () => {
  world = await undoWorld();
  ({ env } = world);
});
afterAll(() => world.close());
const run = (...argv: string[]) => world.zkubectl(...argv);
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
    expect(refused.stderr).toContain('hint: --force restores these fields too');
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
    expect([code, stderr]).toEqual([1, expect.stringContaining('it was deleted and created again since')]);
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
