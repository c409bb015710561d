/** The AWS SDK takes the profiles that `aws login` writes, and `encrypt` takes the credentials of `aws`. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCOUNT, accountRolesService } from '../support/aws.ts';
import { type FakeService, fakeService } from '../support/fake-service.ts';
import { cleanEnv, run, shell, start } from '../support/program.ts';

let service: FakeService;
let kms: FakeService;
let env: Record<string, string>;
beforeAll(async () => {
  service = await accountRolesService();
  kms = await fakeService(({ headers }) => ({
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    json: String(headers['x-amz-target']).endsWith('Encrypt') ? { CiphertextBlob: 'YWJj' } : { Plaintext: 'cGxhaW4=' },
  }));
  const base = cleanEnv();
  const clusters = path.join(base['HOME'] ?? '', 'clusters.yaml');
  fs.writeFileSync(
    clusters,
    `clusters:\n- {id: "aws:${ACCOUNT}:eu-central-1:kube-1", alias: foobarlab, local_id: kube-1, region: eu-central-1, infrastructure_account: "aws:${ACCOUNT}", lifecycle_status: ready, api_server_url: "https://k.example.org"}\n`,
  );
  env = {
    ...base,
    ZKUBECTL_REGISTRY_FILE: clusters,
    ZKUBECTL_TOKEN: 'platform-token',
    ZKUBECTL_AWS_URL: service.url,
    AWS_ENDPOINT_URL_KMS: kms.url,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
});
afterAll(async () => {
  await service.close();
  await kms.close();
});
const sdk = (profile: string) =>
  start([], { ...env, AWS_PROFILE: profile }, process.execPath, [path.resolve('test', 'support', 'aws-sdk.mjs')]).ended;
const lastKms = () => kms.requests.at(-1)?.headers;

test('the AWS SDK runs credential_process, and its region is there too', async () => {
  expect(await run(['aws', 'login', '--cluster', 'foobarlab', '--role', 'ReadOnly'], env)).toMatchObject({ code: 0 });
  expect(await sdk('foobarlab')).toMatchObject({ code: 0, stdout: 'plain', stderr: '' });
  expect(lastKms()?.authorization).toMatch(/Credential=ASIAEXAMPLE\d+\/\d+\/eu-central-1\/kms\/aws4_request/);
  expect(lastKms()?.['x-amz-security-token']).toBe('aws-session-canary');
  expect(service.requests.at(-1)?.headers.authorization).toBe('Bearer platform-token');
});

test('the AWS SDK takes static credentials', async () => {
  const login = ['aws', 'login', '--cluster', 'foobarlab', '--role', 'ReadOnly', '--static', '--profile', 'once'];
  expect(await run(login, env)).toMatchObject({ code: 0 });
  const before = service.requests.length;
  const withRegion = { ...env, AWS_REGION: 'eu-central-1', AWS_PROFILE: 'once' };
  const script = [path.resolve('test', 'support', 'aws-sdk.mjs')];
  expect(await start([], withRegion, process.execPath, script).ended).toMatchObject({ code: 0, stdout: 'plain' });
  expect([service.requests.length, lastKms()?.['x-amz-security-token']]).toEqual([before, 'aws-session-canary']);
});

test('encrypt and decrypt take credentials of the cluster by themselves', async () => {
  const { code, stdout, stderr } = await shell('printf s3cret | zk encrypt --cluster foobarlab --role PowerUser', env);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'deployment-secret:2:foobarlab:YWJj\n', stderr: '' });
  expect(lastKms()?.authorization).toContain('Credential=ASIAEXAMPLE');
  expect(service.requests.at(-1)?.url).toBe(`/aws-accounts/${ACCOUNT}/roles/PowerUser/credentials`);
  const line = ['decrypt', 'deployment-secret:2:foobarlab:YWJj', '--role', 'ReadOnly'];
  expect(await run(line, env)).toMatchObject({ code: 0, stdout: 'plain' });
});
