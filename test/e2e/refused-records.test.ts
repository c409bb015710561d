/** A record of the registry that names what is not its own gets no token, and what was noted of one goes when the registry is corrected. */
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type ForgedRegistry, forgedRegistry } from '../support/forged-registry.ts';
import { type Person, person, testSandbox } from '../support/sandbox.ts';

const EVIL = 'https://evil.example.org';
const EVIL_ID = 'aws:666:eu-central-1:kube-1';
const FOOBARLAB_ID = 'aws:123740508747:eu-central-1:kube-1';

let sandbox: Sandbox;
let registry: ForgedRegistry;
let alice: Person;
beforeEach(async () => {
  sandbox = await testSandbox();
  registry = await forgedRegistry(sandbox);
  alice = person(sandbox, 'alice', { ZKUBECTL_REGISTRY_URL: registry.url });
  expect((await alice.run('login', 'foobarlab')).code).toBe(0);
});
afterEach(async () => {
  await registry.close();
  await sandbox.close();
});

/** A ready record of somebody else's, and the registry asked anew. */
async function forge(record: object): Promise<void> {
  registry.add({
    id: EVIL_ID,
    alias: 'evil',
    api_server_url: EVIL,
    environment: 'test',
    lifecycle_status: 'ready',
    ...record,
  });
  await alice.run('list');
}

function credentials(server: string, ...argv: string[]) {
  const info = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec: { cluster: { server } } };
  return alice.runWith({ env: { KUBERNETES_EXEC_INFO: JSON.stringify(info) } }, 'credentials', ...argv);
}

const own = { 'kubernetes.cluster.foobarlab': 'belongs to foobarlab', zkubectl: 'is the platform client' };

describe('a record', () => {
  test.each(Object.entries(own))('whose client is %s is refused by name', async (client, whose) => {
    await forge({ config_items: { okta_auth_client_id: client } });
    const refused = {
      code: 4,
      stdout: '',
      stderr: expect.stringContaining(`no token for evil (${EVIL_ID}): its OAuth client ${client} ${whose}`),
    };
    expect(await alice.run('login', 'evil')).toMatchObject(refused);
    expect(await alice.run('use', 'evil')).toMatchObject(refused);
    expect(await credentials(EVIL, 'evil')).toMatchObject(refused);
    expect(await alice.run('token', '--cluster', 'evil')).toMatchObject(refused);
    // Whatever the kubeconfig says besides.
    expect((await credentials(EVIL, 'foobarlab')).code).toBe(4);
    expect((await credentials(EVIL, '--okta-auth-client-id', client)).code).toBe(4);
    expect((await credentials(EVIL, 'evil', '--okta-auth-client-id', client)).code).toBe(4);
    const env = { ZKUBECTL_TOKEN: 'x.y.z' };
    expect((await alice.runWith({ env }, 'token', '--cluster', 'abckub')).code).toBe(0);
    expect((await credentials(EVIL, 'evil')).code).toBe(4);
    // Of two that name one client, neither can be told to be the right one; the platform's is nobody else's.
    const honest = await alice.run('token', '--cluster', 'foobarlab');
    expect(honest.code).toBe(client === 'zkubectl' ? 0 : 4);
    registry.change(EVIL_ID, { config_items: {} });
    await alice.run('list');
    expect((await alice.run('token', '--cluster', 'foobarlab')).code).toBe(0);
  });

  test('whose client is one that another record names too is refused, and so is the other', async () => {
    registry.setItem(FOOBARLAB_ID, 'okta_auth_client_id', 'kubernetes.cluster.abckub');
    await forge({ config_items: { okta_auth_client_id: 'kubernetes.cluster.abckub' } });
    expect((await alice.run('login', 'evil')).stderr).toContain('belongs to');
    expect((await alice.run('login', 'foobarlab')).stderr).toContain('belongs to abckub');
    expect((await alice.run('login', 'abckub')).stderr).toContain('belongs to');
  });

  test('that is not the ready one of its alias gets none of its tokens', async () => {
    for (const lifecycle of ['decommissioned', 'requested']) {
      await forge({
        id: `aws:66${lifecycle.length}:eu-central-1:kube-1`,
        alias: 'foobarlab',
        lifecycle_status: lifecycle,
      });
      expect((await credentials(EVIL, 'foobarlab')).code).toBe(4);
      expect((await alice.run('login', `aws:66${lifecycle.length}:eu-central-1:kube-1`)).code).toBe(4);
    }
    expect((await alice.run('login', 'foobarlab')).code).toBe(0);
  });

  test('that names a client where all share one is refused', async () => {
    const config = path.join(alice.home, 'shared.yaml');
    const text = fs.readFileSync(sandbox.info.configFile, 'utf8').replace(/^.*cluster_client_id.*\n/m, '');
    fs.writeFileSync(config, text);
    await forge({ config_items: { okta_auth_client_id: 'kubernetes.cluster.foobarlab' } });
    const shared = { env: { ZKUBECTL_CONFIG: config } };
    expect(await alice.runWith(shared, 'login', 'evil')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(
        'its OAuth client is kubernetes.cluster.foobarlab, but all clusters share zkubectl',
      ),
    });
    expect((await alice.runWith(shared, 'login', 'foobarlab')).code).toBe(0);
  });

  test('whose alias reads as a URL is left out, and said so', async () => {
    await forge({ alias: 'kube.evil.example' });
    const { code, stdout, stderr } = await alice.run('list', '-o', 'name');
    expect([code, stdout.trim().split('\n')]).toEqual([0, ['abckub', 'abckub-test', 'foobarlab', 'foobarlab-test']]);
    expect(stderr).toContain(`${EVIL_ID}: its alias kube.evil.example reads as a URL`);
  });

  test('that is ready beside another under the same alias is refused, and so is the other', async () => {
    await forge({ alias: 'foobarlab' });
    for (const argv of [
      ['login', 'foobarlab'],
      ['show', 'foobarlab'],
      ['cluster-update', 'status', '--cluster', 'foobarlab'],
    ])
      expect(await alice.run(...argv)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`${FOOBARLAB_ID} and ${EVIL_ID}`),
      });
    expect((await credentials(EVIL, 'foobarlab')).code).toBe(4);
    expect((await alice.run('login', FOOBARLAB_ID)).stderr).toContain('several ready clusters have this alias');
    // A cluster that is being made anew under its alias is none of this.
    registry.change(EVIL_ID, { lifecycle_status: 'requested' });
    await alice.run('list');
    expect((await alice.run('login', 'foobarlab')).code).toBe(0);
  });
});

