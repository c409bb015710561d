/** The guard by effect: which lines are asked about, on which clusters, and what is shown. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { world } from '../support/world.ts';

/** A kubectl for a cluster with Deployments of four replicas each. After a dry run, they have as many as the line says: `zero`, `one`, `two`. */
const KUBECTL = String.raw`
deployment() { printf '{\n    "apiVersion": "apps/v1",\n    "kind": "Deployment",\n    "metadata": {"name": "%s", "namespace": "cart"},\n    "spec": {"replicas": %s},\n    "status": {"replicas": 4}\n}\n' "$1" "$2"; }
case "$*" in
  *zero*|*'replicas":0'*) after=0 ;;
  *one*|*'replicas":1'*) after=1 ;;
  *two*|*'replicas":2'*) after=2 ;;
  *) after=4 ;;
esac
case "$*" in
  get*node*) printf '{\n    "kind": "Node",\n    "metadata": {"name": "n1"}\n}\n' ;;
  get*pods*--output=json*) printf '{\n    "kind": "List",\n    "items": [{"kind":"Pod","metadata":{"name":"a","namespace":"cart"},"spec":{"nodeName":"n1"}},{"kind":"Pod","metadata":{"name":"b","namespace":"cart"},"spec":{"nodeName":"n1","tolerations":[{"operator":"Exists"}]}},{"kind":"Pod","metadata":{"name":"c","namespace":"cart"},"spec":{"nodeName":"n2"}}]\n}\n' ;;
  get*--output=json*) deployment x 4 ;;
  delete*--dry-run=server*) echo 'deployment.apps "x" deleted from cart namespace (server dry run)' ;;
  drain*--dry-run=server*) echo 'node/n1 cordoned (server dry run)'; echo 'evicting pod cart/a (server dry run)' ;;
  *prune*--dry-run=server*) deployment x 4; deployment y 4 ;;
  *undo*--dry-run*) echo '    Image: cart:1' ;;
  *--dry-run=server*) deployment x $after ;;
  *) echo done ;;
esac`;

async function production() {
  const made = await world({ kubectl: KUBECTL });
  for (const name of ['zero', 'one', 'two', 'same']) fs.writeFileSync(path.join(made.home, `${name}.yaml`), name);
  fs.mkdirSync(path.join(made.home, 'folder'));
  fs.writeFileSync(path.join(made.home, 'folder', 'zero.yaml'), '');
  const run = (argv: string[], options = {}) => made.run(argv, { cwd: made.home, ...options });
  /** The lines that change something. */
  const sent = () => made.log().filter(line => !/<get>|dry-run|<kustomize>/.test(line));
  return { ...made, run, sent };
}

/** Lines that are asked about on production and where the environment is not known. Each is a line of kubectl. */
const ASKED = `
delete deployment x
delete deployment/x
delete deployment x --cascade=orphan
delete pod a --force --grace-period=0
delete pod a --now
delete pods -l app=x
delete pods --all-namespaces -l app=x
delete -f same.yaml
delete -f folder
delete ns shop
delete crd backups.example.org
delete -f same.yaml --wait=false
drain n1
drain n1 --ignore-daemonsets --force
drain -l pool=x
replace --force -f same.yaml
replace -f same.yaml --force=true
replace -f same.yaml --force --grace-period=0
apply --prune -l a=b -f same.yaml
apply -f same.yaml --prune --all
apply --force -f same.yaml
apply -f same.yaml --force=true
taint nodes n1 a=b:NoExecute
taint node n1 a:NoExecute
taint nodes n1 a=b:NoSchedule c=d:NoExecute
taint nodes --all a=b:NoExecute
taint nodes -l pool=x a=b:NoExecute --overwrite
rollout undo deployment/x
rollout undo deployment x
rollout undo deployment/x --to-revision=3
rollout undo -f same.yaml
scale deployment x --replicas=0
scale deployment/x --replicas=0
scale deployment/x --replicas 0
scale --replicas=0 deployment/x
scale deployment/x --replicas=1
scale deployments --all --replicas=0
scale deployment -l app=x --replicas=1
scale -f same.yaml --replicas=0
scale sts/x --replicas=0 --current-replicas=4
scale deployment/x --replicas=0 --timeout=5s
scale rs/x rs/y --replicas=0
patch deployment x -p {"spec":{"replicas":0}}
patch deployment x --patch {"spec":{"replicas":1}}
patch deployment x -p={"spec":{"replicas":0}}
patch deployment x --type=merge -p {"spec":{"replicas":0}}
patch deployment x --type json -p [{"op":"replace","path":"/spec/replicas","value":"zero"}]
patch deploy/x --patch-file zero.yaml
patch -f same.yaml -p {"spec":{"replicas":0}}
patch deployment x --subresource=scale -p {"spec":{"replicas":0}}
apply -f zero.yaml
apply -f one.yaml
apply -f folder
apply -R -f folder
apply -f same.yaml -f zero.yaml
apply -f same.yaml,zero.yaml
apply --server-side -f zero.yaml
apply --server-side --force-conflicts -f zero.yaml
apply --filename=zero.yaml
apply -fzero.yaml
apply -n cart -f zero.yaml
replace -f zero.yaml
replace -f one.yaml
replace --save-config -f zero.yaml
--context shop delete deployment x
-n cart delete deployment x
--namespace=cart scale deployment/x --replicas=0
--request-timeout=5s scale deployment/x --replicas=0
scale deployment/x --replicas=0 --v=1
scale deployment/x --replicas=0 --as=me
scale deployment/x --replicas=0 --server=https://elsewhere.example.org
patch deployment x -p {"spec":{"replicas":0}} --token=abc
`
  .split('\n')
  .filter(Boolean);

