/**
 * HTTP for our own calls: registry, access API, OIDC, downloads.
 * Rules: a total deadline for every call; only GET is sent again; credentials never follow a redirect to another origin; bodies are capped after
 * decompression; plain http only on loopback; the CA file is added to the system's; proxies by HTTPS_PROXY and NO_PROXY.
 * undici is loaded when the first call is made.
 */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import {
  ForbiddenError,
  InterruptedError,
  messageOf,
  systemErrorCode,
  UnreachableError,
  UsageError,
} from '../errors.ts';
import { type AddressBook, type Located, socketLookup } from './addresses.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';
import { parseServiceUrl } from './service-url.ts';

export interface HttpRequest {
  /** Who is asked, in the user's words: `the cluster registry`. Part of every message. */
  readonly service: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON value. */
  readonly json?: unknown;
  /** Total time for the call with all its repetitions, in milliseconds. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** `any` follows redirects to other https origins, without headers: for public downloads. */
  readonly redirects?: 'same-origin' | 'any';
  readonly onProgress?: (received: number, total: number | undefined) => void;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface HttpClient {
  /** Sends a request. Any status is an answer; throws UnreachableError when there is none. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** One request as it is: no redirect is followed, nothing is sent again. */
  exchange(
    service: string,
    request: { method: 'GET' | 'POST'; url: string; headers: Record<string, string>; body?: string },
  ): Promise<HttpResponse>;
  /** For libraries that speak HTTP through `fetch`; same TLS, proxy, deadline and rules. */
  readonly fetch: (service: string) => typeof fetch;
}

export interface HttpSettings {
  readonly caFile?: string | undefined;
  /** For a server that a kubeconfig names: PEM roots instead of all others, and the name that its certificate must have. */
  readonly trust?: { readonly ca: string | undefined; readonly servername: string | undefined };
  readonly debug: (line: string) => void;
  /** Where hosts are, and were when names still resolved. */
  readonly addresses: AddressBook;
  /** Told of a host that is reached where it was before. */
  readonly onSeen: (host: string, located: Located) => void;
}

type HttpIo = Pick<Io, 'env' | 'now' | 'sleep' | 'signal'>;

const DEFAULT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 8_000;
const MAX_ATTEMPTS = 3;
const MAX_REDIRECTS = 5;
const MAX_RETRY_AFTER_MS = 5_000;
const RETRY_STATUS = new Set([429, 502, 503, 504]);
/** Connection lost before or while an answer came: a GET may be sent again. Refused and unknown hosts, and name servers that do not answer, are not tried again: it would only be slower. */
const RETRY_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

export function createHttpClient(io: HttpIo, settings: HttpSettings): HttpClient {
  let dispatcher: Promise<Dispatcher> | undefined;
  const getDispatcher = () => {
    dispatcher ??= makeDispatcher(io, settings);
    return dispatcher;
  };
  return {
    send: request => sendWithRetries(io, settings, getDispatcher, request),
    exchange: async (service, { url, ...request }) => {
      const { request: undiciRequest } = await import('./libraries/undici.ts');
      const target = { service, url, maxBytes: DEFAULT_MAX_BYTES };
      const deadline = AbortSignal.timeout(DEFAULT_TIMEOUT_MS);
      try {
        const answer = await undiciRequest(parseServiceUrl(service, url), {
          ...request,
          dispatcher: await getDispatcher(),
          signal: AbortSignal.any([deadline, io.signal]),
        });
        noteReached(io, settings, new URL(url));
        return { status: answer.statusCode, headers: answer.headers, body: await readCapped(answer, target) };
      } catch (error) {
        throw unreachable(target, error, deadline);
      }
    },
    fetch: service => fetchThrough(io, settings, getDispatcher, service),
  };
}

function proxiesOf({ env }: Pick<HttpIo, 'env'>) {
  return { http: env['http_proxy'] ?? env['HTTP_PROXY'], https: env['https_proxy'] ?? env['HTTPS_PROXY'] };
}

/** Somebody has answered: where it was found, or the proxy on the way there, is worth keeping. */
function noteReached(io: HttpIo, { addresses }: HttpSettings, url: URL): void {
  addresses.confirm(url.hostname);
  for (const proxy of Object.values(proxiesOf(io)))
    if (proxy && URL.canParse(proxy)) addresses.confirm(new URL(proxy).hostname);
}

async function makeDispatcher(io: HttpIo, settings: HttpSettings): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('./libraries/undici.ts');
  const { trust } = settings;
  const ca = trust?.ca === undefined ? await trustedRoots(io, settings.caFile) : [trust.ca];
  const lookup = socketLookup(settings.addresses, settings.onSeen);
  // Said outright, as a variable of the environment could say otherwise (NODE_TLS_REJECT_UNAUTHORIZED).
  const verified = { rejectUnauthorized: true } as const;
  const tls = {
    ...verified,
    ...(ca === undefined ? {} : { ca }),
    ...(trust?.servername === undefined ? {} : { servername: trust.servername }),
  };
  const { http: httpProxy, https: httpsProxy } = proxiesOf(io);
  const noProxy = io.env['no_proxy'] ?? io.env['NO_PROXY'];
  return new EnvHttpProxyAgent({
    connect: { ...tls, timeout: CONNECT_TIMEOUT_MS, lookup },
    proxyTls: { ...verified, ...(ca === undefined || trust ? {} : { ca }), timeout: CONNECT_TIMEOUT_MS, lookup },
    requestTls: tls,
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    // Loopback is never reached through a proxy (as in Go's net/http).
    noProxy: ['127.0.0.1', 'localhost', '::1', ...(noProxy ? [noProxy] : [])].join(','),
  });
}

