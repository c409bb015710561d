/**
 * The names of infrastructure accounts as the registry last said them: without it, an emergency needs the name all the same.
 * Rules: one small file for each registry in the cache; a damaged file counts as none.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { bestEffort, writePrivate } from '../platform/files/files.ts';
import { nameFor } from '../platform/files/hash.ts';
import { readOwnText } from '../platform/files/read.ts';

const MAX_BYTES = 4 * 1024 * 1024;

export interface AccountMemory {
  /** The name of an account by its id. */
  find(id: string): string | undefined;
  save(id: string, name: string): void;
}

/** @param origin the registry's URL */
export function createAccountMemory(cacheDir: string, origin: string): AccountMemory {
  const file = path.join(cacheDir, `accounts-${nameFor(origin)}.json`);
  const read = (): Map<string, string> => {
    try {
      const value: unknown = JSON.parse(readOwnText(file, MAX_BYTES) ?? '');
      const names = isRecord(value) && value['origin'] === origin && isRecord(value['names']) ? value['names'] : {};
      return new Map(Object.entries(names).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
    } catch {
      return new Map();
    }
  };
  return {
    find: id => read().get(id),
    save: (id, name) => {
      const names = read();
      if (names.get(id) === name) return;
      names.set(id, name);
      bestEffort(() => writePrivate(file, `${JSON.stringify({ origin, names: Object.fromEntries(names) })}\n`));
    },
  };
}
