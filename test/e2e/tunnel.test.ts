/** tunnel with a kubectl that does what the test wants: what is made, what is refused, what is left. Bytes flow in test/smoke. */
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { main } from '../../src/main.ts';
import { createTestIo, runMain, type TestIoOptions } from '../support/io.ts';
import { programs } from '../support/programs.ts';

const READY =
  '{"items":[{"metadata":{"name":"p"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}]}';
const PENDING = '{"items":[{"metadata":{"name":"p"},"status":{"phase":"Pending"}}]}';
const NO_IMAGE =
  '{"items":[{"metadata":{"name":"p"},"status":{"phase":"Pending","containerStatuses":[{"state":{"waiting":{"reason":"ImagePullBackOff"}}}]}}]}';
const FORWARDS =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a script of the shell
  'for pair in "$@"; do case "$pair" in [0-9]*:1000*) echo "Forwarding from 127.0.0.1:${pair%:*} -> ${pair#*:}";; esac; done';

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A kubectl by its verbs. */
function world(verbs: { create?: string; get?: string; events?: string; forward?: string; delete?: string }) {
  const { dir, argv } = programs({
    kubectl: `verb="$7"
case "$verb" in --*) verb="$6";; esac
for arg in "$@"; do case "$arg" in create|get|port-forward|delete) verb="$arg"; break;; esac; done
case "$verb" in
  create) cat > "${'$'}{0%/*}/job.json"; ${verbs.create ?? 'echo job.batch/x'} ;;
  get) case "$*" in *' events '*) echo '${verbs.events ?? '{"items":[]}'}' ;; *) echo '${verbs.get ?? READY}' ;; esac ;;
  port-forward) ${verbs.forward ?? FORWARDS} ;;
  delete) ${verbs.delete ?? 'true'} ;;
esac`,
  });
  const kubeconfig = path.join(dir, 'config');
  fs.writeFileSync(
    kubeconfig,
    'apiVersion: v1\nkind: Config\ncurrent-context: shop\ncontexts: [{name: shop, context: {cluster: c, user: u, namespace: web}}]\nclusters: [{name: c, cluster: {server: "https://shop.example.org"}}]\nusers: [{name: u, user: {}}]\n',
  );
  const env = { PATH: `${dir}:/usr/bin:/bin`, KUBECONFIG: kubeconfig };
  const run = (argv: string[], options: TestIoOptions = {}) => runMain(['tunnel', ...argv], { ...options, env });
  const log = () => argv('kubectl').map(args => args.find(arg => ALL.includes(arg)));
  // biome-ignore lint/suspicious/noExplicitAny: a manifest is looked at by path
  const job = () => JSON.parse(fs.readFileSync(path.join(dir, 'job.json'), 'utf8')) as any;
  return { run, log, job, env, dir };
}

const ALL = ['create', 'get', 'port-forward', 'delete'];

