/** generate and init through main(): what they print and write, and what they refuse. That it passes a server-side dry run: test/smoke. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { makeTempDir, runMain, type TestIoOptions } from '../support/io.ts';

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked at by path
type Manifest = Record<string, any>;

const CART = ['--application', 'shop', '--component', 'cart', '--image', 'registry.example.org/cart:1.4.2'];

async function generate(...argv: string[]): Promise<Manifest[]> {
  const { code, stdout, stderr } = await runMain(['generate', ...argv]);
  expect([code, stderr]).toEqual([0, '']);
  return parseAllDocuments(stdout).map(document => document.toJS() as Manifest);
}

describe('generate', () => {
  test('deployment: two replicas, probes, a budget, labels; version is in no selector', async () => {
    const objects = await generate('deployment', ...CART, '-n', 'shop');
    expect(objects.map(o => o['kind'])).toEqual(['Deployment', 'Service', 'PodDisruptionBudget']);
    for (const object of objects)
      expect(object['metadata']).toEqual({
        name: 'shop-cart',
        namespace: 'shop',
        labels: { application: 'shop', component: 'cart', version: '1.4.2' },
      });
    const [deployment, service, budget] = objects;
    const selector = { application: 'shop', component: 'cart' };
    expect(deployment?.['spec'].replicas).toBe(2);
    expect(deployment?.['spec'].selector.matchLabels).toEqual(selector);
    expect(service?.['spec'].selector).toEqual(selector);
    expect(budget?.['spec']).toEqual({ maxUnavailable: 1, selector: { matchLabels: selector } });
    expect(deployment?.['spec'].template.spec.containers[0]).toMatchObject({
      image: 'registry.example.org/cart:1.4.2',
      resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '256Mi' } },
      readinessProbe: { httpGet: { path: '/health', port: 'http' } },
      livenessProbe: { httpGet: { path: '/health', port: 'http' } },
    });
  });

  test('--autoscaling, --config, --secret, --memory, --cpu, --backend-port', async () => {
    const flags = [
      '--autoscaling',
      '3-9',
      '--config',
      'MODE=a=b: c',
      '--config=EMPTY=',
      '--secret',
      'db',
      '--memory',
      '1Gi',
    ];
    const objects = await generate('deployment', ...CART, ...flags, '--cpu', '0.5', '--backend-port', '9090');
    const [config, deployment] = objects;
    expect(config).toMatchObject({ kind: 'ConfigMap', data: { MODE: 'a=b: c', EMPTY: '' } });
    expect(deployment?.['spec']).not.toHaveProperty('replicas');
    expect(deployment?.['spec'].template.spec.containers[0]).toMatchObject({
      envFrom: [{ configMapRef: { name: 'shop-cart' } }, { secretRef: { name: 'db' } }],
      ports: [{ containerPort: 9090 }],
      resources: { requests: { cpu: '0.5', memory: '1Gi' }, limits: { memory: '1Gi' } },
    });
    expect(objects.at(-1)).toMatchObject({ kind: 'HorizontalPodAutoscaler', spec: { minReplicas: 3, maxReplicas: 9 } });
  });

  test('ingress leads to the service of the same name; stackset', async () => {
    const [service, ingress] = await generate('ingress', ...CART, '--host', 'cart.example.org');
    expect(service).toMatchObject({ kind: 'Service', metadata: { name: 'shop-cart' } });
    expect(ingress?.['spec'].rules[0]).toMatchObject({
      host: 'cart.example.org',
      http: { paths: [{ backend: { service: { name: 'shop-cart', port: { name: 'http' } } } }] },
    });
    const [set, budget] = await generate('stackset', '--application', 'shop', '--image', 'x/shop:V_7', '--autoscaling');
    expect(set).toMatchObject({
      apiVersion: 'zalando.org/v1',
      metadata: { name: 'shop' },
      spec: { stackTemplate: { spec: { version: 'v-7', autoscaler: { minReplicas: 2, maxReplicas: 10 } } } },
    });
    expect(budget?.['spec'].selector.matchLabels).toEqual({ stackset: 'shop' });
  });

  test('a text that YAML 1.1 takes for something else is in quotes; the version of a stack can be in a name', async () => {
    const flags = [
      '--application',
      'on',
      '--image',
      'x/y:1.4.2',
      '--config',
      'A=yes',
      '--config',
      'B=1_000',
      '--config',
      'C=0b1',
    ];
    const { stdout } = await runMain(['generate', 'deployment', ...flags]);
    for (const value of ['A: "yes"', 'B: "1_000"', 'C: "0b1"', 'application: "on"']) expect(stdout).toContain(value);
    const [set] = await generate('stackset', '--application', 'shop', '--image', 'x/y:1.4..2');
    expect(set?.['spec'].stackTemplate.spec.version).toBe('1-4-2');
    expect((await runMain(['generate', 'stackset', '--application', 'shop', '--image', 'x/y:_'])).code).toBe(2);
  });

  test('as upstream: short flags, switches, several hosts, scopes, an ingress without an image', async () => {
    const dir = makeTempDir();
    const argv = [
      'generate',
      'deployment',
      '-a',
      'shop',
      '-c',
      'cart',
      '-t',
      'team-shop',
      '--image',
      'x:1',
      '--backendport',
      '9000',
    ];
    const more = ['--config', '--secret', '--scopes', 'uid,shop.read', '-f', 'cart.yaml'];
    expect(await runMain([...argv, ...more], { cwd: dir })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'wrote cart.yaml\n',
    });
    expect((await runMain([...argv, ...more], { cwd: dir })).code).toBe(1);
    const text = fs.readFileSync(path.join(dir, 'cart.yaml'), 'utf8');
    const [config, credentials, deployment] = parseAllDocuments(text).map(document => document.toJS() as Manifest);
    expect(config).toMatchObject({ kind: 'ConfigMap', data: {}, metadata: { labels: { team: 'team-shop' } } });
    expect(credentials).toMatchObject({
      apiVersion: 'zalando.org/v1',
      kind: 'PlatformCredentialsSet',
      spec: { application: 'shop', tokens: { 'shop-cart': { privileges: ['uid', 'shop.read'] } } },
    });
    expect(deployment?.['spec'].template.spec.containers[0]).toMatchObject({
      ports: [{ containerPort: 9000 }],
      envFrom: [{ configMapRef: { name: 'shop-cart' } }, { secretRef: { name: 'shop-cart' } }],
    });
    const [, ingress] = await generate(
      'ingress',
      '-a',
      'shop',
      '--host',
      'a.example.org,b.example.org',
      '--host',
      'c.example.org',
      '--scopes',
      'uid,b',
      '--ui',
    );
    expect(ingress?.metadata).toEqual({
      name: 'shop',
      labels: { application: 'shop', component: 'shop' },
      annotations: { 'zalando.org/skipper-filter': 'grantFlow() -> oauthTokeninfoAllScope("uid","b")' },
    });
    // biome-ignore lint/suspicious/noExplicitAny: a manifest is looked at by path
    expect(ingress?.['spec'].rules.map((rule: any) => rule.host)).toEqual([
      'a.example.org',
      'b.example.org',
      'c.example.org',
    ]);
  });

  test.each(['deployment', 'stackset'])(
    'the pods of a %s are admitted by the Pod Security Standard "restricted"',
    async kind => {
      const objects = await generate(kind, ...CART);
      const owner = objects.find(object => ['Deployment', 'StackSet'].includes(String(object['kind'])));
      const spec = owner?.['spec'];
      const pod = (spec.template ?? spec.stackTemplate.spec.podTemplate).spec;
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65_534,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(pod.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
    },
  );

  test('-o json is a List', async () => {
    const { stdout } = await runMain(['generate', 'deployment', ...CART, '-o', 'json']);
    expect((JSON.parse(stdout) as Manifest)['items']).toHaveLength(3);
  });

  test.each([
    [['pod', ...CART], 'cannot generate "pod"'],
    [['constructor', ...CART], 'cannot generate'],
    [['deployment', '--image', 'x:1'], '--application is missing'],
    [['deployment', '--application', 'shop'], '--image is missing'],
    [['ingress', ...CART], '--host is missing'],
    [['deployment', '--application', 'Shop', '--image', 'x:1'], '--application takes'],
    [['deployment', '--application', 'shop', '--image', 'x'], 'has no tag'],
    [['deployment', '--application', 'shop', '--image', 'x:1\nkind: y'], '--image takes'],
    [['ingress', ...CART, '--host', 'a b'], '--host takes'],
    [['deployment', ...CART, '--memory', 'lots'], '--memory takes'],
    [['deployment', ...CART, '--backend-port', '70000'], '--backend-port takes'],
    [['deployment', ...CART, '--autoscaling', '9-3'], '--autoscaling takes'],
    [['deployment', ...CART, '--config', '=x'], '--config takes'],
    [['deployment', ...CART, '--secret', '../x'], 'invalid Secret name'],
    [['deployment', ...CART, '-n', 'a/b'], 'invalid namespace name'],
  ])('%j: 2', async (argv, message) => {
    const { code, stdout, stderr } = await runMain(['generate', ...argv]);
    expect([code, stdout, stderr.includes(message)]).toEqual([2, '', true]);
  });
});

describe('init', () => {
  function world() {
    const home = makeTempDir();
    const cwd = makeTempDir();
    const clusters = path.join(home, 'clusters.yaml');
    fs.writeFileSync(
      clusters,
      'clusters:\n- {id: "aws:1:eu:kube-1", alias: shop, environment: production, lifecycle_status: ready, api_server_url: "https://shop.example.org"}\n',
    );
    const run = (argv: string[], options: TestIoOptions = {}) =>
      runMain(['init', ...argv], { home, cwd, ...options, env: { ZKUBECTL_REGISTRY_FILE: clusters } });
    const read = (name: string) => fs.readFileSync(path.join(cwd, name), 'utf8');
    return { run, cwd, read };
  }

  test('webapp: a Deployment, an Ingress, and what to do with them', async () => {
    const { run, read } = world();
    const { code, stdout, stderr } = await run(['-t', 'webapp', '--application', 'cart', '--cluster', 'shop']);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe(
      'wrote deploy/deployment.yaml\nwrote deploy/ingress.yaml\nwrote deploy/README.md\n' +
        'zkubectl: hint: read deploy/README.md, then run: zkubectl --context shop apply --dry-run=server -f deploy\n',
    );
    expect(read('deploy/deployment.yaml')).toContain('kind: PodDisruptionBudget');
    expect(read('deploy/ingress.yaml')).toContain('host: cart.example.org');
    expect(read('deploy/README.md')).toContain('zkubectl --context shop rollout status deployment/cart');
  });

  test('no file that is there is written, nor what a link leads to', async () => {
    const { run, read, cwd } = world();
    fs.mkdirSync(path.join(cwd, 'd'));
    fs.writeFileSync(path.join(cwd, 'd', 'stackset.yaml'), 'mine');
    fs.symlinkSync(path.join(cwd, 'elsewhere'), path.join(cwd, 'd', 'README.md'));
    const { code, stderr } = await run(['d', '-t', 'traffic', '--application', 'cart', '--cluster', 'shop']);
    expect(code).toBe(0);
    expect(stderr).toContain('warning: d/stackset.yaml already exists and was not changed');
    expect([read('d/stackset.yaml'), fs.existsSync(path.join(cwd, 'elsewhere'))]).toEqual(['mine', false]);
  });

  test('asks for what is not said, on a terminal alone', async () => {
    const { run, read } = world();
    const answers = [{ pick: 'traffic' }, { input: ' cart ' }, { pick: 'shop' }];
    expect((await run([], { tty: true, answers })).code).toBe(0);
    expect(read('deploy/stackset.yaml')).toContain('kind: StackSet');
  });

  test.each([
    [[], '--template is missing'],
    [['-t', 'x'], 'there is no template x'],
    [['-t', 'webapp'], '--application is missing'],
    [['-t', 'webapp', '--application', 'a'], '--cluster is missing'],
  ])('%j without a terminal: 2, and nothing is written', async (argv, message) => {
    const { run, cwd } = world();
    const { code, stderr } = await run(argv);
    expect([code, stderr.includes(message), fs.readdirSync(cwd)]).toEqual([2, true, []]);
  });

  test('no such cluster: 3', async () => {
    expect((await world().run(['-t', 'webapp', '--application', 'a', '--cluster', 'nowhere'])).code).toBe(3);
  });
});
