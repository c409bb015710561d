import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { InterruptedError } from '../../src/errors.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { signIn } from '../../src/sandbox/sign-in.ts';
import { fakeIssuer, newKeys } from '../support/fake-issuer.ts';
import type { FakeAnswer } from '../support/fake-service.ts';
import { browseAs, filesBelow, person, sendByFetch, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(() => sandbox.close());

function kubeconfigOf(file: string) {
  return parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
}

describe('login CLUSTER', () => {
  test('opens the browser once, writes the context and switches to it', async () => {
    const alice = person(sandbox, 'alice');
    const { code, stdout, stderr, io } = await alice.run('login', 'foobarlab');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('logged in to foobarlab (production), which is now the current context');
    expect(io.opened).toHaveLength(1);
    const cluster = sandbox.info.clusters.find(c => c.alias === 'foobarlab');
    expect(kubeconfigOf(alice.kubeconfig)).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'foobarlab', cluster: { server: cluster?.url, 'certificate-authority-data': expect.any(String) } },
      ],
      contexts: [{ name: 'foobarlab', context: { cluster: 'foobarlab', user: 'zkubectl-foobarlab' } }],
      users: [
        {
          name: 'zkubectl-foobarlab',
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              command: '/opt/zkubectl/bin/zkubectl',
              args: ['credentials', 'foobarlab'],
              installHint: expect.any(String),
              interactiveMode: 'IfAvailable',
              provideClusterInfo: true,
            },
          },
        },
      ],
      'current-context': 'foobarlab',
    });
    expect(fs.statSync(alice.kubeconfig).mode & 0o777).toBe(0o600);
  });

  test('leaves both tokens behind, so that nothing after it needs a browser', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    const credentials = await alice.run('credentials', 'foobarlab');
    expect(credentials.code).toBe(0);
    const list = await alice.run('list', '-o', 'name');
    expect(list.stdout.split('\n')).toContain('foobarlab');
    expect([...credentials.io.opened, ...list.io.opened]).toEqual([]);
  });

  test('keeps secrets in the state folder alone, 0600 in folders of 0700', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    const token = (await alice.run('token')).stdout.trim();
    const state = path.join(alice.home, '.local', 'state', 'zkubectl');
    for (const file of filesBelow(alice.home)) {
      if (file.startsWith(state)) expect(fs.statSync(file).mode & 0o777).toBe(0o600);
      else expect(fs.readFileSync(file, 'utf8')).not.toContain(token);
    }
    expect(fs.statSync(state).mode & 0o777).toBe(0o700);
    expect(filesBelow(state).some(file => fs.readFileSync(file, 'utf8').includes(token))).toBe(true);
  });

  test('takes an id as well as an alias', async () => {
    const alice = person(sandbox, 'alice');
    const { code } = await alice.run('login', 'aws:123740508747:eu-central-1:kube-1');
    expect(code).toBe(0);
    expect(kubeconfigOf(alice.kubeconfig)['current-context']).toBe('foobarlab');
  });

  test('a cluster that does not exist is exit 3 with the nearest names', async () => {
    const alice = person(sandbox, 'alice');
    const { code, stderr } = await alice.run('login', 'foobarlap');
    expect(code).toBe(3);
    expect(stderr).toContain('zkubectl: error: no cluster is called foobarlap');
    expect(stderr).toContain('did you mean foobarlab');
    expect(fs.existsSync(alice.kubeconfig)).toBe(false);
  });

  test('logged in already, it opens no browser; --force-refresh renews with the refresh token', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    const before = (await alice.run('token', '--cluster', 'foobarlab')).stdout;
    const again = await alice.run('login', 'foobarlab');
    expect([again.code, again.io.opened]).toEqual([0, []]);
    expect((await alice.run('token', '--cluster', 'foobarlab')).stdout).toBe(before);
    expect(before).toMatch(/^\S+\n$/);
    const forced = await alice.run('login', '--force-refresh', 'foobarlab');
    expect([forced.code, forced.io.opened]).toEqual([0, []]);
    const renewed = (await alice.run('token', '--cluster', 'foobarlab')).stdout;
    expect(renewed).toMatch(/^\S+\n$/);
    expect(renewed).not.toBe(before);
  });

  test('with no cluster and no terminal, logs in to the platform', async () => {
    const alice = person(sandbox, 'alice');
    const { code, stderr } = await alice.run('login');
    expect([code, stderr.includes('logged in')]).toEqual([0, true]);
    expect((await alice.run('list', '-o', 'name')).code).toBe(0);
  });

  test('with no cluster on a terminal, picks one', async () => {
    const alice = person(sandbox, 'alice');
    const { code, io } = await alice.runWith({ tty: true, answers: [{ pick: /^abckub-test/ }] }, 'login');
    expect([code, io.asked]).toEqual([0, ['log in to which cluster?']]);
    expect(kubeconfigOf(alice.kubeconfig)['current-context']).toBe('abckub-test');
  });

  test('--no-browser only prints the address', async () => {
    const alice = person(sandbox, 'alice');
    const { createTestIo } = await import('../support/io.ts');
    const { main } = await import('../../src/main.ts');
    const io = createTestIo({ home: alice.home, env: alice.env });
    const running = main(['login', '--no-browser'], io);
    await vi.waitFor(() => expect(io.stderr.text).toMatch(/log in here: http/), { timeout: 90_000 });
    await browseAs('alice', /log in here: (\S+)/.exec(io.stderr.text)?.[1] ?? '');
    expect([await running, io.opened]).toEqual([0, []]);
  });

  test('a user who cancels is refused (4), and nothing is stored', async () => {
    const mallory = person(sandbox, 'deny');
    const { code, stderr } = await mallory.run('login', 'foobarlab');
    expect(code).toBe(4);
    expect(stderr).toMatch(/error: the login service at 127\.0\.0\.1:\d+ refused the login: access_denied/);
    expect(filesBelow(path.join(mallory.home, '.local', 'state', 'zkubectl', 'tokens'))).toEqual([]);
    expect(fs.existsSync(mallory.kubeconfig)).toBe(false);
  });
});

