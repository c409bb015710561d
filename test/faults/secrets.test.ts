/** Canaries: tokens, codes, verifiers and client secrets are planted, and every output, argv, environment and file is searched for them. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeIssuer, fakeIssuer, newKeys } from '../support/fake-issuer.ts';
import { type FakeAnswer, type FakeService, fakeService } from '../support/fake-service.ts';
import { figure, scaled } from '../support/faults.ts';
import { cleanEnv, run } from '../support/program.ts';
import { filesBelow } from '../support/sandbox.ts';

const AREA = 'secrets';
const CLIENT_SECRET = 'canary-client-secret';
let issuer: FakeIssuer;
let registry: FakeService;
let access: FakeService;
let answer: (method: string) => FakeAnswer | undefined = () => undefined;
let env: Record<string, string>;
let home: string;
beforeAll(async () => {
  issuer = await fakeIssuer(await newKeys());
  registry = await fakeService(
    ({ url, method }) =>
      answer(method) ?? {
        json: url.startsWith('/infrastructure-accounts')
          ? { id: 'aws:1', name: 'one' }
          : {
              items: [
                {
                  id: 'aws:1:eu:kube-1',
                  alias: 'one',
                  infrastructure_account: 'aws:1',
                  environment: 'production',
                  lifecycle_status: 'ready',
                  api_server_url: 'https://127.0.0.1:1',
                },
              ],
            },
      },
  );
  access = await fakeService(
    ({ method }) => answer(method) ?? { json: method === 'GET' ? [] : { result: { request_key: '1' } } },
  );
  env = cleanEnv();
  home = env['HOME'] ?? '';
  Object.assign(env, {
    PATH: `${path.join(home, 'spies')}:${env['PATH']}`,
    ZKUBECTL_AUTH_ISSUER: issuer.service.url,
    ZKUBECTL_AUTH_CLIENT_ID: 'zkubectl',
    ZKUBECTL_AUTH_CLUSTER_CLIENT_ID: 'kubernetes.cluster.{alias}',
    ZKUBECTL_REGISTRY_URL: registry.url,
    ZKUBECTL_ACCESS_URL: access.url,
    ZKUBECTL_AUTH_CLIENT_SECRET: CLIENT_SECRET,
    ZKUBECTL_DEBUG: '1',
    BROWSER: path.join(home, 'spies', 'browser'),
  });
  fs.mkdirSync(path.join(home, 'spies'));
  const spy = (name: string, more = '') =>
    fs.writeFileSync(
      path.join(home, 'spies', name),
      `#!/bin/sh\n{ echo "$0 $*"; ${name === 'kubectl' ? 'env | grep -v ^ZKUBECTL_AUTH_CLIENT_SECRET=' : 'env'}; tr '\\0' ' ' </proc/$PPID/cmdline; } >> "$HOME/seen.${name}"\n${more}\n`,
      { mode: 0o755 },
    );
  spy('browser', 'exec node -e "fetch(process.argv[1]).then(r => r.text())" "$1" >/dev/null 2>&1 &');
  spy('zkubectl-spy');
  // kubectl runs us for credentials, so what the user has set for us is in its environment, and no other's.
  spy('kubectl', 'echo \'{"clientVersion":{"gitVersion":"v1.35.2"}}\'');
});
afterAll(async () => {
  for (const service of [issuer.service, registry, access]) await service.close();
});

/** Everything that is secret, as far as it has been given out by now. */
function secrets(): string[] {
  const stored = filesBelow(path.join(home, '.local/state/zkubectl/tokens')).map(file => fs.readFileSync(file, 'utf8'));
  return [
    CLIENT_SECRET,
    'canary-access',
    'canary-refresh',
    'canary-code',
    ...issuer.tokenRequests.flatMap(body => new URLSearchParams(body).get('code_verifier') ?? []),
    // Of an ID token, its signature: the rest says who somebody is.
    ...stored.flatMap(text => [...text.matchAll(/"idToken":"[^".]+\.[^".]+\.([^"]+)"/g)].map(match => match[1] ?? '')),
  ];
}

test('no secret in an output, a message, an argv, an environment or a file outside the state folder', async () => {
  const all = new Set<string>();
  let outputs = 0;
  let leaks = 0;
  const search = (where: string, text: string) => {
    for (const secret of all) {
      if (!text.includes(secret)) continue;
      leaks++;
      expect({ where, secret, text }).toEqual({ where, secret, text: 'without it' });
    }
  };
  const results: { argv: string[]; stdout: string; stderr: string }[] = [];
  const go = async (more: Record<string, string>, ...argv: string[]) => {
    const result = await run(argv, { ...env, ...more });
    results.push({ argv, ...result });
    for (const secret of secrets()) all.add(secret);
    return result.code;
  };
  const expire = () => {
    for (const file of filesBelow(path.join(home, '.local/state/zkubectl/tokens'))) {
      const stored = JSON.parse(fs.readFileSync(file, 'utf8')) as { tokens: Record<string, unknown> };
      stored.tokens['idExpiresAt'] = stored.tokens['accessExpiresAt'] = 1;
      fs.writeFileSync(file, JSON.stringify(stored), { mode: 0o600 });
    }
  };
  expect(await go({}, 'login', 'one')).toBe(0);
  const commands = [
    ['list'],
    ['list', '-o', 'json'],
    ['show', 'one', '--reveal'],
    ['whoami'],
    ['whoami', '-o', 'json'],
    ['doctor'],
    ['doctor', '-o', 'json'],
    ['configure'],
    ['current'],
    ['env', 'one'],
    ['get', 'pods'],
    ['config', 'use-context', 'one'],
    ['ns', 'shop'],
    ['spy', 'a', 'b'],
    ['plugin', 'list'],
    ['cluster-access', 'request', '--no-wait-for-approval', 'why'],
    ['cluster-access', 'list'],
    ['cluster-update', 'status'],
    ['__complete', 'use', ''],
    ['login', '--force-refresh', 'one'],
  ];
  for (const argv of commands) expect({ argv, code: await go({}, ...argv) }).not.toMatchObject({ code: 70 });
  // Everything that can go wrong, in the middle of it.
  const troubles: FakeAnswer[] = [
    { status: 401 },
    { status: 500, body: 'oops' },
    { status: 403 },
    { hangUp: true },
    { body: '<html>' },
  ];
  for (const broken of troubles.slice(0, scaled(2, troubles.length))) {
    answer = () => broken;
    for (const argv of [['list'], ['cluster-access', 'request', '--no-wait-for-approval', 'why now'], ['doctor']])
      await go({}, ...argv);
  }
  answer = () => undefined;
  expire();
  for (const argv of [['credentials', 'one'], ['list']]) await go({}, ...argv);
  expire();
  for (const argv of [['credentials', 'one'], ['whoami'], ['list']])
    await go({ ZKUBECTL_AUTH_ISSUER: 'http://127.0.0.1:1' }, ...argv);
  await go({ ZKUBECTL_TOKEN: 'canary-environment-token' }, 'spy');
  await go({ ZKUBECTL_TOKEN: 'canary-environment-token' }, 'list');
  all.add('canary-environment-token');
  await go({ BROWSER: '/bin/true', ZKUBECTL_AUTH_FLOW: 'client-credentials' }, 'login');
  await go({}, 'logout', '--all');

  for (const { argv, stdout, stderr } of results) {
    outputs += 2;
    search(`${argv.join(' ')}: stderr`, stderr);
    // credentials and token print one: that is what they are for.
    if (argv[0] !== 'credentials') search(`${argv.join(' ')}: stdout`, stdout);
  }
  const seen = filesBelow(home).filter(file => path.basename(file).startsWith('seen.'));
  expect(seen.map(file => path.basename(file)).sort()).toEqual(['seen.browser', 'seen.kubectl', 'seen.zkubectl-spy']);
  const state = path.join(home, '.local', 'state');
  const files = filesBelow(home).filter(file => !file.startsWith(state));
  for (const file of files) search(file, fs.readFileSync(file, 'utf8'));
  for (const file of filesBelow(home)) search('the name of a file', file);
  // What came over the network: a secret is in a body or a header, never in an address.
  for (const { url } of [...issuer.service.requests, ...registry.requests, ...access.requests])
    search('a URL', url.replace('code=canary-code', ''));
  expect(all.size).toBeGreaterThan(8);
  expect(files.length).toBeGreaterThanOrEqual(8);
  figure(AREA, 'canaries planted', all.size);
  figure(AREA, 'outputs searched', outputs);
  figure(AREA, 'files, and argv and environments of children, searched', files.length);
  figure(AREA, 'leaks found', leaks);
});
