/**
 * The loopback listener of the browser login (RFC 8252 section 7.3).
 * Rules: it listens only on loopback and only during the login. It accepts only GET on one path, with the Host of the redirect URI and the
 * `state` of the pending request. Every other request gets 4xx, and the login continues.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemErrorCode, UsageError } from '../errors.ts';
import { DEFAULT_REDIRECT, type RedirectTarget, redirectUriOf } from '../lib/redirect-url.ts';
import { isEqualSecret } from '../platform/files/hash.ts';
import { type LocalServer, listen } from '../platform/net/server.ts';
import { donePage, type LoginProgress, nextPage, refusedPage } from './pages.ts';

const HEADERS_TIMEOUT_MS = 3_000;
const MAX_WAITING = 128;

export interface LoopbackListener {
  readonly redirectUri: string;
  /** Resolves with the callback URL when the browser sends this state. The HTTP request stays open until `answer`. */
  callback(state: string): Promise<URL>;
  /** Answers the open HTTP request with a redirect or a final page. False: no request is open. */
  answer(result: { redirect: URL; progress?: LoginProgress | undefined } | { error?: string }): boolean;
  close(): Promise<void>;
}

/**
 * Listens on the port of the redirect URI, else on the first free port of the list. Throws UsageError when no port is free.
 */
export async function startLoopbackListener(
  ports: readonly number[],
  target: RedirectTarget = DEFAULT_REDIRECT,
): Promise<LoopbackListener> {
  let expected: { state: string; resolve: (url: URL) => void } | undefined;
  let waiting: ServerResponse | undefined;
  let authority = '';

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const refuse = (status: number, why: string) => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(`${why}\n`);
    };
    if (request.headers.host !== authority) return refuse(421, 'unexpected host');
    const sent = request.url ?? '';
    if (sent.split('?')[0] !== (target.path || '/') || !URL.canParse(sent, `http://${authority}`))
      return refuse(404, 'not found');
    if (request.method !== 'GET') return refuse(405, 'only GET');
    const url = new URL(sent, `http://${authority}`);
    const states = url.searchParams.getAll('state');
    if (expected === undefined) return refuse(409, 'no login is pending');
    if (states.length !== 1 || !isEqualSecret(states[0] ?? '', expected.state))
      return refuse(400, 'the state does not match the pending login');
    const { resolve } = expected;
    expected = undefined;
    waiting = response;
    response.on('close', () => {
      if (waiting === response) waiting = undefined;
    });
    resolve(url);
  };

  const server = await listenOnFirst(handle, target.port === undefined ? ports : [target.port], target.address);
  // A browser leaves out http's own port (RFC 9110 section 7.2).
  authority = server.port === 80 ? target.hostname : `${target.hostname}:${server.port}`;
  return {
    redirectUri: redirectUriOf(target, server.port),
    callback: state =>
      new Promise(resolve => {
        expected = { state, resolve };
      }),
    answer: result => {
      const response = waiting;
      waiting = undefined;
      if (response === undefined || response.writableEnded || response.destroyed) return false;
      const headers = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', connection: 'close' };
      if ('redirect' in result && result.progress === undefined) {
        response.writeHead(302, { ...headers, location: result.redirect.href }).end();
      } else {
        const page = pageFor(result);
        response
          .writeHead(200, {
            ...headers,
            'content-type': 'text/html; charset=utf-8',
            'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
          })
          .end(page);
      }
      return true;
    },
    close: () => server.close(),
  };
}

function pageFor(result: Parameters<LoopbackListener['answer']>[0]): string {
  if ('redirect' in result) return nextPage(result.redirect.href, result.progress ?? { done: 0, total: 0 });
  return result.error === undefined ? donePage() : refusedPage(result.error);
}

async function listenOnFirst(
  handle: (q: IncomingMessage, r: ServerResponse) => void,
  ports: readonly number[],
  host: RedirectTarget['address'],
): Promise<LocalServer> {
  for (const port of ports) {
    try {
      return await listen(handle, { port, host, headersTimeoutMs: HEADERS_TIMEOUT_MS, maxWaiting: MAX_WAITING });
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    }
  }
  throw new UsageError(`no free loopback port: tried ${ports.join(', ')}`, {
    code: 'no_free_port',
    hint: 'stop the program on that port, add a port to auth.redirect_ports, or use --flow device',
  });
}
