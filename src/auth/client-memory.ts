/**
 * Which OAuth client a cluster had when somebody logged in to it, where the registry named one of its own: so that `credentials` and `logout` find its
 * tokens without the registry and without the cache.
 */
import path from 'node:path';
import { isRecord } from '../json.ts';
import { readText, writePrivate } from '../platform/files.ts';

export interface ClientMemory {
  find(cluster: string): string | undefined;
  /** Undefined forgets. */
  save(cluster: string, clientId: string | undefined): void;
}

/** @param issuer clients are those of an issuer */
export function createClientMemory(stateDir: string, issuer: string): ClientMemory {
  const file = path.join(stateDir, 'clients.json');
  const read = (): Map<string, string> => {
    try {
      const value: unknown = JSON.parse(readText(file, 16 * 1024 * 1024) ?? '{}');
      const entries = isRecord(value) ? Object.entries(value) : [];
      return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
    } catch {
      return new Map();
    }
  };
  const keyOf = (cluster: string) => `${issuer} ${cluster}`;
  return {
    find: cluster => read().get(keyOf(cluster)),
    save: (cluster, clientId) => {
      const clients = read();
      if (clients.get(keyOf(cluster)) === clientId) return;
      if (clientId === undefined) clients.delete(keyOf(cluster));
      else clients.set(keyOf(cluster), clientId);
      writePrivate(file, `${JSON.stringify(Object.fromEntries(clients))}\n`);
    },
  };
}
