/**
 * The registry as it was last seen: `registry-<hash>.jsonl`, one cluster a line, so that one cluster is found without parsing all. Twice: with the values
 * of config items masked in the cache, as nothing secret is there, and as it came in the state folder.
 * Rule: a damaged file or line counts as absent.
 */
import path from 'node:path';
import { readText, writePrivate } from '../platform/files.ts';
import { nameFor } from '../platform/hash.ts';
import type { Paths } from '../platform/paths.ts';
import { type Cluster, parseCluster, rawWithItems } from './cluster.ts';

export interface Snapshot {
  readonly fetchedAt: Date;
  readonly clusters: readonly Cluster[];
}

export interface SnapshotStore {
  /** All clusters; with the values of their config items when asked for. */
  load(withItems?: boolean): Snapshot | undefined;
  /** One cluster by alias or id, without parsing the others. */
  find(nameOrId: string): { cluster: Cluster; fetchedAt: Date } | undefined;
  save(clusters: readonly Cluster[], now: Date): void;
}

/** @param origin the registry's URL or file: every registry has a snapshot of its own */
export function createSnapshotStore(paths: Paths, origin: string): SnapshotStore {
  const hash = nameFor(origin);
  const file = path.join(paths.cache, `registry-${hash}.jsonl`);
  const wholeFile = path.join(paths.state, `registry-${hash}.jsonl`);
  return {
    load: withItems => (withItems ? (readSnapshot(wholeFile) ?? readSnapshot(file)) : readSnapshot(file)),
    find: nameOrId => {
      const text = safeRead(file);
      const header = text === undefined ? undefined : parseHeader(text);
      if (text === undefined || header === undefined) return undefined;
      const wanted = JSON.stringify(nameOrId);
      let found: Cluster | undefined;
      for (let at = text.indexOf(wanted, header.length); at !== -1; at = text.indexOf(wanted, at + 1)) {
        const start = text.lastIndexOf('\n', at) + 1;
        const end = text.indexOf('\n', at);
        const cluster = parseLine(text.slice(start, end === -1 ? undefined : end));
        if (cluster === undefined || (cluster.alias !== nameOrId && cluster.id !== nameOrId)) continue;
        // Clusters are replaced under the same alias: the one that is ready is meant.
        if (found === undefined || cluster.lifecycleStatus === 'ready') found = cluster;
        if (found.lifecycleStatus === 'ready') break;
      }
      return found && { cluster: found, fetchedAt: header.fetchedAt };
    },
    save: (clusters, now) => {
      const header = { apiVersion: 'zkubectl/v1', kind: 'RegistrySnapshot', fetchedAt: now.toISOString() };
      const text = (lines: readonly string[]) => `${[JSON.stringify(header), ...lines].join('\n')}\n`;
      writePrivate(wholeFile, text(clusters.map(cluster => JSON.stringify(cluster.raw))));
      writePrivate(file, text(clusters.map(cluster => JSON.stringify(rawWithItems(cluster, false)))));
    },
  };
}

function readSnapshot(file: string): Snapshot | undefined {
  const text = safeRead(file);
  const header = text === undefined ? undefined : parseHeader(text);
  if (text === undefined || header === undefined) return undefined;
  const clusters: Cluster[] = [];
  for (let start = header.length; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const cluster = parseLine(text.slice(start, end === -1 ? undefined : end));
    if (cluster) clusters.push(cluster);
    if (end === -1) break;
    start = end + 1;
  }
  return { fetchedAt: header.fetchedAt, clusters };
}

function safeRead(file: string): string | undefined {
  try {
    return readText(file);
  } catch {
    return undefined;
  }
}

function parseHeader(text: string): { fetchedAt: Date; length: number } | undefined {
  const length = text.indexOf('\n') + 1;
  try {
    const header = JSON.parse(text.slice(0, length)) as { kind?: unknown; fetchedAt?: unknown } | null;
    const fetchedAt = new Date(String(header?.fetchedAt));
    if (header?.kind !== 'RegistrySnapshot' || Number.isNaN(fetchedAt.getTime())) return undefined;
    return { fetchedAt, length };
  } catch {
    return undefined;
  }
}

function parseLine(line: string): Cluster | undefined {
  if (line === '') return undefined;
  try {
    const cluster = parseCluster(JSON.parse(line), line);
    return 'problem' in cluster ? undefined : cluster;
  } catch {
    return undefined;
  }
}
