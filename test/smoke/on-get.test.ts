/** `on … -- kubectl get` in this process: every cell is kubectl's own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanEnv, run, sandboxEnv } from '../support/program.ts';

let base: Record<string, string>;
let alice: Record<string, string>;
beforeAll(async () => {
  base = cleanEnv();
  expect(await run(['sandbox', 'up', '--detach', '--clusters', '8', '--broken', '4'], base)).toMatchObject({ code: 0 });
  alice = await sandboxEnv(base, '--user', 'alice');
  expect(await run(['login', '--all'], alice)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await run(['sandbox', 'down', '--delete'], base);
});

const TWO = ['foobarlab-test', 'abckub-test'];
/** The cells of each line. An age of seconds grows between two commands. */
const cells = (text: string) =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line =>
      line
        .trim()
        .split(/ {2,}/)
        .map(cell => cell.replace(/^(\d+m)?\d+s$/, 'AGE')),
    );

test.each([
  'pods -n shop',
  'po -A -L application',
  'deployments.apps -n shop -o wide --show-labels',
  'pods -n shop --no-headers',
  'svc cart -n shop',
  'stacksets -n shop --sort-by=.metadata.name',
])("get %s: one table, with kubectl's cells", async line => {
  const words = ['get', ...line.split(' ')];
  const ours = await run(['on', ...TWO, '--', 'kubectl', ...words], withoutKubectl());
  const kubectls = await Promise.all(TWO.map(context => run([...words, '--context', context], alice)));
  expect(ours.code).toBe(0);
  const [theirs = []] = kubectls.map(({ stdout }) => cells(stdout));
  expect(theirs.length).toBeGreaterThan(0);
  const rows = cells(ours.stdout);
  const hasHead = !line.includes('--no-headers');
  if (hasHead) expect(rows[0]).toEqual(['CLUSTER', ...(theirs[0] ?? [])]);
  for (const [i, alias] of TWO.entries()) {
    const expected = cells(kubectls[i]?.stdout ?? '').slice(hasHead ? 1 : 0);
    expect(rows.filter(([cluster]) => cluster === alias).map(row => row.slice(1))).toEqual(expected);
  }
});

const withoutKubectl = () => ({ ...alice, ZKUBECTL_KUBECTL_PATH: '/bin/false' });

test('several kinds: a table each, names with their kind', async () => {
  const { code, stdout } = await run(['on', ...TWO, '--', 'kubectl', 'get', 'deploy,nodes', '-A'], withoutKubectl());
  const [first = '', second = ''] = stdout.split('\n\n');
  expect(code).toBe(0);
  expect(cells(first)[0]).toEqual(['CLUSTER', 'NAMESPACE', 'NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
  expect(first).toMatch(/^abckub-test +default +deployment\.apps\/hello /m);
  expect(cells(second)[0]).toEqual(['CLUSTER', 'NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION']);
  expect(second).toMatch(/^foobarlab-test +node\/master-1\.foobarlab-test\.internal /m);
});

test("--stream, --no-fold, --diff and other outputs: kubectl's text, without kubectl", async () => {
  const streamed = await run(['on', ...TWO, '--stream', '--', 'kubectl', 'get', 'ns', 'shop'], withoutKubectl());
  expect(streamed.stdout.split('\n').sort().slice(1)).toEqual([
    expect.stringMatching(/^abckub-test {4}│ NAME {3}STATUS {3}AGE$/),
    expect.stringMatching(/^abckub-test {4}│ shop {3}Active {3}12d$/),
    expect.stringMatching(/^foobarlab-test │ NAME {3}STATUS {3}AGE$/),
    expect.stringMatching(/^foobarlab-test │ shop {3}Active {3}12d$/),
  ]);
  const image = '-o=jsonpath={.spec.template.spec.containers[0].image}';
  const folded = await run(
    ['on', ...TWO, '--', 'kubectl', 'get', 'deploy', 'cart', '-n', 'shop', image],
    withoutKubectl(),
  );
  expect(folded.stdout).toBe('== 2 clusters: abckub-test, foobarlab-test\nregistry.example.org/shop/cart:0.19.3\n');
});

test('version: kubectl is started once', async () => {
  const { stdout, stderr } = await run(['on', ...TWO, '--debug', '--', 'kubectl', 'version'], alice);
  const own = await run(['version', '--context', 'abckub-test'], alice);
  expect(stdout).toBe(`== 2 clusters: abckub-test, foobarlab-test\n${own.stdout}`);
  expect(stderr).not.toContain('one kubectl for each cluster');
});

test('what only kubectl can do is left to it, and --debug says so', async () => {
  const line = ['on', ...TWO, '--debug', '--', 'kubectl', 'get', 'ns', 'shop', '-o', 'yaml'];
  const { code, stdout, stderr } = await run(line, alice);
  expect(code).toBe(0);
  expect(stdout).toContain('kind: Namespace');
  expect(stderr).toContain(
    'zkubectl: debug: running one kubectl for each cluster: zkubectl cannot answer this command itself',
  );
});

test('what does not work is named, and does not hold up the others', async () => {
  const { code, stdout, stderr } = await run(
    ['on', '--all', '--timeout', '3s', '-n', 'shop', '--', 'kubectl', 'get', 'deploy', 'cart'],
    alice,
  );
  expect(code).toBe(1);
  expect(cells(stdout).map(([cluster]) => cluster)).toEqual([
    'CLUSTER',
    'abckub',
    'abckub-test',
    'foobarlab',
    'foobarlab-test',
  ]);
  // Usually nobody listens on its port; a server of another test may have got it meanwhile, with a certificate of its own.
  expect(stderr).toMatch(
    /== cart-test: unreachable, exit code 1\ncannot reach the API server of cart-test at 127\.0\.0\.1:/,
  );
  expect(stderr).toContain(
    '4 answered, 1 unreachable (cart-test), 1 timed out (cart), 1 not logged in (checkout-test), 1 forbidden (checkout)',
  );
});

test('no child is started, and secrets of production stay forbidden', async () => {
  const line = ['on', 'foobarlab', 'abckub', '--debug', '--', 'kubectl', 'get', 'secrets', '-n', 'shop'];
  const { code, stderr } = await run(line, { ...alice, ZKUBECTL_KUBECTL_PATH: '/bin/false' });
  expect(code).toBe(5);
  expect(stderr).toContain(
    '== 2 clusters: abckub, foobarlab: forbidden, exit code 1\nError from server (Forbidden): secrets is forbidden',
  );
});

test('-o json of ours: the objects of each cluster', async () => {
  const { code, stdout } = await run(
    ['on', ...TWO, '-o', 'json', '--', 'kubectl', 'get', 'deploy', '-n', 'shop'],
    alice,
  );
  const { items } = JSON.parse(stdout) as {
    items: { cluster: { alias: string }; objects: Record<string, unknown>[] }[];
  };
  expect([code, items.map(item => item.cluster.alias)]).toEqual([0, ['abckub-test', 'foobarlab-test']]);
  const theirs = await run(['get', 'deploy', '-n', 'shop', '-o', 'json', '--context', 'foobarlab-test'], alice);
  expect(items[1]?.objects).toEqual((JSON.parse(theirs.stdout) as { items: unknown[] }).items);
});
