/**
 * The OAuth client of a cluster (RFC 6749 section 2.2): the audience that its tokens are for, and the records that name a client which is not theirs.
 * Rules: a record says its client by the item `okta_auth_client_id`, else the template of the configuration does. Where clusters have a client each, no
 * record may name the platform's or another cluster's; where they share one, no record may name another.
 */
import type { Cluster } from '../registry/cluster.ts';

/** What the OAuth client of a cluster is made of. */
export interface ClientSource {
  readonly alias: string;
  readonly id: string;
  /** The client that the registry names for this cluster alone. */
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

/** The client by the template alone. */
export function templateClient({ platform, template }: ClientRules, { alias, id }: Pick<ClientSource, 'alias' | 'id'>) {
  return template === undefined ? platform : template.replaceAll('{alias}', () => alias).replaceAll('{id}', () => id);
}

export function clientOf(rules: ClientRules, source: ClientSource): string {
  return source.override ?? templateClient(rules, source);
}

/** Do clusters have a client each? */
function hasClientEach({ template }: ClientRules): boolean {
  return template !== undefined && /\{(alias|id)\}/.test(template);
}

/**
 * The records that get no token, by id, and why.
 * @param clusters all records of a registry: whose a client is can only be told beside the others
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

/** @param ready ids of what is ready under its alias  @param same ids that are its own */
function placeReason(cluster: Cluster, ready: readonly string[], same: readonly string[]): string | undefined {
  if (same.length > 1) return 'several records have this id';
  if (ready.length > 1) return `${ready.join(' and ')} are both ready under this alias`;
  if (cluster.lifecycleStatus === 'decommissioned') return 'it is decommissioned';
  const [owner] = ready;
  return owner === undefined || owner === cluster.id ? undefined : `${owner} is ready under this alias`;
}

/** Of two that have one client, neither can be told to be the right one. */
function foreignClient(rules: ClientRules, clusters: readonly Cluster[]): (cluster: Cluster) => string | undefined {
  const owners = new Map<string, Set<string>>();
  for (const cluster of clusters) {
    const source = clientSource(cluster);
    // A cluster with a client of its own still owns that of the template: it may have had it before.
    for (const client of [templateClient(rules, source), clientOf(rules, source)])
      owners.set(client, (owners.get(client) ?? new Set()).add(cluster.alias));
  }
  return cluster => {
    const client = clientOf(rules, clientSource(cluster));
    if (client === rules.platform) return `its OAuth client ${client} is the platform's`;
    // A cluster that was replaced under its alias has the same client.
    const other = [...(owners.get(client) ?? [])].find(alias => alias !== cluster.alias);
    return other === undefined ? undefined : `its OAuth client ${client} is that of ${other}`;
  };
}

function notTheShared(rules: ClientRules, cluster: Cluster): string | undefined {
  const { override } = clientSource(cluster);
  const shared = rules.template ?? rules.platform;
  return override === undefined || override === shared
    ? undefined
    : `its OAuth client is ${override}, and all clusters share ${shared} (auth.cluster_client_id gives them one each)`;
}
