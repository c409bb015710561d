/**
 * The registry as it was last seen: `<cache>/registry-<hash>.jsonl`, one cluster a line, so that one cluster is found without parsing all.
 * Rules: nothing secret is under the cache: values of config items go to a file of the state folder; a damaged file or line counts as absent.
 */
import path from 'node:path';
import type { JsonObject } from '../json.ts';
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
  const itemsFile = path.join(paths.state, `registry-items-${hash}.json`);
  return {
    load: withItems => {
      const text = safeRead(file);
      const header = text === undefined ? undefined : parseHeader(text);
      if (text === undefined || header === undefined) return undefined;
      const items = withItems ? readItems(itemsFile) : undefined;
      const clusters: Cluster[] = [];
      for (const line of text.slice(header.length).split('\n')) {
        const cluster = parseLine(line, items);
        if (cluster) clusters.push(cluster);
      }
      return { fetchedAt: header.fetchedAt, clusters };
    },
    find: nameOrId => {
      const text = safeRead(file);
      const header = text === undefined ? undefined : parseHeader(text);
      if (text === undefined || header === undefined) return undefined;
      const wanted = JSON.stringify(nameOrId);
      let found: Cluster | undefined;
      for (let at = text.indexOf(wanted, header.length); at !== -1; at = text.indexOf(wanted, at + 1)) {
        const start = text.lastIndexOf('\n', at) + 1;
        const end = text.indexOf('\n', at);
        const cluster = parseLine(text.slice(start, end === -1 ? undefined : end), undefined);
        if (cluster === undefined || (cluster.alias !== nameOrId && cluster.id !== nameOrId)) continue;
        // Clusters are replaced under the same alias: the one that is ready is meant.
        if (found === undefined || cluster.lifecycleStatus === 'ready') found = cluster;
        if (found.lifecycleStatus === 'ready') break;
      }
      return found && { cluster: found, fetchedAt: header.fetchedAt };
    },
    save: (clusters, now) => {
      const header = { apiVersion: 'zkubectl/v1', kind: 'RegistrySnapshot', fetchedAt: now.toISOString() };
      const items: Record<string, Readonly<Record<string, string>>> = {};
      const lines = [JSON.stringify(header)];
      for (const cluster of clusters) {
        lines.push(JSON.stringify(rawWithItems(cluster, false)));
        items[cluster.id] = cluster.configItems;
      }
      writePrivate(itemsFile, `${JSON.stringify(items)}\n`);
      writePrivate(file, `${lines.join('\n')}\n`);
    },
  };
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

function parseLine(line: string, items: ReadonlyMap<string, JsonObject> | undefined): Cluster | undefined {
  if (line === '') return undefined;
  try {
    const raw = JSON.parse(line) as JsonObject;
    const values = items?.get(String(raw['id']));
    const cluster = parseCluster(values === undefined ? raw : { ...raw, config_items: values });
    return 'problem' in cluster ? undefined : cluster;
  } catch {
    return undefined;
  }
}

function readItems(file: string): ReadonlyMap<string, JsonObject> | undefined {
  try {
    const value: unknown = JSON.parse(safeRead(file) ?? '');
    return typeof value === 'object' && value !== null
      ? new Map(Object.entries(value as Record<string, JsonObject>))
      : undefined;
  } catch {
    return undefined;
  }
}