/** Where Linux distributions keep the system's roots (the list of Go's crypto/x509). */
const SYSTEM_ROOTS = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** PEM roots to trust: SSL_CERT_FILE, else the system's, else Node's; plus the CA file of the configuration. Undefined: Node's own default. */
export async function trustedRoots(io: Pick<Io, 'env'>, caFile: string | undefined): Promise<string[] | undefined> {
  const certFile = io.env['SSL_CERT_FILE'];
  const roots: string[] = [];
  if (certFile) {
    roots.push(readPem(certFile, 'SSL_CERT_FILE'));
  } else {
    const system = SYSTEM_ROOTS.map(file => safeRead(file)).find(text => text !== undefined);
    if (system !== undefined) roots.push(system);
    else if (caFile === undefined) return undefined;
    else {
      const tls = await import('node:tls');
      roots.push(...tls.rootCertificates);
    }
  }
  if (caFile !== undefined) roots.push(readPem(caFile, 'tls.ca_file'));
  return roots;
}

function safeRead(file: string): string | undefined {
  try {
    return readText(file);
  } catch {
    return undefined;
  }
}

/** The PEM certificates of a file. Throws UsageError (2). @param source who names the file */
export function readPem(file: string, source: string): string {
  const text = safeRead(file);
  if (text === undefined)
    throw new UsageError(`cannot read the CA certificates of ${source}: ${file}`, { code: 'bad_ca_file' });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UsageError(`no PEM certificate in ${file} (${source})`, { code: 'bad_ca_file' });
  }
  return text;
}

async function sendWithRetries(
  io: HttpIo,
  settings: HttpSettings,
  getDispatcher: () => Promise<Dispatcher>,
  request: HttpRequest,
): Promise<HttpResponse> {
  const deadline = AbortSignal.timeout(request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const signal = AbortSignal.any([deadline, io.signal]);
  return repeating(
    io,
    { repeatable: (request.method ?? 'GET') === 'GET', deadline, signal, target: request },
    async () => withoutToken(await sendFollowing(io, settings, await getDispatcher(), request, signal), request),
    response => response.headers['retry-after'],
  );
}

/** What is shorter is no token, and stands in many a word. */
const MIN_TOKEN_CHARS = 8;

/** What a service says of an error is shown: one that quotes what it was sent must not show our token. */
function withoutToken(response: HttpResponse, { headers }: HttpRequest): HttpResponse {
  const token = headers?.['authorization']?.replace(/^Bearer /, '');
  if (response.status < 400 || !token || token.length < MIN_TOKEN_CHARS || !response.body.includes(token))
    return response;
  return { ...response, body: Buffer.from(response.body.toString('utf8').replaceAll(token, '…')) };
}

interface Repetition {
  /** May it be sent again? Only what changes nothing may. */
  readonly repeatable: boolean;
  readonly deadline: AbortSignal;
  /** Ends with the deadline, or when the user wants no more. */
  readonly signal: AbortSignal;
  readonly target: Pick<HttpRequest, 'service' | 'url' | 'timeoutMs'>;
}

/** Sends, and sends again what may be, after a status or an error that may pass. Throws what `unreachable` makes of the last error. */
async function repeating<T extends { readonly status: number }>(
  io: HttpIo,
  { repeatable, deadline, signal, target }: Repetition,
  send: () => Promise<T>,
  retryAfter: (response: T) => string | string[] | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const last = attempt === MAX_ATTEMPTS || !repeatable;
    try {
      const response = await send();
      if (last || !RETRY_STATUS.has(response.status)) return response;
      const isInTime = await io.sleep(retryDelay(attempt, retryAfter(response)), signal).then(
        () => true,
        () => false,
      );
      // Where there is no time to ask again, what was said is the answer.
      if (!isInTime && deadline.aborted && !io.signal.aborted) return response;
    } catch (error) {
      if (io.signal.aborted) throw interruption(io.signal);
      const code = systemErrorCode(error);
      if (last || deadline.aborted || code === undefined || !RETRY_CODES.has(code))
        throw unreachable(target, error, deadline);
      await io.sleep(retryDelay(attempt), signal).catch(() => undefined);
    }
  }
}

