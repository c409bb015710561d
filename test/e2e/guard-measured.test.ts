/** The guard by effect: lines whose effect is hard to measure. Whatever the line looks like, replicas that would go are asked about. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { world } from '../support/world.ts';

const object = (kind: string, name: string, fields: Record<string, unknown>, namespace = 'cart') => ({
  apiVersion: kind === 'Scale' ? 'autoscaling/v1' : 'apps/v1',
  kind,
  metadata: { name, namespace },
  ...fields,
});
const deployment = (name: string, replicas: number, namespace = 'cart') =>
  object('Deployment', name, { spec: { replicas }, status: { replicas } }, namespace);
const list = (...items: object[]) => ({ apiVersion: 'v1', kind: 'List', items });
/** As kubectl prints it: indented, the last brace at the start of a line. */
const printed = (value: object) => `${JSON.stringify(value, null, 4)}\n`;

/** A kubectl whose answers are files: `live` for a get, `dry` for a dry run. `script` may decide first. */
async function cluster({ live, dry, script = '' }: { live?: string; dry?: string; script?: string }) {
  const made = await world({
    kubectl: `${script}
case "$*" in
  get*) cat "$HOME/live" ;;
  *--dry-run=server*) cat "$HOME/dry" ;;
  *) echo done ;;
esac`,
  });
  for (const [name, text] of Object.entries({ live, dry }))
    if (text !== undefined) fs.writeFileSync(path.join(made.home, name), text);
  const run = (argv: string[], options = {}) => made.run(argv, { cwd: made.home, ...options });
  const sent = () =>
    made
      .log()
      .filter(line => !/<get>|dry-run/.test(line))
      .map(line => line.replace(/ <--kubeconfig=[^>]*>/, ''));
  return { ...made, run, sent };
}
const answered = { tty: true, answers: [{ input: 'shop' }] };
/** A line that must be asked about: exit 2 without a terminal, and nothing is sent. */
async function isAsked({ run, sent }: Awaited<ReturnType<typeof cluster>>, argv: string[]) {
  const { code, stderr } = await run(argv);
  expect([code, stderr, sent()]).toEqual([2, expect.stringContaining('must be confirmed'), []]);
}

