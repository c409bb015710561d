import { describe, expect, test } from 'vitest';
import type { AccessRequest } from '../../../src/access/api.ts';
import { incidentUrl } from '../../../src/access/incident.ts';
import { createOpenRequests } from '../../../src/access/open-requests.ts';
import { waitForDecision } from '../../../src/access/wait.ts';
import { UnreachableError, UsageError } from '../../../src/errors.ts';
import { makeTempDir } from '../../support/io.ts';

describe('an incident', () => {
  const template = 'https://jira.example.org/browse/{incident}';
  test.each([
    ['INC-123', 'https://jira.example.org/browse/INC-123'],
    ['inc-7', 'https://jira.example.org/browse/INC-7'],
    ['123', 'https://jira.example.org/browse/123'],
    ['https://other.example.org/i/1?x=2', 'https://other.example.org/i/1?x=2'],
  ])('%s is %s', (incident, url) => {
    expect(incidentUrl(incident, template)).toBe(url);
  });

  test.each(['', 'soon', 'http://plain.example.org', 'INC-', 'INC-1/../2', 'javascript:alert(1)', 'https://', 'INC 1'])(
    '%s is none',
    incident => {
      expect(() => incidentUrl(incident, template)).toThrow(UsageError);
    },
  );

  test('without a template only a URL will do', () => {
    expect(() => incidentUrl('INC-1', undefined)).toThrow(/access.incident_url/);
    expect(incidentUrl('https://x.example.org/1', undefined)).toBe('https://x.example.org/1');
  });
});

/** A clock that sleeping moves. */
function fakeClock() {
  let now = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => new Date(now),
    sleep: async (ms: number) => {
      sleeps.push(ms);
      now += ms;
    },
    signal: new AbortController().signal,
  };
}

const request = (status: string): AccessRequest => ({
  requestKey: '1',
  accountName: 'a',
  accessRole: 'default',
  requestor: 'alice',
  approvers: [],
  reason: 'r',
  status,
  approverComment: undefined,
  expiresAt: undefined,
  createdAt: undefined,
  type: undefined,
  referenceUrl: undefined,
});

describe('waiting', () => {
  const options = {
    requestKey: '1',
    accountName: 'a',
    timeoutMs: 600_000,
    onTick: () => undefined,
    onWaiting: () => undefined,
    onTrouble: () => undefined,
  };

  test('asks after 1 s, then less and less often, every 10 s at most', async () => {
    const io = fakeClock();
    const times: number[] = [];
    const status = async () => {
      times.push(io.now().getTime());
      return request(times.length === 12 ? 'PROVISIONED' : 'PENDING');
    };
    expect((await waitForDecision(io, { status }, options))?.status).toBe('PROVISIONED');
    const gaps = times.map((time, i) => time - (times[i - 1] ?? 0));
    expect(gaps[0]).toBe(1000);
    for (const [i, gap] of gaps.entries()) {
      expect(gap).toBeLessThanOrEqual(10_000);
      expect(gap).toBeGreaterThanOrEqual(gaps[i - 1] ?? 0);
    }
    expect(gaps.at(-1)).toBe(10_000);
  });

  test('ends in time, with the time left told every second', async () => {
    const io = fakeClock();
    const ticks: number[] = [];
    expect(
      await waitForDecision(
        io,
        { status: async () => request('PENDING') },
        { ...options, timeoutMs: 20_000, onTick: left => ticks.push(left) },
      ),
    ).toBeUndefined();
    expect(io.now().getTime()).toBe(20_000);
    expect(Math.max(...io.sleeps)).toBeLessThanOrEqual(1000);
    expect(ticks[0]).toBe(20_000);
  });

  test.each(['REJECTED', 'EXPIRED'])('%s is final', async status => {
    expect((await waitForDecision(fakeClock(), { status: async () => request(status) }, options))?.status).toBe(status);
  });

  test('an answer that does not come is no reason to stop', async () => {
    let count = 0;
    const status = async () => {
      count++;
      if (count < 3) throw new UnreachableError('down');
      return request('PROVISIONED');
    };
    expect((await waitForDecision(fakeClock(), { status }, options))?.status).toBe('PROVISIONED');
  });
});

describe('open requests', () => {
  test('are kept for an hour, for the same command alone', () => {
    const dir = makeTempDir();
    const open = createOpenRequests(dir, 'https://access.example.org');
    const createdAt = new Date('2026-01-01T00:00:00Z');
    const command = { accountName: 'a', type: 'emergency', reason: 'r', referenceUrl: 'https://i/1' } as const;
    open.save({ ...command, requestKey: '1', cluster: 'a', statusUrl: undefined, approvalUrl: undefined, createdAt });
    const at = (minutes: number) => new Date(createdAt.getTime() + minutes * 60_000);
    expect(open.find(command, at(59))?.requestKey).toBe('1');
    for (const other of [
      { type: 'privileged' },
      { accountName: 'b' },
      { reason: 's' },
      { referenceUrl: 'https://i/2' },
    ] as const) {
      expect(open.find({ ...command, ...other }, at(1))).toBeUndefined();
    }
    expect(createOpenRequests(dir, 'https://other.example.org').find(command, at(1))).toBeUndefined();
    expect(open.find(command, at(61))).toBeUndefined();
    expect(open.all(at(1))).toEqual([]);
  });
});
