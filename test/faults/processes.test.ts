/** Many processes at once, and kill -9: one renewal, no browser, never two holders of a lock. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type FakeIssuer, fakeIssuer, newKeys } from '../support/fake-issuer.ts';
import { figure, scaled } from '../support/faults.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { type ChildResult, cleanEnv, run, start } from '../support/program.ts';
import { filesBelow } from '../support/sandbox.ts';

const AREA = 'many at once';
let issuer: FakeIssuer;
/** What the token endpoint waits for. */
let gate: (count: number) => Promise<void> = async () => undefined;
/** Requests that the token endpoint has not answered, by their number. */
const underWay = new Set<number>();
let mostUnderWay = 0;
beforeAll(async () => {
  issuer = await fakeIssuer(await newKeys(), {
    gate: async (_, count) => {
      underWay.add(count);
      mostUnderWay = Math.max(mostUnderWay, underWay.size);
      await gate(count);
      underWay.delete(count);
    },
  });
});
afterAll(() => issuer.service.close());

interface Home {
  readonly env: Record<string, string>;
  readonly state: string;
  /** Ends every token that is stored. */
  expire(): void;
}

async function home(isLoggedIn = true): Promise<Home> {
  const registry = path.join(makeTempDir(), 'clusters.yaml');
  const env: Record<string, string> = {
    ...cleanEnv(),
    ZKUBECTL_AUTH_ISSUER: issuer.service.url,
    ZKUBECTL_AUTH_CLIENT_ID: 'zkubectl',
    ZKUBECTL_AUTH_CLUSTER_CLIENT_ID: 'kubernetes.cluster.{alias}',
    ZKUBECTL_REGISTRY_FILE: registry,
  };
  fs.writeFileSync(
    registry,
    'clusters:\n- {id: "aws:1:eu:kube-1", alias: one, lifecycle_status: ready, api_server_url: "https://kube-1.example.org"}\n',
  );
  const dir = env['HOME'] ?? '';
  if (isLoggedIn) expect((await runMain(['login', 'one'], { home: dir, env, browser: issuer.browse })).code).toBe(0);
  const state = path.join(dir, '.local', 'state', 'zkubectl');
  return {
    env,
    state,
    expire: () => {
      for (const file of filesBelow(path.join(state, 'tokens'))) {
        const stored = JSON.parse(fs.readFileSync(file, 'utf8')) as { tokens: Record<string, unknown> };
        stored.tokens['idExpiresAt'] = stored.tokens['accessExpiresAt'] = Math.floor(Date.now() / 1000) - 10;
        fs.writeFileSync(file, JSON.stringify(stored));
      }
    },
  };
}

const codes = (results: readonly ChildResult[]) => results.map(result => result.code);
const all = (count: number, what: number) => Array.from({ length: count }, () => what);
const lockFiles = ({ state }: Home) => filesBelow(path.join(state, 'locks')).map(file => path.basename(file));

test('credentials with an expired token: one refresh request, every one of them succeeds', async () => {
  const count = scaled(12, 50);
  const own = await home();
  own.expire();
  const before = issuer.tokenRequests.length;
  const results = await Promise.all(all(count, 0).map(() => run(['credentials', 'one'], own.env)));
  expect(codes(results)).toEqual(all(count, 0));
  expect(new Set(results.map(result => result.stdout)).size).toBe(1);
  const refreshes = issuer.tokenRequests.slice(before);
  expect(refreshes.map(body => new URLSearchParams(body).get('grant_type'))).toEqual(['refresh_token']);
  expect(lockFiles(own)).toEqual([]);
  figure(AREA, 'processes with one expired token', count);
  figure(AREA, 'refresh requests they made', refreshes.length);
});

test('credentials without a token and a terminal: exit 4 at once, no browser, no request', async () => {
  const count = scaled(12, 50);
  const own = await home(false);
  const browser = path.join(own.env['HOME'] ?? '', 'browser');
  fs.writeFileSync(browser, '#!/bin/sh\ntouch "$HOME/opened"\n', { mode: 0o755 });
  const before = issuer.service.requests.length;
  const results = await Promise.all(
    all(count, 0).map(() => run(['credentials', 'one'], { ...own.env, BROWSER: browser })),
  );
  expect(codes(results)).toEqual(all(count, 4));
  for (const { stdout, stderr } of results) {
    expect(stdout).toBe('');
    expect(stderr).toContain('zkubectl: hint: zkubectl login one');
  }
  expect(issuer.service.requests.length).toBe(before);
  expect(fs.existsSync(path.join(own.env['HOME'] ?? '', 'opened'))).toBe(false);
  figure(AREA, 'processes without a token and a terminal', count);
  figure(AREA, 'browsers they opened', 0);
});

