/** A login among attackers on the same machine: the listener answers 4xx, and the real login still completes. */
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeIssuer, fakeIssuer, type Keys, newKeys, type Tampering } from '../support/fake-issuer.ts';
import { figure, scaled } from '../support/faults.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { filesBelow } from '../support/sandbox.ts';

const AREA = 'hostile far ends';
let keys: Keys;
let other: Keys;
let issuer: FakeIssuer;
beforeAll(async () => {
  [keys, other] = await Promise.all([newKeys(), newKeys()]);
  issuer = await fakeIssuer(keys);
});
afterAll(() => issuer.service.close());

const env = (by: FakeIssuer) => ({ ZKUBECTL_AUTH_ISSUER: by.service.url, ZKUBECTL_AUTH_CLIENT_ID: 'zkubectl' });

/** A login during which something else happens to its listener, before the browser comes back. */
function login(meanwhile: (redirectUri: URL, state: string) => Promise<void>) {
  return runMain(['login'], {
    env: env(issuer),
    browser: async url => {
      const { searchParams } = new URL(url);
      await meanwhile(new URL(searchParams.get('redirect_uri') ?? ''), searchParams.get('state') ?? '');
      await issuer.browse(url);
    },
  });
}

const agent = new http.Agent({ keepAlive: false, maxSockets: 200 });
function send(url: URL, path: string, options: http.RequestOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    http
      .request({ host: url.hostname, port: url.port, path, agent, ...options }, response => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      })
      .on('error', reject)
      .end();
  });
}

describe('the callback', () => {
  test('wrong state, path, method, Host, and garbage, thousands of them: 4xx each, and the login completes', async () => {
    const count = scaled(1_000, 10_000);
    const statuses = new Map<number, number>();
    const { code } = await login(async (url, state) => {
      const attacks: (() => Promise<number>)[] = [
        () => send(url, '/callback?state=wrong&code=x'),
        () => send(url, `/callback?state=${state}x&code=x`),
        () => send(url, '/callback?code=x'),
        () => send(url, `/callback?state=${state}&state=${state}&code=x`),
        () => send(url, `/callbac?state=${state}&code=x`),
        () => send(url, `/callback/../callback?state=${state}&code=x`),
        () => send(url, `//callback?state=${state}&code=x`),
        () => send(url, `/callback?state=${state}&code=x`, { method: 'POST' }),
        () => send(url, `/callback?state=${state}&code=x`, { method: 'HEAD' }),
        () =>
          send(url, `/callback?state=${state}&code=x`, {
            method: 'OPTIONS',
            headers: { origin: 'https://evil.example.org' },
          }),
        () => send(url, `/callback?state=${state}&code=x`, { headers: { host: 'evil.example.org' } }),
        () => send(url, `/callback?state=${state}&code=x`, { headers: { host: `localhost:${url.port}` } }),
        () => send(url, `http://evil.example.org/callback?state=${state}&code=x`),
        () => send(url, `/callback?state=${'x'.repeat(14_000)}`),
        () => send(url, '/callback', { headers: { 'x-large': 'x'.repeat(20_000) } }),
        () => send(url, '/%00%ff'),
      ];
      for (let sent = 0; sent < count; ) {
        const batch = Array.from(
          { length: Math.min(100, count - sent) },
          (_, i) => attacks[(sent + i) % attacks.length]?.() ?? 0,
        );
        sent += batch.length;
        for (const status of await Promise.all(batch)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    expect(code).toBe(0);
    expect([...statuses.keys()].filter(status => status < 400 || status > 499)).toEqual([]);
    expect([...statuses.values()].reduce((a, b) => a + b)).toBe(count);
    figure(AREA, 'wrong requests to the listener of a login, all answered 4xx', count);
  });

  test('a slow-loris of more connections than it holds does not keep the browser out', async () => {
    const count = scaled(300, 1_000);
    const sockets: net.Socket[] = [];
    const { code } = await login(async (url, state) => {
      for (let i = 0; i < count; i++) {
        const socket = net.connect(Number(url.port), '127.0.0.1');
        socket.on('error', () => undefined);
        await new Promise(resolve => socket.once('connect', resolve));
        socket.write(i % 2 ? '' : `GET /callback?state=${state}&code=x HTTP/1.1\r\nHost: `);
        sockets.push(socket);
      }
    });
    for (const socket of sockets) socket.destroy();
    expect(code).toBe(0);
    figure(AREA, 'connections of a slow-loris at once, and the login completed', count);
  });

  test('a second callback is refused while the code of the first is exchanged, and afterwards nobody listens', async () => {
    let redirect = new URL('http://127.0.0.1');
    let state = '';
    let second = 0;
    const own = await fakeIssuer(keys, {
      gate: async () => {
        second = await send(redirect, `/callback?state=${state}&code=evil`);
      },
    });
    const { code } = await runMain(['login'], {
      env: env(own),
      browser: async url => {
        const { searchParams } = new URL(url);
        redirect = new URL(searchParams.get('redirect_uri') ?? '');
        state = searchParams.get('state') ?? '';
        await own.browse(url);
      },
    });
    await own.service.close();
    expect([code, second]).toEqual([0, 409]);
    expect(own.tokenRequests.join()).not.toContain('evil');
    await expect(send(redirect, '/callback')).rejects.toThrow(/ECONNREFUSED/);
  });
});

const past = Math.floor(Date.now() / 1000) - 7_200;
const LIES: Readonly<Record<string, (keys: { other: Keys }) => Tampering>> = {
  'iss of the token': () => ({ claims: { iss: 'https://evil.example.org' } }),
  'iss of the callback (RFC 9207)': () => ({ callbackIss: 'https://evil.example.org' }),
  nonce: () => ({ claims: { nonce: 'other' } }),
  'no nonce': () => ({ claims: { nonce: undefined } }),
  'alg: none': () => ({ unsecured: true }),
  'a key that is not in the JWKS': ({ other: key }) => ({ key }),
  aud: () => ({ claims: { aud: 'somebody-else' } }),
  'aud among others, for another azp': () => ({ claims: { aud: ['zkubectl', 'evil'], azp: 'evil' } }),
  expired: () => ({ claims: { iat: past, exp: past + 60 } }),
  'not valid yet': () => ({ claims: { nbf: past + 100_000_000 } }),
  'no ID token': () => ({ noIdToken: true }),
};

describe('an issuer that lies', () => {
  test.each(Object.entries(LIES))('about %s: nothing stored, nothing told, exit 4', async (_name, lie) => {
    const liar = await fakeIssuer(keys, lie({ other }));
    const home = makeTempDir();
    const { code, stdout, stderr } = await runMain(['login', '--debug'], {
      home,
      env: env(liar),
      browser: liar.browse,
    });
    await liar.service.close();
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).not.toContain('canary');
    const files = filesBelow(home);
    expect(files.filter(file => file.includes('tokens'))).toEqual([]);
    for (const file of files) expect(fs.readFileSync(file, 'utf8')).not.toContain('canary');
  });

  afterAll(() => figure(AREA, 'lies of an issuer, of which were believed', `${Object.keys(LIES).length}, 0`));
});
