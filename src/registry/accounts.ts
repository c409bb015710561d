/**
 * Saves the names of infrastructure accounts from the registry: an emergency request needs the name also while the registry is down.
 * Rules: one small file per registry in the cache. A damaged file counts as absent.
 */
import { isRecord } from '../lib/json.ts';
import { fileNameFor } from '../platform/files/hash.ts';
import { noteAt } from '../platform/files/notes.ts';
import { accountsFile } from '../platform/files/paths.ts';

const MAX_BYTES = 4 * 1024 * 1024;

export interface AccountMemory {
  /** The saved name of an account. */
  find(id: string): string | undefined;
  save(id: string, name: string): void;
}

/** @param origin the registry's URL */
export function createAccountMemory(cacheDir: string, origin: string): AccountMemory {
  const parse = (value: unknown) => {
    const names = isRecord(value) && value['origin'] === origin && isRecord(value['names']) ? value['names'] : {};
    return new Map(Object.entries(names).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  };
  const note = noteAt(accountsFile(cacheDir, fileNameFor(origin)), parse, { maxBytes: MAX_BYTES });
  const read = () => note.read() ?? new Map<string, string>();
  return {
    find: id => read().get(id),
    save: (id, name) => {
      const names = read();
      if (names.get(id) === name) return;
      names.set(id, name);
      note.tryWrite({ origin, names: Object.fromEntries(names) });
    },
  };
}
