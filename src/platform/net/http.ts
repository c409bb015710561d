/**
 * The HTTP client for the registry, the access API, OIDC and downloads.
 * Rules: every call has a total deadline; only GET is retried; credentials are never sent to another origin after a redirect; the size limit counts
 * decompressed bytes; plain http is allowed only on loopback; the CA file is added to the system's roots; HTTPS_PROXY and NO_PROXY select the proxy.
 * undici is loaded at the first call.
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
    send: request => tellingSlow(settings, request, () => sendWithRetries(io, settings, getDispatcher, request)),
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
    close: async () => {
      const open = await dispatcher;
      dispatcher = undefined;
      await open?.close();
    },
    fetch: service => {
      const through = fetchThrough(io, settings, getDispatcher, service);
      return (input, init) =>
        tellingSlow(settings, { service, url: input instanceof Request ? input.url : String(input) }, () =>
          through(input, init),
        );
    },
  };
}

const SLOW_MS = 2_000;

async function tellingSlow<T>(
  { onSlow }: HttpSettings,
  { service, url }: Pick<HttpRequest, 'service' | 'url'>,
  run: () => Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => onSlow(service, URL.canParse(url) ? new URL(url).host : url), SLOW_MS);
  try {
    return await run();
  } finally {
    clearTimeout(timer);
  }
}

function proxiesOf({ env }: Pick<HttpIo, 'env'>) {
  return { http: env['http_proxy'] ?? env['HTTP_PROXY'], https: env['https_proxy'] ?? env['HTTPS_PROXY'] };
}

/** A server has responded: save the addresses of its host and of the proxy. */
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
  // Set explicitly: otherwise NODE_TLS_REJECT_UNAUTHORIZED in the environment could turn verification off.
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
    ...(settings.connections && { connections: settings.connections }),
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    // Loopback addresses never use a proxy (as in Go's net/http).
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

/** A shorter string is not a token, and replacing it could damage ordinary words. */
const MIN_TOKEN_CHARS = 8;

/** Removes our token from an error response. The response text is shown, and a service may echo the request headers. */
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
    if (hop === MAX_REDIRECTS) throw new UnreachableError(`${request.service} sent too many redirects (${url.origin})`);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next === undefined) throw new UnreachableError(`${request.service} redirects to an invalid address`);
    if (next.origin !== url.origin) {
      if (request.redirects !== 'any') {
        throw new UnreachableError(`${request.service} redirects to another origin: ${url.origin} → ${next.origin}`, {
          code: 'foreign_redirect',
          hint: 'no credentials were sent there; check the configured address: zkubectl configure',
        });
      }
      parseServiceUrl(request.service, next.href);
      headers = { 'accept-encoding': 'identity', 'user-agent': 'zkubectl' };
    }
    url = next;
  }
}

/** A URL for the debug log. Query values may be secret, so only their names are shown. */
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
