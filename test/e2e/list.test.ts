import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type FakeAnswer, type FakeService, fakeService } from '../support/fake-service.ts';
import { makeTempDir, runMain, type TestIoOptions } from '../support/io.ts';
import { clock, filesBelow, type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
const services: FakeService[] = [];
beforeAll(async () => {
  sandbox = await testSandbox();
  alice = person(sandbox, 'alice');
  await alice.run('login', 'foobarlab');
});
afterAll(() => sandbox.close());
afterEach(async () => {
  clock.reset();
  for (const service of services.splice(0)) await service.close();
});

const CLUSTER = {
  id: 'aws:123740508747:eu-central-1:kube-1',
  alias: 'foobarlab',
  infrastructure_account: 'aws:123740508747',
  region: 'eu-central-1',
  local_id: 'kube-1',
  provider: 'zalando-aws',
  api_server_url: 'https://kube-1.foobarlab.example.org',
  channel: 'stable',
  environment: 'production',
  criticality_level: 2,
  lifecycle_status: 'ready',
  status: { current_version: '5f4316c0a1b2#xyz', next_version: '5f4316c0a1b2#xyz', problems: [] },
  config_items: { secret_item: 'canary-item' },
  node_pools: [],
};

async function registry(
  answer: (count: number) => FakeAnswer,
): Promise<{ service: FakeService; options: TestIoOptions }> {
  const service = await fakeService((_request, count) => answer(count));
  services.push(service);
  return {
    service,
    options: {
      home: makeTempDir(),
      now: clock.now,
      env: { ZKUBECTL_REGISTRY_URL: service.url, ZKUBECTL_TOKEN: 'canary-token' },
    },
  };
}

describe('list', () => {
  test('is the table that users know, by alias', async () => {
    const { code, stdout, stderr } = await alice.run('list');
    expect([code, stderr]).toEqual([0, '']);
    const [header, ...rows] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^Id +│Alias +│Environment│Channel│Version$/);
    expect(rows.map(row => row.split(/ +/)[1])).toEqual(['abckub', 'abckub-test', 'foobarlab', 'foobarlab-test']);
    expect(rows[2]).toBe('aws:123740508747:eu-central-1:kube-1 foobarlab      production  stable  5f4316c');
    expect(rows[1]).toMatch(/[0-9a-f]{7} → [0-9a-f]{7}$/);
  });

  test("-o json has the registry's own field names and is no different for NO_COLOR or a terminal", async () => {
    const { stdout } = await alice.run('list', '-o', 'json');
    const list = JSON.parse(stdout) as { items: Record<string, unknown>[] };
    expect(list).toMatchObject({
      apiVersion: 'zkubectl/v1',
      kind: 'ClusterList',
      stale: false,
      fetchedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(list.items).toHaveLength(4);
    expect(list.items[2]).toMatchObject({
      id: CLUSTER.id,
      infrastructure_account: 'aws:123740508747',
      lifecycle_status: 'ready',
      node_pools: expect.any(Array),
    });
    expect((await alice.runWith({ tty: true }, 'list', '-o', 'json')).stdout.includes('\x1b')).toBe(false);
  });

  test('-o yaml, name, tsv and wide', async () => {
    expect(parse((await alice.run('list', '-o', 'yaml')).stdout)).toMatchObject({ kind: 'ClusterList' });
    expect((await alice.run('list', '-o', 'name')).stdout).toBe('abckub\nabckub-test\nfoobarlab\nfoobarlab-test\n');
    const tsv = (await alice.run('list', '-otsv')).stdout.split('\n');
    expect(tsv[0]?.split('\t').slice(0, 3)).toEqual(['id', 'alias', 'environment']);
    expect((await alice.run('list', '-o', 'wide')).stdout).toMatch(
      /│Status +│Provider +│Region +│Account +│API server/,
    );
  });

  test('an unknown format is exit 2 with the nearest', async () => {
    const { code, stderr } = await alice.run('list', '-o', 'jsn');
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean -o json?');
  });

  test('text, environment, channel and selector narrow it', async () => {
    const names = async (...args: string[]) =>
      (await alice.run('list', '-o', 'name', ...args)).stdout.trim().split('\n');
    expect(await names('foobar')).toEqual(['foobarlab', 'foobarlab-test']);
    expect(await names('--environment', 'production')).toEqual(['abckub', 'foobarlab']);
    expect(await names('--channel', 'beta', 'abc')).toEqual(['abckub-test']);
    expect(await names('-l', 'environment=test,alias notin (abckub-test)')).toEqual(['foobarlab-test']);
    expect(await names('-l', 'ingress_domain=foobarlab.example.org')).toEqual(['foobarlab']);
    expect(await names('-l', '!no_such_item,environment!=test')).toEqual(['abckub', 'foobarlab']);
  });

  test.each(['a in b', 'a=b,,c', '=x', 'a in (x', 'a b'])(
    'the bad selector %s is exit 2 before anything is asked',
    async selector => {
      const { code, stderr } = await alice.run('list', '-l', selector);
      expect(code).toBe(2);
      expect(stderr).toContain(`bad selector "${selector}"`);
    },
  );

  test('nothing that matches is nothing on stdout, and a word on stderr', async () => {
    expect(await alice.run('list', 'zzz')).toMatchObject({ code: 0, stdout: '', stderr: 'no cluster matches\n' });
  });

  test('list-clusters and unique prefixes are the same command', async () => {
    for (const name of ['list-clusters', 'lis', 'li'])
      expect((await alice.run(name, '-o', 'name')).stdout).toContain('foobarlab');
  });

  test('a narrow terminal leaves columns out and says so; other formats are whole', async () => {
    const narrow = await alice.runWith({ tty: true, columns: 60 }, 'list', '--color', 'never');
    expect(narrow.stdout.split('\n')[0]).toBe('Alias         │Environment│Channel│Version');
    expect(narrow.stderr).toBe('(narrow terminal, not shown: Id; all columns: -o wide)\n');
    const tiny = await alice.runWith({ tty: true, columns: 30 }, 'list', '--color', 'never');
    expect(tiny.stdout.split('\n')[0]).toBe('Alias         │Environment');
    for (const options of [{ columns: 30 }, { tty: true, columns: 80 }])
      expect((await alice.runWith(options, 'list')).stdout).toContain('aws:123740508747:eu-central-1:kube-1');
  });

  test('-o wide breaks its lines between two cells, where a terminal is too narrow', async () => {
    const wide = await alice.runWith({ tty: true, columns: 60 }, 'list', '-o', 'wide', '--color', 'never');
    const lines = wide.stdout.trimEnd().split('\n');
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(60);
    const row = lines.slice(lines.findIndex(line => line.startsWith('aws:123740508747'))).slice(0, 4);
    expect(row.slice(0, 3)).toEqual([
      'aws:123740508747:eu-central-1:kube-1 foobarlab *',
      '    production  stable  5f4316c           ready',
      '    zalando-aws eu-central-1 aws:123740508747',
    ]);
    expect(row[3]).toMatch(/^ {4}https:\/\/127\.0\.0\.1:\d+ 1$/);
  });

  test('--behind: how far, since when, and why', async () => {
    const at = (
      alias: string,
      current: string,
      next = current,
      more: { status?: object; [key: string]: unknown } = {},
    ) => ({
      ...CLUSTER,
      ...{ id: `aws:1:eu-central-1:${alias}`, alias, config_items: {}, ...more },
      status: { current_version: current, next_version: next, problems: [], ...more.status },
    });
    const others = [
      at('blocked', 'v1#a', 'v1#a', { config_items: { cluster_update_block: 'INC-1 (bob)' } }),
      at('broken', 'v1#a', 'v2#a', { status: { problems: [{ type: 't', title: 'no instances' }] } }),
      at('own', 'v2#a', 'v2#b'),
      at('moving', 'v1#a', 'v2#a'),
      at('queued', 'v1#a'),
      at('older', 'v0#a'),
      at('done', 'v2#a'),
      at('gone', 'v1#a', 'v1#a', { lifecycle_status: 'decommissioned' }),
    ];
    const first = [at('older', 'v0#a'), at('done', 'v0#a')];
    const second = [at('older', 'v0#a'), at('done', 'v1#a')];
    const { options } = await registry(count => ({
      json: { items: count === 1 ? first : count === 2 ? second : others },
    }));
    const run = (...argv: string[]) => runMain(['list', ...argv], options);
    await run();
    clock.advance(86_400_000);
    await run();
    clock.advance(86_400_000);
    const { stdout, stderr } = await run('--behind', '--all');
    const rows = stdout.split('\n').slice(1, -1);
    expect(rows.map(row => row.replace(/ +/g, ' '))).toEqual([
      'blocked production stable v1 v2 1 0s ago blocked: INC-1 (bob)',
      'broken production stable v1 v2 1 0s ago problems: no instances',
      'moving production stable v1 v2 1 0s ago being updated',
      'older production stable v0 v2 2 1d ago queued',
      'own production stable v2 v2 own configuration',
      'queued production stable v1 v2 1 0s ago queued',
    ]);
    expect(stderr).toBe('');
    const json = JSON.parse((await run('--behind', 'older', '-o', 'json')).stdout) as { items: unknown[] };
    expect(json).toMatchObject({
      kind: 'BehindClusterList',
      items: [{ alias: 'older', newestVersion: 'v2', versionsBehind: 2, why: 'queued', isGuess: false }],
    });
    clock.reset();
    const guess = await alice.run('list', '--behind');
    expect(guess.stderr).toContain('is a guess');
    expect(guess.stdout).toMatch(/^foobarlab +production +stable +5f4316c +f4761aa +1 +not known +queued$/m);
  });

  test('colours production red on a terminal, and not with NO_COLOR or --color never', async () => {
    expect((await alice.runWith({ tty: true }, 'list')).stdout).toContain('\x1b[31mproduction\x1b[39m');
    const plain = (await alice.run('list')).stdout;
    expect(plain).toContain('production');
    // On a terminal, the current cluster is marked.
    const onTerminal = plain.replace('foobarlab      production', 'foobarlab *    production');
    expect(onTerminal).not.toBe(plain);
    expect((await alice.runWith({ tty: true, env: { NO_COLOR: '1' } }, 'list')).stdout).toBe(onTerminal);
    expect((await alice.runWith({ tty: true }, 'list', '--color', 'never')).stdout).toBe(onTerminal);
    expect((await alice.run('list', '--color=always')).stdout).toContain('\x1b[31m');
  });
});

describe('a registry that does not answer as it should', () => {
  const html = { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Sign in</title>' };
  const cases: [string, FakeAnswer, number, string][] = [
    ['HTML', html, 6, 'answered with a web page'],
    ['truncated JSON', { body: '{"items": [{"id": "aws' }, 6, 'answered with broken JSON'],
    ['another JSON', { json: { hello: 'world' } }, 6, 'JSON without a list of clusters'],
    [
      '401',
      { status: 401, json: { title: 'Unauthorized', detail: 'token is bad' } },
      4,
      'HTTP 401: Unauthorized: token is bad',
    ],
    ['403', { status: 403, json: { title: 'Forbidden' } }, 5, 'denied the request (HTTP 403: Forbidden)'],
    ['404', { status: 404, ...html }, 1, 'HTTP 404'],
    ['429', { status: 429, headers: { 'retry-after': '0' } }, 6, 'rate limited'],
    ['500', { status: 500, body: 'oops' }, 6, 'HTTP 500'],
    ['a lost connection', { hangUp: true }, 6, 'connection lost'],
    [
      'a redirect elsewhere',
      { status: 302, headers: { location: 'https://evil.example.org/' } },
      6,
      'redirects to another origin',
    ],
  ];
  test.each(cases)('%s', async (_name, answer, exitCode, words) => {
    const { options, service } = await registry(() => answer);
    const { code, stdout, stderr } = await runMain(['list'], options);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr).toContain('the cluster registry');
    expect(stderr).toContain(words);
    expect(stderr).toContain('zkubectl: hint:');
    expect(stderr).not.toContain('canary-token');
    expect(service.requests.every(r => r.headers.authorization === 'Bearer canary-token')).toBe(true);
  });

  test('nothing listens', async () => {
    const { code, stderr } = await runMain(['list'], {
      env: { ZKUBECTL_REGISTRY_URL: 'http://127.0.0.1:1', ZKUBECTL_TOKEN: 'x' },
    });
    expect(code).toBe(6);
    expect(stderr).toContain('cannot reach the cluster registry at 127.0.0.1:1: connection refused');
  });

  test.each([{ status: 503 }, { hangUp: true }, html, { body: '[' }] as FakeAnswer[])(
    'with a snapshot, an outage is exit 0 and says how old it is (%#)',
    async answer => {
      const { options } = await registry(count => (count === 1 ? { json: { items: [CLUSTER] } } : answer));
      expect((await runMain(['list'], options)).code).toBe(0);
      clock.advance(3 * 3_600_000);
      const { code, stdout, stderr } = await runMain(['list', '-o', 'json'], options);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        stale: true,
        fetchedAt: expect.any(String),
        items: [{ alias: 'foobarlab', config_items: { secret_item: 'canary-item' } }],
      });
      expect(stderr).toMatch(/showing saved data, 3h/);
    },
  );

  test.each([401, 403])('with a snapshot, a refusal (%i) is still a refusal', async status => {
    const { options } = await registry(count => (count === 1 ? { json: [CLUSTER] } : { status }));
    expect((await runMain(['list'], options)).code).toBe(0);
    expect((await runMain(['list'], options)).code).toBe(status === 401 ? 4 : 5);
  });

  test('--offline never asks, and without a snapshot is exit 6', async () => {
    const { options, service } = await registry(() => ({ json: { items: [CLUSTER] } }));
    expect((await runMain(['list', '--offline'], options)).code).toBe(6);
    await runMain(['list'], options);
    const before = service.requests.length;
    const { code, stdout } = await runMain(['--offline', 'list', '-l', 'secret_item=canary-item'], options);
    expect([code, service.requests.length]).toEqual([0, before]);
    expect(stdout).toContain('foobarlab');
  });

  test('values of config items are never under the cache', async () => {
    const { options } = await registry(() => ({ json: { items: [CLUSTER] } }));
    await runMain(['list'], options);
    const cache = filesBelow(path.join(options.home ?? '', '.cache'));
    expect(cache.length).toBeGreaterThan(0);
    expect(cache.map(file => fs.readFileSync(file, 'utf8')).join('')).not.toContain('canary-item');
  });

  test('a damaged snapshot counts as none', async () => {
    const { options } = await registry(() => ({ json: { items: [CLUSTER] } }));
    await runMain(['list'], options);
    for (const file of filesBelow(path.join(options.home ?? '', '.cache'))) fs.writeFileSync(file, '\0\0{');
    expect((await runMain(['list', '--offline'], options)).code).toBe(6);
    expect((await runMain(['list'], options)).code).toBe(0);
  });

  test('malformed records are left out and reported, not fatal', async () => {
    const bad = [
      null,
      7,
      {},
      { ...CLUSTER, alias: '../../x' },
      { ...CLUSTER, alias: '-rf' },
      { ...CLUSTER, alias: '__proto__' },
      { ...CLUSTER, api_server_url: 'not a url' },
      { ...CLUSTER, config_items: [1] },
    ];
    const { options } = await registry(() => ({ json: { items: [...bad, CLUSTER] } }));
    const { code, stdout, stderr } = await runMain(['list', '-o', 'name'], options);
    expect([code, stdout]).toEqual([0, 'foobarlab\n']);
    expect(stderr).toContain('skipped malformed record');
    expect(stderr).toContain('3 more malformed records');
  });

  test('hostile fields cannot move the cursor, colour, hide or forge lines', async () => {
    const hostile = { ...CLUSTER, channel: 'x\x1b[31m\r\nforged \u202e\u009b2J' };
    const { options } = await registry(() => ({ json: { items: [hostile] } }));
    for (const format of ['table', 'wide', 'tsv', 'json', 'yaml', 'name']) {
      const { code, stdout } = await runMain(['list', '-o', format], options);
      expect({ format, code, hasCluster: stdout.includes('foobarlab') }).toEqual({ format, code: 0, hasCluster: true });
      const separators = format === 'tsv' ? '\t\n' : '\n';
      const bad = [...stdout].filter(c => !separators.includes(c) && /[\p{Cc}\u202e]/u.test(c));
      expect({ format, bad }).toEqual({ format, bad: [] });
    }
    const json = JSON.parse((await runMain(['list', '-o', 'json'], options)).stdout) as {
      items: { channel: string }[];
    };
    expect(json.items[0]?.channel).toBe(hostile.channel);
    expect(parse((await runMain(['list', '-o', 'yaml'], options)).stdout)).toMatchObject({
      items: [{ channel: hostile.channel }],
    });
  });
});

