import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EntryHead } from '../../../src/journal/entry.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { makeTempDir } from '../../support/io.ts';

const NOON = new Date('2026-11-29T12:00:00Z');
const DAY_MS = 86_400_000;
const head = (argv: readonly string[], time = NOON, more: Partial<EntryHead> = {}): Omit<EntryHead, 'id'> => ({
  ...{ kind: 'command', time, user: 'alice', cluster: 'shop', environment: 'production', namespace: 'cart', argv },
  ...{ incident: undefined, request: undefined, act: undefined },
  ...more,
});

function journal(keepDays = 90) {
  const dir = makeTempDir();
  const made = new Journal(dir, keepDays * DAY_MS);
  const folder = path.join(dir, 'journal');
  return { made, folder, fileOf: (day: string) => path.join(folder, `${day}.jsonl`) };
}

test('an entry has a beginning and an end; without its end, the end is not known', () => {
  const { made, folder, fileOf } = journal();
  const first = made.begin(head(['zkubectl', 'scale', 'x']));
  const second = made.begin(head(['zkubectl', 'apply'], new Date(NOON.getTime() + 1000)));
  second.end({ exitCode: 1, seconds: 2.5 });
  expect(made.entries()).toEqual([
    { ...head(['zkubectl', 'scale', 'x']), id: first.id, end: undefined },
    {
      ...head(['zkubectl', 'apply'], new Date(NOON.getTime() + 1000)),
      id: second.id,
      end: { exitCode: 1, seconds: 2.5 },
    },
  ]);
  expect(made.entries(new Date(NOON.getTime() + 1))).toHaveLength(1);
  expect(fs.statSync(fileOf('2026-11-29')).mode & 0o777).toBe(0o600);
  expect(fs.statSync(folder).mode & 0o777).toBe(0o700);
});

test('a line has 4 KB at most; a longer command is kept whole elsewhere', () => {
  const { made, fileOf } = journal();
  const argv = ['zkubectl', 'label', 'x', 'word '.repeat(5000)];
  const { id } = made.begin(head(argv));
  const lines = fs.readFileSync(fileOf('2026-11-29'), 'utf8').split('\n');
  for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThan(4096);
  expect(made.entries()).toEqual([{ ...head(argv), id, end: undefined }]);
});

test('damaged lines, and lines that a full disk has cut, hide no other entry', () => {
  const { made, fileOf } = journal();
  const { id } = made.begin(head(['a']));
  fs.appendFileSync(fileOf('2026-11-29'), '{"id":"cut","kind":"command","time":"2026-11');
  const next = made.begin(head(['b']));
  next.end({ exitCode: 0, seconds: 1 });
  for (const line of ['nonsense', '[]', 'null', '{"id":1}', '{"end":"x","exitCode":"0"}', '{"id":"y","kind":"other"}'])
    fs.appendFileSync(fileOf('2026-11-29'), `${line}\n`);
  expect(made.entries().map(entry => [entry.id, entry.end?.exitCode])).toEqual([
    [id, undefined],
    [next.id, 0],
  ]);
});

test('entries are kept for so many days', () => {
  const { made, folder } = journal(90);
  const daysAgo = (days: number) => new Date(NOON.getTime() - days * DAY_MS);
  const long = ['x'.repeat(5000)];
  made.begin(head(long, daysAgo(92)));
  made.begin(head(['at the border'], daysAgo(90)));
  made.begin(head(['now']));
  expect(made.entries().map(({ argv }) => argv[0])).toEqual(['at the border', 'now']);
  expect(fs.readdirSync(path.join(folder, 'long'))).toEqual([]);
});

test('a folder that belongs to others is an error, and a link in the place of a file is not followed', () => {
  const { made, fileOf } = journal();
  made.begin(head(['a']));
  const elsewhere = path.join(makeTempDir(), 'elsewhere');
  fs.rmSync(fileOf('2026-11-29'));
  fs.symlinkSync(elsewhere, fileOf('2026-11-29'));
  expect(() => made.begin(head(['b']))).toThrow();
  expect(fs.existsSync(elsewhere)).toBe(false);
});

