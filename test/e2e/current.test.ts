/** current: from what this machine knows, without asking anybody. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGrantMemory } from '../../src/access/grants.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { makeTempDir } from '../support/io.ts';
import { clock, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(async () => {
  await sandbox.close();
});

describe('current', () => {
  test('cluster, namespace and environment; the minutes under a grant', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    await alice.run('use', 'foobarlab', '-n', 'shop');
    expect(await alice.run('current')).toMatchObject({ code: 0, stdout: 'foobarlab shop production\n', stderr: '' });
    const bob = person(sandbox, 'bob');
    await bob.run('login', 'foobarlab');
    const asked = await alice.run('emergency', '-i', 'INC-1', '--no-wait-for-approval', 'it', 'is', 'down');
    expect(asked.code).toBe(0);
    expect((await bob.run('cluster-access', 'approve', asked.stdout.trim(), '--yes')).code).toBe(0);
    expect((await alice.run('emergency', '-i', 'INC-1', 'it', 'is', 'down')).code).toBe(0);
    const { stdout } = await alice.run('current');
    expect(stdout).toBe('foobarlab shop production 14m\n');
    clock.advance(14 * 60_000);
    expect((await alice.run('current')).stdout).toBe('foobarlab shop production <1m\n');
    clock.reset();
    const json = JSON.parse((await alice.run('current', '-o', 'json')).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ kind: 'Current', cluster: 'foobarlab', namespace: 'shop', environment: 'production' });
    expect(Date.parse(String(json['accessExpiresAt']))).toBeGreaterThan(Date.now());
    expect((await alice.run('current', '-o', 'name')).stdout).toBe('foobarlab\n');
    // A grant is for one cluster.
    await alice.run('use', 'abckub');
    expect((await alice.run('current')).stdout).toBe('abckub default production\n');
  });

  test('without a registry there is no environment, and a hostile name cannot steer the terminal', async () => {
    const home = makeTempDir();
    fs.mkdirSync(path.join(home, '.kube'));
    fs.writeFileSync(
      path.join(home, '.kube', 'config'),
      'apiVersion: v1\nkind: Config\ncurrent-context: "a\\e[31m"\ncontexts: [{name: "a\\e[31m", context: {cluster: c, user: u}}]\n',
    );
    const { runMain } = await import('../support/io.ts');
    expect(await runMain(['current'], { home })).toMatchObject({ code: 0, stdout: 'a\\x1b[31m default\n', stderr: '' });
    expect(await runMain(['current'])).toMatchObject({ code: 3, stdout: '' });
  });
});

test('a grant that is over, or a file that is damaged, is none', () => {
  const dir = makeTempDir();
  const grants = createGrantMemory(dir);
  const now = new Date('2026-01-01T00:00:00Z');
  grants.save('a', new Date('2026-01-01T00:01:00Z'), now);
  expect(grants.find('a', now)).toEqual(new Date('2026-01-01T00:01:00Z'));
  const later = new Date('2026-01-01T00:02:00Z');
  expect([grants.find('b', now), grants.find('a', later)]).toEqual([undefined, undefined]);
  // It is known for a day that it ended.
  expect([
    grants.ended('a', now),
    grants.ended('a', later),
    grants.ended('a', new Date('2026-01-02T00:02:00Z')),
  ]).toEqual([undefined, new Date('2026-01-01T00:01:00Z'), undefined]);
  grants.save('a', new Date('2026-01-01T00:01:00Z'), now);
  for (const name of fs.readdirSync(path.join(dir, 'grants')))
    fs.writeFileSync(path.join(dir, 'grants', name), '{"cluster":"a","expiresAt":"\0"}');
  expect(grants.find('a', now)).toBeUndefined();
});