describe('login URL', () => {
  test('needs no registry; the context is named after the host', async () => {
    const alice = person(sandbox, 'alice');
    const url = sandbox.info.clusters[0]?.url ?? '';
    const { code } = await alice.runWith(
      { env: { ZKUBECTL_REGISTRY_URL: 'http://127.0.0.1:1' } },
      'login',
      `${url}/`,
      '--okta-auth-client-id',
      'kubernetes.cluster.foobarlab',
    );
    expect(code).toBe(0);
    const host = new URL(url).host;
    const kubeconfig = kubeconfigOf(alice.kubeconfig);
    expect(kubeconfig['current-context']).toBe(host);
    // Its CA is that of the configuration: no registry says it.
    const ca = fs.readFileSync(sandbox.info.caFile).toString('base64');
    expect(kubeconfig['clusters']).toEqual([
      { name: host, cluster: { server: url, 'certificate-authority-data': ca } },
    ]);
    expect(kubeconfig['users']).toMatchObject([
      {
        name: `zkubectl-${host}`,
        user: { exec: { args: ['credentials', host, '--okta-auth-client-id', 'kubernetes.cluster.foobarlab'] } },
      },
    ]);
    const credentials = await alice.run('credentials', host, '--okta-auth-client-id', 'kubernetes.cluster.foobarlab');
    expect(JSON.parse(credentials.stdout)).toMatchObject({
      kind: 'ExecCredential',
      status: { token: expect.any(String) },
    });
  });

  test('a URL that does not resolve, or that nobody serves, is exit 6 and no login', async () => {
    const alice = person(sandbox, 'alice');
    for (const url of ['https://typo.example.org', 'https://127.0.0.1:1']) {
      const { code, stderr, io } = await alice.run('login', url);
      expect([code, io.opened, stderr.includes('logged in')]).toEqual([6, [], false]);
    }
    expect(fs.existsSync(alice.kubeconfig)).toBe(false);
  });

  test('plain http to another machine is refused', async () => {
    const alice = person(sandbox, 'alice');
    const { code, stderr, io } = await alice.run('login', 'http://kube-1.foobarlab.example.org');
    expect([code, io.opened]).toEqual([2, []]);
    expect(stderr).toContain('plain http');
  });
});