describe('tunnel', () => {
  test('a Job that may do nothing but lead there, forwarded, and removed', async () => {
    const { run, log, job } = world({});
    const { code, stdout, stderr } = await run(['db.example.org', '0:5432', '0:443', '--image', 'mine/socat:1']);
    expect([code, log()]).toEqual([0, ALL]);
    expect(stdout).toMatch(/^127\.0\.0\.1:\d+ -> db\.example\.org:5432\n127\.0\.0\.1:\d+ -> db\.example\.org:443\n$/);
    expect(stderr).toBe('open through shop, namespace web, for an hour at most; press Ctrl-C to stop\n');
    const { metadata, spec } = job();
    expect(metadata.name).toMatch(/^zkubectl-tunnel-[0-9a-f]{12}$/);
    expect(spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 3600, ttlSecondsAfterFinished: 60 });
    const pod = spec.template.spec;
    expect(pod).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    // biome-ignore lint/suspicious/noExplicitAny: as above
    expect(pod.containers.map((c: any) => [c.image, c.command])).toEqual([
      ['mine/socat:1', ['socat', 'TCP-LISTEN:10001,fork,reuseaddr', 'TCP:db.example.org:5432']],
      ['mine/socat:1', ['socat', 'TCP-LISTEN:10002,fork,reuseaddr', 'TCP:db.example.org:443']],
    ]);
    for (const container of pod.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources.limits).toHaveProperty('memory');
    }
  });

  test('IPv6', async () => {
    const { run, job } = world({});
    expect((await run(['2001:db8::1', '0:80'])).code).toBe(0);
    expect(job().spec.template.spec.containers[0].command[2]).toBe('TCP6:[2001:db8::1]:80');
  });

  test('a local port that is already in use: 1, and nothing is made', async () => {
    const server = net.createServer();
    servers.push(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { run, log } = world({});
    const { code, stderr } = await run(['db.example.org', `${port}:5432`]);
    expect([code, log()]).toEqual([1, []]);
    expect(stderr).toContain(`the local port ${port} is already in use`);
  });

  test.each([
    [['db.example.org,exec=id', '80'], 'invalid host'],
    [['-x', '80'], 'unknown option'],
    [['a b', '80'], 'invalid host'],
    [['TCP:db', '80'], 'invalid host'],
    [['999.1.1.1:80', '80'], 'invalid host'],
    [['db', '0'], 'invalid port'],
    [['db', '70000'], 'invalid port'],
    [['db', '5432:x'], 'invalid port'],
    [['db', '1:2:3'], 'invalid port'],
    [['db', '15432:5432', '15432:80'], 'is given twice'],
    [['db'], 'missing required argument'],
    [['db', '0:80', '--address', '127.0.0.1,example.org'], '--address takes IP addresses or localhost'],
    [['db', '0:80', '--timeout', 'soon'], '--timeout takes'],
  ])('%j: 2, and nothing is made', async (argv, message) => {
    const { run, log } = world({});
    const { code, stderr } = await run(argv);
    expect([code, stderr.includes(message), log()]).toEqual([2, true, []]);
  });

  test('refused: kubectl’s own words and code, and nothing to remove', async () => {
    const { run, log } = world({ create: 'echo "Error from server (Forbidden): no" >&2; exit 1' });
    const { code, stderr } = await run(['db', '0:80']);
    expect([code, stderr, log()]).toEqual([1, 'Error from server (Forbidden): no\n', ['create']]);
  });

  test('cut off while it is made: it may be there, and is removed', async () => {
    const { run, log } = world({ create: 'echo "error: connection reset by peer" >&2; exit 1' });
    expect((await run(['db', '0:80'])).code).toBe(1);
    expect(log()).toEqual(['create', 'delete']);
  });

  test.each([
    ['an image that is not there', { get: NO_IMAGE }, [], 'Pending, ImagePullBackOff'],
    ['a pod that takes too long', { get: PENDING }, ['--timeout', '0'], 'was not ready within 0s: Pending'],
  ])('%s: 1, and the Job is removed', async (_, verbs, flags, message) => {
    const { run, log } = world(verbs);
    const { code, stderr } = await run(['db', '0:80', ...flags]);
    expect([code, stderr.includes(message), log()]).toEqual([1, true, ['create', 'get', 'delete']]);
  });

  test('a pod that a quota forbids: 1 at once, with the words of the event, and the Job is removed', async () => {
    const message = 'Error creating: pods \\"x\\" is forbidden: exceeded quota: small';
    const { run, log } = world({ get: '{"items":[]}', events: `{"items":[{"message":"${message}"}]}` });
    const { code, stderr } = await run(['db', '0:80']);
    expect([code, stderr]).toEqual([
      1,
      'zkubectl: error: the tunnel\'s pod cannot be created: pods "x" is forbidden: exceeded quota: small\n',
    ]);
    expect(log()).toEqual(['create', 'get', 'get', 'delete']);
  });

  test('several addresses, and localhost: open when each port is on each', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a script of the shell
    const two = FORWARDS.replace('echo "F', 'echo "Forwarding from [::1]:${pair%:*} -> ${pair#*:}"; echo "F');
    const { run } = world({ forward: two });
    const { code, stdout } = await run(['db', '0:80', '--address', '127.0.0.1,localhost']);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^127\.0\.0\.1:(\d+) -> db:80\nlocalhost:\1 -> db:80\n$/),
    ]);
  });

  test('Ctrl-C ends an open tunnel: 0, no word, and the Job is removed', async () => {
    const interrupt = new AbortController();
    // kubectl goes on until the test has pressed Ctrl-C.
    const { env, log, dir } = world({
      forward: `${FORWARDS}; while [ ! -e "\${0%/*}/stop" ]; do sleep 0.05; done; exit 130`,
    });
    const io = createTestIo({ env, signal: interrupt.signal });
    const running = main(['tunnel', 'db', '0:80'], io);
    await vi.waitFor(() => expect(io.stdout.text).toMatch(/-> db:80\n/), { timeout: 90_000, interval: 5 });
    interrupt.abort(new InterruptedError());
    fs.writeFileSync(path.join(dir, 'stop'), '');
    expect([await running, log().at(-1)]).toEqual([0, 'delete']);
    expect(io.stderr.text).toBe('open through shop, namespace web, for an hour at most; press Ctrl-C to stop\n');
  });

  test('interrupted while it waits: 130, and the Job is removed', async () => {
    const interrupt = new AbortController();
    const { run, log } = world({ get: PENDING });
    const sleep = async () => {
      interrupt.abort(new InterruptedError());
      throw interrupt.signal.reason;
    };
    expect((await run(['db', '0:80'], { signal: interrupt.signal, sleep })).code).toBe(130);
    expect(log()).toEqual(['create', 'get', 'delete']);
  });

  test('a kubectl that crashes: its code, and the Job is removed; if not, what is left is said', async () => {
    const crash = { forward: 'echo "error: lost connection to pod" >&2; exit 7' };
    const { run, log } = world(crash);
    const { code, stderr } = await run(['db', '0:80']);
    expect([code, stderr, log()]).toEqual([7, 'error: lost connection to pod\n', ALL]);
    const left = await world({ ...crash, delete: 'echo unreachable >&2; exit 1' }).run(['db', '0:80']);
    expect(left.code).toBe(7);
    expect(left.stderr).toMatch(
      /warning: job (zkubectl-tunnel-\w+) was not deleted in shop, namespace web; it ends by itself within an hour\nzkubectl: hint: zkubectl --context shop delete job \1 -n web\n$/,
    );
  });
});