/** Ordinary lines: nobody is asked. */
const NOT_ASKED = `
get pods
get pods -A -o wide
get all
describe pod x
logs x
logs -f x
top pod
top node
events
explain pods
api-resources
version
auth can-i delete pods
rollout status deployment/x
rollout history deployment/x
diff -f zero.yaml
wait --for=condition=Ready pod/x
cluster-info
config view
create namespace x
create deployment x --image=y
create -f zero.yaml
create configmap x --from-literal=a=b
create job x --image=y
run x --image=y
expose deployment x --port=80
autoscale deployment x --max=5
label pod x a=b
label pod x a-
label ns x a=b --overwrite
annotate deployment x a=b
annotate pods --all a=b
set image deployment/x x=y:2
set env deployment/x A=b
set resources deployment/x --limits=cpu=1
set serviceaccount deployment/x y
set selector svc x a=b
rollout restart deployment/x
rollout pause deployment/x
rollout resume deployment/x
cordon n1
uncordon n1
taint nodes n1 a=b:NoSchedule
taint nodes n1 a=b:PreferNoSchedule
taint nodes n1 a=b:NoExecute-
taint nodes n1 a-
scale deployment/x --replicas=4
scale deployment/x --replicas=5
scale deployment/x --replicas=3
scale deployment/x --replicas=2
scale deployments --all --replicas=9
patch deployment x -p {"spec":{"replicas":2}}
patch deployment x -p {"spec":{"replicas":8}}
patch deployment x -p {"metadata":{"labels":{"a":"b"}}}
patch deployment x --patch-file same.yaml
apply -f same.yaml
apply -f two.yaml
apply --server-side -f same.yaml
apply -f same.yaml --wait
apply view-last-applied -f same.yaml
apply set-last-applied -f same.yaml
replace -f same.yaml
replace -f two.yaml
delete deployment x --dry-run=server
delete deployment x --dry-run=client
scale --help
scale deployment/x --replicas=0 --dry-run=client
apply -f zero.yaml --dry-run=server
apply --prune -l a=b -f same.yaml --dry-run=client
drain n1 --dry-run=server
rollout undo deployment/x --dry-run=client
exec x -- ls
exec x -- kubectl delete pod y
attach x
cp x:/a b
port-forward x 80
proxy
debug x --image=y
certificate approve x
kustomize folder
`
  .split('\n')
  .filter(Boolean);

const words = (line: string) => line.split(' ');

describe('asked about on production', () => {
  test.each(ASKED)('%s', async line => {
    const { run, sent } = await production();
    const { code, stderr } = await run(words(line));
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/ on \S+ \((production|environment unknown)\) must be confirmed/),
    ]);
    expect(stderr).toContain('add --yes');
    expect(sent()).toEqual([]);
  });

  test.each(ASKED.filter(line => !/--(server|token|context)\b/.test(line)))(
    'on a test cluster it runs: %s',
    async line => {
      const { run, sent } = await production();
      const { code, stderr } = await run(['--context', 'shop-test', ...words(line)]);
      expect({ code, stderr, count: sent().length }).toEqual({ code: 0, stderr: '', count: 1 });
    },
  );

  test.each(ASKED.filter(line => !/--(server|token)\b/.test(line)))('--yes answers: %s', async line => {
    const { run, sent } = await production();
    expect([(await run([...words(line), '--yes'])).code, sent().length]).toEqual([0, 1]);
  });

  test.each(ASKED.filter(line => !/--(server|token)\b/.test(line)))('the alias alone: %s', async line => {
    const { run, sent } = await production();
    const wrong = await run(words(line), { tty: true, answers: [{ input: 'yes' }] });
    expect([wrong.code, wrong.stderr.includes('not confirmed'), sent()]).toEqual([1, true, []]);
    const right = await run(words(line), { tty: true, answers: [{ input: 'shop' }] });
    expect([right.code, sent().length > 0]).toEqual([0, true]);
  });
});

