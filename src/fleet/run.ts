/**
 * One run over many clusters: tokens first, then wave by wave.
 * Rules: once there are too many failures, or after Ctrl-C, nothing new is started; what runs is waited for. Every cluster has exactly one result.
 */
import type { Io } from '../platform/io.ts';
import type { Cluster } from '../registry/cluster.ts';
import { inPool } from './pool.ts';
import type { Progress } from './progress.ts';
import { type FleetResult, notRun } from './results.ts';
import type { RunWriter } from './run-records.ts';
import type { Wave } from './waves.ts';

export interface RunParts {
  readonly io: Pick<Io, 'signal'>;
  readonly waves: readonly Wave[];
  readonly parallel: number;
  /** Beyond so many failures nothing new is started. */
  readonly maxFailures: number;
  /** Undefined: the run is recorded at its end. */
  readonly writer: RunWriter | undefined;
  readonly progress: Progress;
  /** Clusters that cannot run, such as those without a token, with their results. They do not count as failures: the others go on. */
  readonly refused: ReadonlyMap<Cluster, FleetResult>;
  /** Never rejects. */
  readonly runOne: (cluster: Cluster) => Promise<FleetResult>;
  readonly onResult?: (result: FleetResult) => void;
  /** After a wave: is it good, and may the next one begin? */
  readonly mayGoOn: (done: WaveEnd) => Promise<boolean>;
}

export interface WaveEnd {
  readonly wave: Wave;
  readonly results: readonly FleetResult[];
  /** Undefined: it was the last one. */
  readonly next: Wave | undefined;
}

export interface RunEnd {
  /** One for each cluster of the waves. */
  readonly results: readonly FleetResult[];
  /** The run ended before all clusters were done, and not by a signal. */
  readonly wasStopped: boolean;
  /** After the last wave, `mayGoOn` said no: its check failed. */
  readonly isBad: boolean;
}

export async function runWaves(parts: RunParts): Promise<RunEnd> {
  const { io, waves, writer, progress, refused } = parts;
  const results = new Map<Cluster, FleetResult>();
  let failures = 0;
  const add = (result: FleetResult) => {
    results.set(result.cluster, result);
    writer?.ended(result);
    progress.ended(result);
    parts.onResult?.(result);
  };
  const isStopped = () => failures > parts.maxFailures;
  let mayGoOn = true;
  for (const [index, wave] of waves.entries()) {
    for (const cluster of wave.clusters) {
      const refusal = refused.get(cluster);
      if (refusal !== undefined) add(refusal);
    }
    const able = wave.clusters.filter(cluster => !refused.has(cluster));
    await inPool(able, { parallel: parts.parallel, signal: io.signal, isStopped }, async cluster => {
      writer?.started(cluster);
      progress.started(cluster);
      const result = await parts.runOne(cluster);
      if (result.outcome !== 'ok') failures++;
      add(result);
    });
    const next = waves[index + 1];
    if (io.signal.aborted || isStopped()) break;
    const ofWave = wave.clusters.flatMap(cluster => results.get(cluster) ?? []);
    mayGoOn = await parts.mayGoOn({ wave, results: ofWave, next });
    if (!mayGoOn) break;
  }
  const all = waves.flatMap(wave => wave.clusters);
  const left = all.filter(cluster => !results.has(cluster));
  for (const cluster of left) results.set(cluster, notRun(cluster, 'skipped'));
  return {
    results: all.flatMap(cluster => results.get(cluster) ?? []),
    wasStopped: left.length > 0 && !io.signal.aborted,
    isBad: left.length === 0 && !mayGoOn,
  };
}
