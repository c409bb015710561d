import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/main.ts';
import { STATE } from '../../src/platform/files/paths.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type FakeAnswer, fakeService } from '../support/fake-service.ts';
import { createTestIo } from '../support/io.ts';
import { clock, type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
let bob: Person;
beforeAll(async () => {
  sandbox = await testSandbox({ grantTtlMs: 600_000 });
});
afterAll(() => sandbox.close());
afterEach(() => {
  clock.reset();
});

async function people(cluster = 'foobarlab'): Promise<void> {
  alice = person(sandbox, 'alice');
  bob = person(sandbox, 'bob');
  await alice.run('login', cluster);
  await bob.run('login', cluster);
}

const groups = async (who: Person, cluster = 'foobarlab') => {
  const token = (await who.run('token', '--cluster', cluster)).stdout.trim();
  return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { groups: string[] }).groups;
};

/** A request of alice's that nobody has decided on; gives its key. */
const newRequest = async (...reason: string[]) =>
  (
    await alice.run('cluster-access', 'request', '--force-new-request', '--no-wait-for-approval', ...reason)
  ).stdout.trim();

describe('emergency', () => {
  test('asks, tells how to approve, waits, and renews the token: the next kubectl has the rights', async () => {
    await people();
    expect(await groups(alice)).not.toContain('Emergency');
    const io = createTestIo({ home: alice.home, env: alice.env });
    const running = main(['emergency', '-i', 'INC-1234', 'checkout', 'is', 'down'], io);
    await vi.waitFor(() => expect(io.stdout.text).toMatch(/^\d+\n$/), { timeout: 90_000 });
    const key = io.stdout.text.trim();
    expect(io.stderr.text).toContain(
      `a colleague approves it with: zkubectl cluster-access approve ${key} --cluster foobarlab`,
    );
    const approve = await bob.run('cluster-access', 'approve', key, '--yes');
    expect([approve.code, approve.stdout]).toEqual([0, '']);
    expect(approve.stderr).toMatch(
      /Kind +emergency\nIncident +https:\/\/\S+INC-1234\nRequestor +alice\nCluster +foobarlab \(production\)\nAccount +foobarlab/,
    );
    expect(await running).toBe(0);
    expect(io.stderr.text).toMatch(/granted: you can write on foobarlab for (10m|9m \d+s)/);
    expect(io.stdout.text).toBe(`${key}\n`);
    expect(await groups(alice)).toContain('Emergency');
    const whoami = JSON.parse((await alice.run('whoami', '-o', 'json')).stdout) as { grants: unknown[] };
    expect(whoami.grants).toMatchObject([
      {
        request_key: key,
        account_name: 'foobarlab',
        business_justification: 'checkout is down',
        expires_at: expect.any(String),
      },
    ]);
    expect((await alice.run('whoami')).stdout).toMatch(
      /^foobarlab +ends in (10m|9m \d+s) \(request \d+: checkout is down\)$/m,
    );
    // Asked again while it runs, it is granted at once.
    expect(await alice.run('emergency', '-i', '1234', 'still')).toMatchObject({ code: 0, stdout: '' });
    clock.advance(601_000);
    expect(await groups(alice)).not.toContain('Emergency');
  });

  test.each([
    [[], 'no incident given: an emergency needs an incident'],
    [['-i', 'soon'], 'not an incident: "soon"'],
    [['-i', 'http://plain.example.org/1'], 'not an incident'],
  ])('with %j it is exit 2 before anything is sent', async (flags, words) => {
    await people();
    const service = await fakeService(() => ({ status: 500 }));
    const env = { ZKUBECTL_ACCESS_URL: service.url, ZKUBECTL_REGISTRY_URL: service.url };
    const { code, stderr } = await alice.runWith({ env }, 'emergency', ...flags, 'why');
    await service.close();
    expect([code, service.requests]).toEqual([2, []]);
    expect(stderr).toContain(words);
  });

  test('an empty or over-long reason is exit 2', async () => {
    await people();
    expect((await alice.run('emergency', '-i', '1')).code).toBe(2);
    expect((await alice.run('emergency', '-i', '1', '  ')).code).toBe(2);
    expect(await alice.run('emergency', '-i', '1', 'x'.repeat(4097))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('4096'),
    });
  });

  test('a test cluster is exit 2: not needed there', async () => {
    await people();
    expect(await alice.run('cluster-access', 'request', '--cluster', 'foobarlab-test', 'why')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('test cluster'),
    });
  });
});

