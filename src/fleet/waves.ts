/** In which order clusters are changed: by channel, or by size. Test before production, and the less critical first. */

import { isGuarded } from '../clusters/guarded.ts';
import { UsageError } from '../errors.ts';
import { nearest } from '../lib/nearest.ts';
import type { Cluster } from '../registry/cluster.ts';

export interface Wave {
  readonly name: string;
  readonly clusters: readonly Cluster[];
}

/**
 * By channel, in this order; channels that are not named come last, each a wave. Within a channel, test and production are waves of their own.
 * @param channels fleet.waves
 */
export function wavesByChannel(clusters: readonly Cluster[], channels: readonly string[]): Wave[] {
  const others = [...new Set(clusters.map(({ channel }) => channel))].filter(name => !channels.includes(name)).sort();
  return [...channels, ...others].flatMap(channel => {
    const inChannel = clusters.filter(cluster => cluster.channel === channel);
    const guarded = inChannel.filter(({ environment }) => isGuarded(environment));
    const free = inChannel.filter(({ environment }) => !isGuarded(environment));
    const name = channel || 'no channel';
    const waves = [
      { name: `${name}, not production`, clusters: free },
      { name: `${name}, production`, clusters: guarded },
    ].filter(wave => wave.clusters.length > 0);
    return waves.length === 1 ? [{ name, clusters: waves[0]?.clusters ?? [] }] : waves;
  });
}

/** By size: `1,10%,rest`. The least critical clusters first, test before production. Throws UsageError (2). */
export function wavesBySize(clusters: readonly Cluster[], spec: string): Wave[] {
  const left = [...clusters].sort(
    (a, b) =>
      Number(isGuarded(a.environment)) - Number(isGuarded(b.environment)) ||
      (a.criticalityLevel ?? 0) - (b.criticalityLevel ?? 0),
  );
  const waves: Wave[] = [];
  const parts = spec.split(',').map(part => part.trim());
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const size = part === 'rest' ? left.length : sizeOf(part, clusters.length);
    if (size === undefined || (part === 'rest' && !isLast)) throw badWaves(spec);
    const taken = left.splice(0, size);
    if (taken.length > 0) waves.push({ name: part, clusters: taken });
  }
  if (left.length > 0)
    throw new UsageError(`--waves ${spec} leaves out ${left.length} of ${clusters.length} clusters`, {
      code: 'bad_waves',
      hint: `--waves ${spec},rest`,
    });
  return waves;
}

/** A number of clusters, or a share of all, rounded up. */
function sizeOf(part: string, total: number): number | undefined {
  const [, digits = '', percent] = /^([1-9]\d{0,6})(%?)$/.exec(part) ?? [];
  if (digits === '') return undefined;
  if (percent !== '%') return Number(digits);
  return Number(digits) <= 100 ? Math.ceil((total * Number(digits)) / 100) : undefined;
}

function badWaves(spec: string): UsageError {
  const [near] = nearest(spec, ['1,10%,rest'], 1);
  return new UsageError(`--waves takes sizes, such as 1,10%,rest, not ${spec}`, {
    code: 'bad_waves',
    hint: near === undefined ? 'without a value, the waves are the channels (fleet.waves)' : `did you mean ${near}?`,
  });
}

/** How many failures are allowed: a number, or a share of all. Beyond it, nothing new is started. Throws UsageError (2). */
export function maxFailures(text: string | undefined, total: number, isRead: boolean): number {
  if (text === undefined) return isRead ? total : 0;
  const [, digits = '', percent] = /^(\d{1,6})(%?)$/.exec(text) ?? [];
  if (digits === '' || (percent === '%' && Number(digits) > 100))
    throw new UsageError(`--max-failures is a number or a share, such as 3 or 5%, not ${text}`, { code: 'bad_flag' });
  return percent === '%' ? Math.floor((total * Number(digits)) / 100) : Number(digits);
}
