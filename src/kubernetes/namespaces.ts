/**
 * The namespaces of a cluster as they were last seen, for completion.
 * Rules: a small file for each API server under `<cache>/namespaces`; a damaged file counts as none.
 */
import path from 'node:path';
import { isRecord, recordsAt } from '../lib/json.ts';
import { writePrivate } from '../platform/files/files.ts';
import { nameFor } from '../platform/files/hash.ts';
import { readOwnText } from '../platform/files/read.ts';

const MAX_BYTES = 4 * 1024 * 1024;

export interface SeenNamespaces {
  readonly names: readonly string[];
  readonly seenAt: Date;
}

export interface NamespaceMemory {
  find(server: string): SeenNamespaces | undefined;
  save(server: string, names: readonly string[], now: Date): void;
}

export function createNamespaceMemory(cacheDir: string): NamespaceMemory {
  const fileOf = (server: string) => path.join(cacheDir, 'namespaces', `${nameFor(server)}.json`);
  return {
    find: server => parse(fileOf(server), server),
    save: (server, names, now) => {
      try {
        writePrivate(fileOf(server), `${JSON.stringify({ server, seenAt: now.toISOString(), names })}\n`);
      } catch {
        // It is asked again.
      }
    },
  };
}

function parse(file: string, server: string): SeenNamespaces | undefined {
  try {
    const value: unknown = JSON.parse(readOwnText(file, MAX_BYTES) ?? '');
    if (!isRecord(value) || value['server'] !== server || !Array.isArray(value['names'])) return undefined;
    const seenAt = new Date(String(value['seenAt']));
    if (Number.isNaN(seenAt.getTime())) return undefined;
    return { seenAt, names: value['names'].filter(name => typeof name === 'string') };
  } catch {
    return undefined;
  }
}

/** The names in a list as the API server gives it (JSON); undefined: it is none. */
export function namesOfList(text: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    if (!isRecord(list) || !Array.isArray(list['items'])) return undefined;
    return recordsAt(list, 'items').flatMap(item => {
      const metadata = item['metadata'];
      const name = isRecord(metadata) ? metadata['name'] : undefined;
      return typeof name === 'string' ? [name] : [];
    });
  } catch {
    return undefined;
  }
}
