/**
 * When each version of a channel was first seen on this machine: the registry says only what a cluster has now.
 * Rules: one small file for each registry in the state folder, with the versions of a channel in the order in which they came. The channel's
 * version is the part before `#`; the part after it is the cluster's own configuration. A damaged file counts as absent.
 */
import { isRecord, recordsAt } from '../lib/json.ts';
import { fileNameFor } from '../platform/files/hash.ts';
import { noteAt } from '../platform/files/notes.ts';
import { versionsFile } from '../platform/files/paths.ts';
import type { Cluster } from './cluster.ts';

/** Older versions of a channel are forgotten. */
const MOST = 50;

export interface SeenVersion {
  readonly version: string;
  readonly firstSeen: Date;
}

/** How far a cluster is behind its channel. */
export interface Lag {
  /** The channel's version that came last. */
  readonly newest: string;
  /** How many versions have come since the cluster's. */
  readonly versions: number;
  /** When the first of them was seen here. Undefined: the cluster is not behind, or the version was there at the first look. */
  readonly since: Date | undefined;
  /** The newest version and the cluster's were there at the first look: their order is a guess. */
  readonly isGuess: boolean;
}

export interface VersionHistory {
  /** Notes the versions of the ready clusters. */
  see(clusters: readonly Cluster[], now: Date): void;
  /** What was seen so far. */
  seen(): Channels;
}

/** The versions of each channel, the oldest first. */
export type Channels = ReadonlyMap<string, readonly SeenVersion[]>;

export function createVersionHistory(stateDir: string, origin: string): VersionHistory {
  const note = noteAt(versionsFile(stateDir, fileNameFor(origin)), value => parse(value, origin));
  const seen = (): Channels => note.read() ?? new Map<string, readonly SeenVersion[]>();
  return {
    seen,
    see: (clusters, now) => {
      const known = seen();
      const next = withSeen(known, clusters, now);
      if (next !== known) note.tryWrite({ origin, channels: json(next) });
    },
  };
}

/** @returns the same map when nothing is new */
export function withSeen(known: Channels, clusters: readonly Cluster[], now: Date): Channels {
  const next = new Map(known);
  for (const [channel, shown] of shownVersions(clusters)) {
    const seen = known.get(channel) ?? [];
    const before = new Set(seen.map(({ version }) => version));
    // The order of several that came at once is a guess: the more clusters have a version, the newer; one that clusters are updated to is the newest.
    const fresh = [...shown]
      .filter(([version]) => !before.has(version))
      .sort(([, a], [, b]) => Number(a.isNext) - Number(b.isNext) || a.count - b.count)
      .map(([version]) => ({ version, firstSeen: now }));
    if (fresh.length > 0) next.set(channel, [...seen, ...fresh].slice(-MOST));
  }
  return [...next].some(([channel, seen]) => known.get(channel) !== seen) ? next : known;
}

/** Undefined: the cluster's version was never seen. */
export function lagOf(channels: Channels, { channel, currentVersion }: Cluster): Lag | undefined {
  const seen = channels.get(channel) ?? [];
  const at = seen.findIndex(({ version }) => version === channelVersion(currentVersion));
  const newest = seen.at(-1);
  if (at === -1 || newest === undefined) return undefined;
  const first = seen[0]?.firstSeen.getTime();
  const next = seen[at + 1]?.firstSeen;
  return {
    newest: newest.version,
    versions: seen.length - 1 - at,
    since: next?.getTime() === first ? undefined : next,
    isGuess: at < seen.length - 1 && newest.firstSeen.getTime() === first,
  };
}

function channelVersion(version: string): string {
  return version.split('#')[0] ?? '';
}

interface Shown {
  count: number;
  isNext: boolean;
}

function shownVersions(clusters: readonly Cluster[]): Map<string, Map<string, Shown>> {
  const channels = new Map<string, Map<string, Shown>>();
  for (const { channel, lifecycleStatus, currentVersion, nextVersion } of clusters) {
    if (lifecycleStatus !== 'ready' || channel === '') continue;
    const versions = channels.get(channel) ?? new Map<string, Shown>();
    channels.set(channel, versions);
    const add = (version: string, isNext: boolean) => {
      if (version === '') return;
      const shown = versions.get(version) ?? { count: 0, isNext: false };
      versions.set(version, { count: shown.count + (isNext ? 0 : 1), isNext: shown.isNext || isNext });
    };
    add(channelVersion(currentVersion), false);
    if (channelVersion(nextVersion) !== channelVersion(currentVersion)) add(channelVersion(nextVersion), true);
  }
  return channels;
}

function parse(value: unknown, origin: string): Map<string, SeenVersion[]> | undefined {
  if (!isRecord(value) || value['origin'] !== origin || !isRecord(value['channels'])) return undefined;
  const { channels } = value;
  return new Map(
    Object.keys(channels).map(channel => [
      channel,
      recordsAt(channels, channel).flatMap(({ version, firstSeen }) => {
        const time = new Date(String(firstSeen));
        return typeof version === 'string' && !Number.isNaN(time.getTime()) ? [{ version, firstSeen: time }] : [];
      }),
    ]),
  );
}

function json(channels: Channels): Record<string, unknown> {
  return Object.fromEntries(
    [...channels].map(([channel, seen]) => [
      channel,
      seen.map(({ version, firstSeen }) => ({ version, firstSeen: firstSeen.toISOString() })),
    ]),
  );
}
