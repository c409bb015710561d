/** Grants after the request, and what an approver sees. Each test has a sandbox of its own: grants outlive a test. */
import fs from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { fakeService } from '../support/fake-service.ts';
import { programs } from '../support/programs.ts';
import { clock, person, testSandbox } from '../support/sandbox.ts';

const open: Sandbox[] = [];
afterEach(async () => {
  clock.reset();
  for (const sandbox of open.splice(0)) await sandbox.close();
});

async function people(provisioningMs = 0) {
  const sandbox = await testSandbox({ grantTtlMs: 600_000, provisioningMs, tokenTtlSeconds: 36_000 });
  open.push(sandbox);
  const [alice, bob] = [person(sandbox, 'alice'), person(sandbox, 'bob')];
  for (const who of [alice, bob]) expect((await who.run('login', 'abckub')).code).toBe(0);
  /** A request of alice's that nobody has decided on; gives its key. */
  const newRequest = async (...reason: string[]) => (await alice.run(...ASK, ...reason)).stdout.trim();
  return { alice, bob, newRequest };
}

const SAID =
  'Error from server (Forbidden): pods is forbidden: User "alice" cannot create resource "pods" in API group "" in the namespace "shop"\n';
const ASK = ['cluster-access', 'request', '--no-wait-for-approval'];

