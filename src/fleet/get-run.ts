/** Answers `kubectl get` for one cluster in this process, with a server-side Table (meta.k8s.io/v1). */
import type { Context } from '../cli/context.ts';
import { apiServerOf } from '../clusters/api-server.ts';
import { resourceServerIn } from '../clusters/trusted-servers.ts';
import { AuthError, messageOf, UnreachableError } from '../errors.ts';
import { isRecord, type Json, recordsAt } from '../lib/json.ts';
import type { HttpClient, HttpResponse } from '../platform/net/http-types.ts';
import type { Cluster } from '../registry/cluster.ts';
import { type GetRequest, pathsOf } from './get-request.ts';
import { type FleetResult, notRun, type Outcome } from './results.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** A list that never ends: so many pages are read (500 rows each). */
const MAX_PAGES = 2000;

export interface TableColumn {
  readonly name: string;
  /** 0: always shown; else only with -o wide. */
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly unknown[];
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ClusterTable {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

export interface TableResult extends FleetResult {
  readonly table?: ClusterTable;
}

export interface GetOptions {
  readonly timeoutMs: number | undefined;
  /** The objects, for JSON; else a table. */
  readonly asObjects: boolean;
}

/** Never rejects. Undefined: the server does not answer as expected, and kubectl should be asked. */
export async function runGet(
  ctx: Context,
  request: GetRequest,
  cluster: Cluster,
  { timeoutMs = DEFAULT_TIMEOUT_MS, asObjects }: GetOptions,
): Promise<TableResult | undefined> {
  const started = ctx.io.now().getTime();
  const ended = (
    outcome: Outcome,
    stderr: string,
    answer: Pick<TableResult, 'table' | 'objects'> = {},
  ): TableResult => ({
    ...notRun(cluster, outcome),
    // As kubectl ends.
    exitCode: outcome === 'ok' ? 0 : 1,
    seconds: (ctx.io.now().getTime() - started) / 1000,
    stderr,
    ...answer,
  });
  try {
    const api = await ApiReader.of(ctx, cluster, started + timeoutMs, asObjects ? 'application/json' : TABLE);
    const parts: ClusterTable[] = [];
    const objects: Json[] = [];
    for (const path of pathsOf(request)) {
      let next = path;
      for (let page = 0; next !== '' && page < MAX_PAGES; page++) {
        const response = await api.get(next);
        const body = jsonIn(cluster, response);
        if (response.status !== 200) return ended(...failureOf(response.status, body));
        if (asObjects) objects.push(...objectsIn(body));
        else {
          const table = tableIn(body);
          if (table === undefined) return undefined;
          parts.push(table);
        }
        next = continued(path, body);
      }
      if (next !== '') return ended('failed', `the list has more than ${MAX_PAGES} pages\n`);
    }
    if (asObjects) return ended('ok', '', { objects });
    return ended('ok', '', { table: { columns: parts[0]?.columns ?? [], rows: parts.flatMap(({ rows }) => rows) } });
  } catch (error) {
    if (ctx.io.signal.aborted) return ended('interrupted', '');
    if (error instanceof AuthError) return ended('notLoggedIn', `${error.message}\n`);
    if (ctx.io.now().getTime() - started >= timeoutMs) return ended('timedOut', '');
    if (error instanceof UnreachableError) return ended('unreachable', `${error.message}\n`);
    return ended('failed', `${messageOf(error)}\n`);
  }
}

class ApiReader {
  readonly #ctx: Context;
  readonly #http: HttpClient;
  readonly #cluster: Cluster;
  readonly #server: string;
  readonly #until: number;
  readonly #accept: string;
  #token: string;

  private constructor(
    ctx: Context,
    http: HttpClient,
    cluster: Cluster,
    server: string,
    token: string,
    until: number,
    accept: string,
  ) {
    this.#ctx = ctx;
    this.#http = http;
    this.#cluster = cluster;
    this.#server = server.replace(/\/+$/, '');
    this.#token = token;
    this.#until = until;
    this.#accept = accept;
  }

  static async of(ctx: Context, cluster: Cluster, until: number, accept: string): Promise<ApiReader> {
    const { server, certificateAuthorityData: data } = apiServerOf(cluster);
    const asked = resourceServerIn({ server, 'certificate-authority-data': data });
    const ca = data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
    const [{ token }, http] = await Promise.all([
      ctx.credentials.bearerFor(cluster.alias, asked),
      ctx.network.httpTrusting(ca === undefined ? undefined : { ca, servername: undefined }, true),
    ]);
    return new ApiReader(ctx, http, cluster, server, token, until, accept);
  }

  /** After a 401, renews the token once. */
  async get(path: string): Promise<HttpResponse> {
    const response = await this.#send(path);
    if (response.status !== 401) return response;
    this.#token = (await this.#ctx.credentials.login(this.#cluster, { forceRefresh: true })).token;
    return this.#send(path);
  }

  #send(path: string): Promise<HttpResponse> {
    return this.#http.send({
      service: `the API server of ${this.#cluster.alias}`,
      url: `${this.#server}${path}`,
      headers: { accept: this.#accept, authorization: `Bearer ${this.#token}` },
      timeoutMs: Math.max(1, this.#until - this.#ctx.io.now().getTime()),
      maxBytes: MAX_BYTES,
    });
  }
}

/** Throws UnreachableError when something else answered, such as a proxy's page. */
function jsonIn({ alias }: Cluster, { body, status }: HttpResponse): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new UnreachableError(`the API server of ${alias} did not answer with JSON (HTTP ${status})`, {
      code: 'no_json',
    });
  }
}

/** The next page of a list. Empty: there is none. */
function continued(path: string, body: unknown): string {
  const metadata = isRecord(body) ? body['metadata'] : undefined;
  const token = isRecord(metadata) ? metadata['continue'] : undefined;
  return typeof token === 'string' && token !== '' ? `${path}&continue=${encodeURIComponent(token)}` : '';
}

/** The items of a list, which have no kind of their own, or the one object. */
function objectsIn(body: unknown): Json[] {
  if (!isRecord(body)) return [];
  const { apiVersion, kind, items } = body;
  if (!Array.isArray(items)) return [body as Json];
  const itemKind = String(kind).replace(/List$/, '');
  return items.filter(isRecord).map(item => ({ apiVersion, kind: itemKind, ...item }) as Json);
}

/** Undefined: the server did not send a Table. */
function tableIn(body: unknown): ClusterTable | undefined {
  if (!isRecord(body) || body['kind'] !== 'Table') return undefined;
  return {
    columns: recordsAt(body, 'columnDefinitions').map(({ name, priority }) => ({
      name: String(name),
      priority: Number(priority ?? 0),
    })),
    rows: recordsAt(body, 'rows').map(row => {
      const object = isRecord(row['object']) ? row['object'] : {};
      const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
      const labels = isRecord(metadata['labels']) ? metadata['labels'] : {};
      return {
        cells: Array.isArray(row['cells']) ? (row['cells'] as unknown[]) : [],
        namespace: String(metadata['namespace'] ?? ''),
        labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)])),
      };
    }),
  };
}

/** As kubectl says it. */
function failureOf(status: number, body: unknown): [Outcome, string] {
  const { reason, message } = isRecord(body) ? body : {};
  const text = `Error from server (${String(reason ?? status)}): ${String(message ?? `HTTP ${status}`)}\n`;
  if (status === 401) return ['notLoggedIn', 'error: You must be logged in to the server (Unauthorized)\n'];
  if (status === 403) return ['forbidden', text];
  return status >= 500 || status === 429 ? ['unreachable', text] : ['failed', text];
}
