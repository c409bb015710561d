/**
 * Saves the namespaces of clusters for completion.
 * Rules: each API server has a small file under `<cache>/namespaces`; a damaged file counts as absent.
 */
import path from 'node:path';
import { isRecord, recordsAt } from '../lib/json.ts';
import { notesIn } from '../platform/files/notes.ts';
import { CACHE } from '../platform/files/paths.ts';

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
  const notes = notesIn(path.join(cacheDir, CACHE.namespaces), parse, { maxBytes: MAX_BYTES });
  return {
    find: server => {
      const seen = notes.of(server).read();
      return seen?.server === server ? seen : undefined;
    },
    save: (server, names, now) => notes.of(server).tryWrite({ server, seenAt: now.toISOString(), names }),
  };
}

function parse(value: unknown): (SeenNamespaces & { readonly server: string }) | undefined {
  if (!isRecord(value) || typeof value['server'] !== 'string' || !Array.isArray(value['names'])) return undefined;
  const seenAt = new Date(String(value['seenAt']));
  if (Number.isNaN(seenAt.getTime())) return undefined;
  return { server: value['server'], seenAt, names: value['names'].filter(name => typeof name === 'string') };
}

/** The names in an API server's list (JSON). Undefined: the text is not a list. */
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
