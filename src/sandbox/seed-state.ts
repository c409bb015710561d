/** The initial state of the sandbox, and the groups of its users. */

import { type AccessRequests, EVERY_ACCOUNT } from './access-requests.ts';
import { CLUSTER_CLIENT_PREFIX } from './clients.ts';
import type { RegistryService } from './registry.ts';
import type { RegistryState } from './registry-records.ts';
import { findUser, ROLE } from './users.ts';

/** Adds new clusters. Existing clusters keep their changes, but their addresses and the CA are updated. */
export function mergeSeed(state: RegistryState, seed: RegistryState): void {
  const known = new Map(state.clusters.map(cluster => [cluster.id, cluster]));
  const seeded = new Set(seed.clusters.map(cluster => cluster.id));
  for (const cluster of seed.clusters) {
    const before = known.get(cluster.id);
    if (before === undefined) state.clusters.push(cluster);
    else {
      // An older sandbox has not all fields.
      Object.assign(before, { ...cluster, ...before });
      before.api_server_url = cluster.api_server_url;
      before.config_items = {
        ...before.config_items,
        certificate_authority_data: cluster.config_items['certificate_authority_data'] ?? '',
      };
    }
  }
  state.clusters = state.clusters.filter(
    cluster => seeded.has(cluster.id) || !cluster.api_server_url.startsWith('https://127.0.0.1:'),
  );
  for (const account of seed.accounts) {
    const before = state.accounts.find(a => a.id === account.id);
    if (before === undefined) state.accounts.push(account);
    else Object.assign(before, { ...account, ...before });
  }
}

/** A user's groups: the teams for every client, and a role for the client's cluster. */
export function groupsOf(
  userId: string,
  clientId: string,
  registry: RegistryService,
  requests: AccessRequests,
): { groups: string[]; until: number | undefined } {
  const groups: string[] = [...(findUser(userId)?.teams ?? [])];
  if (!clientId.startsWith(CLUSTER_CLIENT_PREFIX)) return { groups, until: undefined };
  const cluster = registry.clusters.find(c => c.alias === clientId.slice(CLUSTER_CLIENT_PREFIX.length));
  if (cluster === undefined) return { groups, until: undefined };
  if (cluster.environment !== 'production') return { groups: [...groups, ROLE.powerUser], until: undefined };
  groups.push(ROLE.readOnly);
  const grants = requests
    .liveGrants(userId)
    .filter(
      ({ account_name: name }) =>
        name === EVERY_ACCOUNT || registry.accountByName(name)?.id === cluster.infrastructure_account,
    );
  if (grants.length === 0) return { groups, until: undefined };
  for (const grant of grants) groups.push(grant.request_type === 'emergency' ? ROLE.emergency : ROLE.powerUser);
  return { groups: [...new Set(groups)], until: Math.min(...grants.map(grant => grant.expiresAt ?? 0)) };
}
