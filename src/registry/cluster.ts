/**
 * A cluster as the registry tells it (docs/registry.md).
 * Rules: a record is checked before anything uses it; the raw record is kept, for output with the remote API's own field names.
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
  /** The record as it came. */
  readonly raw: JsonObject;
  /** The same as JSON text on one line, where it was read from such. */
  readonly rawText?: string;
}

/** Config items that are no secrets: everything else is masked on screen and kept out of the cache. */
export const PUBLIC_CONFIG_ITEMS: ReadonlySet<string> = new Set([
  'certificate_authority_data',
  'eks_certificate_authority_data',
  'eks_endpoint',
  'okta_auth_client_id',
  'cluster_update_block',
]);

export const MASK = '********';

/** An alias names files, contexts and OAuth clients: letters, digits, dot, dash and underscore, beginning with a letter or digit. */
const ALIAS = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/;
const ID = /^[A-Za-z0-9][A-Za-z0-9._/-]*(:[A-Za-z0-9._/-]+){2,}$/;

/** What is certainly a URL, told quicker than by parsing it: host names of letters, and no international ones. */
const PLAIN_URL = /^https:\/\/(?!.*xn--)(?:[a-z0-9][a-z0-9-]*\.)*[a-z][a-z-]*(?::\d{1,4})?(?:\/[A-Za-z0-9._/-]*)?$/;

export function isAlias(text: string): boolean {
  return ALIAS.test(text);
}

/**
 * The record as a Cluster, or what is wrong with it.
 * @param rawText the JSON text on one line that it was read from
 * @param whole gives the whole cluster where `value` is its record without bulk (`headOf`)
 */
export function parseCluster(
  value: unknown,
  rawText?: string,
  whole?: () => Cluster | undefined,
): Cluster | { problem: string } {
  if (!isRecord(value)) return { problem: 'not an object' };
  const id = value['id'];
  if (typeof id !== 'string' || !ID.test(id) || id.length > 512) return { problem: 'no valid id' };
  const alias = value['alias'];
  if (typeof alias !== 'string' || !ALIAS.test(alias)) return { problem: `${id}: no valid alias` };
  // Nothing that is written after `login` may mean two things.
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
    // Made when they are asked for: a list of thousands looks at few.
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

/** A map without a prototype, so that an item named `__proto__` is just an item. */
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

/** Clusters are replaced under the same alias: of several with one name, those that are ready are meant. */
export function meant(clusters: readonly Cluster[]): readonly Cluster[] {
  const ready = clusters.filter(cluster => cluster.lifecycleStatus === 'ready');
  return ready.length > 0 ? ready : clusters.slice(0, 1);
}

/** By alias, then id; by code point, so that every machine sorts alike. */
export function byAliasThenId(a: Cluster, b: Cluster): number {
  return compare(a.alias, b.alias) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The record as it came, or with all but the public config items masked; those of node pools too. */
export function rawWithItems(cluster: Cluster, reveal: boolean): JsonObject {
  if (reveal) return cluster.raw;
  const { config_items: items, node_pools: pools, ...rest } = cluster.raw;
  return {
    ...rest,
    ...(pools === undefined ? {} : { node_pools: maskPools(pools) }),
    ...(items === undefined ? {} : { config_items: masked(cluster.configItems) }),
  };
}

/** A record without the fields that most of its size is. */
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
    // By definition, not by assignment: an item may be called __proto__.
    Object.defineProperty(items, key, {
      value: PUBLIC_CONFIG_ITEMS.has(key) ? (value as Json) : MASK,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return items;
}
