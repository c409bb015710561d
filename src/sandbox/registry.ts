/** The Cluster Registry of the sandbox. Other registry clients can use it, too: see docs/sandbox.md. */
import { isRecord } from '../lib/json.ts';
import type { JsonDocument } from './documents.ts';
import { type ApiAnswer, type ApiRequest, methodNotAllowed, notFound, Problem } from './http.ts';
import type { Verifier } from './verifier.ts';

export interface ClusterRecord {
  id: string;
  alias: string;
  infrastructure_account: string;
  region: string;
  local_id: string;
  provider: string;
  api_server_url: string;
  channel: string;
  environment: string;
  criticality_level: number;
  lifecycle_status: string;
  status: Record<string, unknown>;
  config_items: Record<string, string>;
  node_pools: Record<string, unknown>[];
  [field: string]: unknown;
}

export interface AccountRecord {
  id: string;
  name: string;
  owner: string;
  environment: string;
  lifecycle_status: string;
  type: string;
  [field: string]: unknown;
}

export interface RegistryState {
  clusters: ClusterRecord[];
  accounts: AccountRecord[];
}

const FILTERS = [
  'alias',
  'api_server_url',
  'channel',
  'environment',
  'infrastructure_account',
  'lifecycle_status',
  'local_id',
  'provider',
  'region',
] as const;

const ACCOUNT_FILTERS = ['name', 'owner', 'environment', 'lifecycle_status', 'type'] as const;

export class RegistryService {
  readonly #state: JsonDocument<RegistryState>;
  readonly #verifier: Verifier;

  constructor(state: JsonDocument<RegistryState>, verifier: Verifier) {
    this.#state = state;
    this.#verifier = verifier;
  }

  get clusters(): readonly ClusterRecord[] {
    return this.#state.value.clusters;
  }

  accountByName(name: string): AccountRecord | undefined {
    return this.#state.value.accounts.find(account => account.name === name);
  }

  async handle(request: ApiRequest): Promise<ApiAnswer> {
    await this.#verifier.person(request.bearer);
    const [collection, id, sub, key, ...rest] = request.segments;
    if (rest.length > 0) throw notFound(`/${request.segments.join('/')}`);
    if (collection === 'kubernetes-clusters') {
      if (id === undefined) return this.#clusters(request);
      if (sub === undefined) return this.#cluster(request, id);
      if (sub === 'config-items') return this.#configItem(request, id, key);
    }
    if (collection === 'infrastructure-accounts' && sub === undefined) return this.#accounts(request, id);
    throw notFound(`/${request.segments.join('/')}`);
  }

  async #clusters(request: ApiRequest): Promise<ApiAnswer> {
    if (request.method === 'POST') return this.#createCluster(await request.json());
    if (request.method !== 'GET') throw methodNotAllowed(request.method);
    const verbose = request.query.get('verbose') !== 'false';
    const items = this.clusters.filter(cluster =>
      FILTERS.every(name => !request.query.has(name) || request.query.get(name) === String(cluster[name])),
    );
    return { json: { items: items.map(cluster => (verbose ? cluster : brief(cluster))) } };
  }

  #createCluster(body: Record<string, unknown>): ApiAnswer {
    const { id, alias } = body;
    if (typeof id !== 'string' || typeof alias !== 'string')
      throw new Problem(400, 'Bad Request', 'id and alias are required');
    if (this.clusters.some(cluster => cluster.id === id))
      throw new Problem(409, 'Conflict', `cluster ${id} already exists`);
    const cluster: ClusterRecord = {
      infrastructure_account: '',
      region: '',
      local_id: '',
      provider: '',
      api_server_url: '',
      channel: '',
      environment: '',
      criticality_level: 1,
      lifecycle_status: 'requested',
      status: {},
      config_items: {},
      node_pools: [],
      ...withoutNulls(body),
      id,
      alias,
    };
    this.#state.value.clusters.push(cluster);
    this.#state.changed();
    return { status: 201, json: cluster };
  }

  async #cluster(request: ApiRequest, id: string): Promise<ApiAnswer> {
    const cluster = this.#find(id);
    if (request.method === 'GET') return { json: cluster };
    if (request.method !== 'PATCH') throw methodNotAllowed(request.method);
    const changes = withoutNulls(await request.json());
    if (changes['id'] !== undefined && changes['id'] !== id)
      throw new Problem(400, 'Bad Request', 'the id of a cluster cannot be changed');
    // A PATCH replaces the whole status and does not merge it.
    if (changes['status'] !== undefined && !isRecord(changes['status']))
      throw new Problem(400, 'Bad Request', 'status must be an object');
    Object.assign(cluster, changes);
    this.#state.changed();
    return { json: cluster };
  }

  async #configItem(request: ApiRequest, id: string, key: string | undefined): Promise<ApiAnswer> {
    const cluster = this.#find(id);
    if (key === undefined) {
      if (request.method !== 'GET') throw methodNotAllowed(request.method);
      return { json: cluster.config_items };
    }
    if (request.method === 'PUT') {
      const { value } = await request.json();
      if (typeof value !== 'string') throw new Problem(400, 'Bad Request', 'value must be a string');
      cluster.config_items = { ...cluster.config_items, [key]: value };
      this.#state.changed();
      return { json: { key, value } };
    }
    const value = Object.hasOwn(cluster.config_items, key) ? cluster.config_items[key] : undefined;
    if (value === undefined) throw notFound(`config item ${key}`);
    if (request.method === 'GET') return { json: { key, value } };
    if (request.method !== 'DELETE') throw methodNotAllowed(request.method);
    const { [key]: _removed, ...others } = cluster.config_items;
    cluster.config_items = others;
    this.#state.changed();
    return { status: 204 };
  }

  #accounts(request: ApiRequest, id: string | undefined): ApiAnswer {
    if (request.method !== 'GET') throw methodNotAllowed(request.method);
    const { accounts } = this.#state.value;
    if (id === undefined) {
      const items = accounts.filter(account =>
        ACCOUNT_FILTERS.every(name => !request.query.has(name) || request.query.get(name) === account[name]),
      );
      return { json: { items } };
    }
    const account = accounts.find(a => a.id === id);
    if (account === undefined) throw notFound(`infrastructure account ${id}`);
    return { json: account };
  }

  #find(id: string): ClusterRecord {
    const cluster = this.clusters.find(c => c.id === id);
    if (cluster === undefined) throw notFound(`cluster ${id}`);
    return cluster;
  }
}

/** A cluster without the fields that a list with `verbose=false` omits. */
function brief(cluster: ClusterRecord): Record<string, unknown> {
  const { config_items: _items, node_pools: _pools, ...rest } = cluster;
  return rest;
}

/** Removes null fields. */
function withoutNulls(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}