describe('cluster-access', () => {
  test('not approved in time is exit 8, and the same command resumes the same request', async () => {
    await people('abckub');
    const first = await alice.run('cluster-access', 'request', '-t', '1', 'move', 'the', 'queue');
    expect(first.code).toBe(8);
    const key = first.stdout.trim();
    expect(first.stderr).toContain('to resume this request');
    const other = await alice.run('cluster-access', 'request', '--no-wait-for-approval', 'something else');
    expect(other.stdout.trim()).not.toBe(key);
    const second = await alice.run('cluster-access', 'request', '--no-wait-for-approval', 'move the queue');
    expect([second.code, second.stdout.trim()]).toEqual([0, key]);
    expect(second.stderr).toContain(`resuming request ${key}`);
    const forced = await alice.run(
      'cluster-access',
      'request',
      '--no-wait-for-approval',
      '--force-new-request',
      'another',
    );
    expect(forced.stdout.trim()).not.toBe(key);
    const list = await bob.run('cluster-access', 'list', '--cluster', 'abckub', '-o', 'json');
    expect(JSON.parse(list.stdout)).toMatchObject({
      kind: 'AccessRequestList',
      items: [
        {
          request_key: key,
          account_name: 'abckub',
          access_role: 'default',
          requestor: 'alice',
          approvers: [],
          business_justification: 'move the queue',
          request_status: 'PENDING',
        },
        { request_key: other.stdout.trim() },
        { request_key: forced.stdout.trim() },
      ],
    });
    expect((await bob.run('cluster-access', 'list', '--request-key', key)).stdout).toMatch(
      new RegExp(`^${key} +privileged +abckub`, 'm'),
    );
    expect((await bob.run('cluster-access', 'list', '--request-key', '1')).code).toBe(3);
  });

  test("rejected is exit 5 with the approver's comment, escaped", async () => {
    await people('abckub');
    const key = await newRequest('why', 'not');
    expect(
      (
        await bob.runWith(
          { tty: true, answers: [{ confirm: true }] },
          'cluster-access',
          'approve',
          key,
          '--reject',
          '--comment',
          'use\x1b[31m the test cluster',
        )
      ).code,
    ).toBe(0);
    const { code, stderr } = await alice.run('cluster-access', 'request', 'why not');
    expect(code).toBe(5);
    expect(stderr).toContain(`request ${key} was rejected by bob: use\\x1b[31m the test cluster`);
    expect(stderr).not.toContain('\x1b[31m the');
  });

  test('nobody approves his own request; approving twice says so and is exit 0; an unknown key is exit 3', async () => {
    await people('abckub');
    const key = await newRequest('once more');
    expect(await alice.run('cluster-access', 'approve', key, '--yes')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('your own request'),
    });
    expect((await bob.run('cluster-access', 'approve', key)).code).toBe(2);
    expect(
      (await bob.runWith({ tty: true, answers: [{ confirm: false }] }, 'cluster-access', 'approve', key)).code,
    ).toBe(1);
    expect((await bob.run('cluster-access', 'approve', key, '--yes')).code).toBe(0);
    expect(await bob.run('cluster-access', 'approve', key, '--yes')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('already approved'),
    });
    expect((await bob.run('cluster-access', 'approve', '999', '--yes')).code).toBe(3);
  });

  test('unique prefixes of the subcommands work; unknown ones are exit 2 with the nearest', async () => {
    await people('abckub');
    expect((await bob.run('cluster-a', 'li', '-o', 'name')).code).toBe(0);
    expect(await bob.run('cluster-access', 'aprove', '1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean zkubectl cluster-access approve?'),
    });
  });
});