describe('a grant', () => {
  test('in force: nothing is sent; in its last minutes it is renewed', async () => {
    const { alice, bob, newRequest } = await people();
    const key = await newRequest('renew me');
    await bob.run('cluster-access', 'approve', key, '--yes');
    expect((await alice.run('cluster-access', 'request', 'renew me')).code).toBe(0);
    const service = await fakeService(() => ({ status: 500 }));
    const env = { ZKUBECTL_ACCESS_URL: service.url };
    const again = await alice.runWith({ env }, ...ASK, 'something else', '-o', 'json');
    await service.close();
    expect([again.code, service.requests]).toEqual([0, []]);
    expect(again.stderr).toMatch(
      /^you already have access to abckub, until 20\S+Z \((10m|9m \d+s)\); nothing was requested\n$/,
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ request_status: 'PROVISIONED', account_name: 'abckub' });
    clock.advance(420_000);
    const renewed = await alice.run(...ASK, 'not done yet');
    expect([renewed.code, renewed.stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
    await bob.run('cluster-access', 'approve', renewed.stdout.trim(), '--yes');
    clock.advance(16_000);
    await alice.run('credentials', 'abckub');
    expect((await alice.run('current')).stdout).toMatch(/production 9m$/m);
  });

  test('that comes while nobody waits is picked up by credentials: one question in 15 s', async () => {
    const { alice, bob } = await people();
    const key = (await alice.run(...ASK, 'nobody waits')).stdout.trim();
    const credentials = () => alice.run('credentials', 'abckub');
    expect((await credentials()).stderr).toBe('');
    expect((await bob.run('cluster-access', 'approve', key, '--yes')).code).toBe(0);
    expect((await credentials()).stderr).toBe('');
    clock.advance(16_000);
    const { stdout, stderr } = await credentials();
    expect(stderr).toMatch(new RegExp(`^request ${key} is granted: you can write on abckub for (10m|9m \\d+s)\n$`));
    const { status } = JSON.parse(stdout) as { status: { token: string } };
    const claims = JSON.parse(Buffer.from(status.token.split('.')[1] ?? '', 'base64url').toString()) as {
      groups: string[];
    };
    expect(claims.groups).toContain('PowerUser');
    expect((await credentials()).stderr).toBe('');
  });

  test('an access API that is down or hangs does not keep kubectl from its token', async () => {
    const { alice } = await people();
    const service = await fakeService(({ method }) =>
      method === 'POST' ? { json: { result: { request_key: '1' } } } : { status: 500 },
    );
    const env = { ZKUBECTL_ACCESS_URL: service.url };
    expect((await alice.runWith({ env }, ...ASK, 'why')).code).toBe(0);
    expect(await alice.runWith({ env }, 'credentials', 'abckub')).toMatchObject({ code: 0, stderr: '' });
    await service.close();
  });

  test('APPROVED is not granted: the requestor goes on waiting, the approver sends nothing more', async () => {
    const { alice: requestor, bob: approver } = await people(60_000);
    const key = (await requestor.run(...ASK, 'slow')).stdout.trim();
    expect((await approver.run('cluster-access', 'approve', key, '--yes')).code).toBe(0);
    expect(await approver.run('cluster-access', 'approve', key)).toMatchObject({
      code: 0,
      stderr: `request ${key} is already approved, by bob\n`,
    });
    expect(await approver.run('cluster-access', 'approve', key, '--reject', '--yes')).toMatchObject({ code: 1 });
    const waited = await requestor.run('cluster-access', 'request', '-t', '1', 'slow', '-o', 'json');
    expect([waited.code, JSON.parse(waited.stdout)]).toEqual([
      8,
      expect.objectContaining({ request_key: key, request_status: 'APPROVED' }),
    ]);
    expect(waited.stderr).toContain(`request ${key} is approved by bob; the access is being set up`);
    expect(waited.stderr).toContain(`request ${key}: approved, but the access was not ready within 1s`);
    expect(waited.stderr).not.toContain('a colleague approves');
    clock.advance(61_000);
    expect((await requestor.run('cluster-access', 'request', 'slow')).stderr).toMatch(/granted: .* for (10m|9m \d+s)/);
  });

  test('and a Forbidden: each new situation is said, the open request, access that ended', async () => {
    const { alice, bob, newRequest } = await people();
    await alice.run('list');
    const { dir } = programs({ kubectl: `printf '%s' '${SAID}' >&2; exit 1` });
    const run = (...argv: string[]) => alice.runWith({ env: { PATH: `${dir}:/usr/bin:/bin` } }, ...argv);
    const key = await newRequest('another situation');
    const waiting = `zkubectl: hint: your request ${key} for abckub was not approved yet; a colleague approves it with: zkubectl cluster-access approve ${key}\n`;
    expect((await run('get', 'pods')).stderr).toBe(`${SAID}${waiting}`);
    expect((await run('get', 'pods')).stderr).toBe(SAID);
    await bob.run('cluster-access', 'approve', key, '--yes');
    // Nobody waited: the next kubectl picks the grant up, 15 s after the last question.
    clock.advance(16_000);
    const granted = await run('get', 'pods');
    expect(granted.stderr).toMatch(
      new RegExp(`^request ${key} is granted: you can write on abckub for (10m|9m \\d+s)\\nError`),
    );
    expect(granted.stderr).not.toContain('hint');
    clock.advance(600_000);
    expect((await run('get', 'pods')).stderr).toMatch(
      /zkubectl: hint: your access to abckub ended \d+s ago\nzkubectl: hint: request access to abckub: /,
    );
    expect((await run('get', 'pods')).stderr).toBe(SAID);
  });
});

describe('an approver', () => {
  test('finds a request from another context, and without one', async () => {
    const { bob, newRequest } = await people();
    const key = await newRequest('from afar');
    await bob.run('login', 'foobarlab-test');
    const list = await bob.run('cluster-access', 'list', '--request-key', key, '-o', 'json');
    expect(JSON.parse(list.stdout)).toMatchObject({
      items: [
        {
          request_key: key,
          request_type: 'privileged',
          account_name: 'abckub',
          clusters: ['abckub'],
          created_at: expect.stringMatching(/Z$/),
        },
      ],
    });
    await bob.run('kubectl', 'config', 'unset', 'current-context');
    fs.rmSync(bob.kubeconfig);
    const { code, stderr } = await bob.run('cluster-access', 'approve', key, '--yes');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /Kind +privileged\nRequestor +alice\nCluster +abckub \(production\)\nAccount +abckub\nRole +default\nReason +from afar\nStatus +PENDING\nMade +\ds ago\nDuration +10m\nrequest \d+ of alice is approved\n$/,
      ),
    ]);
  });

  test('list: open, granted, mine; one cluster; the names of columns', async () => {
    const { alice, bob, newRequest } = await people();
    const key = await newRequest('to be listed');
    const keys = async (...flags: string[]) =>
      (await bob.run('cluster-access', 'list', '-o', 'name', ...flags)).stdout.trim().split('\n');
    expect(await keys('--open')).toContain(key);
    expect(await keys('--open', '--cluster', 'foobarlab')).not.toContain(key);
    expect(await keys('--open', '--cluster', 'abckub')).toContain(key);
    expect(await keys('--granted')).not.toContain(key);
    expect(await keys('--mine')).not.toContain(key);
    expect((await alice.run('cluster-access', 'list', '-o', 'name', '--mine')).stdout).toContain(key);
    await bob.run('cluster-access', 'approve', key, '--yes');
    expect(await keys('--granted')).toContain(key);
    expect(await keys('--open')).not.toContain(key);
    expect((await bob.run('cluster-access', 'list', '--open', '--granted')).code).toBe(2);
    expect((await bob.run('cluster-access', 'list', '--request-key', key)).stdout).toMatch(
      /^Key +│Kind +│Incident│Account│Cluster│Role +│Requestor│Approvers│Reason +│Status +│Made +│Ends\n\d+ +privileged +abckub +abckub +default alice +bob +to be listed PROVISIONED \ds ago in /,
    );
  });

  test('decides on all requests of an incident, and goes on after one that is refused', async () => {
    const { alice, bob } = await people();
    const emergency = ['emergency', '-i', 'INC-77', '--no-wait-for-approval'];
    const first = (await alice.run(...emergency, 'one')).stdout.trim();
    const second = (await alice.run(...emergency, 'two')).stdout.trim();
    const own = (await bob.run(...emergency, 'mine')).stdout.trim();
    expect((await bob.run('cluster-access', 'approve', '--incident', 'INC-78', '--yes')).code).toBe(3);
    expect((await bob.run('cluster-access', 'approve', '1', '--incident', 'INC-77', '--yes')).code).toBe(2);
    const { code, stderr, io } = await bob.runWith(
      { tty: true, answers: [{ confirm: true }] },
      'cluster-access',
      'approve',
      '--incident',
      'INC-77',
    );
    expect(io.asked).toEqual(['approve these 3 requests: alice on abckub, alice on abckub, bob on abckub?']);
    expect(code).toBe(5);
    expect(stderr).toContain(`request ${first} of alice is approved\nrequest ${second} of alice is approved\n`);
    expect(stderr).toContain('your own request');
    expect((await bob.run('cluster-access', 'list', '--open', '-o', 'name')).stdout).toContain(own);
  });

  test('named nothing: chooses on a terminal, and else it is exit 2', async () => {
    const { bob, newRequest } = await people();
    const [one, two] = [await newRequest('choose me'), await newRequest('and me')];
    expect((await bob.run('cluster-access', 'approve')).code).toBe(2);
    const { code, stderr } = await bob.runWith(
      { tty: true, answers: [{ pickSeveral: [one, two] }, { confirm: true }] },
      'cluster-access',
      'approve',
      '--reject',
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining(`request ${two} of alice is rejected\n`)]);
  });
});

