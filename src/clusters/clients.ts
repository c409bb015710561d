/**
 * The OAuth client of a cluster (RFC 6749 section 2.2), which is the audience of its tokens. Also finds records that name another cluster's client.
 * Rules: the item `okta_auth_client_id` sets the client, else the template in the configuration. If each cluster has its own client, a
 * record must not name the client of the platform or of another cluster. If all clusters share a client, a record must not name a different client.
 */
import type { Cluster } from '../registry/cluster.ts';

/** The data that determines the OAuth client of a cluster. */
export interface ClientSource {
  readonly alias: string;
  readonly id: string;
  /** The client in the cluster's item `okta_auth_client_id`. */
  readonly override: string | undefined;
}

export interface ClientRules {
  /** `auth.client_id` */
  readonly platform: string;
  /** `auth.cluster_client_id` */
  readonly template: string | undefined;
}

export function clientSource(cluster: Cluster): ClientSource {
  return { alias: cluster.alias, id: cluster.id, override: cluster.configItems['okta_auth_client_id'] || undefined };
}

/** The client from the template, without an override. */
export function templateClient({ platform, template }: ClientRules, { alias, id }: Pick<ClientSource, 'alias' | 'id'>) {
  return template === undefined ? platform : template.replaceAll('{alias}', () => alias).replaceAll('{id}', () => id);
}

export function clientOf(rules: ClientRules, source: ClientSource): string {
  return source.override ?? templateClient(rules, source);
}

/** Does each cluster have its own client? */
function hasClientEach({ template }: ClientRules): boolean {
  return template !== undefined && /\{(alias|id)\}/.test(template);
}

/**
 * Finds the records that get no token: maps each id to the reason.
 * @param clusters all records of the registry: the owner of a client is known only by comparison
 */
export function refusedRecords(rules: ClientRules, clusters: readonly Cluster[]): Map<string, string> {
  const refused = new Map<string, string>();
  const alive = clusters.filter(cluster => cluster.lifecycleStatus !== 'decommissioned');
  const reasonOf = hasClientEach(rules)
    ? foreignClient(rules, alive)
    : (cluster: Cluster) => notTheShared(rules, cluster);
  const ready = idsBy(
    clusters.filter(cluster => cluster.lifecycleStatus === 'ready'),
    cluster => cluster.alias,
  );
  const byId = idsBy(clusters, cluster => cluster.id);
  for (const cluster of clusters) {
    const reason =
      placeReason(cluster, ready.get(cluster.alias) ?? [], byId.get(cluster.id) ?? []) ?? reasonOf(cluster);
    if (reason !== undefined) refused.set(cluster.id, reason);
  }
  return refused;
}

function idsBy(clusters: readonly Cluster[], keyOf: (cluster: Cluster) => string): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const cluster of clusters) ids.set(keyOf(cluster), [...(ids.get(keyOf(cluster)) ?? []), cluster.id]);
  return ids;
}

/** @param ready ids of the ready clusters with the same alias  @param same ids of the records with the same id */
function placeReason(cluster: Cluster, ready: readonly string[], same: readonly string[]): string | undefined {
  if (same.length > 1) return 'several records have this id';
  if (ready.length > 1) return `several ready clusters have this alias: ${ready.join(' and ')}`;
  if (cluster.lifecycleStatus === 'decommissioned') return 'the cluster is decommissioned';
  const [owner] = ready;
  return owner === undefined || owner === cluster.id ? undefined : `the ready cluster with this alias is ${owner}`;
}

/** Refuses both of two clusters with the same client: it is unknown which one owns it. */
function foreignClient(rules: ClientRules, clusters: readonly Cluster[]): (cluster: Cluster) => string | undefined {
  const owners = new Map<string, Set<string>>();
  for (const cluster of clusters) {
    const source = clientSource(cluster);
    // A cluster with an override also owns the client from the template: it may have used that client earlier.
    for (const client of [templateClient(rules, source), clientOf(rules, source)])
      owners.set(client, (owners.get(client) ?? new Set()).add(cluster.alias));
  }
  return cluster => {
    const client = clientOf(rules, clientSource(cluster));
    if (client === rules.platform) return `its OAuth client ${client} is the platform client`;
    // Records with the same alias may share a client: one replaced the other.
    const other = [...(owners.get(client) ?? [])].find(alias => alias !== cluster.alias);
    return other === undefined ? undefined : `its OAuth client ${client} belongs to ${other}`;
  };
}

function notTheShared(rules: ClientRules, cluster: Cluster): string | undefined {
  const { override } = clientSource(cluster);
  const shared = rules.template ?? rules.platform;
  return override === undefined || override === shared
    ? undefined
    : `its OAuth client is ${override}, but all clusters share ${shared} (auth.cluster_client_id can set one client per cluster)`;
}