function interruption(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new InterruptedError();
}

/** Exponential with jitter, or what Retry-After asks for in seconds (RFC 9110 section 10.2.3), capped. */
function retryDelay(attempt: number, retryAfter?: string | string[]): number {
  const seconds = typeof retryAfter === 'string' && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  if (seconds !== undefined) return Math.min(seconds * 1000, MAX_RETRY_AFTER_MS);
  return 150 * 2 ** attempt * (0.5 + Math.random() / 2);
}

async function sendFollowing(
  io: HttpIo,
  settings: HttpSettings,
  dispatcher: Dispatcher,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { request: undiciRequest } = await import('./libraries/undici.ts');
  let url = parseServiceUrl(request.service, request.url);
  let headers: Record<string, string> = {
    'accept-encoding': 'gzip, deflate',
    'user-agent': 'zkubectl',
    ...request.headers,
  };
  const method = request.method ?? 'GET';
  if (request.json !== undefined) headers['content-type'] = 'application/json';
  for (let hop = 0; ; hop++) {
    const started = performance.now();
    const answer = await undiciRequest(url, {
      dispatcher,
      method,
      headers,
      signal,
      body: request.json === undefined ? null : JSON.stringify(request.json),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    noteReached(io, settings, url);
    const location = answer.headers['location'];
    settings.debug(`${method} ${printableUrl(url)} ${answer.statusCode} ${Math.round(performance.now() - started)} ms`);
    if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== 'string' || method !== 'GET') {
      return { status: answer.statusCode, headers: answer.headers, body: await readCapped(answer, request) };
    }
    await answer.body.dump();
    if (hop === MAX_REDIRECTS) throw new UnreachableError(`${request.service} redirects in circles (${url.origin})`);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next === undefined) throw new UnreachableError(`${request.service} redirects to an invalid address`);
    if (next.origin !== url.origin) {
      if (request.redirects !== 'any') {
        throw new UnreachableError(`${request.service} redirects to another origin: ${url.origin} → ${next.origin}`, {
          code: 'foreign_redirect',
          hint: 'your credentials were not sent there; check the configured address',
        });
      }
      parseServiceUrl(request.service, next.href);
      headers = { 'accept-encoding': 'identity', 'user-agent': 'zkubectl' };
    }
    url = next;
  }
}

