/**
 * The names of infrastructure accounts as the registry last said them: without it, an emergency needs the name all the same.
 * Rules: one small file for each registry in the cache; a damaged file counts as none.
 */
import { isRecord } from '../lib/json.ts';
import { fileNameFor } from '../platform/files/hash.ts';
import { noteAt } from '../platform/files/notes.ts';
import { accountsFile } from '../platform/files/paths.ts';

const MAX_BYTES = 4 * 1024 * 1024;

export interface AccountMemory {
  /** The name of an account by its id. */
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
