/** Creates a registry snapshot with many clusters, for performance tests. */
import { type Cluster, parseCluster } from '../../src/registry/cluster.ts';
import { createSnapshotStore } from '../../src/registry/snapshot.ts';

/** Clusters `team-0`, `team-1`, …, alternately production and test. */
export function manyClusters(count: number): Cluster[] {
  return Array.from({ length: count }, (_, i) => {
    const cluster = parseCluster({
      id: `aws:${100_000_000_000 + i}:eu-central-1:kube-1`,
      alias: `team-${i}`,
      environment: i % 2 ? 'test' : 'production',
      channel: 'stable',
      lifecycle_status: 'ready',
      api_server_url: `https://team-${i}.example.org`,
      config_items: { some_item: 'x'.repeat(200) },
    });
    if ('problem' in cluster) throw new Error(cluster.problem);
    return cluster;
  });
}

/** @param dir used as both the cache folder and the state folder */
export function saveSnapshot(dir: string, origin: string, clusters: readonly Cluster[]): void {
  const paths = { cache: dir, state: dir, configFile: '', ownsConfigDir: false, upstreamConfigFile: '' };
  createSnapshotStore(paths, origin).save(clusters, new Date());
}
