/** The same commands with the older emergency-access-service (`access.api`). */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEmergencyAccessService } from '../../src/access/emergency-access-service.ts';
import { main } from '../../src/main.ts';
import type { HttpClient } from '../../src/platform/net/http-types.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createTestIo } from '../support/io.ts';
import { clock, type Person, person, testSandbox } from '../support/sandbox.ts';

const OLDER = { ZKUBECTL_ACCESS_API: 'emergency-access-service' };
let sandbox: Sandbox;
let alice: Person;
let bob: Person;
beforeEach(async () => {
  sandbox = await testSandbox({ grantTtlMs: 600_000 });
  alice = person(sandbox, 'alice', OLDER);
  bob = person(sandbox, 'bob', OLDER);
  await alice.run('login', 'foobarlab');
  await bob.run('login', 'foobarlab');
});

afterEach(async () => {
  clock.reset();
  await sandbox.close();
});

const ASK = ['emergency', '-i', 'INC-7', '--no-wait-for-approval', 'checkout', 'is', 'down'];

test('emergency: asked, listed, approved by the name of the user, granted', async () => {
  const io = createTestIo({ home: alice.home, env: alice.env });
  const running = main(['emergency', '-i', 'INC-7', 'checkout', 'is', 'down'], io);
  await vi.waitFor(() => expect(io.stdout.text).toBe('alice\n'), { timeout: 90_000 });
  expect(io.stderr.text).toContain('a colleague approves it with: zkubectl cluster-access approve alice');
  const list = await bob.run('cluster-access', 'list', '--open', '-o', 'json');
  expect(JSON.parse(list.stdout)).toMatchObject({
    items: [
      {
        request_key: 'alice',
        request_type: 'emergency',
        requestor: 'alice',
        business_justification: 'checkout is down',
        request_status: 'PENDING',
      },
    ],
  });
  const approve = await bob.run('cluster-access', 'approve', '--incident', 'INC-7', '--yes');
  expect([approve.code, approve.stderr]).toEqual([0, expect.stringContaining('request alice of alice is approved')]);
  expect(await running).toBe(0);
  expect(io.stderr.text).toMatch(/granted: you can write on foobarlab for (10m|9m \d+s)/);
  const can = (await alice.run('token', '--cluster', 'foobarlab')).stdout.split('.')[1] ?? '';
  expect(Buffer.from(can, 'base64url').toString()).toContain('"Emergency"');
  expect((await alice.run('cluster-access', 'list', '--granted', '-o', 'name')).stdout).toBe('alice\n');
  clock.advance(601_000);
  expect((await alice.run('cluster-access', 'list', '--granted', '-o', 'name')).stdout).toBe('');
  expect((await alice.run('doctor', '-o', 'json')).stdout).toMatch(/"name":"access API","status":"ok"/);
});

test('a request that waits is not granted because an earlier one was', async () => {
  expect((await alice.run(...ASK)).code).toBe(0);
  expect((await bob.run('cluster-access', 'approve', 'alice', '--yes')).code).toBe(0);
  const asked = await alice.run('cluster-access', 'request', '--no-wait-for-approval', 'rotate a secret', '-o', 'json');
  expect(JSON.parse(asked.stdout)).toMatchObject({ request_key: 'alice', request_status: 'PENDING' });
});

test('what the service cannot do is exit 2, and nothing is sent', async () => {
  await alice.run(...ASK);
  const reject = await bob.run('cluster-access', 'approve', 'alice', '--reject', '--yes');
  expect([reject.code, reject.stderr]).toEqual([2, expect.stringContaining('cannot reject a request')]);
  const comment = await bob.run('cluster-access', 'approve', 'alice', '--comment', 'x', '--yes');
  expect([comment.code, comment.stderr]).toEqual([2, expect.stringContaining('cannot take a comment')]);
  const many = await alice.run('emergency', '-i', 'INC-7', '--cluster', 'foobarlab,abckub', 'down');
  expect([many.code, many.stderr]).toEqual([2, expect.stringContaining('for several clusters')]);
  expect((await bob.run('cluster-access', 'list', '--open', '-o', 'name')).stdout).toBe('alice\n');
  const own = await alice.run('cluster-access', 'approve', 'alice', '--yes');
  expect([own.code, own.stderr]).toEqual([5, expect.stringContaining('your own request')]);
});

test('items that cannot be commands are left out; what the service does not say is not made up', async () => {
  const answer = (body: unknown) => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) });
  const http = (body: unknown) => ({ send: () => Promise.resolve(answer(body)) }) as unknown as HttpClient;
  const api = (body: unknown) =>
    createEmergencyAccessService({
      url: 'https://access.example.org',
      http: http(body),
      token: () => Promise.resolve('t'),
      user: () => Promise.resolve('alice'),
      now: () => new Date('2026-01-01T00:00:00Z'),
    });
  const items = [
    { user: '$(reboot)', approved: true },
    { user: 'a\u001b[2J', approved: true },
    null,
    { user: 'carol@example.org', approved: 'true', access_type: 'manual' },
    { user: 'dave', approved: true, expiry_time: '2025-12-31T23:59:59Z', access_type: 'other', reason: 7 },
  ];
  const own = { user: 'alice', access_type: 'emergency', approved: true };
  const other = api({ items: [{ ...own, reason: 'other' }] });
  expect(await other.status({ requestKey: 'alice', accountName: '', reason: 'mine' })).toBeUndefined();
  const unreadable = api({ items: [{ ...own, reason: 'mine', expiry_time: 12345 }] });
  expect(await unreadable.status({ requestKey: 'alice', accountName: '', reason: 'mine' })).toMatchObject({
    status: 'PENDING',
  });
  expect(await api({ items }).list({ accountName: 'shop' })).toMatchObject([
    { requestKey: 'carol@example.org', status: 'PENDING', type: 'privileged', accountName: 'shop', reason: '' },
    { requestKey: 'dave', status: 'EXPIRED', type: 'other', referenceUrl: undefined, createdAt: undefined },
  ]);
  await expect(api([]).list({})).rejects.toThrow('unexpected response');
});
