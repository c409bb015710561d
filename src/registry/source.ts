/** The sources of clusters: the Cluster Registry (REST), or a YAML file with the same fields. */
import { CliError, messageOf, UnreachableError, UsageError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { readText } from '../platform/files/read.ts';
import { statusError } from '../platform/net/http-errors.ts';
import type { HttpClient, HttpResponse } from '../platform/net/http-types.ts';
import { parseServiceUrl } from '../platform/net/service-url.ts';
import { type Cluster, parseCluster } from './cluster.ts';

export interface InfrastructureAccount {
  readonly id: string;
  readonly name: string;
}

export interface Listing {
  readonly clusters: readonly Cluster[];
  /** One line for each skipped record. */
  readonly malformed: readonly string[];
}

/** The operations of a registry. Each throws the error classes of errors.ts. */
export interface RegistrySource {
  /** The URL or file: for messages and the snapshot's name. */
  readonly origin: string;
  /** True: a file on this machine. */
  readonly isLocal: boolean;
  list(): Promise<Listing>;
  account(id: string): Promise<InfrastructureAccount>;
  /** All accounts. Undefined: the source has no list of them. */
  accounts(): Promise<readonly InfrastructureAccount[] | undefined>;
  setConfigItem(clusterId: string, key: string, value: string): Promise<void>;
  removeConfigItem(clusterId: string, key: string): Promise<void>;
}

const SERVICE = 'the cluster registry';
/** 100,000 clusters of 2.5 KiB. */
const MAX_LIST_BYTES = 256 * 1024 * 1024;

/** @param token returns the platform's bearer token; with `renew`, a new token */
export function createRestSource(
  url: string,
  http: () => Promise<HttpClient>,
  token: (renew: boolean) => Promise<string>,
): RegistrySource {
  const base = parseServiceUrl(SERVICE, url).href.replace(/\/+$/, '');
  const call = async (method: 'GET' | 'PUT' | 'DELETE', pathname: string, json?: unknown): Promise<HttpResponse> => {
    const send = async (bearer: string) =>
      (await http()).send({
        service: SERVICE,
        url: `${base}${pathname}`,
        method,
        headers: { authorization: `Bearer ${bearer}`, accept: 'application/json' },
        maxBytes: MAX_LIST_BYTES,
        ...(json === undefined ? {} : { json }),
      });
    const first = await token(false);
    let response = await send(first);
    if (response.status === 401) {
      // The token may have been revoked before its expiry: renew it and retry once.
      const second = await token(true);
      if (second !== first) response = await send(second);
    }
    if (response.status >= 200 && response.status < 300) return response;
    throw registryError(base, pathname, response);
  };
  const accounts = new Map<string, Promise<InfrastructureAccount>>();
  return {
    origin: base,
    isLocal: false,
    list: async () => {
      const response = await call('GET', '/kubernetes-clusters?verbose=true');
      const body = parseJson(base, response);
      const items = Array.isArray(body)
        ? body
        : isRecord(body) && Array.isArray(body['items'])
          ? body['items']
          : undefined;
      if (items === undefined) throw notARegistry(base, 'JSON without a list of clusters');
      return parseListing(items);
    },
    account: id => {
      let account = accounts.get(id);
      if (account === undefined) {
        account = call('GET', `/infrastructure-accounts/${pathSegment(id)}`).then(response => {
          const body = parseJson(base, response);
          if (!isRecord(body) || typeof body['name'] !== 'string' || body['name'] === '')
            throw notARegistry(base, 'an account without a name');
          return { id, name: body['name'] };
        });
        accounts.set(id, account);
      }
      return account;
    },
    accounts: async () => {
      const body = parseJson(base, await call('GET', '/infrastructure-accounts'));
      const items = isRecord(body) && Array.isArray(body['items']) ? body['items'] : [];
      return items.flatMap(item => {
        const { id, name } = isRecord(item) ? item : {};
        return typeof id === 'string' && typeof name === 'string' ? [{ id, name }] : [];
      });
    },
    setConfigItem: async (clusterId, key, value) => {
      await call('PUT', itemPath(clusterId, key), { value });
    },
    removeConfigItem: async (clusterId, key) => {
      await call('DELETE', itemPath(clusterId, key));
    },
  };
}

function itemPath(clusterId: string, key: string): string {
  return `/kubernetes-clusters/${pathSegment(clusterId)}/config-items/${pathSegment(key)}`;
}

/** Encodes a path segment. Colons stay unencoded (RFC 3986 section 3.3 allows them), because ids contain many. */
function pathSegment(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}

function parseListing(items: readonly unknown[]): Listing {
  const clusters: Cluster[] = [];
  const malformed: string[] = [];
  for (const [index, item] of items.entries()) {
    const cluster = parseCluster(item);
    if ('problem' in cluster) malformed.push(`record ${index + 1}: ${cluster.problem}`);
    else clusters.push(cluster);
  }
  return { clusters, malformed };
}

function parseJson(base: string, response: HttpResponse): unknown {
  const text = response.body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    const type = String(response.headers['content-type'] ?? '');
    const what = /html/i.test(type) || /^\s*</.test(text) ? 'a web page' : text === '' ? 'nothing' : 'broken JSON';
    throw notARegistry(base, what, error);
  }
}