describe('one incident on several clusters', () => {
  const several = async () => {
    const made = await people();
    for (const who of [made.alice, made.bob]) expect((await who.run('login', 'foobarlab')).code).toBe(0);
    return made;
  };
  const EMERGENCY = ['emergency', '-i', 'INC-9', '--no-wait-for-approval', '--cluster', 'foobarlab*,abckub'];

  test('one request an account, one line for the approver; test clusters are left out', async () => {
    const { alice, bob } = await several();
    const { code, stderr } = await alice.run(...EMERGENCY, 'all', 'is', 'down');
    expect(code).toBe(0);
    expect(stderr).toContain('not needed on foobarlab-test: not production\n');
    expect(stderr.match(/^requested emergency access to (abckub|foobarlab) /gm)).toHaveLength(2);
    expect(
      stderr.match(/a colleague approves them with: zkubectl cluster-access approve --incident INC-9\n/g),
    ).toHaveLength(1);
    expect((await bob.run('cluster-access', 'approve', '--incident', 'INC-9', '--yes')).code).toBe(0);
    const again = await alice.run(...EMERGENCY.filter(word => !word.startsWith('--no-wait')), 'all', 'is', 'down');
    expect(again.code).toBe(0);
    for (const cluster of ['abckub', 'foobarlab'])
      expect(again.stderr).toContain(`granted: you can write on ${cluster}`);
    expect(again.stderr).not.toContain('a colleague approves');
  });

  test('one that fails is said, and the others are requested', async () => {
    const { alice } = await people();
    const { code, stderr } = await alice.run(...EMERGENCY, 'x');
    expect([code, stderr]).toEqual([4, expect.stringContaining('error: you are not logged in')]);
    expect(stderr).toContain('requested emergency access to abckub');
  });

  test('--block-updates blocks them with the incident as reason, and says so again', async () => {
    const { alice } = await several();
    const { stderr } = await alice.run(...EMERGENCY, '--block-updates', 'x');
    for (const cluster of ['abckub', 'foobarlab']) {
      expect(stderr).toContain(`updates of ${cluster} are blocked: INC-9 (`);
      expect(stderr).toContain(`zkubectl cluster-update unblock --cluster ${cluster}\n`);
      expect((await alice.run('cluster-update', 'status', '--cluster', cluster)).stdout).toContain('blocked: INC-9');
    }
    const again = await alice.run('emergency', '-i', 'INC-8', '--no-wait-for-approval', '--block-updates', 'y');
    expect(again.stderr).toMatch(/updates of \S+ are blocked already: INC-9/);
  });

  test.each([
    [['--cluster', 'foobarlab-test,abckub-test'], 3, 'no production cluster is selected'],
    [['--cluster', 'foobarlab,abckub', '-o', 'json'], 2, '-o works only with one cluster'],
    [['--cluster', 'nope,abckub'], 3, 'no cluster is called nope'],
  ])('%j: %s', async (flags, code, message) => {
    const { alice } = await people();
    const result = await alice.run('emergency', '-i', 'INC-9', ...flags, 'x');
    expect([result.code, result.stderr.includes(message)]).toEqual([code, true]);
  });

  test('--block-updates needs an emergency', async () => {
    const { alice } = await people();
    expect((await alice.run('cluster-access', 'request', '--block-updates', 'x')).code).toBe(2);
  });
});