test('there are enough lines', () => {
  expect(ASKED.length + NOT_ASKED.length).toBeGreaterThanOrEqual(150);
});

test.each(NOT_ASKED)('not asked about: %s', async line => {
  const { run, log } = await production();
  const { code } = await run(words(line));
  expect([code, log().length > 0]).toEqual([0, true]);
});

/** What `undo` can take back is read before and after. */
const IS_KEPT = /^(label|annotate|set|rollout restart|create -f)\b/;
test.each(
  NOT_ASKED.filter(
    line => /^(get|describe|logs|top|rollout restart|cordon|create|exec)\b/.test(line) || IS_KEPT.test(line),
  ),
)('no additional request, except two for undo: %s', async line => {
  const { run, all, log } = await production();
  await run(words(line));
  expect(log()).toEqual([
    `kubectl ${words(line)
      .map(word => `<${word}>`)
      .join(' ')}`,
  ]);
  expect(all()).toHaveLength(IS_KEPT.test(line) ? 3 : 1);
});

describe('what is shown', () => {
  test('workloads, from how many replicas to how many', async () => {
    const { run } = await production();
    const { stderr, io } = await run(words('scale deployment/x --replicas=1'), {
      tty: true,
      answers: [{ input: 'shop' }],
    });
    expect(stderr).toContain(
      'on shop (production), these workloads lose replicas:\n  deployment.apps/x in namespace cart: 4 → 1 replicas\n',
    );
    expect(io.asked).toEqual(['type shop to run kubectl scale:']);
  });

  test('a selector becomes the names that were shown', async () => {
    const { run, sent } = await production();
    await run(words('scale deployments --all --replicas=0 -n cart'), { tty: true, answers: [{ input: 'shop' }] });
    expect(sent()[0]?.replace(/ <--kubeconfig=[^>]*>/, '')).toBe(
      'kubectl <scale> <deployment.apps/x> <--replicas=0> <--namespace=cart>',
    );
  });

  test('pods that leave a node, without those that tolerate the taint', async () => {
    const { run } = await production();
    const { stderr } = await run(words('taint nodes n1 a=b:NoExecute'), { tty: true, answers: [{ input: 'shop' }] });
    expect(stderr).toBe('on shop (production), namespace cart, n1 is tainted and these pods are evicted:\n  pod/a\n');
  });

  test('the images that come back', async () => {
    const { run } = await production();
    const { stderr } = await run(words('rollout undo deployment/x --to-revision=3'), {
      tty: true,
      answers: [{ input: 'shop' }],
    });
    expect(stderr).toBe('on shop (production), deployment/x goes back to revision 3:\n  cart:1\n');
  });

  test('what goes with a workload', async () => {
    const { run } = await production();
    const { stderr } = await run(words('delete deployment x'), { tty: true, answers: [{ input: 'shop' }] });
    expect(stderr).toContain('  deployment.apps/x\n  deployment.apps/x also deletes: 4 pods\n');
    const orphaned = await run(words('delete deployment x --cascade=orphan'), {
      tty: true,
      answers: [{ input: 'shop' }],
    });
    expect(orphaned.stderr).not.toContain('4 pods');
  });

  test('a look that changes before the answer is shown again', async () => {
    const { run, home, sent } = await production();
    const { io, code } = await run(words('apply -f zero.yaml'), {
      tty: true,
      answers: [{ input: 'shop', meanwhile: async () => fs.writeFileSync(path.join(home, 'zero.yaml'), 'changed') }],
    });
    // The bytes that were read are those that are sent.
    expect([code, io.asked.length, sent().length]).toEqual([0, 1, 1]);
  });
});

describe('stdin has the manifests', () => {
  test('they are read once, and the answer comes from the terminal', async () => {
    const { run, log, home } = await production();
    const piped = { stdin: 'kind: zero', tty: true, hasTerminal: true, answers: [{ input: 'shop' }] };
    expect((await run(words('apply --prune -l a=b -f -'), piped)).code).toBe(0);
    const [, file = ''] = /<--filename=([^>]*)>/.exec(log().at(-1) ?? '') ?? [];
    expect(file).toMatch(/stdin\.yaml$/);
    expect(fs.existsSync(path.join(home, file))).toBe(false);
  });

  test('without a terminal: what destroys nothing runs; else exit 2', async () => {
    const { run, sent } = await production();
    expect((await run(words('apply -f -'), { stdin: 'kind: ConfigMap' })).code).toBe(0);
    expect(sent()).toHaveLength(1);
    expect((await run(words('delete -f -'), { stdin: 'kind: ConfigMap' })).code).toBe(2);
    expect(sent()).toHaveLength(1);
  });
});

