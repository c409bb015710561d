/** The state and version of a cluster, for display. */
import type { Cluster } from './cluster.ts';

export type ClusterState = 'ready' | 'updating' | 'blocked' | 'problems' | string;

/** The reason why updates are blocked. Undefined: they are not. The item blocks also without a value. */
export function updateBlock(cluster: Cluster): string | undefined {
  const reason = cluster.configItems['cluster_update_block'];
  return reason?.trim() === '' ? 'no reason given' : reason;
}

/** The titles of the cluster's problems, in one line. Undefined: it has none. */
export function problemText({ problems }: Cluster): string | undefined {
  return problems.length === 0 ? undefined : problems.map(({ title, type }) => title || type).join('; ');
}

export function isUpdating(cluster: Cluster): boolean {
  return cluster.nextVersion !== '' && cluster.nextVersion !== cluster.currentVersion;
}

/** One word for the state of a cluster. */
export function clusterState(cluster: Cluster): ClusterState {
  if (cluster.lifecycleStatus !== 'ready') return cluster.lifecycleStatus;
  if (updateBlock(cluster) !== undefined) return 'blocked';
  if (cluster.problems.length > 0) return 'problems';
  return isUpdating(cluster) ? 'updating' : 'ready';
}

/** The part before `#`. A git SHA is cut to 7 characters. */
export function shortVersion(version: string): string {
  const channelVersion = version.split('#')[0] ?? '';
  return /^[0-9a-f]{12,64}$/.test(channelVersion) ? channelVersion.slice(0, 7) : channelVersion;
}

/** `5f4316c`, or `5f4316c → 9f1b369` during an update. */
export function versionText(cluster: Cluster): string {
  const current = shortVersion(cluster.currentVersion);
  if (!isUpdating(cluster)) return current;
  const next = shortVersion(cluster.nextVersion);
  return `${current || '?'} → ${next}`;
}
