/** logtail against an API server that does what a real one may: pods that come and go, streams that break, lines that bite. */
import type http from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { main } from '../../src/main.ts';
import { type FakeApi, type FakeApiOptions, fakeApi, podOf } from '../support/fake-api.ts';
import { createTestIo, runMain, type TestIo, type TestIoOptions } from '../support/io.ts';
import { programs } from '../support/programs.ts';

const open: FakeApi[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(api => api.close()));
});

async function api(options: FakeApiOptions): Promise<FakeApi> {
  const made = await fakeApi(options);
  open.push(made);
  return made;
}

const stamp = (n: number) => `2026-01-02T03:04:${String(n).padStart(2, '0')}Z`;
/** Nobody waits in these tests; a limit for an answer is never reached. */
const sleep = (ms: number): Promise<void> =>
  new Promise(resolve => {
    if (ms < 10_000) setImmediate(resolve);
  });

/** logtail that goes on until it is interrupted. */
function following(fake: FakeApi, argv: string[], options: TestIoOptions = {}) {
  const interrupt = new AbortController();
  const io: TestIo = createTestIo({ env: fake.env, signal: interrupt.signal, sleep, ...options });
  const ended = main(['logtail', ...argv], io);
  return {
    io,
    lines: () => io.stdout.text.split('\n').slice(0, -1),
    end: async () => {
      interrupt.abort(new InterruptedError());
      return ended;
    },
  };
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 90_000, interval: 5 });

