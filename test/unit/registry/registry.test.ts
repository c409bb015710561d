import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { UnreachableError } from '../../../src/errors.ts';
import { type Cluster, parseCluster } from '../../../src/registry/cluster.ts';
import { Registry, type RegistryOptions } from '../../../src/registry/registry.ts';
import { createSnapshotStore } from '../../../src/registry/snapshot.ts';
import { createFileSource, type RegistrySource } from '../../../src/registry/source.ts';
import { TestClock } from '../../support/clock.ts';
import { makeTempDir } from '../../support/io.ts';

const HOUR_MS = 3_600_000;

function cluster(alias: string, more: Record<string, unknown> = {}): Cluster {
  const parsed = parseCluster({ id: `a:1:eu:${alias}`, alias, lifecycle_status: 'ready', ...more });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

/** A registry whose answer the test sets; it counts how often it is asked. */
function remote(options: Partial<RegistryOptions> = {}) {
  const dir = makeTempDir();
  const clock = new TestClock();
  const warnings: string[] = [];
  const service = { asked: 0, answer: (): readonly Cluster[] => [cluster('shop')] };
  const source: RegistrySource = {
    origin: 'https://registry.example.org',
    isLocal: false,
    list: async () => {
      service.asked++;
      return { clusters: service.answer(), malformed: [] };
    },
    account: async id => ({ id, name: id }),
    accounts: async () => [],
    setConfigItem: async () => undefined,
    removeConfigItem: async () => undefined,
  };
  const paths = { cache: path.join(dir, 'cache'), state: path.join(dir, 'state') };
  const make = () =>
    new Registry(
      clock,
      source,
      createSnapshotStore({ ...paths, configFile: '', ownsConfigDir: true, upstreamConfigFile: '' }, source.origin),
      { offline: false, warn: line => warnings.push(line), ...options },
    );
  return { service, clock, warnings, make };
}

const down = () => {
  throw new UnreachableError('cannot reach the registry', { code: 'down' });
};

describe('how fresh the answer is', () => {
  test('now asks every time; recent takes a snapshot under 24 h; known never asks', async () => {
    const { service, clock, make } = remote();
    expect(await make().cluster('shop', 'known')).toBeUndefined();
    expect((await make().clusters('known')).clusters).toEqual([]);
    expect(service.asked).toBe(0);
    expect((await make().cluster('shop', 'recent')).alias).toBe('shop');
    expect((await make().clusters('recent')).stale).toBe(true);
    expect(service.asked).toBe(1);
    expect((await make().cluster('shop', 'known'))?.alias).toBe('shop');
    await make().clusters('now');
    expect(service.asked).toBe(2);
    clock.advance(25 * HOUR_MS);
    expect((await make().cluster('shop', 'known'))?.alias).toBe('shop');
    expect(service.asked).toBe(2);
    await make().cluster('shop', 'recent');
    expect(service.asked).toBe(3);
  });

  test('known is what was said last in this run', async () => {
    const { service, make } = remote();
    const registry = make();
    await registry.clusters('now');
    service.answer = () => [cluster('other')];
    expect((await registry.clusters('known')).clusters.map(c => c.alias)).toEqual(['shop']);
  });

  test('an outage falls back on the snapshot, however old, and says so; a refusal does not', async () => {
    const { service, clock, warnings, make } = remote();
    await make().clusters('now');
    clock.advance(48 * HOUR_MS);
    service.answer = down;
    const listing = await make().clusters('now');
    expect([listing.stale, listing.failure?.code, listing.clusters.length]).toEqual([true, 'down', 1]);
    expect((await make().cluster('shop', 'recent')).alias).toBe('shop');
    expect(warnings.join()).toContain('cannot reach the registry');
    service.answer = () => {
      throw new Error('refused');
    };
    await expect(make().clusters('now')).rejects.toThrow('refused');
  });

  test('offline never asks', async () => {
    const { service, make } = remote({ offline: true });
    await expect(make().clusters('now')).rejects.toMatchObject({ code: 'no_snapshot' });
    await expect(make().cluster('shop', 'recent')).rejects.toMatchObject({ exitCode: 6 });
    expect(service.asked).toBe(0);
  });
});

describe('one cluster', () => {
  test('by alias or id; an unknown name is exit 3 with the nearest', async () => {
    const { make } = remote();
    expect((await make().cluster('a:1:eu:shop', 'recent')).alias).toBe('shop');
    await expect(make().cluster('shp', 'now')).rejects.toMatchObject({ exitCode: 3, hint: 'did you mean shop?' });
  });

  test('two that are ready under one alias: an error, and with known nothing', async () => {
    const { service, make } = remote();
    service.answer = () => [cluster('shop'), cluster('shop', { id: 'a:2:eu:shop' })];
    await expect(make().cluster('shop', 'now')).rejects.toMatchObject({ code: 'ambiguous_alias' });
    await expect(make().cluster('shop', 'recent')).rejects.toMatchObject({ code: 'ambiguous_alias' });
    expect(await make().cluster('shop', 'known')).toBeUndefined();
  });
});

describe('a registry that is a file', () => {
  const text = (environment: string) =>
    `clusters:\n- {id: "a:1:eu:kube", alias: shop, environment: ${environment}, lifecycle_status: ready}\n`;
  const local = () => {
    const dir = makeTempDir();
    const file = path.join(dir, 'clusters.yaml');
    fs.writeFileSync(file, text('production'));
    const source = createFileSource(file);
    let asked = 0;
    const counting: RegistrySource = {
      ...source,
      list: () => {
        asked++;
        return source.list();
      },
    };
    const paths = { cache: dir, state: dir, configFile: '', ownsConfigDir: true, upstreamConfigFile: '' };
    const make = (offline = false) =>
      new Registry(new TestClock(), counting, createSnapshotStore(paths, file), { offline, warn: () => undefined });
    return { file, make, asked: () => asked };
  };

  test('is known without having been listed, and read once as long as it is the same', async () => {
    const { file, make, asked } = local();
    expect((await make().cluster('shop', 'known'))?.environment).toBe('production');
    expect((await make().cluster('shop', 'known'))?.environment).toBe('production');
    expect((await make().cluster('shop', 'recent')).environment).toBe('production');
    expect(asked()).toBe(1);
    fs.writeFileSync(file, text('test'));
    expect((await make().cluster('shop', 'known'))?.environment).toBe('test');
    expect((await make(true).clusters('now')).stale).toBe(false);
  });

  test('that is gone is an error, whatever was read before', async () => {
    const { file, make } = local();
    await make().clusters('now');
    fs.rmSync(file);
    await expect(make().cluster('shop', 'known')).rejects.toMatchObject({ exitCode: 2 });
    await expect(make().clusters('now')).rejects.toMatchObject({ exitCode: 2 });
  });
});
