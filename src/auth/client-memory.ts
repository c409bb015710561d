/**
 * What a cluster's OAuth client is made of, noted when somebody logs in to it: so that `credentials` and `logout` find its tokens without the registry,
 * and mostly without its snapshot too. A newer snapshot corrects what is noted.
 */
import path from 'node:path';
import { isRecord } from '../json.ts';
import { readOwnText, writePrivate } from '../platform/files.ts';

/** What the OAuth client of a cluster is made of. */
export interface ClientTarget {
  readonly alias: string;
  readonly id: string;
  /** The client that the registry names for this cluster alone. */
  readonly override: string | undefined;
}

export interface ClientMemory {
  /** @param name alias or id */
  find(name: string): ClientTarget | undefined;
  save(target: ClientTarget): void;
  /** Corrects what is noted by what the registry says now. */
  correct(targets: Iterable<ClientTarget>): void;
}

const MAX_BYTES = 16 * 1024 * 1024;

/** @param issuer clients are those of an issuer; the registry may be another in an outage, and the clusters the same */
export function createClientMemory(stateDir: string, issuer: string): ClientMemory {
  const file = path.join(stateDir, 'clients.json');
  const keyOf = (name: string) => `${issuer} ${name}`;
  const read = (): Map<string, ClientTarget> => {
    try {
      const value: unknown = JSON.parse(readOwnText(file, MAX_BYTES) ?? '{}');
      return new Map(Object.entries(isRecord(value) ? value : {}).flatMap(([key, v]) => parseTarget(key, v)));
    } catch {
      return new Map();
    }
  };
  const write = (clients: ReadonlyMap<string, ClientTarget>) =>
    writePrivate(file, `${JSON.stringify(Object.fromEntries(clients))}\n`);
  return {
    find: name => read().get(keyOf(name)),
    save: target => {
      const clients = read();
      const keys = [keyOf(target.alias), keyOf(target.id)];
      if (keys.every(key => isSame(clients.get(key), target))) return;
      for (const key of keys) clients.set(key, target);
      write(clients);
    },
    correct: targets => {
      const clients = read();
      if (clients.size === 0) return;
      let changed = false;
      for (const target of targets) {
        for (const key of [keyOf(target.alias), keyOf(target.id)]) {
          if (!clients.has(key) || isSame(clients.get(key), target)) continue;
          clients.set(key, target);
          changed = true;
        }
      }
      if (changed) write(clients);
    },
  };
}

function parseTarget(key: string, value: unknown): [string, ClientTarget][] {
  if (!isRecord(value)) return [];
  const { alias, id, override } = value;
  if (typeof alias !== 'string' || typeof id !== 'string') return [];
  if (override !== undefined && typeof override !== 'string') return [];
  return [[key, { alias, id, override }]];
}

function isSame(a: ClientTarget | undefined, b: ClientTarget): boolean {
  return a !== undefined && a.alias === b.alias && a.id === b.id && a.override === b.override;
}
