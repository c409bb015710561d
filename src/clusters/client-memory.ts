/**
 * Saves the data that determines a cluster's OAuth client at login, so that `credentials` and `logout` find its tokens without the registry and
 * usually without its snapshot. A newer snapshot corrects the saved data.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { noteAt } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';
import { fileStamp } from '../platform/files/stat.ts';
import type { ClientSource } from './clients.ts';

export interface ClientMemory {
  /** @param name alias or id */
  find(name: string): ClientSource | undefined;
  save(source: ClientSource): void;
  /** Updates the saved data of accepted records to the registry's current data, and deletes that of refused records. */
  correct(accepted: Iterable<ClientSource>, refused: Iterable<ClientSource>): void;
}

const MAX_BYTES = 16 * 1024 * 1024;

/** @param issuer part of the key, as a client belongs to an issuer. The registry is not: in an outage, another registry may list the same ones */
export function createClientMemory(stateDir: string, issuer: string): ClientMemory {
  const note = noteAt(path.join(stateDir, STATE.clients), parse, { maxBytes: MAX_BYTES });
  const keyOf = (name: string) => `${issuer} ${name}`;
  const read = () => note.read() ?? new Map<string, ClientSource>();
  /** The file is read again when it has changed: a run on many clusters asks for each of them. */
  let last: { readonly stamp: string | undefined; readonly clients: ReadonlyMap<string, ClientSource> } | undefined;
  const known = () => {
    const stamp = fileStamp(note.file);
    if (last === undefined || last.stamp !== stamp) last = { stamp, clients: read() };
    return last.clients;
  };
  const write = (clients: ReadonlyMap<string, ClientSource>) => note.write(Object.fromEntries(clients));
  return {
    find: name => known().get(keyOf(name)),
    save: source => {
      const clients = read();
      const keys = [keyOf(source.alias), keyOf(source.id)];
      if (keys.every(key => isSame(clients.get(key), source))) return;
      for (const key of keys) clients.set(key, source);
      write(clients);
    },
    correct: (accepted, refused) => {
      const clients = read();
      if (clients.size === 0) return;
      let changed = false;
      for (const { alias, id } of refused)
        for (const key of [keyOf(alias), keyOf(id)]) changed = clients.delete(key) || changed;
      for (const source of accepted) {
        for (const key of [keyOf(source.alias), keyOf(source.id)]) {
          if (!clients.has(key) || isSame(clients.get(key), source)) continue;
          clients.set(key, source);
          changed = true;
        }
      }
      if (changed) write(clients);
    },
  };
}

function parse(value: unknown): Map<string, ClientSource> {
  return new Map(Object.entries(isRecord(value) ? value : {}).flatMap(([key, v]) => parseSource(key, v)));
}

function parseSource(key: string, value: unknown): [string, ClientSource][] {
  if (!isRecord(value)) return [];
  const { alias, id, override } = value;
  if (typeof alias !== 'string' || typeof id !== 'string') return [];
  if (override !== undefined && typeof override !== 'string') return [];
  return [[key, { alias, id, override }]];
}

function isSame(a: ClientSource | undefined, b: ClientSource): boolean {
  return a !== undefined && a.alias === b.alias && a.id === b.id && a.override === b.override;
}
