import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpenRequests } from '../../src/access/open-requests.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { fakeService } from '../support/fake-service.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { manyClusters, saveSnapshot } from '../support/many-clusters.ts';
import { clock, type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
beforeAll(async () => {
  sandbox = await testSandbox();
  alice = person(sandbox, 'alice');
  expect(await alice.run('login', 'foobarlab')).toMatchObject({ code: 0 });
  expect(await alice.run('list')).toMatchObject({ code: 0 });
});
afterAll(() => sandbox.close());

/** Candidates with their descriptions, and the directive. */
async function completed(who: Person, ...words: string[]) {
  const { code, stdout, stderr } = await who.run('__complete', ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  return { words: lines.slice(0, -1), directive: lines.at(-1) };
}

describe('TAB', () => {
  test('commands of ours and of kubectl', async () => {
    const { words } = await completed(alice, '');
    expect(words).toContain('login\tlog in, write the context, switch to it');
    expect(words).toEqual(expect.arrayContaining(['get', 'rollout']));
    expect((await completed(alice, 'cluster-u')).words).toEqual([expect.stringMatching(/^cluster-update\t/)]);
  });

  test('clusters by alias, and by id for who begins one', async () => {
    expect(await completed(alice, 'use', 'foo')).toEqual({
      words: ['foobarlab\tproduction stable', 'foobarlab-test\ttest beta'],
      directive: ':4',
    });
    expect((await completed(alice, 'show', 'aws:1237')).words).toEqual([
      'aws:123740508747:eu-central-1:kube-1\tfoobarlab production stable',
    ]);
    expect((await completed(alice, 'cluster-update', 'status', '--cluster=abckub-')).words).toEqual([
      '--cluster=abckub-test\ttest beta',
    ]);
  });

  test('contexts, flags, formats, values of a selector', async () => {
    expect((await completed(alice, '--context', '')).words).toEqual(['foobarlab\tproduction stable']);
    expect((await completed(alice, 'list', '--env')).words).toEqual(['--environment\tonly this environment']);
    expect((await completed(alice, 'list', '-o', 'w')).words).toEqual(['wide']);
    expect((await completed(alice, 'list', '-l', 'env')).words).toEqual(['environment=\tfield']);
    // logtail's own -l selects pods.
    expect((await completed(alice, 'logtail', '-l', 'env')).words).toEqual([]);
    expect((await completed(alice, 'logtail', '--cluster-selector', 'env')).words).toEqual(['environment=\tfield']);
    expect((await completed(alice, 'logtail', '--cluster', 'foobarlab-')).words).toEqual([
      expect.stringMatching(/^foobarlab-test\t/),
    ]);
    expect(await completed(alice, 'list', '-l', 'channel=beta,environment=')).toEqual({
      words: ['channel=beta,environment=production', 'channel=beta,environment=test'],
      directive: ':6',
    });
    expect((await completed(alice, 'list', '--channel', '')).words).toEqual(['beta', 'stable']);
  });

  test('the value of a config item is nobody’s candidate', async () => {
    const items = (await completed(alice, 'list', '-l', '')).words.filter(word => word.endsWith('\tconfig item'));
    expect(items.length).toBeGreaterThan(0);
    for (const item of items)
      expect((await completed(alice, 'list', '-l', item.split('\t')[0] ?? '')).words).toEqual([]);
  });

  test('open requests and incidents', async () => {
    createOpenRequests(path.join(alice.home, '.local', 'state', 'zkubectl'), sandbox.info.access).save({
      cluster: 'foobarlab',
      requestKey: '85625',
      accountName: 'foobar',
      type: 'emergency',
      reason: 'checkout is down',
      statusUrl: undefined,
      approvalUrl: undefined,
      referenceUrl: 'https://jira.example.org/browse/INC-7',
      createdAt: new Date(),
    });
    expect((await completed(alice, 'cluster-access', 'list', '--request-key', '')).words).toEqual([
      '85625\tfoobar, emergency: checkout is down',
    ]);
    expect((await completed(alice, 'emergency', '-i', '')).words).toEqual([
      'https://jira.example.org/browse/INC-7\tcheckout is down',
      'INC-\tthe key of an incident',
      'https://\tthe URL of an incident',
    ]);
  });

  test("what waits for a decision, also a colleague's", async () => {
    const bob = person(sandbox, 'bob');
    for (const user of [alice, bob]) expect(await user.run('login', 'foobarlab')).toMatchObject({ code: 0 });
    const asked = await alice.run('cluster-access', 'request', '--no-wait-for-approval', 'the queue is full');
    expect((await completed(bob, 'cluster-access', 'approve', '')).words).toEqual([
      `${asked.stdout.trim()}\talice on foobarlab: the queue is full`,
    ]);
  });

  test('names of files are the shell’s', async () => {
    expect(await completed(alice, 'list', '--kubeconfig', '')).toEqual({ words: [], directive: ':0' });
    expect((await completed(alice, 'init', '')).directive).toBe(':16');
    const { stdout } = await alice.run('__completeFor', 'zsh', '80', '0', '2', 'diffedit', '');
    expect(stdout).toBe('files\n');
  });

  test('hostile names are dropped, whoever chose them', async () => {
    const mallory = person(sandbox, 'alice');
    fs.mkdirSync(path.dirname(mallory.kubeconfig));
    const names = ['$(touch pwned)', '-rf', 'a;b', 'fine', 'with space', 'x\x1b]0;pwned\x07', '`id`'];
    fs.writeFileSync(
      mallory.kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [],
        contexts: names.map(name => ({ name, context: { cluster: 'c', user: 'u' } })),
      }),
    );
    expect((await completed(mallory, '--context', '')).words).toEqual(['fine\tcontext']);
    expect(fs.existsSync('pwned')).toBe(false);
  });

  test('nothing is known and nobody is logged in: no login, no wait, no word', async () => {
    const nobody = person(sandbox, 'alice');
    const start = performance.now();
    const { words } = await completed(nobody, 'use', '');
    expect(words).toEqual(['-\tprevious']);
    expect(performance.now() - start).toBeLessThan(30_000);
  });

  test('a snapshot of yesterday: the registry is asked', async () => {
    const record = (alias: string) => ({
      id: `aws:1:eu:${alias}`,
      alias,
      environment: 'test',
      lifecycle_status: 'ready',
    });
    const registry = await fakeService((_, count) => ({ json: { items: [record(count === 1 ? 'old' : 'new')] } }));
    const options = {
      home: makeTempDir(),
      now: clock.now,
      env: { ZKUBECTL_REGISTRY_URL: registry.url, ZKUBECTL_TOKEN: 'x' },
      // A machine under load is given more than 200 ms.
      sleep: () => new Promise<void>(() => undefined),
    };
    const words = async () => (await runMain(['__complete', 'show', ''], options)).stdout;
    try {
      expect((await runMain(['list'], options)).code).toBe(0);
      expect(await words()).toMatch(/^old\t/);
      expect(registry.requests).toHaveLength(1);
      clock.advance(25 * 3_600_000);
      expect(await words()).toMatch(/^new\t/);
      expect(registry.requests).toHaveLength(2);
    } finally {
      clock.reset();
      await registry.close();
    }
  });

  test.each(['bash', 'zsh', 'fish', 'powershell'])('completion %s prints the file of completions/', async shell => {
    const file =
      { bash: 'zkubectl.bash', zsh: '_zkubectl', fish: 'zkubectl.fish', powershell: 'zkubectl.ps1' }[shell] ?? '';
    const { code, stdout, stderr } = await alice.run('completion', shell);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: fs.readFileSync(path.join('completions', file), 'utf8'),
      stderr: '',
    });
  });

  test('completion of a shell that is none: 2', async () => {
    expect(await alice.run('completion', 'csh')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('bash, zsh'),
    });
  });
});

test('10,000 clusters: each candidate, and only once', async () => {
  const dir = makeTempDir();
  const many = person(sandbox, 'alice', { XDG_CACHE_HOME: dir, XDG_STATE_HOME: dir });
  saveSnapshot(path.join(dir, 'zkubectl'), sandbox.info.registry, manyClusters(10_000));
  expect((await completed(many, 'use', 'team-')).words).toHaveLength(10_000);
  expect((await completed(many, 'use', 'team-4711')).words).toEqual(['team-4711\ttest stable']);
});
