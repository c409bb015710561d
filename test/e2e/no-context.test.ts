/** Commands that need a cluster of the registry and no context; and a registry that is a file, which is known without being asked. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeTempDir, runMain } from '../support/io.ts';
import { CLUSTERS, world } from '../support/world.ts';

/** A home with a registry file and no kubeconfig. */
function home() {
  const dir = makeTempDir();
  const file = path.join(dir, 'clusters.yaml');
  fs.writeFileSync(file, CLUSTERS);
  const env = { ZKUBECTL_REGISTRY_FILE: file, ZKUBECTL_DASHBOARD_URL: 'https://view/{alias}/{id}?ns={namespace}' };
  return (argv: string[], stdin?: string) =>
    runMain(argv, { home: dir, env, ...(stdin === undefined ? {} : { stdin }) });
}

describe('without any context', () => {
  test('dashboard --cluster', async () => {
    expect(await home()(['dashboard', '--print', '--cluster', 'shop'])).toMatchObject({
      code: 0,
      stdout: 'https://view/shop/aws%3A1%3Aeu%3Akube-1?ns=default\n',
    });
    expect(await home()(['dashboard', '--print'])).toMatchObject({ code: 3 });
    expect(await home()(['dashboard', '--print', '--cluster', 'nosuch'])).toMatchObject({ code: 3 });
  });

  test('encrypt --cluster: what is missing is the region, not a context', async () => {
    const { code, stderr } = await home()(['encrypt', '--cluster', 'shop'], 'x');
    expect([code, stderr]).toEqual([1, expect.stringContaining('AWS region')]);
    expect((await home()(['encrypt', '--cluster', 'nosuch'])).code).toBe(3);
    expect(await home()(['encrypt', '--cluster', 'shop', '--context', 'other'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--context'),
    });
  });

  test('generate and init', async () => {
    const run = home();
    const app = ['--application', 'shop', '--image', 'registry.example.org/shop:1'];
    expect(await run(['generate', 'deployment', ...app])).toMatchObject({ code: 0, stderr: '' });
    expect((await run(['init', '-t', 'webapp', '--cluster', 'shop', ...app])).code).toBe(0);
  });
});

describe('a registry that is a file', () => {
  test('gives current its environment', async () => {
    const { run } = await world({});
    expect(JSON.parse((await run(['current', '-o', 'json'])).stdout)).toMatchObject({
      cluster: 'shop',
      environment: 'production',
    });
    expect((await run(['current'])).stdout).toBe('shop default production\n');
  });

  test('gives on its variables, and env its environment', async () => {
    const { run, dir } = await world({ tell: 'exit 0' });
    const { code, io } = await run(['on', 'shop-test', '--', path.join(dir, 'tell')]);
    expect([code, io.spawned[0]?.env]).toMatchObject([
      0,
      {
        ZKUBECTL_CLUSTER_ALIAS: 'shop-test',
        ZKUBECTL_CLUSTER_ID: 'aws:2:eu:kube-1',
        ZKUBECTL_ENVIRONMENT: 'test',
      },
    ]);
    expect((await run(['env', 'shop'])).stdout).toContain('this terminal now uses shop (production)');
  });

  test('gives the hint after Forbidden', async () => {
    const { run } = await world({
      kubectl: `echo 'User "a" cannot create resource "pods" in API group ""' >&2; exit 1`,
    });
    const env = { ZKUBECTL_ACCESS_URL: 'https://access.example.org' };
    const { code, stderr } = await run(['get', 'pods'], { env });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('zkubectl cluster-access request --cluster shop REASON'),
    ]);
  });
});
