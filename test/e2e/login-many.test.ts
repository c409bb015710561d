/** `login` and `list` over a selection, against the sandbox. */
import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { signIn } from '../../src/sandbox/sign-in.ts';
import { browseAs, endTokensIn, person, sendByFetch, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox({ clusters: 12 });
});
afterAll(() => sandbox.close());

test('several clusters: their contexts in one write, and the current one stays', async () => {
  const alice = person(sandbox, 'alice');
  expect(await alice.run('login', 'foobarlab')).toMatchObject({ code: 0 });
  const { code, stderr } = await alice.run('login', '*-test');
  expect(code).toBe(0);
  expect(stderr).toMatch(/\n6 logged in · .*\nthe current context stays as it is\n$/);
  const kubeconfig = fs.readFileSync(alice.kubeconfig, 'utf8');
  for (const name of ['abckub-test', 'cart-test', 'search-test']) expect(kubeconfig).toContain(`name: ${name}\n`);
  expect((await alice.run('current', '-o', 'name')).stdout).toBe('foobarlab\n');
  // Nothing after it needs a browser.
  const token = await alice.runWith(
    { browser: () => Promise.reject(new Error('no browser')) },
    'token',
    '--cluster',
    'cart-test',
  );
  expect(token.code).toBe(0);
});

test('what has a token that can be renewed needs no browser', async () => {
  const alice = person(sandbox, 'alice');
  expect(await alice.run('login', 'cart,cart-test')).toMatchObject({ code: 0 });
  endTokensIn(10, alice);
  let opened = 0;
  const result = await alice.runWith(
    {
      browser: url => {
        opened++;
        return browseAs('alice', url);
      },
    },
    'login',
    'cart,cart-test,search',
  );
  expect([result.code, opened]).toEqual([0, 1]);
  expect(result.stderr).toContain('3 logged in');
});

test('names that are not known, and flags for one cluster', async () => {
  const alice = person(sandbox, 'alice');
  expect(await alice.run('login', 'cart,nosuch')).toMatchObject({ code: 3 });
  expect(await alice.run('login', '*', '--okta-auth-client-id', 'x')).toMatchObject({ code: 2 });
});

test('list takes the same patterns and groups; a plain word stays a text', async () => {
  const alice = person(sandbox, 'alice', { ZKUBECTL_GROUPS_SHOP: 'cart,search-test' });
  expect(await alice.run('login')).toMatchObject({ code: 0 });
  const names = async (...words: string[]) =>
    (await alice.run('list', ...words, '-o', 'name')).stdout.trim().split('\n');
  expect(await names('cart')).toEqual(['cart', 'cart-test']);
  expect(await names('c*-test')).toEqual(['cart-test', 'catalog-test', 'checkout-test']);
  expect(await names('c*', '--except', '*-test')).toEqual(['cart', 'catalog', 'checkout']);
  expect(await names('--all', '--pick', '3')).toHaveLength(3);
  expect(await alice.run('list', 'x*')).toMatchObject({ code: 3 });
});

test('one tab for many logins: a page between them says how far it is, and no more redirects follow than browsers allow', async () => {
  const alice = person(sandbox, 'alice');
  const pages: string[] = [];
  let opened = 0;
  const { code, stderr } = await alice.runWith(
    {
      browser: async url => {
        opened++;
        await signIn(
          async request => {
            const response = await sendByFetch(request);
            pages.push(/<h1>(.*?)<\/h1>/.exec(response.body.toString('utf8'))?.[1] ?? '');
            return response;
          },
          url,
          'alice',
        );
      },
    },
    'login',
    '--all',
  );
  expect([code, opened]).toEqual([0, 1]);
  expect(stderr).toContain('12 logged in');
  const progress = pages.filter(title => title.includes('logins are done'));
  expect(progress).toHaveLength(12);
  expect([progress[0], progress.at(-1)]).toEqual(['0 of 12 logins are done', '11 of 12 logins are done']);
  // The last page comes when the command has ended.
  await vi.waitFor(() => expect(pages.at(-1)).toBe('You are logged in'));
});

describe('token exchange (RFC 8693)', () => {
  const exchange = { ZKUBECTL_AUTH_CLUSTER_TOKENS: 'exchange' };

  test('one login to the platform; every cluster accepts a token of its own', async () => {
    const alice = person(sandbox, 'alice', exchange);
    let opened = 0;
    const browser = (url: string) => {
      opened++;
      return browseAs('alice', url);
    };
    const login = await alice.runWith({ browser }, 'login', '--all');
    expect([login.code, opened]).toEqual([0, 1]);
    expect(login.stderr).toContain('12 logged in');
    const audienceOf = async (cluster: string) => {
      const { stdout } = await alice.run('token', '--cluster', cluster);
      return (JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString()) as { aud: string }).aud;
    };
    expect(await audienceOf('cart')).toBe('kubernetes.cluster.cart');
    expect(await audienceOf('cart-test')).toBe('kubernetes.cluster.cart-test');
    const get = await alice.run('on', '--all', '--', 'kubectl', 'get', 'ns', 'shop', '--no-headers');
    expect(get.code).toBe(0);
    expect(get.stdout.trim().split('\n')).toHaveLength(12);
    // A token that has ended is exchanged anew, without a browser.
    endTokensIn(10, alice);
    expect((await alice.runWith({ browser }, 'on', '--all', '--', 'kubectl', 'get', 'ns', 'shop')).code).toBe(0);
    expect(opened).toBe(1);
  });

  test('without a login: 4, and the command to type', async () => {
    const bob = person(sandbox, 'bob', exchange);
    const result = await bob.run('credentials', 'cart');
    expect(result).toMatchObject({ code: 4, stderr: expect.stringContaining('zkubectl login') });
  });

  test('an issuer that does not know the cluster refuses; nothing is stored', async () => {
    const alice = person(sandbox, 'alice', { ...exchange, ZKUBECTL_AUTH_CLUSTER_CLIENT_ID: 'other.{alias}' });
    const { code, stderr } = await alice.run('login', 'cart');
    expect(code).toBe(4);
    expect(stderr).toMatch(/other\.cart|audience|not a cluster/);
  });

  test('another value is refused', async () => {
    const alice = person(sandbox, 'alice', { ZKUBECTL_AUTH_CLUSTER_TOKENS: 'swap' });
    expect(await alice.run('login')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('auth.cluster_tokens must be one of login, exchange, not swap'),
    });
  });
});