describe('secrets', () => {
  const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
  const KEY = 'wJalrXUtnFEMI7MDENGbPxRfiCYEXAMPLEKEY9zQ';
  test.each([
    [['zkubectl', '--token', 'CANARY', 'get', 'x']],
    [['zkubectl', '--token=CANARY', 'get', 'x']],
    [['zkubectl', 'create', 'secret', 'generic', 's', '--from-literal', 'a=CANARY']],
    [['zkubectl', 'create', 'secret', 'generic', 's', '--from-literal=a=CANARY']],
    [['zkubectl', 'create', 'secret', 'docker-registry', 's', '--docker-password=CANARY']],
    [['zkubectl', 'create', 'secret', 'docker-registry', 's', '--docker-password', 'CANARY']],
    [['zkubectl', 'config', 'set-credentials', 'x', '--password=CANARY']],
    [['zkubectl', 'set', 'env', 'deployment/x', 'DB=CANARY']],
    [['zkubectl', 'set', 'env', 'deployment/x', '-e', 'DB=CANARY']],
    [['zkubectl', 'set', 'env', 'deployment/x', '--env=DB=CANARY']],
    [['zkubectl', 'run', 'x', '--image=y', '--env=DB=CANARY']],
    [['zkubectl', 'run', 'x', '--image=y', '--env', 'DB=CANARY']],
    [['zkubectl', 'annotate', 'x', 'y', 'a=Bearer CANARY']],
    [['zkubectl', 'patch', 'secret', 'x', '-p', '{"data":{"a":"CANARY"}}']],
    [['zkubectl', 'patch', 'x', '-p', '{"spec":{"password":"CANARY"}}']],
    [['zkubectl', 'exec', 'x', '--', 'psql', 'postgres://u:CANARY@db/x']],
    [['zkubectl', 'exec', 'x', '--', 'sh', '-c', 'export API_KEY=CANARY']],
    [['zkubectl', 'exec', 'x', '--', 'curl', '-H', 'X-Key: CANARY']],
    [['zkubectl', 'exec', 'x', '--', 'curl', '-u', 'me:CANARY']],
    [['zkubectl', 'exec', 'x', '--', 'mysql', '--password', 'CANARY']],
    [['zkubectl', 'annotate', 'x', 'y', `a=${JWT}`]],
    [['zkubectl', 'annotate', 'x', 'y', `a=${KEY}`]],
    [['zkubectl', 'annotate', 'x', 'y', 'a=ghp_0123456789abcdefghij']],
    [['zkubectl', 'annotate', 'x', 'y', 'a=glpat-0123456789abcdefghij']],
    [['zkubectl', 'annotate', 'x', 'y', 'a=AKIAIOSFODNN7EXAMPLE']],
    [['zkubectl', 'annotate', 'x', 'y', 'a=0123456789abcdef0123456789abcdef']],
  ])('%j', argv => {
    const { made, fileOf } = journal();
    made.begin(head(argv));
    const text = fs.readFileSync(fileOf('2026-11-29'), 'utf8');
    for (const secret of ['CANARY', JWT, KEY, '0123456789', 'IOSFODNN7']) expect(text).not.toContain(secret);
    expect(text).toContain('********');
  });

  test.each([
    [['zkubectl', 'set', 'image', 'deployment/x', 'x=registry.example.org/shop/cart:0.19.3']],
    [['zkubectl', 'set', 'image', 'deployment/x', `x=cart@sha256:${'0123456789abcdef'.repeat(4)}`]],
    [['zkubectl', 'set', 'image', 'deployment/x', `x=cart:${'a94a8fe5'.repeat(5)}`]],
    [['zkubectl', 'delete', 'pod', 'checkout-7d62409c0d-kbcnz', 'storefront-v10-4813663e46-m4l2w']],
    [['zkubectl', 'label', 'node', 'ip-10-1-2-3.eu-central-1.compute.internal', 'zalando.org/pod-max-pids=4096']],
    [['zkubectl', 'cluster-update', 'block', '--reason', 'INC-1234: CheckoutServiceUnavailable']],
  ])('%j stays as it is', argv => {
    const { made } = journal();
    made.begin(head(argv));
    expect(made.entries()[0]?.argv).toEqual(argv);
  });
});
