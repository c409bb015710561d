import { describe, expect, test } from 'vitest';
import { resolveTarget, type WantedTarget } from '../../../src/clusters/target.ts';
import type { KubeconfigView } from '../../../src/kubeconfig/view.ts';

const entry = (name: string, body: Record<string, unknown>) => [name, { name, file: '/f', body }] as const;
const view: KubeconfigView = {
  currentContext: 'shop',
  clusters: new Map([entry('c1', { server: 'https://shop.example.org' })]),
  contexts: new Map([
    entry('shop', { cluster: 'c1', user: 'u', namespace: 'cart' }),
    entry('mine', { cluster: 'gone', user: 'ours' }),
  ]),
  users: new Map([entry('ours', { exec: { args: ['credentials', 'foobarlab'] } }), entry('u', {})]),
};
const environments: Readonly<Record<string, string>> = { shop: 'production', foobarlab: 'test' };

async function target(wanted: WantedTarget) {
  const asked: string[] = [];
  const found = await resolveTarget(view, wanted, async name => {
    asked.push(name);
    const environment = environments[name];
    return environment === undefined ? undefined : { environment };
  });
  return { ...found, asked };
}

describe('where a command leads', () => {
  test('the current context, its namespace, its entry, and the environment of its cluster, asked once', async () => {
    expect(await target({})).toMatchObject({
      context: 'shop',
      clusterName: 'shop',
      namespace: 'cart',
      entry: { name: 'c1' },
      environment: 'production',
      asked: ['shop'],
    });
  });

  test('--context, whose cluster is what its user asks credentials for', async () => {
    expect(await target({ context: 'mine' })).toMatchObject({
      context: 'mine',
      clusterName: 'foobarlab',
      namespace: 'default',
      entry: undefined,
      environment: 'test',
    });
  });

  test('--cluster is a context, or the cluster of one; --namespace comes first', async () => {
    expect(await target({ cluster: 'shop', namespace: 'x' })).toMatchObject({ context: 'shop', namespace: 'x' });
    expect(await target({ cluster: 'foobarlab' })).toMatchObject({ context: 'mine' });
    expect(await target({ cluster: 'shop', context: 'shop' })).toMatchObject({ context: 'shop' });
  });

  test('two that differ are exit 2, one that is not there exit 3, and nobody is asked', async () => {
    await expect(target({ cluster: 'shop', context: 'mine' })).rejects.toMatchObject({ code: 'two_targets' });
    await expect(target({ cluster: 'nosuch' })).rejects.toMatchObject({ exitCode: 3, hint: 'zkubectl use nosuch' });
    await expect(target({ context: 'shp' })).rejects.toMatchObject({ exitCode: 3, hint: 'did you mean shop?' });
  });
});