describe('an access service that does not answer as it should', () => {
  const ask = async (answers: (url: string, method: string) => FakeAnswer, ...argv: string[]) => {
    await people();
    const service = await fakeService(request => answers(request.url, request.method));
    try {
      return {
        ...(await alice.runWith(
          { env: { ZKUBECTL_ACCESS_URL: service.url } },
          'cluster-access',
          'request',
          ...argv,
          'why',
        )),
        requests: service.requests,
      };
    } finally {
      await service.close();
    }
  };

  test.each([
    [
      'problem JSON',
      { status: 400, json: { title: 'Bad Request', detail: 'no budget' } },
      1,
      'HTTP 400: Bad Request: no budget',
    ],
    ['401', { status: 401 }, 4, 'does not accept your login'],
    ['403', { status: 403, json: { title: 'Forbidden' } }, 5, 'denied the request'],
    ['500', { status: 500 }, 6, 'failed (HTTP 500'],
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<html>' }, 6, 'unexpected response'],
    ['another JSON', { json: { hello: 1 } }, 6, 'unexpected response'],
  ] as [string, FakeAnswer, number, string][])('%s', async (_name, answer, exitCode, words) => {
    const { code, stderr, requests } = await ask(() => answer);
    expect(code).toBe(exitCode);
    expect(stderr).toContain(words);
    // A POST is never blindly sent twice.
    expect(requests.filter(r => r.method === 'POST')).toHaveLength(1);
  });

  test('a status link to another origin is not followed: the service itself is asked', async () => {
    const thief = await fakeService(() => ({ json: [] }));
    const { code, requests } = await ask(
      (_url, method) =>
        method === 'POST'
          ? {
              json: {
                result: { request_key: '1', _links: { request_status: { href: `${thief.url}/steal?request_key=1` } } },
              },
            }
          : { json: [{ request_key: '1', account_name: 'foobarlab', request_status: 'PROVISIONED' }] },
      '-t',
      '5',
    );
    await thief.close();
    expect([code, thief.requests]).toEqual([0, []]);
    expect(requests.at(-1)?.url).toBe(
      '/v1/requests/tech/cloud-infrastructure/aws/account?account_name=foobarlab&request_key=1',
    );
  });

  test.each(['$(touch /tmp/pwned)', '1\x1b[31m', '-rf', ''])('a request key %j is no request key', async key => {
    const { code, stdout, stderr } = await ask(() => ({ json: { result: { request_key: key } } }));
    expect([code, stdout]).toEqual([6, '']);
    expect(stderr).not.toContain('pwned');
  });

  test('granted at once needs no waiting', async () => {
    const { code, stderr, requests } = await ask(() => ({
      json: { result: { account_name: 'foobarlab', business_justification: 'why', request_status: 'PROVISIONED' } },
    }));
    expect(code).toBe(0);
    expect(stderr).toContain('granted: you can write on foobarlab');
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      account_name: 'foobarlab',
      business_justification: 'why',
      access_role: 'default',
    });
    expect(requests[0]?.url).toBe('/v1/requests/tech/privileged/cloud-infrastructure/aws/account');
  });

  test('a registry that is down only warns when the account is named', async () => {
    await people();
    const env = { ZKUBECTL_REGISTRY_URL: 'http://127.0.0.1:1' };
    const { code, stderr } = await alice.runWith(
      { env },
      'cluster-access',
      'request',
      '--no-wait-for-approval',
      '--account-name',
      'foobarlab',
      'why',
    );
    expect(code).toBe(0);
    expect(stderr).toContain('zkubectl: warning: cannot reach the cluster registry');
    expect(await alice.runWith({ env }, 'cluster-access', 'request', 'why')).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('--account-name'),
    });
  });
});

