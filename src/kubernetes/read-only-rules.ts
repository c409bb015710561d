/**
 * Which requests a read-only session sends to an API server: reads, reviews and server dry runs.
 * Rule: a request that is not understood for certain is refused.
 */
import { isRecord } from '../lib/json.ts';

export interface ApiRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  /** The request asks for another protocol (SPDY, WebSocket). */
  readonly isUpgrade: boolean;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** Subresources that run something, open a connection or issue a credential, also with GET or with a dry run. */
const CONNECTS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy', 'token']);
/** Subresources whose writes the API server can do as a dry run. */
const DRY_RUNS: ReadonlySet<string> = new Set([
  'approval',
  'binding',
  'ephemeralcontainers',
  'eviction',
  'finalize',
  'resize',
  'scale',
  'status',
]);
/** POST asks a question and changes nothing (authentication.k8s.io, authorization.k8s.io). */
const REVIEW =
  /^\/apis\/(authorization|authentication)\.k8s\.io\/v1(?:alpha1|beta1)?\/(?:namespaces\/[^/]+\/)?[a-z]+reviews$/;
const EVICTION = /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/eviction$/;
/** The most parameters that count: beyond a limit, Go's net/url drops the whole query, with `dryRun`. */
const MAX_PARAMETERS = 50;

/** Why a request is not sent. Undefined: it is sent. */
export function refusalOf(request: ApiRequest): string | undefined {
  const [path = '', query] = splitAt(request.url);
  if (!isPlainPath(path)) return 'the path has unusual characters';
  if (request.isUpgrade) return 'the request opens a connection';
  const resource = resourceIn(path);
  const subresource = resource?.subresource;
  if (subresource !== undefined && CONNECTS.has(subresource)) return `${subresource} may change something`;
  if (READS.has(request.method)) return undefined;
  if (!WRITES.has(request.method)) return `${request.method} may change something`;
  if (request.method === 'POST' && REVIEW.test(path)) return undefined;
  const canDry = resource !== undefined && (subresource === undefined || DRY_RUNS.has(subresource));
  const isDry = canDry && isDryRun(request, query, EVICTION.test(path));
  return isDry ? undefined : `${request.method} would change something`;
}

/** The server decodes a path before it reads it, so an escaped letter can hide a word. Names of Kubernetes need no escapes. */
function isPlainPath(path: string): boolean {
  if (!/^\/[A-Za-z0-9._~:@!$&'()*+,=/-]*$/.test(path)) return false;
  const segments = path.slice(1).split('/');
  return segments.every((segment, i) => (segment !== '' || i === segments.length - 1) && !/^\.{1,2}$/.test(segment));
}

/** `/api/v1/namespaces/NS/pods/NAME/exec/…` → `exec`. Undefined: it is no path of a resource. */
function resourceIn(path: string): { readonly subresource: string | undefined } | undefined {
  const [root, ...rest] = path.slice(1).split('/');
  if (root !== 'api' && root !== 'apis') return undefined;
  // The version, and for a group its name.
  const inApi = rest.slice(root === 'api' ? 1 : 2);
  // Old paths: /api/v1/proxy/… and /api/v1/watch/….
  if (inApi[0] === 'proxy') return { subresource: 'proxy' };
  const named = inApi[0] === 'watch' ? inApi.slice(1) : inApi;
  // `namespaces/NAME/status` and `namespaces/NAME/finalize` are subresources of the namespace itself.
  const isInNamespace = named[0] === 'namespaces' && named.length > 2 && !/^(status|finalize)$/.test(named[2] ?? '');
  const resource = isInNamespace ? named.slice(2) : named;
  return resource[0] ? { subresource: resource[2] || undefined } : undefined;
}

/**
 * Does the server treat it as a dry run? For DELETE and evictions the options are in the body, and the query then counts for nothing
 * (metav1.DeleteOptions, policy/v1 Eviction).
 */
function isDryRun(request: ApiRequest, query: string | undefined, isEviction: boolean): boolean {
  const inQuery = isDryRunQuery(query ?? '');
  const hasOptionsInBody = request.method === 'DELETE' || isEviction;
  if (!hasOptionsInBody || request.body.length === 0) return inQuery;
  const sent = jsonIn(request);
  const options = isEviction && isRecord(sent) ? sent['deleteOptions'] : sent;
  const dryRun = isRecord(options) ? options['dryRun'] : undefined;
  return Array.isArray(dryRun) && dryRun.length === 1 && dryRun[0] === 'All';
}

/** Reads the query without decoding: parsers disagree on odd parameters. */
function isDryRunQuery(query: string): boolean {
  const pairs = query.split('&');
  if (pairs.length > MAX_PARAMETERS) return false;
  if (!pairs.every(pair => /^[A-Za-z][\w.-]*=(?:[A-Za-z0-9._~:,!*()/+@-]|%[0-9A-Fa-f]{2})*$/.test(pair))) return false;
  const given = pairs.filter(pair => /^dryrun=/i.test(pair));
  return given.length === 1 && given[0] === 'dryRun=All';
}

function jsonIn({ contentType, body }: ApiRequest): unknown {
  if (contentType !== undefined && !/^application\/json\b/i.test(contentType)) return undefined;
  const text = body.toString('utf8');
  // Of a name that stands twice, the server may take the other one.
  if ((text.match(/dryrun/gi) ?? []).length !== 1) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function splitAt(url: string): [string, string | undefined] {
  const at = url.indexOf('?');
  return at === -1 ? [url, undefined] : [url.slice(0, at), url.slice(at + 1)];
}
