/** A registry and an access API that are hostile, or hold what hostile people have written: nothing is forged, left, run or given away. */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type FakeAnswer, type FakeService, fakeService } from '../support/fake-service.ts';
import { figure, scaled } from '../support/faults.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { filesBelow } from '../support/sandbox.ts';

const AREA = 'hostile far ends';
const CANARY = 'canary-token';
const services: FakeService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

async function serve(answer: (url: string, method: string, count: number) => FakeAnswer): Promise<FakeService> {
  const service = await fakeService(({ url, method }, count) => answer(url, method, count));
  services.push(service);
  return service;
}

const HOSTILE = [
  '\x1b[2J\x1b[1;1H',
  '\x1b]0;title\x07',
  '\x1b]8;;https://evil.example.org\x1b\\click\x1b]8;;\x1b\\',
  '\x9b31m',
  'a\nzkubectl: error: forged',
  'a\r\nforged line',
  'a\rforged',
  'a\tb\x08\x08c',
  '\u202egnp.exe',
  '\u2066isolated\u2069',
  'zero\u200bwidth\ufeff',
  '$(touch pwned)',
  '`touch pwned`',
  ';touch pwned;',
  '| touch pwned',
  '&& touch pwned',
  '> pwned',
  '../../../../tmp/x',
  '..\\..\\x',
  '/etc/passwd',
  '-rf',
  '--kubeconfig=/tmp/evil',
  '--all',
  '__proto__',
  'constructor',
  "'; --",
  '"',
  '%s%n',
  '{{.}}',
  '*',
  '!anchor &x',
  '\ud800',
  'x'.repeat(100_000),
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not reach a terminal
const UNSAFE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
/** In a hurry: each kind, and not each of its kind. */
const SOME = HOSTILE.filter((_, i) => scaled(i % 5, 0) === 0);
let inputs = 0;
let outputs = 0;
afterAll(() => {
  figure(AREA, 'hostile records, fields and answers tried', inputs);
  figure(AREA, 'outputs searched for what could forge or steer', outputs);
  figure(AREA, 'found', 0);
});

interface World {
  readonly home: string;
  run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
}

/** Commands in a home, whose every output is searched. */
function world(env: Record<string, string>): World {
  const home = makeTempDir();
  return {
    home,
    run: async (...argv) => {
      const { code, stdout, stderr } = await runMain(argv, {
        home,
        cwd: home,
        env: { ZKUBECTL_TOKEN: CANARY, ZKUBECTL_AUTH_CLIENT_ID: 'zkubectl', ...env },
      });
      outputs += 2;
      for (const text of [stdout, stderr]) {
        expect({ argv, unsafe: UNSAFE.exec(text)?.[0] }).toEqual({ argv, unsafe: undefined });
        expect(text).not.toMatch(/^(zkubectl: error: )?forged/m);
        if (argv[0] !== 'token') expect(text).not.toContain(CANARY);
      }
      expect({ argv, stderr }).not.toMatchObject({ stderr: expect.stringContaining('bug in zkubectl') });
      return { code, stdout, stderr };
    },
  };
}

/** Only folders of ours, names that are plain, nothing of what a shell would have made, and no token. */
function expectTidy({ home }: World): void {
  for (const file of filesBelow(home)) {
    expect(path.relative(home, file)).toMatch(/^(\.cache|\.local\/state|\.config|\.kube)(\/[A-Za-z0-9._~-]+)+$/);
    expect(fs.readFileSync(file, 'utf8')).not.toContain(CANARY);
  }
  expect(fs.readdirSync(home).filter(name => !name.startsWith('.'))).toEqual([]);
}

const good = (more: object = {}) => ({
  id: 'aws:1:eu:kube-1',
  alias: 'good',
  environment: 'production',
  channel: 'stable',
  lifecycle_status: 'ready',
  api_server_url: 'https://kube-1.example.invalid',
  ...more,
});

describe('a registry', () => {
  test('whose fields are hostile can neither forge nor steer, in any format', async () => {
    for (const text of SOME) {
      const record = good({
        environment: text,
        channel: text,
        region: text,
        provider: text,
        infrastructure_account: text,
        local_id: text,
        status: { current_version: text, next_version: `${text}2`, problems: [{ type: text, title: text }] },
        config_items: { [text]: text, cluster_update_block: text },
        node_pools: [{ name: text, profile: text, instance_types: [text], discount_strategy: text }],
        [text]: text,
      });
      inputs++;
      const registry = await serve(() => ({ json: { items: [record] } }));
      const own = world({ ZKUBECTL_REGISTRY_URL: registry.url });
      for (const format of ['table', 'wide', 'name', 'tsv']) expect((await own.run('list', '-o', format)).code).toBe(0);
      expect(JSON.parse((await own.run('list', '-o', 'json')).stdout)).toMatchObject({ items: [{ channel: text }] });
      // A lone half of a pair is no character, and YAML has no way to write it.
      if (text !== '\ud800')
        expect(parse((await own.run('list', '-o', 'yaml')).stdout)).toMatchObject({ items: [{ region: text }] });
      for (const flags of [[], ['--reveal'], ['-o', 'json']])
        expect((await own.run('show', 'good', ...flags)).code).toBe(0);
      await own.run('cluster-update', 'status', '--cluster', 'good');
      await own.run('__complete', 'list', '-l', 'channel=');
      await own.run('__complete', 'show', '');
      expectTidy(own);
      await services.pop()?.close();
    }
  });

  test('whose aliases and ids are hostile: left out and counted; none leaves a folder or becomes a flag', async () => {
    const bad = HOSTILE.filter(text => !/^[A-Za-z0-9][\w.-]{0,200}$/.test(text));
    inputs += bad.length * 2 + 3;
    const items = [
      ...bad.map(alias => good({ alias })),
      ...bad.map(id => good({ id })),
      good({ alias: 'constructor', id: 'aws:2:eu:kube-1' }),
      good(),
      'a string',
      null,
      [],
    ];
    const registry = await serve(() => ({ json: { items } }));
    const own = world({ ZKUBECTL_REGISTRY_URL: registry.url });
    const { stdout, stderr } = await own.run('list', '-o', 'name');
    expect(stdout.split('\n').filter(Boolean).sort()).toEqual(['constructor', 'good']);
    expect(stderr.match(/record \d+: /g)?.length).toBe(5);
    expect(stderr).toContain(`${bad.length * 2 + 3 - 5} more malformed records`);
    for (const alias of bad) {
      const { code } = await own.run('use', '--', alias);
      expect({ alias, code: code === 2 || code === 3 || code === 6 }).toEqual({ alias, code: true });
    }
    expect((await own.run('use', 'constructor')).code).toBe(0);
    const { stdout: words } = await own.run('__complete', 'use', '');
    expect(words).toMatch(/^good\t/m);
    expect(words).not.toMatch(/touch|\.\.|-rf|__proto__/);
    expectTidy(own);
  });

  test('whose CA and addresses are hostile write no other entry into the kubeconfig', async () => {
    let written = 0;
    for (const text of SOME) {
      inputs++;
      const registry = await serve(() => ({
        json: {
          items: [
            good({
              config_items: {
                certificate_authority_data: `${text}\n    server: https://evil.example.org`,
                okta_auth_client_id: text,
                eks_endpoint: text,
              },
            }),
            good({ alias: 'address', id: 'aws:2:eu:kube-1', api_server_url: text }),
            good({
              alias: 'eks',
              id: 'aws:3:eu:kube-1',
              provider: 'zalando-eks',
              config_items: { eks_endpoint: text },
            }),
          ],
        },
      }));
      const own = world({ ZKUBECTL_REGISTRY_URL: registry.url });
      for (const alias of ['good', 'address', 'eks']) await own.run('use', alias);
      const file = path.join(own.home, '.kube', 'config');
      if (fs.existsSync(file)) {
        written++;
        const { clusters, users } = parse(fs.readFileSync(file, 'utf8')) as {
          clusters: { name: string; cluster: Record<string, unknown> }[];
          users: { user: { exec: { command: string; args: string[] } } }[];
        };
        for (const { cluster } of clusters) {
          expect(Object.keys(cluster).filter(key => !['server', 'certificate-authority-data'].includes(key))).toEqual(
            [],
          );
          expect(String(cluster['server'])).toMatch(/^https:\/\/[^\s@]+$/);
        }
        for (const { user } of users)
          expect([user.exec.command, user.exec.args.length]).toEqual(['/opt/zkubectl/bin/zkubectl', 2]);
      }
      expectTidy(own);
      await services.pop()?.close();
    }
    // The record with an address of its own can be switched to, whatever its CA says.
    expect(written).toBeGreaterThan(0);
  });

  test('that redirects elsewhere gets its request, and nobody else the token', async () => {
    const thief = await serve(() => ({ json: { items: [good()] } }));
    for (const status of [301, 302, 303, 307, 308]) {
      inputs++;
      const registry = await serve(() => ({ status, headers: { location: `${thief.url}/steal` } }));
      const { code, stderr } = await world({ ZKUBECTL_REGISTRY_URL: registry.url }).run('list');
      expect(code).toBe(6);
      expect(stderr).toContain('redirects to another origin');
    }
    expect(thief.requests).toEqual([]);
  });

  test.each(scaled(0, 1) ? ['gzip', 'deflate'] : ['gzip'])('that sends a bomb (%s) is cut off', async encoding => {
    inputs++;
    const content = Buffer.concat([Buffer.from('{"items":["'), Buffer.alloc(scaled(64, 300) * 1024 * 1024, 'a')]);
    const body = encoding === 'gzip' ? zlib.gzipSync(content, { level: 1 }) : zlib.deflateSync(content, { level: 1 });
    const registry = await serve(() => ({ headers: { 'content-encoding': encoding }, body }));
    const { code, stderr } = await world({ ZKUBECTL_REGISTRY_URL: registry.url }).run('list');
    expect([code, stderr]).toEqual([6, expect.stringContaining('sent more than')]);
  });
});

describe('an access API', () => {
  const clusters = (home: string) => {
    const file = path.join(home, 'clusters.yaml');
    fs.writeFileSync(
      file,
      'clusters:\n- {id: "aws:1:eu:kube-1", alias: good, infrastructure_account: "aws:1", environment: production, lifecycle_status: ready, api_server_url: "https://kube-1.example.invalid"}\n',
    );
    return file;
  };
  const withAccess = async (answer: (url: string, method: string, count: number) => FakeAnswer) => {
    const access = await serve(answer);
    const own = world({ ZKUBECTL_ACCESS_URL: access.url, ZKUBECTL_REGISTRY_FILE: clusters(makeTempDir()) });
    return { access, own };
  };
  const REQUEST = ['cluster-access', 'request', '--cluster', 'good', '--no-wait-for-approval', 'why'];

  test('whose fields are hostile can neither forge nor steer', async () => {
    for (const text of SOME) {
      inputs++;
      const request = {
        request_key: '1',
        account_name: text,
        access_role: text,
        requestor: text,
        approvers: [text],
        business_justification: text,
        request_status: text,
        approver_comment: text,
      };
      const { own } = await withAccess((_url, method) =>
        method === 'GET'
          ? { json: [request, { ...request, request_key: text }] }
          : {
              json: {
                result: { request_key: '1', _links: { approval_ui: { href: text }, request_status: { href: text } } },
              },
            },
      );
      expect((await own.run('cluster-access', 'list', '--cluster', 'good')).code).toBe(0);
      await own.run('cluster-access', 'list', '--cluster', 'good', '-o', 'json');
      await own.run('cluster-access', 'approve', '1', '--cluster', 'good');
      expect((await own.run(...REQUEST)).code).toBe(0);
      expectTidy(own);
      const denied = await withAccess(() => ({ status: 403, json: { title: text, detail: text } }));
      expect((await denied.own.run(...REQUEST)).code).toBe(5);
      for (const service of services.splice(0)) await service.close();
    }
  });

  test('whose request key is hostile is not spoken to: it would be copied into a command', async () => {
    for (const key of SOME.filter(text => !/^[A-Za-z0-9][\w.-]*$/.test(text) || text.length > 128)) {
      inputs++;
      const { own } = await withAccess(() => ({ json: { result: { request_key: key } } }));
      const { code, stdout } = await own.run(...REQUEST);
      expect([code, stdout]).toEqual([6, '']);
      await services.pop()?.close();
    }
  });

  test.each(
    [
      'https://evil.example.org/status',
      '//evil.example.org/status',
      'http://127.0.0.1:1/x',
      'javascript:alert(1)',
      'file:///etc/passwd',
    ].filter((_, i) => scaled(i, 0) === 0),
  )('whose href is %s is asked itself', async href => {
    inputs++;
    const { access, own } = await withAccess((_url, method) =>
      method === 'POST'
        ? { json: { result: { request_key: '1', _links: { request_status: { href } } } } }
        : { json: [{ request_key: '1', account_name: '1', request_status: 'PROVISIONED' }] },
    );
    const waiting = REQUEST.filter(word => word !== '--no-wait-for-approval');
    expect((await own.run(...waiting)).code).toBe(0);
    expect(access.requests.every(request => request.headers.authorization === `Bearer ${CANARY}`)).toBe(true);
    expect(access.requests.filter(request => request.method === 'GET').length).toBeGreaterThan(0);
  });

  test('that redirects elsewhere: nobody else gets the token', async () => {
    const thief = await serve(() => ({ json: [] }));
    const { own } = await withAccess(() => ({ status: 307, headers: { location: thief.url } }));
    inputs += 2;
    expect((await own.run(...REQUEST)).code).not.toBe(0);
    expect((await own.run('cluster-access', 'list', '--cluster', 'good')).code).toBe(6);
    expect(thief.requests).toEqual([]);
  });
});
