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
  const twins = readyTwins(alive);
  for (const cluster of clusters) {
    const others = twins.get(cluster.alias);
    const reason = others ? `${others.join(' and ')} are both ready under this alias` : reasonOf(cluster);
    if (reason !== undefined) refused.set(cluster.id, reason);
  }
  return refused;
}

function foreignClient(rules: ClientRules, clusters: readonly Cluster[]): (cluster: Cluster) => string | undefined {
  const owners = new Map<string, Set<string>>();
  const add = (client: string, alias: string) => owners.set(client, (owners.get(client) ?? new Set()).add(alias));
  for (const cluster of clusters) {
    const source = clientSource(cluster);
    add(templateClient(rules, source), cluster.alias);
    if (source.override !== undefined) add(source.override, cluster.alias);
  }
  return cluster => {
    const source = clientSource(cluster);
    const client = clientOf(rules, source);
    if (client === rules.platform) return `its OAuth client ${client} is the platform's`;
    if (source.override === undefined || source.override === templateClient(rules, source)) return undefined;
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
    : `its OAuth client is ${override}, and all clusters share ${shared}`;
}

/** Ids that are ready under one alias, where there are several. */
function readyTwins(clusters: readonly Cluster[]): Map<string, string[]> {
  const ready = new Map<string, string[]>();
  for (const { alias, id, lifecycleStatus } of clusters)
    if (lifecycleStatus === 'ready') ready.set(alias, [...(ready.get(alias) ?? []), id]);
  return new Map([...ready].filter(([, ids]) => ids.length > 1));
}
