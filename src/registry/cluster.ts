/**
 * A cluster record of the registry (docs/registry.md).
 * Rules: a record is validated before use. The raw record is kept, for output with the remote API's own field names.
 */

import { isUrlName } from '../argv/cluster-name.ts';
import { isRecord, type Json, type JsonObject } from '../lib/json.ts';

export interface NodePool {
  readonly name: string;
  readonly profile: string;
  readonly instanceTypes: readonly string[];
  readonly discountStrategy: string;
  readonly minSize: number | undefined;
  readonly maxSize: number | undefined;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
}

export interface Cluster {
  readonly id: string;
  readonly alias: string;
  readonly infrastructureAccount: string;
  readonly region: string;
  readonly localId: string;
  readonly provider: string;
  readonly apiServerUrl: string;
  readonly channel: string;
  readonly environment: string;
  readonly criticalityLevel: number | undefined;
  readonly lifecycleStatus: string;
  readonly currentVersion: string;
  readonly nextVersion: string;
  readonly problems: readonly Problem[];
  readonly configItems: Readonly<Record<string, string>>;
  readonly nodePools: readonly NodePool[];
  /** The unchanged record. */
  readonly raw: JsonObject;
  /** The record as one line of JSON, if it was read from one. */
  readonly rawText?: string;
}

/** Config items that are not secret. All other items are masked on screen and kept out of the cache. */
export const PUBLIC_CONFIG_ITEMS: ReadonlySet<string> = new Set([
  'certificate_authority_data',
  'eks_certificate_authority_data',
  'eks_endpoint',
  'okta_auth_client_id',
  'cluster_update_block',
]);

export const MASK = '********';

/** An alias is part of file names, contexts and OAuth clients: letters, digits, `.`, `-` and `_`, beginning with a letter or digit. */
const ALIAS = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/;
/** It need not have a colon (docs/registry.md). */
const ID = /^[A-Za-z0-9][A-Za-z0-9._/:-]*$/;

/** A fast check for common URLs, without a parser: a plain ASCII host name. Any other text is checked by URL.canParse. */
const PLAIN_URL = /^https:\/\/(?!.*xn--)(?:[a-z0-9][a-z0-9-]*\.)*[a-z][a-z-]*(?::\d{1,4})?(?:\/[A-Za-z0-9._/-]*)?$/;

export function isAlias(text: string): boolean {
  return ALIAS.test(text);
}

/**
 * Parses a record. Returns the Cluster, or the problem with the record.
 * @param rawText the line of JSON that the record was read from
 * @param whole returns the full cluster, if `value` is only the short record (`headOf`)
 */
export function parseCluster(
  value: unknown,
  rawText?: string,
  whole?: () => Cluster | undefined,
): Cluster | { problem: string } {
  if (!isRecord(value)) return { problem: 'not an object' };
  const id = value['id'];
  if (typeof id !== 'string' || !ID.test(id) || id.length > 255) return { problem: 'no valid id' };
  const alias = value['alias'];
  if (typeof alias !== 'string' || !ALIAS.test(alias)) return { problem: `${id}: no valid alias` };
  // The argument of `login` must not be ambiguous.
  if (isUrlName(alias)) return { problem: `${id}: its alias ${alias} reads as a URL` };
  const server = value['api_server_url'];
  if (
    server !== undefined &&
    server !== null &&
    server !== '' &&
    !(typeof server === 'string' && (PLAIN_URL.test(server) || URL.canParse(server)))
  ) {
    return { problem: `${id}: api_server_url is not a URL` };
  }
  for (const field of TEXT_FIELDS) {
    const content = value[field];
    if (content !== undefined && content !== null && typeof content !== 'string')
      return { problem: `${id}: ${field} is not text` };
  }
  const items = value['config_items'] ?? {};
  if (!isRecord(items) || !Object.values(items).every(v => typeof v === 'string' || v === null)) {
    return { problem: `${id}: config_items is not a map of texts` };
  }
  const status = value['status'] ?? {};
  if (!isRecord(status)) return { problem: `${id}: status is not an object` };
  const pools = value['node_pools'] ?? [];
  if (!Array.isArray(pools)) return { problem: `${id}: node_pools is not a list` };
  const level = value['criticality_level'];
  let texts: Readonly<Record<string, string>> | undefined;
  return {
    id,
    alias,
    infrastructureAccount: text(value['infrastructure_account']),
    region: text(value['region']),
    localId: text(value['local_id']),
    provider: text(value['provider']),
    apiServerUrl: text(server),
    channel: text(value['channel']),
    environment: text(value['environment']),
    criticalityLevel: typeof level === 'number' ? level : undefined,
    lifecycleStatus: text(value['lifecycle_status']),
    currentVersion: text(status['current_version']),
    nextVersion: text(status['next_version']),
    // Computed on access: a list of thousands of clusters uses only a few of these fields.
    get problems() {
      return list(status['problems'])
        .filter(isRecord)
        .map(p => ({ type: text(p['type']), title: text(p['title']) }));
    },
    get configItems() {
      texts ??= whole?.()?.configItems ?? textMap(items);
      return texts;
    },
    get nodePools() {
      return whole?.()?.nodePools ?? pools.filter(isRecord).map(parseNodePool);
    },
    get raw() {
      return whole?.()?.raw ?? (value as JsonObject);
    },
    ...(rawText === undefined ? {} : { rawText }),
  };
}

