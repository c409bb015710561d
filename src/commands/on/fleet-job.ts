/** What runs on which clusters. */
import type { RunHead } from '../../fleet/run-records.ts';
import type { Cluster } from '../../registry/cluster.ts';

export interface FleetJob {
  readonly clusters: readonly Cluster[];
  readonly command: readonly string[];
  readonly namespace: string | undefined;
  /** The run that this one goes on with, and the hash of its stdin. */
  readonly resumes?: Pick<RunHead, 'id' | 'stdin'>;
}