function notARegistry(base: string, what: string, cause?: unknown): UnreachableError {
  return new UnreachableError(`${SERVICE} at ${new URL(base).host} answered with ${what}`, {
    code: 'bad_answer',
    hint: 'a proxy or sign-in page may have answered; check registry.url: zkubectl configure',
    cause,
  });
}

function registryError(base: string, pathname: string, response: HttpResponse): CliError {
  const error = statusError(SERVICE, new URL(base).host, response, {
    notFound: 'check registry.url: zkubectl configure',
    login: 'zkubectl login --force-refresh',
  });
  // A 404 for the whole list is not a missing cluster: the URL is wrong.
  if (response.status === 404 && pathname.startsWith('/kubernetes-clusters?')) {
    return new CliError(error.message, { code: 'wrong_address', hint: error.hint });
  }
  return error;
}

/** Clusters in a YAML file: `clusters: [...]`, as the Cluster Lifecycle Manager reads it. */
export function createFileSource(file: string): RegistrySource {
  const readOnly = () =>
    Promise.reject(new UsageError(`the registry is a file: edit ${file}`, { code: 'read_only_registry' }));
  return {
    origin: file,
    isLocal: true,
    list: async () => {
      const text = readRegistryFile(file);
      const { LineCounter, parseDocument } = await import('../platform/libraries/yaml.ts');
      const lines = new LineCounter();
      const document = parseDocument(text, { lineCounter: lines });
      const [error] = document.errors;
      if (error) {
        const { line, col } = lines.linePos(error.pos[0]);
        throw new UsageError(`${file}:${line}:${col}: ${error.message.split('\n')[0]}`, { code: 'bad_registry_file' });
      }
      const body = toPlain(document, file);
      if (!isRecord(body) || !Array.isArray(body['clusters'])) {
        throw new UsageError(`${file}: list "clusters:" not found`, { code: 'bad_registry_file' });
      }
      return parseListing(body['clusters']);
    },
    // The file has no accounts: the name is the last part of the account's id.
    account: async id => ({ id, name: id.split(':').at(-1) ?? id }),
    accounts: async () => undefined,
    setConfigItem: readOnly,
    removeConfigItem: readOnly,
  };
}

/** Converts to plain values. Throws UsageError for a file with excessive YAML aliases. */
function toPlain(document: { toJS(options: { maxAliasCount: number }): unknown }, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new UsageError(`${file}: ${messageOf(error)}`, { code: 'bad_registry_file', cause: error });
  }
}

function readRegistryFile(file: string): string {
  let text: string | undefined;
  try {
    text = readText(file);
  } catch (error) {
    throw new UsageError(`cannot read registry.file: ${messageOf(error)}`, { code: 'bad_registry_file', cause: error });
  }
  if (text === undefined) throw new UsageError(`registry.file does not exist: ${file}`, { code: 'bad_registry_file' });
  return text;
}
