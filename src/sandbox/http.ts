/** Small helpers for the sandbox's JSON services. An error is problem JSON (RFC 9457), unless a service has its own form. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRecord } from '../lib/json.ts';
import { readBody } from '../platform/net/server.ts';

/** An error response. */
export class Problem extends Error {
  readonly status: number;
  readonly detail: string;
  constructor(status: number, title: string, detail: string) {
    super(title);
    this.status = status;
    this.detail = detail;
  }
}

export interface ApiRequest {
  readonly method: string;
  /** Path segments, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly bearer: string | undefined;
  json(): Promise<Record<string, unknown>>;
}

/**
 * Does the Host header name a loopback address? Prevents DNS rebinding: a web page's own host name could resolve to 127.0.0.1.
 * @param port the port that received the request
 */
export function isForLoopback({ headers }: IncomingMessage, port: number): boolean {
  const [, host, given = '443'] = /^(127\.0\.0\.1|localhost|\[::1\])(?::(\d+))?$/i.exec(headers.host ?? '') ?? [];
  return host !== undefined && Number(given) === port;
}

/** A service's response: a JSON value or an HTML page. */
export type ApiAnswer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly html: string }
  | { readonly status: 204 };

/** How a service writes its errors. */
export interface ErrorForm {
  readonly type: string;
  readonly body: (problem: Problem) => unknown;
}

const PROBLEM_JSON: ErrorForm = {
  type: 'application/problem+json',
  body: ({ message, status, detail }) => ({ type: 'about:blank', title: message, status, detail }),
};

/** Serves a JSON API: parses the request, responds, and converts errors. */
export async function serveJson(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: ApiRequest) => Promise<ApiAnswer>,
  errors: ErrorForm = PROBLEM_JSON,
): Promise<void> {
  try {
    const answer = await handle(parseRequest(request));
    if ('html' in answer) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(answer.html);
    } else if ('json' in answer) {
      response
        .writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
        .end(`${JSON.stringify(answer.json)}\n`);
    } else {
      response.writeHead(answer.status).end();
    }
  } catch (error) {
    const problem =
      error instanceof Problem ? error : new Problem(500, 'Internal Server Error', 'internal error in the sandbox');
    response
      .writeHead(problem.status, {
        'content-type': errors.type,
        ...(problem.status === 401 ? { 'www-authenticate': 'Bearer realm="sandbox"' } : {}),
      })
      .end(`${JSON.stringify(errors.body(problem))}\n`);
  }
}

function parseRequest(request: IncomingMessage): ApiRequest {
  const target = request.url ?? '/';
  const url = URL.canParse(target, 'http://sandbox') ? new URL(target, 'http://sandbox') : undefined;
  if (url === undefined) throw new Problem(400, 'Bad Request', 'invalid path');
  let segments: string[];
  try {
    segments = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    throw new Problem(400, 'Bad Request', 'invalid percent-encoding in the path');
  }
  return {
    method: request.method ?? 'GET',
    segments,
    query: url.searchParams,
    bearer: bearerOfRequest(request),
    json: async () => {
      const text = await readBody(request).catch(() => {
        throw new Problem(413, 'Content Too Large', 'the body is too large');
      });
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch {
        throw new Problem(400, 'Bad Request', 'the body is not JSON');
      }
      if (!isRecord(body)) throw new Problem(400, 'Bad Request', 'the body is not a JSON object');
      return body;
    },
  };
}

export function bearerOfRequest(request: IncomingMessage): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
}

export function notFound(what: string): Problem {
  return new Problem(404, 'Not Found', `${what} not found`);
}

export function methodNotAllowed(method: string): Problem {
  return new Problem(405, 'Method Not Allowed', `method ${method} is not allowed here`);
}
