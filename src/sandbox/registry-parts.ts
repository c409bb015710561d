/** The config items and node pools of the registry's clusters. */
import { type ApiAnswer, type ApiRequest, methodNotAllowed, notFound, Problem } from './http.ts';
import type { ClusterRecord, NodePoolRecord } from './registry-records.ts';
import { CONFIG_KEY, CONFIG_VALUE, checked, NODE_POOL, NODE_POOL_REQUIRED } from './registry-schema.ts';

/** Of a cluster or a node pool. */
export async function configItem(
  request: ApiRequest,
  owner: { config_items: Record<string, string> },
  key: string,
): Promise<ApiAnswer> {
  if (!CONFIG_KEY.test(key)) throw new Problem(400, 'Bad Request', `config_key must match ${CONFIG_KEY.source}`);
  if (request.method === 'PUT') {
    const { value } = checked(await request.json(), CONFIG_VALUE, ['value']);
    owner.config_items = { ...owner.config_items, [key]: String(value) };
    return { json: { value } };
  }
  if (request.method !== 'DELETE') throw methodNotAllowed(request.method);
  if (!Object.hasOwn(owner.config_items, key)) throw notFound(`config item ${key}`);
  const { [key]: _removed, ...others } = owner.config_items;
  owner.config_items = others;
  return { status: 204 };
}

export function nodePools(request: ApiRequest, cluster: ClusterRecord): ApiAnswer {
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  return { json: { items: cluster.node_pools } };
}

export async function nodePool(request: ApiRequest, cluster: ClusterRecord, name: string): Promise<ApiAnswer> {
  const others = cluster.node_pools.filter(pool => pool.name !== name);
  switch (request.method) {
    case 'PUT': {
      const fields = checked({ name, ...(await request.json()) }, NODE_POOL, NODE_POOL_REQUIRED);
      if (fields['name'] !== name) throw new Problem(400, 'Bad Request', 'the name is not that of the path');
      const pool = { config_items: {}, ...fields, name } as NodePoolRecord;
      cluster.node_pools = [...others, pool];
      return { json: pool };
    }
    case 'PATCH': {
      const pool = poolOf(cluster, name);
      const changes = checked(await request.json(), NODE_POOL);
      if (changes['name'] !== undefined && changes['name'] !== name)
        throw new Problem(400, 'Bad Request', 'the name of a node pool cannot be changed');
      return { json: Object.assign(pool, changes) };
    }
    case 'DELETE':
      poolOf(cluster, name);
      cluster.node_pools = others;
      return { status: 204 };
    default:
      throw methodNotAllowed(request.method);
  }
}

export function poolOf(cluster: ClusterRecord, name: string): NodePoolRecord {
  const pool = cluster.node_pools.find(one => one.name === name);
  if (pool === undefined) throw notFound(`node pool ${name}`);
  return pool;
}