describe('registry.file', () => {
  const file = (content: string) => {
    const home = makeTempDir();
    const name = path.join(home, 'clusters.yaml');
    fs.writeFileSync(name, content);
    return { home, env: { ZKUBECTL_REGISTRY_FILE: name } };
  };

  test('is YAML with the same fields, and needs no login', async () => {
    const { code, stdout } = await runMain(['list'], file(`clusters:\n- ${JSON.stringify(CLUSTER)}\n`));
    expect(code).toBe(0);
    expect(stdout).toContain('foobarlab');
  });

  test.each([
    ['broken YAML', 'clusters: [', /clusters\.yaml:1:/],
    ['no clusters', 'hello: world', /list "clusters:" not found/],
  ])('%s is exit 2 naming the file', async (_name, content, words) => {
    const { code, stderr } = await runMain(['list'], file(content));
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });

  test('no registry at all is exit 2 and says how to set one', async () => {
    const { code, stderr } = await runMain(['list']);
    expect(code).toBe(2);
    expect(stderr).toContain('zkubectl configure registry.url=');
  });
});

describe('show', () => {
  test('shows everything, values of config items masked', async () => {
    const { code, stdout } = await alice.run('show', 'foobarlab');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Alias +foobarlab$/m);
    expect(stdout).toMatch(/^Node pools$/m);
    expect(stdout).toMatch(/^default-worker +worker-splitaz · m6g\.xlarge, m6i\.xlarge · 3–21 nodes · spot$/m);
    expect(stdout).toMatch(/^logging_token +\*{8}$/m);
  });

  test('--reveal shows them; -o json masks alike', async () => {
    expect((await alice.run('show', 'foobarlab', '--reveal')).stdout).toMatch(/^logging_token +[0-9a-f]{24}$/m);
    const masked = JSON.parse((await alice.run('show', 'foobarlab', '-o', 'json')).stdout) as Record<string, unknown>;
    expect(masked).toMatchObject({
      apiVersion: 'zkubectl/v1',
      kind: 'Cluster',
      alias: 'foobarlab',
      config_items: { logging_token: '********' },
    });
  });

  test('-o name, tsv and wide too', async () => {
    expect((await alice.run('show', 'foobarlab', '-o', 'name')).stdout).toBe('foobarlab\n');
    expect((await alice.run('show', 'foobarlab', '-o', 'tsv')).stdout).toContain('Alias\tfoobarlab\n');
    expect((await alice.run('show', 'foobarlab', '-o', 'wide')).code).toBe(0);
    expect((await alice.run('whoami', '-o', 'name')).stdout).toBe('alice@example.org\n');
    expect((await alice.run('cluster-update', 'status', '-o', 'name')).stdout).toBe('foobarlab\n');
  });

  test('an unknown cluster is exit 3', async () => {
    expect(await alice.run('show', 'foobarlb')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('did you mean foobarlab'),
    });
  });
});
