/** The sandbox's own door: whose notes it believes, and which hosts it answers to. */
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownerMark } from '../../src/platform/files/lock.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { person, testSandbox } from '../support/sandbox.ts';

/** A folder with a note of a sandbox that runs: this very process. */
function noted(): { dir: string; note: string } {
  const dir = makeTempDir();
  const note = path.join(dir, 'running.json');
  const info = {
    issuer: 'https://evil.example.org',
    registry: 'https://evil.example.org',
    access: 'https://evil.example.org',
    caFile: '/tmp/evil.pem',
    configFile: '/tmp/evil.yaml',
    kubeconfig: '/tmp/evil',
    clientSecretFile: '/tmp/evil',
    clusters: [],
  };
  // A process of our own that nobody may end: had the note been believed, it would have been.
  const pid = process.pid;
  fs.writeFileSync(note, JSON.stringify({ pid, owner: ownerMark(), info }), { mode: 0o600 });
  fs.writeFileSync(path.join(dir, '.zkubectl-sandbox'), '');
  return { dir, note };
}

describe('a note of a sandbox that runs', () => {
  test('of our own counts', async () => {
    const { dir } = noted();
    expect((await runMain(['sandbox', 'status', '--dir', dir])).code).toBe(0);
  });

  test.each<[string, (note: string, dir: string) => void]>([
    ['that others may write', note => fs.chmodSync(note, 0o666)],
    [
      'that is a link',
      (note, dir) => {
        fs.renameSync(note, path.join(dir, 'other'));
        fs.symlinkSync('other', note);
      },
    ],
    ['that is not whole', note => fs.writeFileSync(note, fs.readFileSync(note, 'utf8').replace('configFile', 'x'))],
    ...(process.getuid?.() === 0
      ? [
          ["that is somebody else's", (note: string) => fs.chownSync(note, 1234, 1234)] as [
            string,
            (note: string) => void,
          ],
        ]
      : []),
  ])('%s does not: nothing is exported, shown or ended', async (_, spoil) => {
    const { dir, note } = noted();
    spoil(note, dir);
    expect(await runMain(['sandbox', 'status', '--dir', dir])).toMatchObject({ code: 3, stdout: '' });
    // A shell that evaluates it fails.
    expect(await runMain(['sandbox', 'env', '--dir', dir])).toMatchObject({ code: 3, stdout: '(exit 3)\n' });
    expect(await runMain(['sandbox', 'down', '--dir', dir])).toMatchObject({
      code: 0,
      stderr: 'no sandbox was running\n',
    });
  });
});

function statusOf(url: string, host: string): Promise<number | undefined> {
  const { get } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    get(url, { headers: { host }, rejectUnauthorized: false }, response => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

test('a page that has its name lead here (DNS rebinding) is not served by any of its servers', async () => {
  const sandbox = await testSandbox();
  const { issuer, registry, access, clusters } = sandbox.info;
  for (const url of [`${issuer}/.well-known/openid-configuration`, registry, access, `${clusters[0]?.url}/healthz`]) {
    const { port, host } = new URL(url);
    for (const other of [
      `evil.example.org:${port}`,
      'evil.example.org',
      `127.0.0.1.evil.example.org:${port}`,
      '127.0.0.1:1',
    ])
      expect([url, other, await statusOf(url, other)]).toEqual([url, other, 421]);
    for (const own of [host, `localhost:${port}`])
      expect([url, own, (await statusOf(url, own)) === 421]).toEqual([url, own, false]);
  }
  await sandbox.close();
});

describe('tokens', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await testSandbox();
  });
  afterAll(() => sandbox.close());
  const claimsOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

  test("the platform's access token is a JWT", async () => {
    const alice = person(sandbox, 'alice');
    expect(await alice.run('login')).toMatchObject({ code: 0 });
    const claims = claimsOf((await alice.run('token')).stdout.trim());
    expect(claims).toMatchObject({
      iss: sandbox.info.issuer,
      sub: 'alice',
      aud: 'zkubectl',
      email: 'alice@example.org',
    });
    const response = await fetch(`${sandbox.info.registry}/kubernetes-clusters`, {
      headers: { authorization: `Bearer ${(await alice.run('token')).stdout.trim()}` },
    });
    expect(response.status).toBe(200);
  });

  test("a machine's token is for the platform and every cluster", async () => {
    const ci = person(sandbox, 'alice', {
      ZKUBECTL_AUTH_FLOW: 'client-credentials',
      ZKUBECTL_AUTH_CLIENT_ID: 'ci',
      ZKUBECTL_AUTH_CLUSTER_CLIENT_ID: 'ci.{alias}',
      ZKUBECTL_AUTH_CLIENT_SECRET_FILE: sandbox.info.clientSecretFile,
    });
    const token = (await ci.run('token')).stdout.trim();
    expect(claimsOf(token)['aud']).toEqual(['zkubectl', 'kubernetes.clusters']);
    const server = sandbox.info.clusters.find(({ alias }) => alias === 'abckub')?.url ?? '';
    const { Agent, fetch: fetchWith } = await import('undici');
    const dispatcher = new Agent({ connect: { ca: fs.readFileSync(sandbox.info.caFile, 'utf8') } });
    const pods = await fetchWith(`${server}/api/v1/namespaces/shop/pods`, {
      dispatcher,
      headers: { authorization: `Bearer ${token}` },
    });
    expect([pods.status, await pods.text()]).toEqual([200, expect.stringContaining('PodList')]);
    await dispatcher.close();
  });
});