describe('logtail follows', () => {
  test('containers that match, and pods that come', async () => {
    const fake = await api({
      pods: [podOf('cart-1', { app: 'c1', proxy: 'p1' }), podOf('other', { app: 'o1' })],
      log: (url, response) => {
        response.write(`${stamp(1)} hello from ${url.pathname.split('/')[6]}\n`);
      },
    });
    const tail = following(fake, ['^cart', '-c', 'app']);
    await until(() => expect(tail.lines()).toEqual(['cart-1 app hello from cart-1']));
    fake.tell('ADDED', podOf('cart-2', { app: 'c2' }));
    fake.tell('ADDED', podOf('other-2', { app: 'o2' }));
    await until(() => expect(tail.lines()).toEqual([1, 2].map(n => `cart-${n} app hello from cart-${n}`)));
    expect(await tail.end()).toBe(0);
    expect(tail.io.stderr.text).toMatch(/^\+ cart-1 app\n\+ cart-2 app\n/);
    const logs = fake.requests.filter(r => r.includes('/log?'));
    // How far back goes for what ran already; of what comes later, all is wanted.
    expect(logs.map(r => r.includes('sinceSeconds=172800'))).toEqual([true, false]);
  });

  test('a stream that breaks is opened again, and every line comes once and in order', async () => {
    const fake = await api({
      pods: [podOf('cart-1', { app: 'c1' })],
      log: (url, response, count) => {
        const from = count === 1 ? 1 : Math.max(1, count * 10 - 12);
        for (let n = from; n <= count * 10 && n < 60; n++) response.write(`${stamp(n)} line ${n}\n`);
        if (count > 1 && url.searchParams.get('sinceTime') === null)
          response.write(`${stamp(1)} asked for all again\n`);
        // Broken off within a line, as a connection is.
        if (count < 5) response.write(`${stamp(count * 10 + 1)} half a l`, () => response.destroy());
      },
    });
    const tail = following(fake, ['.']);
    await until(() => expect(tail.lines().at(-1)).toBe('cart-1 app line 50'));
    expect(tail.lines()).toEqual(Array.from({ length: 50 }, (_, i) => `cart-1 app line ${i + 1}`));
    expect(await tail.end()).toBe(0);
  });

  test('a log that ends with its container is not asked for again', async () => {
    const fake = await api({
      pods: [podOf('job-1', { app: 'c1' }, { terminated: {} })],
      log: (_, response) => response.end(`${stamp(1)} done\n`),
    });
    const tail = following(fake, ['.']);
    await until(() => expect(tail.io.stderr.text).toBe('+ job-1 app\n- job-1 app\n'));
    expect(tail.lines()).toEqual(['job-1 app done']);
    await tail.end();
    expect(fake.requests.filter(r => r.includes('/log?'))).toHaveLength(1);
  });

  test('a container that restarts is followed once, also when its log is read before its status is known', async () => {
    const streams: http.ServerResponse[] = [];
    const lines: string[] = [];
    const fake = await api({
      pods: [podOf('a', { app: 'c1' })],
      log: (_, response) => {
        streams.push(response);
        // As a server does, that counts in whole seconds: all of it again.
        response.write(lines.join(''));
      },
    });
    const write = (n: number) => {
      lines.push(`${stamp(n)} line ${n}\n`);
      streams.at(-1)?.write(lines.at(-1));
    };
    const tail = following(fake, ['.']);
    await until(() => expect(streams).toHaveLength(1));
    write(1);
    // The first run ends, and the second is read before anybody says that there is one.
    streams[0]?.end();
    await until(() => expect(streams).toHaveLength(2));
    write(2);
    await until(() => expect(tail.lines()).toHaveLength(2));
    fake.tell('MODIFIED', podOf('a', { app: 'c2' }));
    write(3);
    await until(() => expect(tail.lines()).toHaveLength(3));
    // Ended, and over; a third run begins.
    fake.tell('MODIFIED', podOf('a', { app: 'c2' }, { terminated: {} }));
    streams[1]?.end();
    await until(() => expect(streams).toHaveLength(3));
    streams[2]?.end();
    await until(() => expect(tail.io.stderr.text).toBe('+ a app\n- a app\n'));
    fake.tell('MODIFIED', podOf('a', { app: 'c3' }));
    await until(() => expect(streams).toHaveLength(4));
    write(4);
    await until(() => expect(tail.lines()).toHaveLength(4));
    await tail.end();
    expect(tail.lines()).toEqual([1, 2, 3, 4].map(n => `a app line ${n}`));
    expect(streams).toHaveLength(4);
  });

  test('a log that cannot be had at first is tried again, also when its container is over', async () => {
    let asked = 0;
    const fake = await api({
      pods: [podOf('done', { app: 'c1' }, { terminated: {} })],
      handle: (url, response) => {
        if (!url.pathname.endsWith('/log') || asked++ > 0) return false;
        response.writeHead(500).end('{"message":"busy"}');
        return true;
      },
      log: (_, response) => response.end(`${stamp(1)} here\n`),
    });
    const tail = following(fake, ['.']);
    await until(() => expect(tail.lines()).toEqual(['done app here']));
    await tail.end();
  });

  test.each([
    ['a list', { kind: 'PodList', items: [] }],
    ['an event without an object', { type: 'ADDED' }],
    ['an object without metadata', { type: 'MODIFIED', object: { kind: 'Pod' } }],
    ['no event at all', 7],
  ])('a watch that gives %s is begun again, and nothing breaks', async (_, answer) => {
    let watches = 0;
    const fake = await api({
      pods: [podOf('a', { app: 'a1' })],
      log: (_url, response) => {
        response.write(`${stamp(1)} one\n`);
      },
      handle: (url, response) => {
        if (url.searchParams.get('watch') !== 'true' || watches++ > 0) return false;
        response.writeHead(200, { 'content-type': 'application/json' }).write(`${JSON.stringify(answer)}\n`);
        return true;
      },
    });
    const tail = following(fake, ['a']);
    await until(() => expect(watches).toBeGreaterThan(1));
    await until(() => expect(tail.lines()).toEqual(['a app one']));
    expect(await tail.end()).toBe(0);
  });

  test('a watch that the server ends is begun again; nothing that matches is said', async () => {
    let watches = 0;
    const fake = await api({
      handle: (url, response) => {
        if (url.searchParams.get('watch') !== 'true' || watches++ > 0) return false;
        response.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object: { code: 410 } })}\n`);
        return true;
      },
      log: (_, response) => response.write(`${stamp(1)} late\n`),
    });
    const tail = following(fake, ['.']);
    await until(() => expect(watches).toBeGreaterThan(1));
    expect(tail.io.stderr.text).toBe('no pod matches .; waiting\n');
    await until(() => {
      fake.tell('ADDED', podOf('late', { app: 'x' }));
      expect(tail.lines()).toEqual(['late app late']);
    });
    expect(await tail.end()).toBe(0);
  });

  test('whoever reads has gone: it ends', async () => {
    const fake = await api({
      pods: [podOf('a', { app: 'x' })],
      log: (_, response) => response.write(`${stamp(1)} one\n`),
    });
    const io = createTestIo({ env: fake.env, sleep });
    Object.defineProperty(io.stdout, 'isOver', { get: () => io.stdout.text !== '' });
    expect(await main(['logtail', '.'], io)).toBe(0);
  });
});

describe('logtail --no-follow', () => {
  const lines = ['GET /health 200', 'GET /cart 500', '\x1b[31mred\x1b[0m\ttab \x1b]0;title\x07\u202egnp'];
  const fakeLog: FakeApiOptions = {
    pods: [podOf('a-1', { app: 'x' })],
    log: (_, response) => response.end(lines.map((line, i) => `${stamp(i)} ${line}\n`).join('')),
  };
  const run = async (argv: string[], options: TestIoOptions = {}) =>
    runMain(['logtail', ...argv, '--no-follow'], { sleep, ...options, env: { ...(await api(fakeLog)).env } });

  test('ends with the logs; what is in them cannot steer the terminal', async () => {
    const { code, stdout, stderr } = await run(['a']);
    expect([code, stderr]).toEqual([0, '+ a-1 app\n']);
    expect(stdout.split('\n').map(line => line.replace('a-1 app ', ''))).toEqual([
      'GET /health 200',
      'GET /cart 500',
      'red\ttab \\x1b]0;title\\x07\\u202egnp',
      '',
    ]);
  });

  test('--include, --exclude, --timestamps, -A, -o json', async () => {
    expect((await run(['a', '--include', 'GET', '--exclude', '/health', '-t', '--timezone', 'UTC'])).stdout).toBe(
      `a-1 app 2026-01-02T03:04:01.000000000Z GET /cart 500\n`,
    );
    expect((await run(['a', '-A', '--include=cart'])).stdout).toBe('shop a-1 app GET /cart 500\n');
    const { stdout } = await run(['a', '-o', 'json']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as unknown),
    ).toEqual(
      lines.map((message, i) => ({
        message,
        nodeName: 'node-1',
        namespace: 'shop',
        podName: 'a-1',
        containerName: 'app',
        labels: { app: 'a' },
        annotations: {},
        timestamp: stamp(i),
      })),
    );
  });

  test('the same pod has the same colour, on a terminal alone', async () => {
    const { stdout } = await run(['a'], { tty: true });
    const prefixes = new Set(
      stdout
        .trim()
        .split('\n')
        .map(line => line.slice(0, line.indexOf('app'))),
    );
    expect([...prefixes]).toHaveLength(1);
    expect([...prefixes][0]).toContain('\x1b[');
  });

  test.each<[string[], string]>([
    [['zzz'], 'no pod matches zzz'],
    [['zzz', '-n', 'shop'], 'no pod matches zzz in shop'],
    [['a', '-c', '^nope$'], '1 pod matches a, but no container matches; found: app'],
    [['a', '--exclude-pod', 'a'], 'no pod matches a'],
    [['a', '-E', 'app'], '1 pod matches a, but no container matches; found: app'],
    [['a', '--container-state', 'terminated,waiting'], '1 pod matches a, but no container matches; found: app'],
  ])('%j: exit 3, and what matched', async (argv, words) => {
    expect(await run(argv)).toMatchObject({ code: 3, stdout: '', stderr: `zkubectl: error: ${words}\n` });
  });

  test.each<[string[], string]>([
    [['-o', 'raw'], 'GET /cart 500\n'],
    [['-o', 'default'], 'a-1 app GET /cart 500\n'],
    [['-o', 'extjson'], '{"pod":"a-1","container":"app","message":"GET /cart 500"}\n'],
    [['-o', 'ppextjson'], '{\n  "pod": "a-1",\n  "container": "app",\n  "message": "GET /cart 500"\n}\n'],
    [['--timestamps=short', '--timezone', 'Asia/Kolkata'], 'a-1 app 01-02 08:34:01 GET /cart 500\n'],
    [['-t', '--timezone=Asia/Kolkata'], 'a-1 app 2026-01-02T08:34:01.000000000+05:30 GET /cart 500\n'],
    [['-n', 'shop,shop'], 'a-1 app GET /cart 500\n'],
    [['--highlight', '5..', '--color=always'], '\x1b[31m500\x1b[39m'],
    [
      [
        '--template',
        '{{.Namespace}}/{{.PodName | printf "%-5s"}}|{{printf "%s %q" .ContainerName .Message}}\n'.replace('\\n', ''),
      ],
      'shop/a-1  |app "GET /cart 500"',
    ],
    [['--template', '{{json .Labels}} {{color .PodColor .NodeName}} {{"x"}}'], '{"app":"a"} node-1 x'],
    [['--tail', '-1', '--max-log-requests=1', '--init-containers=false'], 'a-1 app GET /cart 500\n'],
  ])('%j, as stern', async (argv, expected) => {
    const { code, stdout } = await run(['a', '-i', 'cart', ...argv]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(expected)]);
  });

  test('extjson: a message that is JSON stays JSON', async () => {
    const fake = await api({
      pods: [podOf('a-1', { app: 'x' })],
      log: (_, response) => response.end(`${stamp(1)} {"level":"info"}\n`),
    });
    expect((await runMain(['logtail', 'a', '--no-follow', '-o', 'extjson'], { env: fake.env, sleep })).stdout).toBe(
      '{"pod":"a-1","container":"app","message":{"level":"info"}}\n',
    );
  });

  test('several namespaces: each is asked, and named before the pod; selectors go to the server', async () => {
    const fake = await api({
      pods: [podOf('a-1', { app: 'x' })],
      log: (_, response) => response.end(`${stamp(1)} hi\n`),
    });
    const argv = [
      'logtail',
      '-n',
      'one,two',
      '--namespace=three',
      '-l',
      'a=b',
      '--field-selector',
      'status.phase=Running',
      '--node',
      'n1',
      '--no-follow',
      '--only-log-lines',
    ];
    const { code, stdout, stderr } = await runMain(argv, { env: fake.env, sleep });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe('shop a-1 app hi\n'.repeat(3));
    const lists = fake.requests.filter(request => !request.includes('/log?'));
    expect(lists.sort()).toEqual(
      ['one', 'three', 'two'].map(
        namespace =>
          `/api/v1/namespaces/${namespace}/pods?fieldSelector=status.phase=Running,spec.nodeName=n1&labelSelector=a=b`,
      ),
    );
  });

  test('more logs than --max-log-requests: an error with follow, one after another without', async () => {
    let open = 0;
    let most = 0;
    const fake = await api({
      pods: [podOf('a', { x: '1', y: '2', z: '3' })],
      log: (_, response) => {
        most = Math.max(most, ++open);
        response.end(`${stamp(1)} hi\n`, () => open--);
      },
    });
    const bounded = await runMain(['logtail', '.', '--no-follow', '--max-log-requests', '1'], { env: fake.env, sleep });
    expect([bounded.code, bounded.stdout.split('\n').length - 1, most]).toEqual([0, 3, 1]);
    expect(await runMain(['logtail', '.', '--max-log-requests', '2'], { env: fake.env, sleep })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('more than 2 logs match'),
    });
  });

  test.each<[string, object, string]>([
    [
      'deployment/a',
      {
        kind: 'Deployment',
        spec: {
          selector: {
            matchLabels: { app: 'a' },
            matchExpressions: [
              { key: 'tier', operator: 'In', values: ['x', 'y'] },
              { key: 'old', operator: 'DoesNotExist' },
            ],
          },
        },
      },
      'app=a,tier in (x,y),!old',
    ],
    ['svc/a', { kind: 'Service', spec: { selector: { app: 'a' } } }, 'app=a'],
    [
      'cronjob/a',
      { kind: 'CronJob', spec: { jobTemplate: { spec: { template: { metadata: { labels: { job: 'a' } } } } } } },
      'job=a',
    ],
    ['stackset/a', { kind: 'StackSet', spec: {} }, 'stackset=a'],
    [
      'stack/a-v1',
      { kind: 'Stack', metadata: { labels: { stackset: 'a', 'stack-version': 'v1', team: 'x' } }, spec: {} },
      'stackset=a,stack-version=v1',
    ],
  ])('%s: the pods of its selector', async (query, object, selector) => {
    const name = query.split('/')[1] ?? '';
    const json = JSON.stringify({ ...object, metadata: { name, ...(object as { metadata?: object }).metadata } });
    const { dir, argv } = programs({ kubectl: `printf '%s' '${json}'` });
    const fake = await api({
      pods: [podOf('a-1', { app: 'x' })],
      log: (_, response) => response.end(`${stamp(1)} hi\n`),
    });
    const env = { ...fake.env, PATH: `${dir}:/usr/bin:/bin` };
    expect((await runMain(['logtail', query, '--no-follow'], { env, sleep })).stdout).toBe('a-1 app hi\n');
    expect(argv('kubectl')).toEqual([['--context', 'fake', '-n', 'shop', 'get', query, '-o', 'json']]);
    expect(fake.requests[0]).toBe(`/api/v1/namespaces/shop/pods?labelSelector=${selector.replaceAll(' ', '+')}`);
  });

  test('KIND/NAME that is not there: 3; that owns no pods: 2; in several namespaces: 2', async () => {
    const fake = await api({});
    const with_ = (script: string) => ({
      env: { ...fake.env, PATH: `${programs({ kubectl: script }).dir}:/usr/bin:/bin` },
    });
    const absent = `echo 'Error from server (NotFound): deployments.apps "a" not found' >&2; exit 1`;
    expect(await runMain(['logtail', 'deployment/a'], with_(absent))).toMatchObject({
      code: 3,
      stderr: 'zkubectl: error: deployments.apps "a" not found\n',
    });
    const map = `printf '%s' '{"kind":"ConfigMap","metadata":{"name":"a"}}'`;
    expect((await runMain(['logtail', 'configmap/a'], with_(map))).code).toBe(2);
    expect((await runMain(['logtail', 'deployment/a', '-A'], with_(map))).code).toBe(2);
    expect(fake.requests).toEqual([]);
  });
});

describe('logtail refuses', () => {
  test.each([
    [[], 'no pods given'],
    [['('], 'QUERY is not a valid regular expression'],
    [['.', '-c', '['], '--container is not a valid regular expression'],
    [['.', '--since', 'yesterday'], '--since takes a duration'],
    [['.', '--since', '0s'], '--since takes a duration'],
    [['.', '--tail', 'all'], '--tail takes a number'],
    [['.', '-n', '../kube-system'], 'invalid namespace name'],
    [['.', '-o', 'yaml'], 'unknown output format'],
    [['.', '--timezone', 'Mars/Olympus'], 'unknown time zone'],
    [['.', '--timestamps=long'], '--timestamps is default or short'],
    [['.', '--container-state', 'asleep'], '--container-state is'],
    [['.', '--template', '{{range .Labels}}x{{end}}'], 'not supported in a template'],
    [['.', '--template', '{{.Nope}}'], 'not supported in a template'],
  ])('%j: 2', async (argv, message) => {
    const fake = await api({});
    const { code, stderr } = await runMain(['logtail', ...argv], { env: fake.env });
    expect([code, stderr.includes(message), fake.requests]).toEqual([2, true, []]);
  });

  test.each([
    [400, 2, 'refused to list pods in shop: no'],
    [401, 4, 'does not accept your login'],
    [403, 5, 'does not let you list pods in shop'],
    [404, 3, ': no'],
    [409, 1, 'refused to list pods in shop: no'],
    [410, 1, 'refused to list pods in shop: no'],
    [422, 1, 'refused to list pods in shop: no'],
    [429, 6, 'is overloaded: no'],
    [500, 6, 'failed to list pods in shop: no'],
  ])('the server answers %s to the list of pods: %s', async (status, exit, words) => {
    const fake = await api({
      handle: (_, response) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end('{"message":"no"}');
        return true;
      },
    });
    const { code, stderr } = await runMain(['logtail', '.'], { env: fake.env, sleep });
    expect([code, stderr]).toEqual([exit, expect.stringContaining(words)]);
    expect(stderr).not.toContain('network');
  });

  test('no right to read logs: 5; in one of many namespaces: a warning', async () => {
    const fake = await api({
      pods: [podOf('a', { app: 'x', proxy: 'y' })],
      handle: (url, response) => {
        if (!url.pathname.endsWith('/log')) return false;
        response.writeHead(403).end('{"message":"forbidden"}');
        return true;
      },
    });
    expect((await runMain(['logtail', '.'], { env: fake.env, sleep })).code).toBe(5);
    const everywhere = await runMain(['logtail', '.', '-A', '--no-follow'], { env: fake.env, sleep });
    expect([everywhere.code, everywhere.stderr]).toEqual([
      0,
      'zkubectl: warning: fake does not let you read logs in shop\n',
    ]);
  });
});
