/** encrypt and decrypt against an endpoint that speaks KMS. */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTempDir } from '../support/io.ts';
import { type ChildResult, cleanEnv, run, shell } from '../support/program.ts';

interface KmsRequest {
  readonly target: string;
  readonly authorization: string;
  readonly body: Record<string, string>;
}

let server: http.Server;
let env: Record<string, string>;
const requests: KmsRequest[] = [];
let refusal: { status: number; type: string; message: string } | undefined;

/** Encrypts by turning the bytes round: enough to see that they went through it. */
function answer({ target, body }: KmsRequest): object {
  const turned = (base64 = '') => Buffer.from(base64, 'base64').reverse().toString('base64');
  return target === 'TrentService.Encrypt'
    ? { CiphertextBlob: turned(body['Plaintext']), KeyId: body['KeyId'] }
    : { Plaintext: turned(body['CiphertextBlob']), KeyId: 'k' };
}

beforeAll(async () => {
  server = http.createServer((request, response) => {
    let text = '';
    request.on('data', chunk => {
      text += chunk;
    });
    request.on('end', () => {
      const seen = {
        target: String(request.headers['x-amz-target']),
        authorization: String(request.headers.authorization),
        body: JSON.parse(text) as Record<string, string>,
      };
      requests.push(seen);
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.statusCode = refusal?.status ?? 200;
      response.end(JSON.stringify(refusal ? { __type: refusal.type, message: refusal.message } : answer(seen)));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const clusters = path.join(makeTempDir(), 'clusters.yaml');
  const cluster = (alias: string, region: string) =>
    `- {id: "aws:1:${region}:kube-1", alias: ${alias}, local_id: kube-1, region: ${region}, lifecycle_status: ready, api_server_url: "https://k.example.org"}\n`;
  fs.writeFileSync(
    clusters,
    `clusters:\n${cluster('foobarlab', 'eu-central-1')}${cluster('other', 'us-east-1')}${cluster('odd', 'x')}`,
  );
  env = {
    ...cleanEnv(),
    ZKUBECTL_REGISTRY_FILE: clusters,
    AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'aws-secret-canary',
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  for (const alias of ['foobarlab', 'other', 'odd']) expect(await run(['use', alias], env)).toMatchObject({ code: 0 });
  expect(await run(['use', 'foobarlab'], env)).toMatchObject({ code: 0 });
});
afterAll(() => server.close());

const last = () => requests.at(-1);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const reversed = (text: string) => base64([...text].reverse().join(''));

describe('encrypt', () => {
  test('reads stdin, leaves the newline out, and names the cluster', async () => {
    const result = await shell("printf 's3cret\\n' | zk encrypt", env);
    expect(result).toMatchObject({
      code: 0,
      stdout: `deployment-secret:2:foobarlab:${reversed('s3cret')}\n`,
      stderr: '',
    });
    expect(last()).toMatchObject({
      target: 'TrentService.Encrypt',
      body: { KeyId: 'alias/kube-1-deployment-secret', Plaintext: base64('s3cret') },
    });
    expect(last()?.authorization).toContain('/eu-central-1/kms/aws4_request');
  });

  test.each([
    ["printf 'a\\n' | zk encrypt --no-strip", 'a\n'],
    ["printf 'a\\r\\n' | zk encrypt", 'a'],
    ["printf 'a\\n\\n' | zk encrypt", 'a\n'],
    ["printf 'a' | zk encrypt", 'a'],
  ])('%s', async (command, plaintext) => {
    expect(await shell(command, env)).toMatchObject({ code: 0 });
    expect(last()?.body['Plaintext']).toBe(base64(plaintext));
  });

  test('for another cluster, in its region, by another key', async () => {
    const { stdout } = await shell('printf a | zk encrypt --cluster other --kms-keyid alias/mine', env);
    expect(stdout).toMatch(/^deployment-secret:2:other:/);
    expect(last()?.body['KeyId']).toBe('alias/mine');
    expect(last()?.authorization).toContain('/us-east-1/kms/');
  });

  test.each([
    ['nothing', 'zk encrypt </dev/null', 2],
    ['a secret on the command line', 'zk encrypt s3cret', 2],
    ['more than KMS takes', 'head -c 4097 /dev/zero | zk encrypt', 2],
    ['a cluster without a region', 'printf a | zk encrypt --cluster odd', 1],
  ])('%s: no request is made', async (_, command, code) => {
    const before = requests.length;
    expect(await shell(command, env)).toMatchObject({ code, stdout: '' });
    expect(requests).toHaveLength(before);
  });

  test('4096 bytes are taken', async () => {
    expect(await shell('head -c 4096 /dev/zero | zk encrypt', env)).toMatchObject({ code: 0 });
  });
});

describe('decrypt', () => {
  test.each([
    [`deployment-secret:2:foobarlab:${reversed('s3cret')}`],
    [`deployment-secret:foobarlab:${reversed('s3cret')}`],
  ])('%s, from the command line or stdin: the bytes, and nothing after them', async secret => {
    expect(await run(['decrypt', secret], env)).toMatchObject({ code: 0, stdout: 's3cret', stderr: '' });
    expect(await shell(`echo '${secret}' | zk decrypt`, env)).toMatchObject({ code: 0, stdout: 's3cret' });
    expect(last()).toMatchObject({ target: 'TrentService.Decrypt', body: { CiphertextBlob: reversed('s3cret') } });
  });

  test.each([
    ['deployment-secret:3:foobarlab:YQ==', 2],
    ['deployment-secret:2:../x:YQ==', 2],
    ['deployment-secret:2:foobarlab:not base64', 2],
    ['deployment-secret:2:foobarlab:', 2],
    ['s3cret', 2],
    ['deployment-secret:2:nobody:YQ==', 3],
  ])('%s is exit %i', async (secret, code) => {
    expect(await run(['decrypt', secret], env)).toMatchObject({ code, stdout: '' });
  });
});

describe('when KMS says no', () => {
  const refused = async (status: number, type: string): Promise<ChildResult> => {
    refusal = { status, type, message: 'because\u001b[31m' };
    try {
      return await shell('printf s3cret-canary | zk encrypt --debug', env);
    } finally {
      refusal = undefined;
    }
  };

  test.each([
    [400, 'AccessDeniedException', 5],
    [400, 'NotFoundException', 1],
    [400, 'UnrecognizedClientException', 4],
    [500, 'KMSInternalException', 6],
  ])('%i %s is exit %i, with no secret and no escape sequence in what is said', async (status, type, code) => {
    const result = await refused(status, type);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).not.toContain('canary');
    expect(result.stderr).not.toContain('\u001b');
    expect(result.stderr).toContain('AWS');
  });

  test('not there, or no credentials', async () => {
    const down = { ...env, AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:1' };
    expect(await shell('printf a | zk encrypt', down)).toMatchObject({ code: 6 });
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...nobody } = env;
    expect(await shell('printf a | zk encrypt', nobody)).toMatchObject({ code: 4, stdout: '' });
  });
});
