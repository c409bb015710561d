/** The bodies and queries of the Cluster Registry's API (its OpenAPI document), and their checks. */
import { isRecord } from '../lib/json.ts';
import { Problem } from './http.ts';

/** The rule of a field: what is wrong with a value, or undefined. */
type Rule = (value: unknown) => string | undefined;
export type Fields = Readonly<Record<string, Rule>>;

const ACCOUNT_STATUS = ['requested', 'creating', 'ready', 'decommissioned'];
const CLUSTER_STATUS = ['requested', 'creating', 'ready', 'decommission-requested', 'decommissioned'];

const text: Rule = value => (typeof value === 'string' ? undefined : 'must be a string');
const integer: Rule = value => (Number.isInteger(value) ? undefined : 'must be an integer');
const pattern =
  (expression: RegExp): Rule =>
  value =>
    typeof value === 'string' && expression.test(value) ? undefined : `must match ${expression.source}`;
const oneOf =
  (values: readonly string[]): Rule =>
  value =>
    values.includes(String(value)) && typeof value === 'string' ? undefined : `must be one of ${values.join(', ')}`;
const texts: Rule = value =>
  isRecord(value) && Object.values(value).every(item => typeof item === 'string')
    ? undefined
    : 'must be an object of strings';
const objectOf =
  (fields: Fields, required: readonly string[] = []): Rule =>
  value =>
    isRecord(value) ? faultOf(value, fields, required) : 'must be an object';
const listOf =
  (item: Rule): Rule =>
  value => {
    if (!Array.isArray(value)) return 'must be an array';
    return value.map(item).find(fault => fault !== undefined);
  };

const PROBLEM = objectOf({ type: text, title: text, status: integer, detail: text, instance: text }, ['type', 'title']);

export const ACCOUNT: Fields = {
  ...{ id: pattern(/^[a-z][a-z0-9-:]*[a-z0-9]$/), type: text, name: text, owner: text, cost_center: text },
  ...{ environment: text, criticality_level: integer, external_id: text, lifecycle_status: oneOf(ACCOUNT_STATUS) },
};

export const NODE_POOL: Fields = {
  name: pattern(/^[a-z][a-z0-9-]*[a-z0-9]$/),
  profile: text,
  instance_types: value => {
    if (!Array.isArray(value) || value.length === 0 || value.some(item => typeof item !== 'string'))
      return 'must be an array of at least one string';
    return new Set(value).size === value.length ? undefined : 'must not repeat a value';
  },
  ...{ discount_strategy: text, min_size: integer, max_size: integer, config_items: texts },
};
export const NODE_POOL_REQUIRED = ['name', 'profile', 'discount_strategy', 'instance_types', 'min_size', 'max_size'];

export const CLUSTER: Fields = {
  ...{ id: pattern(/^[a-z][a-z0-9-:]*[a-z0-9]$/), alias: pattern(/^[a-z][a-z0-9-]*[a-z0-9]$/) },
  ...{ infrastructure_account: text, region: text, local_id: text, provider: text, api_server_url: text },
  ...{ channel: text, environment: text, criticality_level: integer, lifecycle_status: oneOf(CLUSTER_STATUS) },
  status: objectOf({ current_version: text, last_version: text, next_version: text, problems: listOf(PROBLEM) }),
  config_items: texts,
};
export const CLUSTER_REQUIRED = Object.keys(CLUSTER).filter(name => name !== 'status' && name !== 'config_items');
/** A cluster is made with its node pools; afterwards they have operations of their own. */
export const NEW_CLUSTER: Fields = { ...CLUSTER, node_pools: listOf(objectOf(NODE_POOL, NODE_POOL_REQUIRED)) };

export const CONFIG_VALUE: Fields = { value: text };
export const CONFIG_KEY = /^[a-z][a-z0-9_]*[a-z0-9]$/;

/**
 * The fields of a body that the API knows; null counts as absent.
 * Throws Problem (400) for a wrong value or a missing one.
 */
export function checked(
  body: Readonly<Record<string, unknown>>,
  fields: Fields,
  required: readonly string[] = [],
): Record<string, unknown> {
  const known = Object.fromEntries(
    Object.entries(body).filter(([name, value]) => Object.hasOwn(fields, name) && value !== null),
  );
  const fault = faultOf(known, fields, required);
  if (fault !== undefined) throw new Problem(400, 'Bad Request', fault);
  return known;
}

function faultOf(
  body: Readonly<Record<string, unknown>>,
  fields: Fields,
  required: readonly string[],
): string | undefined {
  const missing = required.find(name => body[name] === undefined || body[name] === null);
  if (missing !== undefined) return `'${missing}' is a required property`;
  for (const [name, value] of Object.entries(body)) {
    const fault = Object.hasOwn(fields, name) ? fields[name]?.(value) : undefined;
    if (fault !== undefined) return `${name} ${fault}`;
  }
  return undefined;
}

const TEXT_FILTERS = ['alias', 'api_server_url', 'channel', 'environment', 'infrastructure_account', 'local_id'];
export const CLUSTER_FILTERS: Fields = {
  ...Object.fromEntries([...TEXT_FILTERS, 'provider', 'region', 'cost_center'].map(name => [name, text])),
  criticality_level: pattern(/^-?\d+$/),
  lifecycle_status: oneOf(CLUSTER_STATUS),
};
export const ACCOUNT_FILTERS: Fields = {
  ...Object.fromEntries(
    ['environment', 'external_id', 'name', 'owner', 'type', 'cost_center'].map(name => [name, text]),
  ),
  criticality_level: pattern(/^-?\d+$/),
  lifecycle_status: oneOf(ACCOUNT_STATUS),
};

/** Does a record match all filters of the query? Throws Problem (400) for a value that a filter cannot have. */
export function matchesQuery(
  query: URLSearchParams,
  filters: Fields,
): (record: Readonly<Record<string, unknown>>) => boolean {
  const wanted = Object.keys(filters).flatMap(name => {
    const value = query.get(name);
    if (value === null) return [];
    const fault = filters[name]?.(value);
    if (fault !== undefined) throw new Problem(400, 'Bad Request', `${name} ${fault}`);
    return [[name, value] as const];
  });
  return record => wanted.every(([name, value]) => String(record[name] ?? '') === value);
}

/** The query parameter `verbose`: true by default. */
export function isVerbose(query: URLSearchParams): boolean {
  const value = (query.get('verbose') ?? 'true').toLowerCase();
  if (value !== 'true' && value !== 'false') throw new Problem(400, 'Bad Request', 'verbose must be a boolean');
  return value === 'true';
}
