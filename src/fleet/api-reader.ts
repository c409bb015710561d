/** Reads from the API server of a cluster, over one connection and within one time limit. */
import type { Context } from '../cli/context.ts';
import { apiServerOf } from '../clusters/api-server.ts';
import { resourceServerIn } from '../clusters/trusted-servers.ts';
import { UnreachableError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import type { HttpClient, HttpResponse } from '../platform/net/http-types.ts';
import type { Cluster } from '../registry/cluster.ts';
import type { Outcome } from './results.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/** An API server's refusal, in kubectl's words. */
export class ServerRefusal extends Error {
  readonly outcome: Outcome;
  readonly status: number;

  constructor(outcome: Outcome, message: string, status: number) {
    super(message);
    this.outcome = outcome;
    this.status = status;
  }
}

export interface ApiAnswer {
  readonly body: unknown;
  readonly text: string;
}

interface ReaderParts {
  readonly ctx: Context;
  readonly http: HttpClient;
  readonly cluster: Cluster;
  readonly server: string;
  readonly token: string;
  /** When all reading must be done (milliseconds since 1970). */
  readonly until: number;
}

export class ApiReader {
  readonly #parts: ReaderParts;
  readonly #warnings = new Set<string>();
  #token: string;
  #aheadMs = 0;

  private constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#token = parts.token;
  }

  /** Throws AuthError. @param until milliseconds since 1970 */
  static async of(ctx: Context, cluster: Cluster, until: number): Promise<ApiReader> {
    const { server, certificateAuthorityData: data } = apiServerOf(cluster);
    const asked = resourceServerIn({ server, 'certificate-authority-data': data });
    const ca = data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
    const [{ token }, http] = await Promise.all([
      ctx.credentials.bearerFor(cluster.alias, asked),
      ctx.network.httpTrusting(ca === undefined ? undefined : { ca, servername: undefined }, true),
    ]);
    return new ApiReader({ ctx, http, cluster, server: server.replace(/\/+$/, ''), token, until });
  }

  get server(): string {
    return this.#parts.server;
  }

  /** What the server warned of, in kubectl's words. */
  get warnings(): string {
    return [...this.#warnings].map(text => `Warning: ${text}\n`).join('');
  }

  /** How far the server's clock is ahead of ours, by its last answer (milliseconds). Its Date header has whole seconds. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** Closes the connection. */
  close(): Promise<void> {
    return this.#parts.http.close();
  }

  /** After a 401, renews the token once. Throws ServerRefusal, UnreachableError, AuthError. @param explain adds to the message of a 400 or 404, as kubectl does */
  async get(path: string, accept: string, explain = (message: string) => message): Promise<ApiAnswer> {
    const { ctx, cluster } = this.#parts;
    let response = await this.#send(path, accept);
    if (response.status === 401) {
      this.#token = (await ctx.credentials.login(cluster, { forceRefresh: true })).token;
      response = await this.#send(path, accept);
    }
    for (const warning of warningsIn(response)) this.#warnings.add(warning);
    const sent = Date.parse(String(response.headers['date'] ?? ''));
    if (!Number.isNaN(sent)) this.#aheadMs = sent - ctx.io.now().getTime();
    const text = response.body.toString('utf8');
    const body = jsonIn(cluster, response, text);
    if (response.status !== 200) throw refusalOf(response.status, body, explain);
    return { body, text };
  }

  #send(path: string, accept: string): Promise<HttpResponse> {
    const { ctx, http, cluster, server, until } = this.#parts;
    return http.send({
      service: `the API server of ${cluster.alias}`,
      url: `${server}${path}`,
      headers: { accept, authorization: `Bearer ${this.#token}` },
      timeoutMs: Math.max(1, until - ctx.io.now().getTime()),
      maxBytes: MAX_BYTES,
    });
  }
}

/** Throws UnreachableError when something else answered, such as a proxy's page. */
function jsonIn({ alias }: Cluster, { status, headers }: HttpResponse, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A path that the server does not have.
    if (status === 404 && /^text\/plain/.test(String(headers['content-type']))) return undefined;
    throw new UnreachableError(`the API server of ${alias} did not answer with JSON (HTTP ${status})`, {
      code: 'no_json',
    });
  }
}

/** The texts of `Warning: 299 - "text"` (RFC 7234 section 5.5, KEP-1693). */
function warningsIn({ headers }: HttpResponse): string[] {
  const lines = [headers['warning'] ?? []].flat();
  return lines.flatMap(line =>
    [...line.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1')),
  );
}

/** As kubectl says it. */
function refusalOf(status: number, body: unknown, explain: (message: string) => string): ServerRefusal {
  const { reason, message, kind } = isRecord(body) ? body : {};
  if (status === 401)
    return new ServerRefusal('notLoggedIn', 'error: You must be logged in to the server (Unauthorized)\n', status);
  const said =
    kind === 'Status' || status !== 404
      ? { reason: String(reason || status), message: String(message ?? `HTTP ${status}`) }
      : { reason: 'NotFound', message: 'the server could not find the requested resource' };
  const isAboutRequest = status === 400 || status === 404;
  const text = `Error from server (${said.reason}): ${isAboutRequest ? explain(said.message) : said.message}\n`;
  const outcome = status === 403 ? 'forbidden' : status >= 500 || status === 429 ? 'unreachable' : 'failed';
  return new ServerRefusal(outcome, text, status);
}