describe('cluster-update', () => {
  test('status --watch tells every change once, and ends when nothing is under way', async () => {
    const version = (current: string, next: string) => ({
      id: 'aws:1:eu-central-1:kube-1',
      alias: 'foobarlab',
      lifecycle_status: 'ready',
      status: { current_version: current, next_version: next },
    });
    const [old, young] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
    const answers = [version(old, young), version(old, young), version(young, young)];
    const service = await fakeService((_, count) => ({ json: { items: [answers[count - 1]] } }));
    try {
      const waits: number[] = [];
      const { code, stdout } = await alice.runWith(
        {
          env: { ZKUBECTL_REGISTRY_URL: service.url, ZKUBECTL_TOKEN: 'x' },
          sleep: async ms => {
            waits.push(ms);
          },
        },
        'cluster-update',
        'status',
        '--watch',
        '--cluster',
        'foobarlab',
      );
      expect([code, stdout]).toEqual([
        0,
        'foobarlab: being updated (aaaaaaa → bbbbbbb)\nfoobarlab: up-to-date (bbbbbbb)\n',
      ]);
      expect(waits).toEqual([10_000, 10_000]);
    } finally {
      await service.close();
    }
  });

  test.each([
    [{ problems: [{ type: 'x', title: 'stack failed' }] }, {}, 'failing (aaaaaaa → bbbbbbb): stack failed'],
    [
      {
        problems: [
          { type: 'x', title: '' },
          { type: 'y', title: 'b' },
        ],
      },
      {},
      'failing (aaaaaaa → bbbbbbb): x; b',
    ],
    [{}, { cluster_update_block: '' }, 'blocked: no reason given'],
    [
      { problems: [{ type: 'x', title: 'stack failed' }] },
      { cluster_update_block: 'INC-1 (bob)' },
      'blocked: INC-1 (bob); failing: stack failed',
    ],
  ])('status --watch ends on problems and blocks: %j %j', async (status, items, text) => {
    const cluster = {
      id: 'aws:1:eu-central-1:kube-1',
      alias: 'foobarlab',
      lifecycle_status: 'ready',
      status: { current_version: 'aaaaaaaaaaaa', next_version: 'bbbbbbbbbbbb', ...status },
      config_items: items,
    };
    const service = await fakeService(() => ({ json: { items: [cluster] } }));
    try {
      const env = { ZKUBECTL_REGISTRY_URL: service.url, ZKUBECTL_TOKEN: 'x' };
      const argv = ['cluster-update', 'status', '--watch', '--cluster', 'foobarlab'];
      const { code, stdout } = await alice.runWith({ env }, ...argv);
      expect([code, stdout]).toEqual([0, `foobarlab: ${text}\n`]);
    } finally {
      await service.close();
    }
  });

  test('status, block, overwrite, unblock', async () => {
    await people();
    expect((await alice.run('cluster-update', 'status')).stdout).toBe('foobarlab: up-to-date (5f4316c)\n');
    expect((await alice.run('cluster-update', 'status', '--cluster', 'abckub-test')).stdout).toMatch(
      /^abckub-test: being updated \([0-9a-f]{7} → [0-9a-f]{7}\)\n$/,
    );
    expect((await alice.run('cluster-update', 'block')).code).toBe(2);
    expect((await alice.run('cluster-update', 'block', '--reason', 'cyber week')).code).toBe(0);
    expect((await alice.run('cluster-update', 'status')).stdout).toBe(
      'foobarlab: blocked: cyber week (alice@example.org)\n',
    );
    expect(await bob.run('cluster-update', 'block', '--reason', 'mine')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect(
      (await bob.runWith({ tty: true, answers: [{ confirm: false }] }, 'cluster-update', 'block', '--reason', 'mine'))
        .code,
    ).toBe(1);
    expect(
      (
        await bob.runWith(
          { tty: true, answers: [{ input: 'release freeze' }, { confirm: true }] },
          'cluster-update',
          'block',
        )
      ).code,
    ).toBe(0);
    const json = JSON.parse((await alice.run('cluster-update', 'status', '-o', 'json')).stdout) as unknown;
    expect(json).toMatchObject({
      kind: 'ClusterUpdateStatus',
      alias: 'foobarlab',
      state: 'blocked',
      reason: 'release freeze (bob@example.org)',
    });
    expect((await alice.run('cluster-update', 'unblock')).code).toBe(0);
    expect(await alice.run('cluster-update', 'unblock')).toMatchObject({
      code: 0,
      stderr: 'updates of foobarlab are not blocked\n',
    });
  });

  test('a block is not decided on a snapshot', async () => {
    await people();
    expect(
      (
        await alice.runWith(
          { env: { ZKUBECTL_REGISTRY_URL: 'http://127.0.0.1:1' } },
          'cluster-update',
          'block',
          '--reason',
          'x',
        )
      ).code,
    ).toBe(6);
    expect((await alice.run('cluster-update', 'block', '--reason', 'x', '--offline')).code).toBe(6);
  });
});

describe('an answer that does not come', () => {
  /** Hands every request on, and then behaves as `after` says. */
  async function between(after: (method: string, count: number) => 'answer' | 'hang up' | 'hang up before' | number) {
    let posts = 0;
    return fakeService(async ({ method, url, body, headers }) => {
      if (method === 'POST') posts++;
      const what = after(method, posts);
      if (what === 'hang up before') return { hangUp: true };
      const response = await fetch(`${sandbox.info.access}${url}`, {
        method,
        headers: { authorization: String(headers.authorization), 'content-type': 'application/json' },
        ...(method === 'POST' ? { body } : {}),
      });
      const json: unknown = await response.json();
      if (what === 'hang up') return { hangUp: true };
      return typeof what === 'number' ? { status: what, json: {} } : { status: response.status, json };
    });
  }
  const REQUEST = ['cluster-access', 'request', '--no-wait-for-approval'];
  const keysFor = async (reason: string) => {
    const { items } = JSON.parse((await alice.run('cluster-access', 'list', '-o', 'json')).stdout) as {
      items: { request_key: string; business_justification: string }[];
    };
    return items.filter(item => item.business_justification === reason).map(item => item.request_key);
  };

  test.each([['hang up' as const], [502], [504]])(
    'after %s the state is asked, and the request is found',
    async what => {
      await people();
      const service = await between(method => (method === 'POST' ? what : 'answer'));
      const reason = `scale down ${what}`;
      const { code, stdout, stderr } = await alice.runWith(
        { env: { ZKUBECTL_ACCESS_URL: service.url } },
        ...REQUEST,
        reason,
      );
      await service.close();
      const keys = await keysFor(reason);
      expect([code, keys]).toEqual([0, [stdout.trim()]]);
      expect(stderr).toContain(`found request ${keys[0]}`);
      expect(service.requests.filter(request => request.method === 'POST')).toHaveLength(1);
    },
  );

  test('one that cannot be asked for is exit 6, and the same command finds it later, made once', async () => {
    await people();
    const reason = 'move the queue at last';
    let isBroken = true;
    const service = await between(() => (isBroken ? 'hang up' : 'answer'));
    const run = () => alice.runWith({ env: { ZKUBECTL_ACCESS_URL: service.url } }, ...REQUEST, reason);
    const first = await run();
    expect([first.code, first.stdout]).toEqual([6, '']);
    expect(first.stderr).toContain('run the same command again');
    // Still nobody who could say: nothing is sent again.
    expect((await run()).code).toBe(6);
    isBroken = false;
    const third = await run();
    await service.close();
    expect(third.code).toBe(0);
    expect(service.requests.filter(request => request.method === 'POST')).toHaveLength(1);
    expect(await keysFor(reason)).toEqual([third.stdout.trim()]);
  });

  test('one that never arrived is made by the same command', async () => {
    await people();
    let isBroken = true;
    const service = await between(method => (method === 'POST' && isBroken ? 'hang up before' : 'answer'));
    const run = () => alice.runWith({ env: { ZKUBECTL_ACCESS_URL: service.url } }, ...REQUEST, 'rotate a secret');
    expect((await run()).code).toBe(6);
    isBroken = false;
    const { code, stdout } = await run();
    await service.close();
    expect([code, await keysFor('rotate a secret')]).toEqual([0, [stdout.trim()]]);
  });

  test("somebody else's request for the same reason is not taken for it", async () => {
    await people();
    expect((await bob.run(...REQUEST, 'the same words')).code).toBe(0);
    const service = await between(method => (method === 'POST' ? 'hang up before' : 'answer'));
    const { code, stderr } = await alice.runWith(
      { env: { ZKUBECTL_ACCESS_URL: service.url } },
      ...REQUEST,
      'the same words',
    );
    await service.close();
    expect(code).toBe(6);
    expect(stderr).not.toContain('found request');
  });

  test('another request of ours with the same words is not taken for it: not a privileged one for an emergency, nor an old one for a forced one', async () => {
    await people();
    const words = 'the same words again';
    const old = await alice.run(...REQUEST, words);
    const service = await between(method => (method === 'POST' ? 'hang up before' : 'answer'));
    const env = { ZKUBECTL_ACCESS_URL: service.url };
    for (const argv of [
      ['emergency', '-i', 'INC-9', '--no-wait-for-approval', words],
      [...REQUEST, '--force-new-request', words],
    ]) {
      clock.advance(600_000);
      const { code, stderr } = await alice.runWith({ env }, ...argv);
      clock.reset();
      expect([code, stderr]).toEqual([6, expect.not.stringContaining(old.stdout.trim())]);
    }
    await service.close();
  });

  test('an opaque token does not say whose a request is: nobody decides that by himself', async () => {
    const request = {
      request_key: '777',
      account_name: 'one',
      requestor: 'bob',
      business_justification: 'why',
      request_status: 'PENDING',
    };
    const service = await fakeService(({ method }) => (method === 'POST' ? { hangUp: true } : { json: [request] }));
    const env = {
      ZKUBECTL_ACCESS_URL: service.url,
      ZKUBECTL_TOKEN: 'opaque',
      ZKUBECTL_REGISTRY_URL: 'http://127.0.0.1:1',
    };
    const { code, stdout, stderr } = await alice.runWith(
      { env },
      ...REQUEST,
      '--cluster',
      'foobarlab',
      '--account-name',
      'one',
      'why',
    );
    await service.close();
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('request 777 of bob has the same reason');
  });

  test('the same command typed twice at once makes one request', async () => {
    await people();
    const service = await between(() => 'answer');
    const env = { ZKUBECTL_ACCESS_URL: service.url };
    const results = await Promise.all([1, 2, 3].map(() => alice.runWith({ env }, ...REQUEST, 'typed twice')));
    await service.close();
    expect(results.map(result => result.code)).toEqual([0, 0, 0]);
    const keys = new Set(results.map(result => result.stdout));
    expect([...keys]).toEqual([expect.stringMatching(/^\d+\n$/)]);
    expect(service.requests.filter(request => request.method === 'POST')).toHaveLength(1);
  });

  test('a forced request that is refused leaves the open one to be resumed', async () => {
    await people();
    const first = await alice.run(...REQUEST, 'keep me');
    expect([first.code, first.stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
    let isRefusing = true;
    const service = await between(method => (method === 'POST' && isRefusing ? 403 : 'answer'));
    const env = { ZKUBECTL_ACCESS_URL: service.url };
    const made = await alice.runWith({ env }, ...REQUEST, 'keep me too');
    expect(made.code).toBe(5);
    isRefusing = false;
    const open = await alice.runWith({ env }, ...REQUEST, 'keep me too');
    expect([open.code, open.stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
    isRefusing = true;
    expect((await alice.runWith({ env }, ...REQUEST, '--force-new-request', 'keep me too')).code).toBe(5);
    expect((await alice.runWith({ env }, ...REQUEST, 'keep me too')).stdout).toBe(open.stdout);
    await service.close();
    expect((await alice.run(...REQUEST, 'keep me')).stdout).toBe(first.stdout);
  });

  test('a service that was never reached is asked anew, without looking', async () => {
    await people();
    const down = { env: { ZKUBECTL_ACCESS_URL: 'http://127.0.0.1:1' } };
    expect((await alice.runWith(down, ...REQUEST, 'nobody heard this')).code).toBe(6);
    // It throws where there is no such folder.
    expect(fs.readdirSync(path.join(alice.home, '.local/state/zkubectl', STATE.accessRequests))).toEqual([]);
  });
});

test('in an outage of the registry, the account is called what it last was', async () => {
  const own = await testSandbox();
  const somebody = person(own, 'alice');
  await somebody.run('login', 'foobarlab');
  await somebody.run('list');
  // The registry's address stays, and nobody answers there.
  const registry = await fakeService(async ({ url, headers }) => {
    const response = await fetch(`${own.info.registry}${url}`, {
      headers: { authorization: String(headers.authorization) },
    });
    return { status: response.status, json: await response.json() };
  });
  const env = { ZKUBECTL_REGISTRY_URL: registry.url };
  expect((await somebody.runWith({ env }, 'list')).code).toBe(0);
  expect((await somebody.runWith({ env }, 'whoami')).code).toBe(0);
  await registry.close();
  const { code, stdout, stderr } = await somebody.runWith(
    { env },
    'emergency',
    '-i',
    'INC-1',
    '--no-wait-for-approval',
    'it is down',
  );
  await own.close();
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
  expect(stderr).toContain('using the saved name of the account aws:123740508747: foobarlab');
});
