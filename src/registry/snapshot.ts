/**
 * The last answer of the registry: `registry-<hash>.jsonl`, with one cluster per line, so that one cluster is found without parsing all. There are
 * two copies: in the cache with masked config items, because the cache must not contain secrets, and in the state folder unchanged.
 * A line has the short record (without config items and node pools), a tab, and the full record. A list parses the short record, and the full
 * record only on access. The first line of the file has the time of the answer and the checksum of the rest.
 * Rules: a damaged line counts as absent. If the checksum is wrong, every full record is parsed and validated.
 */
import type { JsonObject } from '../lib/json.ts';
import { writeStateFile } from '../platform/files/files.ts';
import { checksum, fileNameFor } from '../platform/files/hash.ts';
import { type Paths, snapshotFile } from '../platform/files/paths.ts';
import { readOwnBytes, readOwnText, textOf } from '../platform/files/read.ts';
import { type Cluster, headOf, parseCluster, rawWithItems } from './cluster.ts';
import { named } from './named-cluster.ts';

export interface Snapshot {
  readonly fetchedAt: Date;
  readonly clusters: readonly Cluster[];
  /** True: the file is damaged, and `clusters` has only the readable records. */
  readonly isDamaged: boolean;
  /** For a registry file: the stamp of the file when it was read. */
  readonly stamp: string | undefined;
}

export interface SnapshotStore {
  /** All clusters. `withItems`: with the values of config items. */
  load(withItems?: boolean): Snapshot | undefined;
  /** Finds the clusters with an alias, else with an id, without parsing the others. Several only if several ready clusters have one alias. */
  find(nameOrId: string): Omit<Snapshot, 'isDamaged'> | undefined;
  /** @param stamp the file stamp, if the registry is a file */
  save(clusters: readonly Cluster[], now: Date, stamp?: string): void;
}

/** @param origin the registry's URL or file; each registry has its own snapshot */
export function createSnapshotStore(paths: Paths, origin: string): SnapshotStore {
  const hash = fileNameFor(origin);
  const file = snapshotFile(paths.cache, hash);
  const wholeFile = snapshotFile(paths.state, hash);
  return {
    load: withItems => (withItems ? (readSnapshot(wholeFile) ?? readSnapshot(file)) : readSnapshot(file)),
    find: nameOrId => {
      const text = safeRead(() => readOwnText(file));
      const header = text === undefined ? undefined : parseHeader(text);
      if (text === undefined || header === undefined) return undefined;
      const wanted = JSON.stringify(nameOrId);
      const found = new Map<string, Cluster>();
      for (let at = text.indexOf(wanted, header.length); at !== -1; at = text.indexOf(wanted, at + 1)) {
        const start = text.lastIndexOf('\n', at) + 1;
        const end = text.indexOf('\n', at);
        const cluster = parseLine(text.slice(start, end === -1 ? undefined : end));
        if (cluster?.alias === nameOrId || cluster?.id === nameOrId) found.set(cluster.id, cluster);
      }
      if (found.size === 0) return undefined;
      return { clusters: named([...found.values()], nameOrId), fetchedAt: header.fetchedAt, stamp: header.stamp };
    },
    save: (clusters, now, stamp) => {
      const write = (target: string, reveal: boolean) => {
        const body = clusters.map(cluster => `${lineOf(rawWithItems(cluster, reveal))}\n`).join('');
        const header = {
          apiVersion: 'zkubectl/v2',
          kind: 'RegistrySnapshot',
          fetchedAt: now.toISOString(),
          ...(stamp === undefined ? {} : { stamp }),
          checksum: checksum(Buffer.from(body)),
        };
        writeStateFile(target, `${JSON.stringify(header)}\n${body}`);
      };
      write(wholeFile, true);
      write(file, false);
    },
  };
}

function lineOf(record: JsonObject): string {
  return `${JSON.stringify(headOf(record))}\t${JSON.stringify(record)}`;
}

function readSnapshot(file: string): Snapshot | undefined {
  const bytes = safeRead(() => readOwnBytes(file));
  if (bytes === undefined) return undefined;
  const text = textOf(bytes);
  const header = parseHeader(text);
  if (header === undefined) return undefined;
  const isDamaged = checksum(bytes.subarray(header.length)) !== header.checksum;
  const parse = isDamaged ? parseLine : parseHead;
  const clusters: Cluster[] = [];
  for (let start = header.length; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end === -1 ? undefined : end);
    const cluster = parse(line);
    if (cluster) clusters.push(cluster);
    if (end === -1) break;
    start = end + 1;
  }
  // A damaged file without a readable record is not an empty registry.
  if (isDamaged && clusters.length === 0) return undefined;
  return { fetchedAt: header.fetchedAt, clusters, isDamaged, stamp: header.stamp };
}

function safeRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

interface Header {
  readonly fetchedAt: Date;
  readonly checksum: string;
  readonly stamp: string | undefined;
  /** The length of the first line, including its line feed. */
  readonly length: number;
}

function parseHeader(text: string): Header | undefined {
  const length = text.indexOf('\n') + 1;
  try {
    const header = JSON.parse(text.slice(0, length)) as Record<string, unknown> | null;
    const fetchedAt = new Date(String(header?.['fetchedAt']));
    if (
      header?.['kind'] !== 'RegistrySnapshot' ||
      header['apiVersion'] !== 'zkubectl/v2' ||
      Number.isNaN(fetchedAt.getTime())
    )
      return undefined;
    const stamp = typeof header['stamp'] === 'string' ? header['stamp'] : undefined;
    return { fetchedAt, checksum: String(header['checksum']), stamp, length };
  } catch {
    return undefined;
  }
}

/** Parses the short record of a line; the full record is parsed on access. Only for a file with a correct checksum. */
function parseHead(line: string): Cluster | undefined {
  const tab = line.indexOf('\t');
  const rawText = line.slice(tab + 1);
  let whole: Cluster | undefined;
  return parseRecord(line.slice(0, tab), rawText, () => {
    whole ??= parseRecord(rawText);
    return whole;
  });
}

function parseLine(line: string): Cluster | undefined {
  return parseRecord(line.slice(line.indexOf('\t') + 1));
}

function parseRecord(text: string, rawText = text, whole?: () => Cluster | undefined): Cluster | undefined {
  if (text === '') return undefined;
  try {
    const cluster = parseCluster(JSON.parse(text), rawText, whole);
    return 'problem' in cluster ? undefined : cluster;
  } catch {
    return undefined;
  }
}