describe('guard.ask and guard.environments', () => {
  test('off: nothing is asked', async () => {
    const { run, sent } = await production();
    const env = { ZKUBECTL_GUARD_ASK: 'off' };
    expect((await run(words('scale deployment/x --replicas=0'), { env })).code).toBe(0);
    expect((await run(words('delete deployment x'), { env })).code).toBe(0);
    expect(sent()).toHaveLength(2);
    expect((await run(words('delete pods --all'), { env })).code).toBe(2);
  });

  test('always: every other write is asked about with y/N; a read is not', async () => {
    const { run, sent } = await production();
    const env = { ZKUBECTL_GUARD_ASK: 'always' };
    for (const line of ['label pod x a=b', 'scale deployment/x --replicas=5', 'exec x -- ls', 'apply -f same.yaml']) {
      expect((await run(words(line), { env })).code, line).toBe(2);
      const no = await run(words(line), { env, tty: true, answers: [{ confirm: false }] });
      expect([no.code, no.stderr.includes('not confirmed'), sent()], line).toEqual([1, true, []]);
    }
    const yes = await run(words('label pod x a=b'), { env, tty: true, answers: [{ confirm: true }] });
    expect([yes.code, yes.io.asked, sent().length]).toEqual([0, ['run kubectl label on shop (production)?'], 1]);
    expect((await run(words('get pods'), { env })).code).toBe(0);
    expect((await run(words('--context shop-test label pod x a=b'), { env })).code).toBe(0);
    expect((await run(words('label pod x a=b --yes'), { env })).code).toBe(0);
  });

  test.each([
    ['test', 'shop-test', 2],
    ['Test , staging', 'shop-test', 2],
    ['staging', 'shop-test', 0],
    ['staging', 'shop', 0],
    ['production', 'shop', 2],
  ])('environments %s, on %s: %s', async (environments, context, code) => {
    const { run } = await production();
    const env = { ZKUBECTL_GUARD_ENVIRONMENTS: environments };
    expect((await run(['--context', context, 'delete', 'deployment', 'x'], { env })).code).toBe(code);
    // Where nobody vouches for the cluster, it is guarded whatever the configuration says.
    expect((await run(['--context', context, 'delete', 'deployment', 'x', '--token=x'], { env })).code).toBe(2);
  });
});

describe('an effect that cannot be measured', () => {
  const failing = async (stderr: string, stdout = '') =>
    world({
      kubectl: `case "$*" in *dry-run*) printf '%s' '${stdout}'; echo '${stderr}' >&2; exit 1;; *) echo done;; esac`,
    });
  const apply = (home: string) => {
    fs.writeFileSync(path.join(home, 'x.yaml'), '');
    return ['apply', '-f', 'x.yaml'];
  };

  test('a webhook that takes no dry run: it is asked about', async () => {
    const { run, home } = await failing(
      'Error from server (BadRequest): admission webhook "x" does not support dry run',
    );
    const { code, stderr } = await run(apply(home), { cwd: home, tty: true, answers: [{ input: 'shop' }] });
    expect([code, stderr]).toEqual([0, expect.stringContaining('the effect of this apply is not known: ')]);
  });

  test.each([
    'Error from server (NotFound): namespaces "new" not found',
    'error: resource mapping not found for name: "x" namespace: "" from "x.yaml": no matches for kind "Foo" in version "a/v1"',
  ])('what is not there loses nothing: %s', async stderr => {
    const { run, home, log } = await failing(stderr);
    expect((await run(apply(home), { cwd: home })).code).toBe(0);
    expect(log()).toHaveLength(2);
  });

  test.each([
    'Error from server (Forbidden): no',
    'error: error validating data: x',
    'Unable to connect to the server: x',
  ])("another failure ends the command with kubectl's own error: %s", async stderr => {
    const { run, home, log } = await failing(stderr);
    const result = await run(apply(home), { cwd: home });
    expect([result.code, result.stderr.includes(stderr), log().length]).toEqual([1, true, 1]);
  });

  test('an answer that is no JSON', async () => {
    const { run } = await world({ kubectl: 'echo hello' });
    const { code, stderr } = await run(['scale', 'deployment/x', '--replicas=0']);
    expect([code, stderr]).toEqual([1, expect.stringContaining("cannot parse kubectl's answer; nothing changed")]);
  });
});
