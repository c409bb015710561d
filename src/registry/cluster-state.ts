/** What state a cluster is in, in a word, and which version it runs. */
import type { Cluster } from './cluster.ts';

export type ClusterState = 'ready' | 'updating' | 'blocked' | 'problems' | string;

/** Why updates are blocked, or undefined. */
export function updateBlock(cluster: Cluster): string | undefined {
  const reason = cluster.configItems['cluster_update_block'];
  return reason === undefined || reason === '' ? undefined : reason;
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

/** What is before `#`; a git sha is cut to 7. */
export function shortVersion(version: string): string {
  const channelVersion = version.split('#')[0] ?? '';
  return /^[0-9a-f]{12,64}$/.test(channelVersion) ? channelVersion.slice(0, 7) : channelVersion;
}

/** `5f4316c`, or `5f4316c → 9f1b369` while an update is under way. */
export function versionText(cluster: Cluster): string {
  const current = shortVersion(cluster.currentVersion);
  if (!isUpdating(cluster)) return current;
  const next = shortVersion(cluster.nextVersion);
  return `${current || '?'} → ${next}`;
}
