import http from 'node:http';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LoopbackListener, startLoopbackListener } from '../../../src/auth/loopback.ts';
import { UsageError } from '../../../src/errors.ts';
import { DEFAULT_REDIRECT, parseRedirectUrl } from '../../../src/lib/redirect-url.ts';

let listener: LoopbackListener;
beforeEach(async () => {
  listener = await startLoopbackListener([0]);
});
afterEach(() => listener.close());

function ask(
  path: string,
  options: http.RequestOptions = {},
): Promise<{ status: number; body: string; location: string | undefined }> {
  const { port, hostname } = new URL(listener.redirectUri);
  return new Promise((resolve, reject) => {
    http
      .request({ host: hostname, port, path, agent: false, ...options }, response => {
        let body = '';
        response.on('data', text => {
          body += text;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, location: response.headers.location }),
        );
      })
      .on('error', reject)
      .end();
  });
}

test.each<[string, string, string]>([
  ['http://localhost', 'localhost', '/'],
  ['http://localhost/', 'localhost', '/'],
  ['http://[::1]/a/b', '[::1]', '/a/b'],
  ['http://127.0.0.1/cb', '127.0.0.1', '/cb'],
])('%s: its host and path to the letter', async (text, hostname, pathname) => {
  const target = parseRedirectUrl(text) ?? DEFAULT_REDIRECT;
  const own = await startLoopbackListener([0], target);
  const port = /:(\d+)/.exec(own.redirectUri.replace('[::1]', ''))?.[1];
  try {
    expect(own.redirectUri).toBe(text.replace(hostname, `${hostname}:${port}`));
    const callback = own.callback('s');
    const send = (path: string, host: string) =>
      new Promise<number>((resolve, reject) => {
        http
          .request({ host: target.address, port, path, agent: false, headers: { host } }, response => {
            response.resume();
            resolve(response.statusCode ?? 0);
          })
          .on('error', reject)
          .end();
      });
    expect(await send(`${pathname}?state=s`, '127.0.0.2:1')).toBe(421);
    expect(await send(`${pathname}x?state=s`, `${hostname}:${port}`)).toBe(404);
    const answered = send(`${pathname}?state=s&code=c`, `${hostname}:${port}`);
    expect((await callback).searchParams.get('code')).toBe('c');
    own.answer({});
    expect(await answered).toBe(200);
  } finally {
    await own.close();
  }
});

test('auth.redirect_url: which URLs are accepted', () => {
  expect(parseRedirectUrl('http://localhost:8000')).toEqual({
    address: '127.0.0.1',
    hostname: 'localhost',
    port: 8000,
    path: '',
  });
  for (const text of [
    'https://localhost',
    'http://example.org',
    'http://localhost.evil',
    'http://localhost:0',
    'http://localhost:65536',
    'http://a@localhost',
    'http://localhost?x',
    'http://localhost/a#b',
    '',
  ])
    expect(parseRedirectUrl(text)).toBeUndefined();
});

describe('the callback listener', () => {
  test('listens on 127.0.0.1 alone', () => {
    expect(listener.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  });

  test('answers only the right path, method, Host and state; anything else gets 4xx and the login goes on', async () => {
    const callback = listener.callback('the-state');
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/callback/x?state=the-state')).status).toBe(404);
    expect((await ask('/favicon.ico')).status).toBe(404);
    expect((await ask('/callback?state=the-state', { method: 'POST' })).status).toBe(405);
    expect((await ask('/callback?state=the-state', { headers: { host: 'evil.example.org' } })).status).toBe(421);
    expect((await ask('/callback?state=the-state', { headers: { host: '127.0.0.1' } })).status).toBe(421);
    expect((await ask('/callback?code=x')).status).toBe(400);
    expect((await ask('/callback?state=other')).status).toBe(400);
    expect((await ask('/callback?state=the-state&state=other')).status).toBe(400);
    expect((await ask('/callback?state=the-stat')).status).toBe(400);
    const answer = ask('/callback?state=the-state&code=real');
    expect((await callback).searchParams.get('code')).toBe('real');
    // A second callback with the same state is too late.
    expect((await ask('/callback?state=the-state&code=second')).status).toBe(409);
    expect(listener.answer({})).toBe(true);
    expect(await answer).toMatchObject({ status: 200, body: expect.stringContaining('You are logged in') });
  });

  test('a thousand wrong requests and a client that sends nothing do not keep the real one out', async () => {
    const callback = listener.callback('s');
    const slow = net.connect(Number(new URL(listener.redirectUri).port), '127.0.0.1');
    slow.on('error', () => undefined);
    slow.write('GET /callback?state=s HTTP/1.1\r\nHost: ');
    for (let i = 0; i < 20; i++) {
      const statuses = await Promise.all(Array.from({ length: 50 }, () => ask('/callback?state=wrong')));
      expect(statuses.every(r => r.status === 400)).toBe(true);
    }
    const answer = ask('/callback?state=s&code=c');
    await callback;
    listener.answer({ redirect: new URL('https://id.example.org/next') });
    expect(await answer).toMatchObject({ status: 302, location: 'https://id.example.org/next' });
    slow.destroy();
  });

  test('a page never runs what a server said', async () => {
    const callback = listener.callback('s');
    const answer = ask('/callback?state=s');
    await callback;
    listener.answer({ error: '<script>alert(1)</script>' });
    expect((await answer).body).not.toContain('<script>');
  });

  test('is gone when the login is over', async () => {
    await listener.close();
    await expect(ask('/callback')).rejects.toThrow(/ECONNREFUSED/);
  });

  test('tries ports in order; none free is exit 2', async () => {
    const port = Number(new URL(listener.redirectUri).port);
    const second = await startLoopbackListener([port, 0]);
    expect(second.redirectUri).not.toBe(listener.redirectUri);
    await second.close();
    await expect(startLoopbackListener([port])).rejects.toThrow(UsageError);
  });
});