const TEXT_FIELDS = [
  'infrastructure_account',
  'region',
  'local_id',
  'provider',
  'channel',
  'environment',
  'lifecycle_status',
] as const;

function parseNodePool(pool: Record<string, unknown>): NodePool {
  const number = (v: unknown) => (typeof v === 'number' ? v : undefined);
  return {
    name: text(pool['name']),
    profile: text(pool['profile']),
    instanceTypes: list(pool['instance_types']).map(text).filter(Boolean),
    discountStrategy: text(pool['discount_strategy']),
    minSize: number(pool['min_size']),
    maxSize: number(pool['max_size']),
  };
}

/** Makes a map without a prototype, so that an item named `__proto__` is an ordinary item. */
function textMap(items: Record<string, unknown>): Readonly<Record<string, string>> {
  const map: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(items)) if (typeof value === 'string') map[key] = value;
  return map;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Clusters are replaced under the same alias. Of several clusters with one name, returns the ready ones, else the first. */
export function meant(clusters: readonly Cluster[]): readonly Cluster[] {
  const ready = clusters.filter(cluster => cluster.lifecycleStatus === 'ready');
  return ready.length > 0 ? ready : clusters.slice(0, 1);
}

/** Compares by alias, then id. Independent of the locale. */
export function byAliasThenId(a: Cluster, b: Cluster): number {
  return compare(a.alias, b.alias) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The record, with all config items masked except the public ones, also in node pools. `reveal`: the unchanged record. */
export function rawWithItems(cluster: Cluster, reveal: boolean): JsonObject {
  if (reveal) return cluster.raw;
  const { config_items: items, node_pools: pools, ...rest } = cluster.raw;
  return {
    ...rest,
    ...(pools === undefined ? {} : { node_pools: maskPools(pools) }),
    ...(items === undefined ? {} : { config_items: masked(cluster.configItems) }),
  };
}

/** A record without its largest fields. */
export function headOf(record: JsonObject): JsonObject {
  const { config_items: _items, node_pools: _pools, ...rest } = record;
  return rest;
}

function maskPools(pools: Json): Json {
  if (!Array.isArray(pools)) return pools;
  return (pools as readonly Json[]).map(pool => {
    if (!isRecord(pool) || !isRecord(pool['config_items'])) return pool;
    return { ...(pool as JsonObject), config_items: masked(pool['config_items']) };
  });
}

function masked(values: Readonly<Record<string, unknown>>): JsonObject {
  const items: Record<string, Json> = {};
  for (const [key, value] of Object.entries(values)) {
    // Not an assignment, because an item may be named __proto__.
    Object.defineProperty(items, key, {
      value: PUBLIC_CONFIG_ITEMS.has(key) ? (value as Json) : MASK,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return items;
}
