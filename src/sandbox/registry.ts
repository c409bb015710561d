/** The Cluster Registry of the sandbox. Other registry clients can use it, too: see docs/sandbox.md. */
import type { JsonDocument } from './documents.ts';
import { type ApiAnswer, type ApiRequest, type ErrorForm, methodNotAllowed, notFound, Problem } from './http.ts';
import { configItem, nodePool, nodePools, poolOf } from './registry-parts.ts';
import type { AccountRecord, ClusterRecord, RegistryState } from './registry-records.ts';
import {
  ACCOUNT,
  ACCOUNT_FILTERS,
  CLUSTER,
  CLUSTER_FILTERS,
  CLUSTER_REQUIRED,
  checked,
  isVerbose,
  matchesQuery,
  NEW_CLUSTER,
} from './registry-schema.ts';
import type { Verifier } from './verifier.ts';

/** The registry's own errors, beside the fields of problem JSON. */
export const REGISTRY_ERRORS: ErrorForm = {
  type: 'application/json',
  body: ({ message, status, detail }) => ({ code: status, message: detail, title: message, detail }),
};

export class RegistryService {
  readonly #state: JsonDocument<RegistryState>;
  readonly #verifier: Verifier;
  readonly #now: () => Date;

  constructor(state: JsonDocument<RegistryState>, verifier: Verifier, now: () => Date) {
    this.#state = state;
    this.#verifier = verifier;
    this.#now = now;
  }

  get clusters(): readonly ClusterRecord[] {
    return this.#state.value.clusters;
  }

  get #accounts(): AccountRecord[] {
    return this.#state.value.accounts;
  }

  accountByName(name: string): AccountRecord | undefined {
    return this.#accounts.find(account => account.name === name);
  }

  async handle(request: ApiRequest): Promise<ApiAnswer> {
    await this.#verifier.person(request.bearer);
    const answer = await this.#route(request);
    if (request.method !== 'GET') this.#state.changed();
    return answer;
  }

  #route(request: ApiRequest): Promise<ApiAnswer> | ApiAnswer {
    const [collection, id, ...rest] = request.segments;
    if (collection === 'infrastructure-accounts' && rest.length === 0)
      return id === undefined ? this.#allAccounts(request) : this.#account(request, id);
    if (collection !== 'kubernetes-clusters') throw notFound(`/${request.segments.join('/')}`);
    if (id === undefined) return this.#allClusters(request);
    const cluster = this.clusters.find(c => c.id === id);
    if (cluster === undefined) throw notFound(`cluster ${id}`);
    const [part, name, ...more] = rest;
    if (part === undefined) return this.#cluster(request, cluster);
    if (part === 'config-items' && name !== undefined && more.length === 0) return configItem(request, cluster, name);
    if (part !== 'node-pools') throw notFound(`/${request.segments.join('/')}`);
    if (name === undefined) return nodePools(request, cluster);
    const [items, key, ...others] = more;
    if (items === undefined) return nodePool(request, cluster, name);
    if (items !== 'config-items' || key === undefined || others.length > 0)
      throw notFound(`/${request.segments.join('/')}`);
    return configItem(request, poolOf(cluster, name), key);
  }

  async #allClusters(request: ApiRequest): Promise<ApiAnswer> {
    const { query, method } = request;
    if (method === 'POST') return this.#createCluster(await request.json());
    if (method !== 'GET') throw methodNotAllowed(method);
    const [isWanted, verbose] = [matchesQuery(query, CLUSTER_FILTERS), isVerbose(query)];
    const costs = new Map(this.#accounts.map(account => [account.id, account.cost_center]));
    const items = this.clusters.filter(cluster =>
      isWanted({ ...cluster, cost_center: costs.get(cluster.infrastructure_account) }),
    );
    return { json: { items: items.map(cluster => (verbose ? cluster : brief(cluster))) } };
  }

  #createCluster(body: Record<string, unknown>): ApiAnswer {
    const fields = checked(body, NEW_CLUSTER, CLUSTER_REQUIRED) as Partial<ClusterRecord>;
    if (this.clusters.some(cluster => cluster.id === fields.id))
      throw new Problem(409, 'Conflict', `cluster ${fields.id} already exists`);
    this.#checkAlias(fields.alias);
    const pools = (fields.node_pools ?? []).map(pool => ({ ...pool, config_items: pool.config_items ?? {} }));
    const cluster = {
      status: {},
      config_items: {},
      ...fields,
      node_pools: pools,
      created_at: timestamp(this.#now()),
    } as ClusterRecord;
    this.#state.value.clusters.push(cluster);
    return { status: 201, json: cluster };
  }

  async #cluster(request: ApiRequest, cluster: ClusterRecord): Promise<ApiAnswer> {
    switch (request.method) {
      case 'GET':
        return { json: isVerbose(request.query) ? cluster : brief(cluster) };
      case 'DELETE':
        this.#state.value.clusters = this.clusters.filter(other => other !== cluster);
        return { status: 204 };
      case 'PATCH': {
        const changes = checked(await request.json(), CLUSTER);
        if (changes['id'] !== undefined && changes['id'] !== cluster.id)
          throw new Problem(400, 'Bad Request', 'the id of a cluster cannot be changed');
        if (changes['alias'] !== cluster.alias) this.#checkAlias(changes['alias']);
        // A PATCH replaces the whole status and does not merge it.
        Object.assign(cluster, changes);
        return { json: cluster };
      }
      default:
        throw methodNotAllowed(request.method);
    }
  }

  #checkAlias(alias: unknown): void {
    if (this.clusters.some(cluster => cluster.alias === alias))
      throw new Problem(400, 'Bad Request', `alias ${String(alias)} is already in use`);
  }

  async #allAccounts(request: ApiRequest): Promise<ApiAnswer> {
    if (request.method === 'GET')
      return { json: { items: this.#accounts.filter(matchesQuery(request.query, ACCOUNT_FILTERS)) } };
    if (request.method !== 'POST') throw methodNotAllowed(request.method);
    const account = checked(await request.json(), ACCOUNT, Object.keys(ACCOUNT)) as unknown as AccountRecord;
    if (this.#accounts.some(({ id }) => id === account.id))
      throw new Problem(409, 'Conflict', `infrastructure account ${account.id} already exists`);
    this.#accounts.push(account);
    return { status: 201, json: account };
  }

  async #account(request: ApiRequest, id: string): Promise<ApiAnswer> {
    const account = this.#accounts.find(a => a.id === id);
    if (account === undefined) throw notFound(`infrastructure account ${id}`);
    if (request.method === 'GET') return { json: account };
    if (request.method !== 'PATCH') throw methodNotAllowed(request.method);
    const changes = checked(await request.json(), ACCOUNT);
    if (changes['id'] !== undefined && changes['id'] !== id)
      throw new Problem(400, 'Bad Request', 'the id of an infrastructure account cannot be changed');
    Object.assign(account, changes);
    return { json: account };
  }
}

/** A cluster without the fields that `verbose=false` omits. */
function brief(cluster: ClusterRecord): Record<string, unknown> {
  const { config_items: _items, node_pools: _pools, ...rest } = cluster;
  return rest;
}

function timestamp(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