/** A URL for the log: query values may be anything, so only their names are shown. */
function printableUrl(url: URL): string {
  const names = [...new Set(url.searchParams.keys())];
  return `${url.origin}${url.pathname}${names.length > 0 ? `?${names.map(n => `${n}=…`).join('&')}` : ''}`;
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
/** Beyond this size, a body that grew more than this by decompression is taken for a bomb: JSON grows 10 to 30 times. */
const BOMB_BYTES = 16 * 1024 * 1024;
const BOMB_RATIO = 150;

async function readCapped(answer: Dispatcher.ResponseData, request: HttpRequest): Promise<Buffer> {
  const maxBytes = request.maxBytes ?? DEFAULT_MAX_BYTES;
  const length = Number(answer.headers['content-length']);
  let wireBytes = 0;
  const stream = await decoded(answer, bytes => {
    wireBytes += bytes;
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    const isBomb = size > BOMB_BYTES && wireBytes > 0 && size > wireBytes * BOMB_RATIO;
    if (size > maxBytes || isBomb) {
      answer.body.destroy();
      throw new UnreachableError(`${request.service} sent more than ${isBomb ? BOMB_BYTES : maxBytes} bytes`, {
        code: 'body_too_large',
      });
    }
    chunks.push(chunk);
    request.onProgress?.(size, Number.isFinite(length) ? length : undefined);
  }
  return Buffer.concat(chunks);
}

async function decoded(answer: Dispatcher.ResponseData, onWire: (bytes: number) => void): Promise<Readable> {
  const encoding = answer.headers['content-encoding'];
  if (encoding !== 'gzip' && encoding !== 'deflate') return answer.body;
  const [zlib, { pipeline }] = await Promise.all([import('node:zlib'), import('node:stream')]);
  const decoder = encoding === 'gzip' ? zlib.createGunzip() : zlib.createInflate();
  answer.body.on('data', (chunk: Buffer) => onWire(chunk.length));
  // The error reaches the reader through the decoder.
  pipeline(answer.body, decoder, () => undefined);
  return decoder;
}

/** Errors of the way there: nothing was sent. */
const NEVER_SENT = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEOUT',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** May a request that has failed so have been carried out all the same? */
export function mayHaveArrived(error: unknown): boolean {
  const code = systemErrorCode(error);
  return error instanceof UnreachableError && !(code !== undefined && (NEVER_SENT.has(code) || isTlsCode(code)));
}

/** What went wrong on the way, in words; the system's error code stays in the cause. */
function unreachable(
  request: Pick<HttpRequest, 'service' | 'url' | 'timeoutMs'>,
  error: unknown,
  deadline: AbortSignal,
): Error {
  if (error instanceof UnreachableError || error instanceof UsageError || error instanceof ForbiddenError) return error;
  const host = URL.canParse(request.url) ? new URL(request.url).host : request.url;
  const seconds = Math.round((request.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1000);
  const why = deadline.aborted ? `no answer within ${seconds} s` : describeNetworkError(error);
  return new UnreachableError(`cannot reach ${request.service} at ${host}: ${why}`, {
    code: 'unreachable',
    cause: error,
    hint: hintForNetworkError(systemErrorCode(error)),
  });
}

/** What a login service may say at once: discovery, keys and tokens are small. */
const MAX_FETCH_BYTES = 2 * 1024 * 1024;

/** The same response with its body read whole, up to a limit that counts decompressed bytes. */
async function cappedResponse(response: Response, service: string): Promise<Response> {
  if (response.body === null) return response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_FETCH_BYTES)
      throw new UnreachableError(`${service} sent more than ${MAX_FETCH_BYTES} bytes`, { code: 'body_too_large' });
    chunks.push(chunk);
  }
  const { status, statusText, headers } = response;
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : Buffer.concat(chunks), { status, statusText, headers: [...headers] });
}

/** A network error's code in plain words. */
export function describeNetworkError(error: unknown): string {
  const code = systemErrorCode(error);
  switch (code) {
    case 'ENOTFOUND':
      return 'its name is not known (DNS)';
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
      return 'DNS does not answer';
    case 'ECONNREFUSED':
      return 'the connection was refused';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was lost';
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'the connection timed out';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to its network';
    case undefined:
      return messageOf(error);
    default:
      return isTlsCode(code)
        ? `TLS failed: ${messageOf(rootCause(error))} (${code})`
        : `${messageOf(rootCause(error))} (${code})`;
  }
}

function rootCause(error: unknown): unknown {
  let e = error;
  while (e instanceof Error && e.cause instanceof Error) e = e.cause;
  return e;
}

function isTlsCode(code: string): boolean {
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code);
}

function hintForNetworkError(code: string | undefined): string {
  if (code !== undefined && isTlsCode(code)) return 'a corporate CA goes into tls.ca_file (zkubectl configure --help)';
  return 'check the network, VPN and proxy, and the address: zkubectl configure';
}

function fetchThrough(
  io: HttpIo,
  settings: HttpSettings,
  getDispatcher: () => Promise<Dispatcher>,
  service: string,
): typeof fetch {
  return async (input, init) => {
    const url = parseServiceUrl(service, input instanceof Request ? input.url : String(input));
    const { fetch: undiciFetch } = await import('./libraries/undici.ts');
    const deadline = AbortSignal.timeout(DEFAULT_TIMEOUT_MS);
    const signal = AbortSignal.any([deadline, io.signal, ...(init?.signal ? [init.signal] : [])]);
    const method = init?.method ?? 'GET';
    return repeating(
      io,
      { repeatable: method === 'GET', deadline, signal, target: { service, url: url.href } },
      async () => {
        const started = performance.now();
        const response = await undiciFetch(url, {
          ...(init as object),
          redirect: 'manual',
          dispatcher: await getDispatcher(),
          signal,
        });
        noteReached(io, settings, url);
        settings.debug(
          `${method} ${printableUrl(url)} ${response.status} ${Math.round(performance.now() - started)} ms`,
        );
        return cappedResponse(response as unknown as Response, service);
      },
      response => response.headers.get('retry-after') ?? undefined,
    );
  };
}
