/** The fields of a cluster that a selector can use. */
import type { Cluster } from './cluster.ts';
import { clusterState } from './cluster-state.ts';

/** The fields for selectors, by the registry's own names. Any other key is a config item. */
export const FIELDS: ReadonlyMap<string, (cluster: Cluster) => string | undefined> = new Map([
  ['id', c => c.id],
  ['alias', c => c.alias],
  ['infrastructure_account', c => c.infrastructureAccount],
  ['region', c => c.region],
  ['local_id', c => c.localId],
  ['provider', c => c.provider],
  ['api_server_url', c => c.apiServerUrl],
  ['channel', c => c.channel],
  ['environment', c => c.environment],
  ['criticality_level', c => (c.criticalityLevel === undefined ? undefined : String(c.criticalityLevel))],
  ['lifecycle_status', c => c.lifecycleStatus],
  ['current_version', c => c.currentVersion],
  ['status', c => clusterState(c)],
] as [string, (cluster: Cluster) => string | undefined][]);

export function lookupOf(cluster: Cluster): (key: string) => string | undefined {
  return key => {
    const field = FIELDS.get(key);
    const value = field
      ? field(cluster)
      : cluster.configItems[key.startsWith('config_items.') ? key.slice('config_items.'.length) : key];
    return value === '' && field ? undefined : value;
  };
}