test('what was noted of a record goes when the registry corrects it', async () => {
  const right = sandbox.info.clusters.find(cluster => cluster.alias === 'foobarlab')?.url ?? '';
  // Somebody has changed the address, and alice logs in meanwhile.
  registry.change(FOOBARLAB_ID, { api_server_url: EVIL, config_items: {} });
  await alice.run('list');
  expect((await alice.run('login', 'foobarlab')).code).toBe(0);
  expect((await credentials(EVIL, 'foobarlab')).code).toBe(0);
  const ca = fs.readFileSync(sandbox.info.caFile).toString('base64');
  registry.change(FOOBARLAB_ID, {
    api_server_url: right,
    config_items: { certificate_authority_data: ca },
  });
  await alice.run('list');
  expect((await credentials(EVIL, 'foobarlab')).code).toBe(4);
  expect((await alice.run('login', 'foobarlab')).code).toBe(0);
  expect((await alice.run('ns', 'default')).code).toBe(0);
});

test('what a file of clusters says is corrected as well', async () => {
  const file = path.join(alice.home, 'clusters.yaml');
  const record = { id: FOOBARLAB_ID, alias: 'foobarlab', environment: 'production', lifecycle_status: 'ready' };
  const env = { ZKUBECTL_REGISTRY_FILE: file, ZKUBECTL_REGISTRY_URL: '' };
  fs.writeFileSync(file, stringify({ clusters: [{ ...record, api_server_url: EVIL }] }));
  expect((await alice.runWith({ env }, 'login', 'foobarlab')).code).toBe(0);
  // At once, whoever asks first.
  fs.writeFileSync(file, stringify({ clusters: [{ ...record, api_server_url: 'https://right.example.org' }] }));
  const info = (server: string) =>
    JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { cluster: { server } },
    });
  const ask = (server: string) =>
    alice.runWith({ env: { ...env, KUBERNETES_EXEC_INFO: info(server) } }, 'credentials', 'foobarlab');
  expect((await ask(EVIL)).code).toBe(4);
  expect((await ask('https://right.example.org')).code).toBe(0);
});

test('what one registry has said of a record goes when another one says otherwise', async () => {
  const file = path.join(alice.home, 'wrong.yaml');
  const record = { id: FOOBARLAB_ID, alias: 'foobarlab', environment: 'production', lifecycle_status: 'ready' };
  fs.writeFileSync(file, stringify({ clusters: [{ ...record, api_server_url: EVIL }] }));
  expect(
    (await alice.runWith({ env: { ZKUBECTL_REGISTRY_FILE: file, ZKUBECTL_REGISTRY_URL: '' } }, 'login', 'foobarlab'))
      .code,
  ).toBe(0);
  expect((await credentials(EVIL, 'foobarlab')).code).toBe(0);
  await alice.run('list');
  expect((await credentials(EVIL, 'foobarlab')).code).toBe(4);
});