describe('a manifest with parts that are not there yet', () => {
  const MISSING = 'error: resource mapping not found for name: "x" namespace: "" from "x": no matches for kind "Foo"';
  /** The dry run of the whole file says only what is missing, and prints nothing; each document alone is answered. */
  const script = `
for word in "$@"; do case "$word" in --filename=*) file="\${word#--filename=}";; esac; done
case "$*" in
  *--dry-run=server*)
    if grep -q -i 'kind.*Foo' "$file"; then echo '${MISSING}' >&2; exit 1; fi ;;
esac`;
  const MANIFESTS = 'kind: Foo\nmetadata: {name: x}\n---\nkind: Deployment\nmetadata: {name: a}\n';

  test('the others are looked at one by one', async () => {
    const made = await cluster({ live: printed(deployment('a', 6)), dry: printed(deployment('a', 0)), script });
    fs.writeFileSync(path.join(made.home, 'x.yaml'), MANIFESTS);
    await isAsked(made, ['apply', '-f', 'x.yaml']);
    const { stderr } = await made.run(['apply', '-f', 'x.yaml'], answered);
    expect(stderr).toContain('deployment.apps/a in namespace cart: 6 → 0 replicas');
    expect(made.sent()).toHaveLength(1);
  });

  test('they lose nothing: nobody is asked', async () => {
    const made = await cluster({ live: printed(deployment('a', 6)), dry: printed(deployment('a', 6)), script });
    fs.writeFileSync(path.join(made.home, 'x.yaml'), MANIFESTS);
    expect((await made.run(['apply', '-f', 'x.yaml'])).code).toBe(0);
    expect(made.sent()).toHaveLength(1);
  });

  test('documents that cannot be told apart are asked about', async () => {
    const made = await cluster({ live: '', dry: '', script });
    fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: Foo\na: [\n');
    await isAsked(made, ['apply', '-f', 'x.yaml']);
  });
});

test('scale of objects in two namespaces: each is scaled where it is', async () => {
  const live = printed(list(deployment('a', 4, 'cart'), deployment('b', 4, 'shop')));
  const made = await cluster({ live });
  fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: Deployment');
  expect((await made.run(['scale', '-f', 'x.yaml', '--replicas=0'], answered)).code).toBe(0);
  expect(made.sent()).toEqual([
    'kubectl <scale> <deployment.apps/a> <--replicas=0> <--namespace=cart>',
    'kubectl <scale> <deployment.apps/b> <--replicas=0> <--namespace=shop>',
  ]);
});

test.each(['0_0', '-0x0', '010', '0x0', '+0', '', '1e0'])('--replicas=%s is refused', async value => {
  const made = await cluster({ live: printed(deployment('a', 4)) });
  const { code, stderr } = await made.run(['scale', 'deployment/a', `--replicas=${value}`]);
  expect([code, stderr, made.sent()]).toEqual([2, expect.stringContaining('--replicas is a plain number'), []]);
});

test('replace --raw has no preview', async () => {
  const made = await cluster({});
  fs.writeFileSync(path.join(made.home, 'x.json'), '{}');
  const { code, stderr } = await made.run(['replace', '--raw', '/apis/x', '-f', 'x.json'], answered);
  expect([code, stderr, made.sent()]).toEqual([2, expect.stringContaining('cannot preview replace --raw'), []]);
});

test.each([
  [['patch', 'deployment', 'a', '--subresource=scale', '-p', '{"spec":{"replicas":0}}']],
  [['patch', '-f', 'x.yaml', '--subresource=scale', '-p', '{"spec":{"replicas":0}}']],
])('%j: the server answers with a Scale, which has no field for 0', async argv => {
  const dry = printed(object('Scale', 'a', { spec: {}, status: { replicas: 4 } }));
  const made = await cluster({ live: printed(object('Scale', 'a', { spec: { replicas: 4 } })), dry });
  fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: Deployment');
  await isAsked(made, argv);
});

test('apply --prune that prunes nothing, and takes the replicas', async () => {
  const made = await cluster({ live: printed(deployment('a', 4)), dry: printed(deployment('a', 0)) });
  fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: Deployment');
  const argv = ['apply', '--prune', '-l', 'a=b', '-f', 'x.yaml'];
  const { stderr } = await made.run(argv, answered);
  expect(stderr).toContain('these workloads lose replicas:\n  deployment.apps/a in namespace cart: 4 → 0 replicas');
});

describe('what is there is not what the manifest shows', () => {
  const custom = (spec: object) => ({
    apiVersion: 'zalando.org/v1',
    kind: 'StackSet',
    metadata: { name: 'a', namespace: 'cart' },
    spec,
  });
  test('a custom resource that loses the field', async () => {
    const made = await cluster({ live: printed(custom({ replicas: 4 })), dry: printed(custom({})) });
    fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: StackSet');
    await isAsked(made, ['apply', '-f', 'x.yaml']);
    const { stderr } = await made.run(['apply', '-f', 'x.yaml'], answered);
    expect(stderr).toContain('stackset.zalando.org/a in namespace cart: 4 → unset replicas');
  });

  test('a workload that does not run yet: wanted replicas count too', async () => {
    const wanted = object('Deployment', 'a', { spec: { replicas: 20 } });
    const made = await cluster({ live: printed(wanted), dry: printed(deployment('a', 2)) });
    fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: Deployment');
    await isAsked(made, ['apply', '-f', 'x.yaml']);
    await isAsked(made, ['scale', 'deployment/a', '--replicas=2']);
  });

  test('workloads that cannot be read are asked about', async () => {
    const script = 'case "$*" in get*) echo "Error from server (Forbidden): no" >&2; exit 1;; esac';
    const made = await cluster({ dry: printed(deployment('a', 2)), script });
    fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: Deployment');
    const { stderr } = await made.run(['apply', '-f', 'x.yaml'], answered);
    expect(stderr).toContain('deployment.apps/a in namespace cart: unknown → 2 replicas');
  });

  test('a new workload is not asked about', async () => {
    const made = await cluster({ live: '', dry: printed(deployment('a', 0)) });
    fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: Deployment');
    expect((await made.run(['apply', '-f', 'x.yaml'])).code).toBe(0);
  });

  test('forty workloads of a namespace are read with one request', async () => {
    const many = Array.from({ length: 40 }, (_, i) => deployment(`a${i}`, 4));
    const made = await cluster({ live: printed(list(...many)), dry: printed(list(...many)) });
    fs.writeFileSync(path.join(made.home, 'x.yaml'), 'kind: Deployment');
    expect((await made.run(['apply', '-f', 'x.yaml'])).code).toBe(0);
    expect(made.log()).toHaveLength(3);
  });
});