describe('other ways to log in', () => {
  test('--flow device shows a code and polls until it is confirmed', async () => {
    const alice = person(sandbox, 'alice');
    const { createTestIo } = await import('../support/io.ts');
    const { main } = await import('../../src/main.ts');
    const io = createTestIo({ home: alice.home, env: alice.env });
    const running = main(['login', '--flow', 'device'], io);
    await vi.waitFor(() => expect(io.stderr.text).toMatch(/or open http/), { timeout: 90_000 });
    expect(io.stderr.text).toMatch(/enter the code: [A-Z]{4}-[A-Z]{4}/);
    await browseAs('alice', /or open (\S+)/.exec(io.stderr.text)?.[1] ?? '');
    expect(await running).toBe(0);
    expect(io.opened).toEqual([]);
    expect((await alice.run('whoami')).stdout).toContain('alice@example.org');
  });

  test('auth.redirect_url is used to the letter, and auth.params are sent', async () => {
    // What kubelogin's clients have registered; the sandbox allows every port on it.
    for (const redirect of ['http://localhost', 'http://127.0.0.1/callback']) {
      const env = { ZKUBECTL_AUTH_REDIRECT_URL: redirect, ZKUBECTL_AUTH_PARAMS: 'business_partner_id=1%262&hint=x' };
      const { code, io } = await person(sandbox, 'alice', env).run('login');
      const sent = new URL(io.opened[0] ?? '').searchParams;
      expect([code, sent.get('business_partner_id'), sent.get('hint')]).toEqual([0, '1&2', 'x']);
      expect(sent.get('redirect_uri')?.replace(/:\d+/, '')).toBe(redirect);
    }
    const pasted = person(sandbox, 'alice', { ZKUBECTL_AUTH_REDIRECT_URL: 'http://localhost:8000' });
    const { createTestIo } = await import('../support/io.ts');
    const { main } = await import('../../src/main.ts');
    const io = createTestIo({ home: pasted.home, env: pasted.env, tty: true });
    const input = async () => {
      const [, url = ''] = /log in here, on any machine: (\S+)/.exec(io.stderr.text) ?? [];
      expect(new URL(url).searchParams.get('redirect_uri')).toBe('http://localhost:8000');
      return pastedAddress(url);
    };
    const pick = async () => {
      throw new InterruptedError();
    };
    await main(['login', '--flow', 'paste'], { ...io, prompt: { ...io.prompt, input, pick } });
    expect(filesBelow(path.join(pasted.home, '.local/state/zkubectl/tokens'))).toHaveLength(1);
    for (const env of [
      { ZKUBECTL_AUTH_REDIRECT_URL: 'https://example.org' },
      { ZKUBECTL_AUTH_PARAMS: 'redirect_uri=http://evil' },
    ])
      expect((await person(sandbox, 'alice', env).run('login')).code).toBe(2);
  });

  test('on a terminal the address is shown when no browser came back in 10 s', async () => {
    const alice = person(sandbox, 'alice');
    const pauses: number[] = [];
    const { stderr } = await alice.runWith(
      {
        tty: true,
        sleep: async (ms, signal) => {
          pauses.push(ms);
          if (ms !== 10_000)
            await new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
        },
        answers: [{ leave: true }],
      },
      'login',
    );
    expect(pauses).toContain(10_000);
    expect(stderr).toMatch(/opened the browser to log in at 127\.0\.0\.1:\d+; waiting for it$/m);
    expect(stderr).toMatch(/if no browser opened, log in here: http:\S+$/m);
  });

  test.each<[string, FakeAnswer]>([
    ['in the body', { status: 401, json: { error: 'invalid_client', error_description: 'unknown' } }],
    [
      'with a challenge',
      {
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="x", error="invalid_client", error_description="unknown"' },
        json: { error: 'invalid_client', error_description: 'unknown' },
      },
    ],
    ['with a bare challenge', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }],
  ])('invalid_client %s names the client and what may be wrong', async (_where, answer) => {
    const issuer = await fakeIssuer(await newKeys(), { code: answer });
    const env = {
      ZKUBECTL_AUTH_ISSUER: issuer.service.url,
      ZKUBECTL_AUTH_FLOW: 'client-credentials',
      ZKUBECTL_AUTH_CLIENT_ID: 'ci',
      ZKUBECTL_AUTH_CLIENT_SECRET: 'canary-secret',
    };
    const { code, stderr } = await person(sandbox, 'nobody', env).run('login');
    const host = new URL(issuer.service.url).host;
    await issuer.service.close();
    expect(code).toBe(4);
    expect(stderr).toMatch(
      new RegExp(`^zkubectl: error: the login service at ${host} refused the client ci: invalid_client`),
    );
    expect(stderr).toContain(
      'hint: check the client (auth.client_id), or its secret (ZKUBECTL_AUTH_CLIENT_SECRET, …_FILE): zkubectl configure\n',
    );
  });

  test('--flow paste takes the address that the browser could not open', async () => {
    const alice = person(sandbox, 'alice');
    const { createTestIo } = await import('../support/io.ts');
    const { main } = await import('../../src/main.ts');
    const io = createTestIo({ home: alice.home, env: alice.env, tty: true });
    const asked = vi.fn(async () => {
      const urls = [...io.stderr.text.matchAll(/log in here, on any machine: (\S+)/g)];
      return pastedAddress(urls.at(-1)?.[1] ?? '');
    });
    const running = main(['login', '--flow', 'paste', 'foobarlab'], { ...io, prompt: { ...io.prompt, input: asked } });
    expect(await running).toBe(0);
    // The platform's client and the cluster's: one address each.
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test('--flow paste without a terminal is exit 2 and says what to use', async () => {
    const { code, stderr } = await person(sandbox, 'alice').run('login', '--flow', 'paste');
    expect(code).toBe(2);
    expect(stderr).toContain('--flow device');
  });

  test('something else pasted is exit 4', async () => {
    const { code, stderr } = await person(sandbox, 'alice').runWith(
      { tty: true, answers: [{ input: 'hello' }] },
      'login',
      '--flow',
      'paste',
    );
    expect(code).toBe(4);
    expect(stderr).toContain('not a redirect URL');
  });

  const machine = () => ({
    ZKUBECTL_AUTH_CLIENT_ID: 'ci',
    ZKUBECTL_AUTH_CLUSTER_CLIENT_ID: 'ci.{alias}',
    ZKUBECTL_AUTH_FLOW: 'client-credentials',
    ZKUBECTL_AUTH_CLIENT_SECRET_FILE: sandbox.info.clientSecretFile,
  });

  test('client-credentials: a CI job needs no browser and no terminal', async () => {
    const ci = person(sandbox, 'nobody', machine());
    const login = await ci.run('login', 'foobarlab');
    expect([login.code, login.io.opened]).toEqual([0, []]);
    expect((await ci.run('list', '-o', 'name')).stdout).toContain('foobarlab');
    const credentials = JSON.parse((await ci.run('credentials', 'foobarlab')).stdout) as {
      status: { token: string; expirationTimestamp: string };
    };
    expect(credentials.status.expirationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const claims = JSON.parse(
      Buffer.from(credentials.status.token.split('.')[1] ?? '', 'base64url').toString(),
    ) as Record<string, unknown>;
    expect(claims).toMatchObject({ aud: 'kubernetes.cluster.foobarlab', groups: ['Machines'] });
  });

  test('client-credentials without a login before: credentials gets a token by itself', async () => {
    const ci = person(sandbox, 'nobody', machine());
    expect((await ci.run('credentials', 'foobarlab')).code).toBe(0);
  });

  test('client-credentials without a secret is exit 2; with a wrong one exit 4, and the secret is in no message', async () => {
    const { ZKUBECTL_AUTH_CLIENT_SECRET_FILE: _, ...rest } = machine();
    expect((await person(sandbox, 'nobody', rest).run('login')).code).toBe(2);
    const wrong = await person(sandbox, 'nobody', {
      ...rest,
      ZKUBECTL_AUTH_CLIENT_SECRET: 'canary-secret',
      ZKUBECTL_DEBUG: '1',
    }).run('login');
    expect(wrong.code).toBe(4);
    expect(wrong.stderr + wrong.stdout).not.toContain('canary-secret');
  });

  test('ZKUBECTL_TOKEN replaces every login', async () => {
    const alice = person(sandbox, 'alice');
    await alice.run('login', 'foobarlab');
    const token = (await alice.run('token')).stdout.trim();
    const job = person(sandbox, 'nobody', { ZKUBECTL_TOKEN: token });
    expect((await job.run('list', '-o', 'name')).stdout).toContain('foobarlab');
    const credentials = await job.run('credentials', 'anything');
    expect(JSON.parse(credentials.stdout)).toMatchObject({ status: { token } });
    expect(
      filesBelow(job.home)
        .map(f => fs.readFileSync(f, 'utf8'))
        .join(''),
    ).not.toContain(token);
  });

  test('with a token from the environment, login says that nobody has checked it', async () => {
    const job = person(sandbox, 'nobody', { ZKUBECTL_TOKEN: 'garbage' });
    const registry = { ZKUBECTL_REGISTRY_FILE: path.join(job.home, 'clusters.yaml') };
    fs.writeFileSync(
      registry.ZKUBECTL_REGISTRY_FILE,
      'clusters: [{id: "a:b:c", alias: one, lifecycle_status: ready, api_server_url: "https://one.example.org"}]\n',
    );
    const words = 'the token of ZKUBECTL_TOKEN or ZKUBECTL_TOKEN_FILE replaces every login; it was not checked\n';
    expect(await job.runWith({ env: registry }, 'login', 'one')).toMatchObject({
      code: 0,
      stderr: `one (no environment) is now the current context\n${words}`,
    });
    expect(await job.run('login')).toMatchObject({ code: 0, stderr: words });
  });

  test('ZKUBECTL_TOKEN_FILE is read again at every use', async () => {
    const job = person(sandbox, 'nobody');
    const file = path.join(job.home, 'token');
    for (const token of ['first', 'second']) {
      fs.writeFileSync(file, `${token}\n`);
      expect((await job.runWith({ env: { ZKUBECTL_TOKEN_FILE: file } }, 'token')).stdout).toBe(`${token}\n`);
    }
    fs.rmSync(file);
    expect((await job.runWith({ env: { ZKUBECTL_TOKEN_FILE: file } }, 'token')).code).toBe(2);
  });

  test('an unknown flow is exit 2 and names the flows', async () => {
    const { code, stderr } = await person(sandbox, 'alice').run('login', '--flow', 'magic');
    expect(code).toBe(2);
    expect(stderr).toContain('browser, device, paste, client-credentials');
  });
});

/** Follows the login in a browser up to the address on 127.0.0.1:8000, where nobody listens. */
async function pastedAddress(url: string): Promise<string> {
  let address = '';
  await signIn(
    async request => {
      if (!/^http:..(127.0.0.1|localhost):8000/.test(request.url)) return sendByFetch(request);
      address = request.url;
      return { status: 200, headers: {}, body: Buffer.from('') };
    },
    url,
    'alice',
  );
  return address;
}
