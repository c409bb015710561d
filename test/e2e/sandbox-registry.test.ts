/** The sandbox's registry, by every operation and field of the Cluster Registry's OpenAPI document. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLUSTER, checked, NODE_POOL } from '../../src/sandbox/registry-schema.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let token: string;
beforeAll(async () => {
  sandbox = await testSandbox();
  const alice = person(sandbox, 'alice');
  expect(await alice.run('login', 'foobarlab')).toMatchObject({ code: 0 });
  token = (await alice.run('token')).stdout.trim();
});
afterAll(() => sandbox.close());

type Fields = Record<string, unknown>;
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Fields;
}

async function call(method: string, path: string, body?: unknown, bearer = token): Promise<Answer> {
  const response = await fetch(`${sandbox.info.registry}${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, body: text === '' ? {} : (JSON.parse(text) as Fields) };
}
const items = async (path: string) => (await call('GET', path)).body['items'] as Fields[];

const ACCOUNT = {
  id: 'aws:999999999999',
  type: 'aws',
  name: 'newteam',
  owner: 'team/new',
  cost_center: '0000009999',
  environment: 'test',
  criticality_level: 1,
  external_id: '999999999999',
  lifecycle_status: 'requested',
};
const POOL = {
  name: 'pool-1',
  profile: 'worker-default',
  instance_types: ['m5.large'],
  discount_strategy: 'none',
  min_size: 1,
  max_size: 3,
};
const NEW_CLUSTER = {
  id: 'aws:999999999999:eu-central-1:kube-1',
  alias: 'newteam',
  infrastructure_account: ACCOUNT.id,
  region: 'eu-central-1',
  local_id: 'kube-1',
  provider: 'zalando-aws',
  api_server_url: 'https://kube-1.newteam.example.org',
  channel: 'alpha',
  environment: 'test',
  criticality_level: 1,
  lifecycle_status: 'requested',
};
const AT = `/kubernetes-clusters/${NEW_CLUSTER.id}`;

test('the 17 operations, one after the other', async () => {
  const made = await call('POST', '/infrastructure-accounts', ACCOUNT);
  expect(made).toMatchObject({ status: 201, body: ACCOUNT });
  expect((await call('POST', '/infrastructure-accounts', ACCOUNT)).status).toBe(409);
  const account = `/infrastructure-accounts/${ACCOUNT.id}`;
  expect(await call('PATCH', account, { lifecycle_status: 'ready', owner: 'team/other' })).toMatchObject({
    status: 200,
    body: { ...ACCOUNT, lifecycle_status: 'ready', owner: 'team/other' },
  });
  expect((await call('GET', account.replaceAll(':', '%3A'))).body).toMatchObject({ owner: 'team/other' });
  expect(await items('/infrastructure-accounts')).toHaveLength(5);

  const cluster = await call('POST', '/kubernetes-clusters', { ...NEW_CLUSTER, node_pools: [POOL] });
  expect(cluster).toMatchObject({
    status: 201,
    body: { ...NEW_CLUSTER, status: {}, config_items: {}, created_at: expect.stringMatching(/^\d{4}-.*Z$/) },
  });
  expect((await call('POST', '/kubernetes-clusters', NEW_CLUSTER)).status).toBe(409);
  const status = { current_version: 'a#b', last_version: 'a#b', problems: [{ type: 't', title: 'x', status: 500 }] };
  expect((await call('PATCH', AT, { alias: 'renamed', status })).body).toMatchObject({ alias: 'renamed', status });
  expect((await call('PATCH', AT, { status: { next_version: 'c' } })).body['status']).toEqual({ next_version: 'c' });
  expect(await items('/kubernetes-clusters')).toHaveLength(5);

  expect(await call('PUT', `${AT}/config-items/some_key`, { value: '1' })).toMatchObject({
    status: 200,
    body: { value: '1' },
  });
  expect((await call('GET', AT)).body).toMatchObject({ config_items: { some_key: '1' }, node_pools: [POOL] });
  expect((await call('DELETE', `${AT}/config-items/some_key`)).status).toBe(204);
  expect((await call('DELETE', `${AT}/config-items/some_key`)).status).toBe(404);

  const pool = `${AT}/node-pools/pool-2`;
  expect(await call('PUT', pool, { ...POOL, name: 'pool-2' })).toMatchObject({ status: 200, body: { name: 'pool-2' } });
  expect((await call('PATCH', pool, { max_size: 9 })).body).toMatchObject({ min_size: 1, max_size: 9 });
  expect((await call('PUT', `${pool}/config-items/local_storage`, { value: 'yes' })).body).toEqual({ value: 'yes' });
  expect(await items(`${AT}/node-pools`)).toMatchObject([
    { name: 'pool-1', config_items: {} },
    { name: 'pool-2', max_size: 9, config_items: { local_storage: 'yes' } },
  ]);
  expect((await call('DELETE', `${pool}/config-items/local_storage`)).status).toBe(204);
  expect((await call('DELETE', `${pool}/config-items/local_storage`)).status).toBe(404);
  expect((await call('DELETE', pool)).status).toBe(204);
  expect((await call('DELETE', pool)).status).toBe(404);

  expect((await call('DELETE', AT)).status).toBe(204);
  expect((await call('GET', AT)).status).toBe(404);
  expect((await call('DELETE', AT)).status).toBe(404);
});

/** Values that no field of a type takes. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  string: [1, true, [], {}],
  integer: ['1', 1.5, true, []],
  object: ['x', 1, [], { a: 1 }],
};
const TYPES: Readonly<Record<string, string>> = {
  criticality_level: 'integer',
  min_size: 'integer',
  max_size: 'integer',
};

describe('bodies are checked', () => {
  const withWrong = (valid: Fields) =>
    Object.keys(valid).flatMap(name =>
      (WRONG[TYPES[name] ?? 'string'] ?? []).map(value => [name, { ...valid, [name]: value }] as const),
    );

  test('each field by its type, each required field, and an unchanged state afterwards', async () => {
    const before = [await items('/kubernetes-clusters'), await items('/infrastructure-accounts')];
    const { instance_types: _, ...pool } = POOL;
    const bodies = [
      ...withWrong(ACCOUNT).map(([, body]) => ['POST', '/infrastructure-accounts', body] as const),
      ...withWrong(NEW_CLUSTER).map(([, body]) => ['POST', '/kubernetes-clusters', body] as const),
      ...withWrong(pool).map(
        ([, body]) =>
          [
            'PUT',
            '/kubernetes-clusters/aws:123740508747:eu-central-1:kube-1/node-pools/p2',
            { ...POOL, ...body },
          ] as const,
      ),
      ...Object.keys(ACCOUNT).map(
        name => ['POST', '/infrastructure-accounts', { ...ACCOUNT, [name]: undefined }] as const,
      ),
      ...Object.keys(NEW_CLUSTER).map(
        name => ['POST', '/kubernetes-clusters', { ...NEW_CLUSTER, [name]: undefined }] as const,
      ),
    ];
    expect(bodies.length).toBeGreaterThan(90);
    for (const [method, path, body] of bodies) {
      const { status, type, body: error } = await call(method, path, body);
      expect([status, type, JSON.stringify(body)]).toEqual([400, 'application/json', JSON.stringify(body)]);
      expect(error).toMatchObject({
        code: 400,
        message: expect.any(String),
        title: 'Bad Request',
        detail: error['message'],
      });
    }
    expect([await items('/kubernetes-clusters'), await items('/infrastructure-accounts')]).toEqual(before);
  });

  test.each([
    ['PATCH', '', { alias: 'abckub' }],
    ['PATCH', '', { alias: 'Has Space' }],
    ['PATCH', '', { id: 'aws:1:eu:kube-2' }],
    ['PATCH', '', { lifecycle_status: 'gone' }],
    ['PATCH', '', { status: { problems: [{ title: 'no type' }] } }],
    ['PATCH', '', { status: { current_version: 7 } }],
    ['PATCH', '', { config_items: { a: 1 } }],
    ['PUT', '/config-items/NOT_A_KEY', { value: 'x' }],
    ['PUT', '/config-items/some_key', {}],
    ['PUT', '/config-items/some_key', { value: 1 }],
    ['PUT', '/node-pools/pool-1', { ...POOL, instance_types: [] }],
    ['PUT', '/node-pools/pool-1', { ...POOL, instance_types: ['a', 'a'] }],
    ['PUT', '/node-pools/pool-1', { ...POOL, name: 'pool-2' }],
    ['PATCH', '/node-pools/default-worker', { min_size: '1' }],
  ])('%s %s %j is 400', async (method, path, body) => {
    const { status } = await call(method, `/kubernetes-clusters/aws:123740508747:eu-central-1:kube-1${path}`, body);
    expect(status).toBe(400);
  });

  test('null counts as absent, and unknown fields are dropped', () => {
    expect(checked({ alias: null, region: 'eu', more: 1 }, CLUSTER)).toEqual({ region: 'eu' });
    expect(() => checked({ name: null }, NODE_POOL, ['name'])).toThrow('Bad Request');
  });
});

describe('queries', () => {
  test.each([
    ['/kubernetes-clusters?alias=foobarlab', 1],
    ['/kubernetes-clusters?environment=test&channel=beta', 2],
    ['/kubernetes-clusters?criticality_level=2', 2],
    ['/kubernetes-clusters?lifecycle_status=decommissioned', 0],
    ['/kubernetes-clusters?local_id=kube-1&provider=zalando-aws&region=eu-central-1', 4],
    ['/kubernetes-clusters?infrastructure_account=aws:123740508747', 1],
    ['/infrastructure-accounts?external_id=123740508747', 1],
    ['/infrastructure-accounts?name=foobarlab&owner=team-foobarlab&type=aws', 1],
    ['/infrastructure-accounts?lifecycle_status=ready&environment=production', 2],
    ['/infrastructure-accounts?criticality_level=2', 2],
  ])('%s finds %i', async (path, count) => {
    expect(await items(path)).toHaveLength(count);
  });

  test('the cost center of a cluster is that of its account', async () => {
    const [account] = await items('/infrastructure-accounts?name=foobarlab');
    const found = await items(`/kubernetes-clusters?cost_center=${String(account?.['cost_center'])}`);
    expect(found.map(cluster => cluster['alias'])).toEqual(['foobarlab', 'foobarlab-test']);
  });

  test('verbose=false leaves out config items and node pools, also of one cluster', async () => {
    const id = 'aws:123740508747:eu-central-1:kube-1';
    for (const path of [
      `/kubernetes-clusters/${id}?verbose=false`,
      '/kubernetes-clusters?verbose=false&alias=foobarlab',
    ]) {
      const { body } = await call('GET', path);
      const [cluster = body] = (body['items'] as Fields[] | undefined) ?? [];
      expect(Object.keys(cluster)).not.toContain('config_items');
      expect(Object.keys(cluster)).not.toContain('node_pools');
    }
    expect((await call('GET', `/kubernetes-clusters/${id}`)).body).toHaveProperty('node_pools');
  });

  test.each(['verbose=maybe', 'lifecycle_status=gone', 'criticality_level=high'])('%s is 400', async query => {
    expect((await call('GET', `/kubernetes-clusters?${query}`)).status).toBe(400);
  });
});

test('what is seeded: every required field, no null; only an update has a next version', async () => {
  const clusters = await items('/kubernetes-clusters');
  for (const cluster of clusters) {
    expect(checked(cluster, CLUSTER, Object.keys(CLUSTER))).toBeDefined();
    expect(JSON.stringify(cluster)).not.toContain('null');
    const status = cluster['status'] as Fields;
    expect(String(status['current_version'])).toMatch(/^[0-9a-f]{12,40}#[A-Za-z0-9_-]{27}$/);
    expect('next_version' in status).toBe(cluster['alias'] === 'abckub-test');
  }
  for (const account of await items('/infrastructure-accounts'))
    expect(Object.keys(account).sort()).toEqual(Object.keys(ACCOUNT).sort());
});

test('without a token, and where nothing is: an error of the same form', async () => {
  expect(await call('GET', '/kubernetes-clusters', undefined, 'wrong')).toMatchObject({
    status: 401,
    type: 'application/json',
    body: { code: 401, message: expect.any(String) },
  });
  for (const [method, path, status] of [
    ['GET', '/nothing', 404],
    ['GET', '/kubernetes-clusters/aws:1:eu:kube-9', 404],
    ['POST', '/kubernetes-clusters/aws:123740508747:eu-central-1:kube-1', 405],
    ['DELETE', '/infrastructure-accounts', 405],
    ['GET', '/kubernetes-clusters/aws:123740508747:eu-central-1:kube-1/node-pools/a/b/c/d', 404],
  ] as const)
    expect(await call(method, path)).toMatchObject({ status, body: { code: status } });
});