test('credentials with a valid token: no lock at all', async () => {
  const own = await home();
  fs.rmSync(path.join(own.state, 'locks'), { recursive: true });
  expect((await run(['credentials', 'one'], own.env)).code).toBe(0);
  expect(fs.existsSync(path.join(own.state, 'locks'))).toBe(false);
});

describe('a holder of the lock', () => {
  /** Starts processes of which one stands at the issuer, and the others wait for it. */
  async function held(own: Home, count: number) {
    own.expire();
    let open: () => void = () => undefined;
    const opened = new Promise<void>(resolve => {
      open = resolve;
    });
    const before = issuer.tokenRequests.length;
    gate = n => (n === before + 1 ? opened : Promise.resolve());
    const children = all(count, 0).map(() => start(['credentials', 'one'], own.env));
    await vi.waitFor(() => expect(issuer.tokenRequests.length).toBe(before + 1), { timeout: 60_000 });
    const first = lockFiles(own)
      .filter(name => /^\d+\./.test(name))
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))[0];
    const pid = Number(first?.split('~')[2]);
    const holder = children.find(({ child }) => child.pid === pid);
    if (holder === undefined) throw new Error(`nobody holds the lock: ${first}`);
    return { holder, others: children.filter(child => child !== holder), before, open };
  }

  test('killed with -9: the others go on at once, and there are never two', async () => {
    const rounds = scaled(1, 8);
    let slowest = 0;
    for (let round = 0; round < rounds; round++) {
      const own = await home();
      mostUnderWay = 0;
      const { holder, others, before, open } = await held(own, 6);
      expect([...underWay]).toEqual([before + 1]);
      await vi.waitFor(() => expect(lockFiles(own).length).toBeGreaterThanOrEqual(2), { timeout: 60_000 });
      underWay.delete(before + 1);
      const killed = performance.now();
      holder.child.kill('SIGKILL');
      await vi.waitFor(() => expect(issuer.tokenRequests.length).toBe(before + 2), { timeout: 30_000, interval: 5 });
      slowest = Math.max(slowest, performance.now() - killed);
      const results = await Promise.all(others.map(other => other.ended));
      expect(codes(results)).toEqual(all(others.length, 0));
      expect(issuer.tokenRequests.length).toBe(before + 2);
      expect(mostUnderWay).toBe(1);
      expect(await holder.ended).toMatchObject({ signal: 'SIGKILL' });
      expect(lockFiles(own)).toEqual([]);
      open();
    }
    // The machine may be busy with the processes themselves: this tells going on from waiting for a time limit.
    expect(slowest).toBeLessThan(10_000);
    figure(AREA, 'holders of the lock killed with -9', rounds);
    figure(AREA, 'holders at once, at the most', 1);
    figure(AREA, 'slowest to go on after one, milliseconds', Math.round(slowest));
  });

  test.runIf(scaled(0, 1))('that does not end: the others say whom they wait for, and give up after 30 s', async () => {
    const own = await home();
    const { holder, others, open } = await held(own, 3);
    // One that fails by itself would let them go on.
    holder.child.kill('SIGSTOP');
    const results = await Promise.all(others.map(other => other.ended));
    expect(codes(results)).toEqual([6, 6]);
    for (const { stderr } of results) {
      expect(stderr).toContain(`waiting for process ${holder.child.pid}, which is renewing this token`);
      expect(stderr).toContain(`gave up waiting for process ${holder.child.pid} after 30 s`);
    }
    open();
    holder.child.kill('SIGCONT');
    // Its own time limit may have passed while it was stopped: then that is its error.
    const { code, stderr } = await holder.ended;
    if (code !== 0) expect([code, stderr]).toEqual([6, expect.stringMatching(/no answer within \d+ s/)]);
    figure(AREA, 'waiting processes that gave up after 30 s, naming the holder', results.length);
  });
});
