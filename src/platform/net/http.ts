/**
 * HTTP for our own calls: registry, access API, OIDC, downloads.
 * Rules: a total deadline for every call; only GET is sent again; credentials never follow a redirect to another origin; bodies are capped after
 * decompression; plain http only on loopback; the CA file is added to the system's; proxies by HTTPS_PROXY and NO_PROXY.
 * undici is loaded when the first call is made.
 */
import type { Dispatcher } from 'undici';
import { UnreachableError } from '../../errors.ts';
import { socketLookup } from './addresses.ts';
import { cappedResponse, DEFAULT_MAX_BYTES, readCapped } from './body.ts';
import type { HttpClient, HttpIo, HttpRequest, HttpResponse, HttpSettings } from './http-types.ts';
import { DEFAULT_TIMEOUT_MS, unreachable } from './network-errors.ts';
import { repeating } from './repeat.ts';
import { trustedRoots } from './roots.ts';
import { parseServiceUrl } from './service-url.ts';

const CONNECT_TIMEOUT_MS = 8_000;
const MAX_REDIRECTS = 5;

export function createHttpClient(io: HttpIo, settings: HttpSettings): HttpClient {
  let dispatcher: Promise<Dispatcher> | undefined;
  const getDispatcher = () => {
    dispatcher ??= makeDispatcher(io, settings);
    return dispatcher;
  };
  return {
    send: request => sendWithRetries(io, settings, getDispatcher, request),
    exchange: async (service, { url, ...request }) => {
      const { request: undiciRequest } = await import('../libraries/undici.ts');
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
  const { EnvHttpProxyAgent } = await import('../libraries/undici.ts');
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

async function sendFollowing(
  io: HttpIo,
  settings: HttpSettings,
  dispatcher: Dispatcher,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { request: undiciRequest } = await import('../libraries/undici.ts');
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

function fetchThrough(
  io: HttpIo,
  settings: HttpSettings,
  getDispatcher: () => Promise<Dispatcher>,
  service: string,
): typeof fetch {
  return async (input, init) => {
    const url = parseServiceUrl(service, input instanceof Request ? input.url : String(input));
    const { fetch: undiciFetch } = await import('../libraries/undici.ts');
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
