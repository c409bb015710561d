/**
 * Notes: small JSON files of ours in the state folder or the cache.
 * Rules: a note is old or new, never half; one that is damaged, too long, a link or somebody else's counts as absent.
 */
import path from 'node:path';
import { bestEffort, removeFile, writeStateFile } from './files.ts';
import { fileNameFor } from './hash.ts';
import { readOwnText } from './read.ts';
import { listDir } from './stat.ts';

/** Notes are read up to this size (bytes), unless they say otherwise. */
const MAX_BYTES = 1024 * 1024;

export interface NoteOptions {
  /** A longer file counts as absent. */
  readonly maxBytes?: number;
  /** The file counts as absent where others may read it. */
  readonly isSecret?: boolean;
  /** False: a note that a power cut may take with it. Default: true. */
  readonly sync?: boolean;
}

export interface Note<T> {
  /** Undefined: there is none. Never throws. */
  read(): T | undefined;
  /** @param value anything that is JSON. Throws where it cannot be written. */
  write(value: unknown): void;
  /** The same; what cannot be written is not kept. */
  tryWrite(value: unknown): void;
  /** Throws where it cannot be removed. */
  remove(): void;
}

/** @param parse what the JSON is; undefined: not a note of this kind */
export function noteAt<T>(
  file: string,
  parse: (value: unknown) => T | undefined,
  { maxBytes = MAX_BYTES, isSecret = false, sync = true }: NoteOptions = {},
): Note<T> {
  const write = (value: unknown) => writeStateFile(file, `${JSON.stringify(value)}\n`, { sync });
  return {
    read: () => {
      try {
        const text = readOwnText(file, maxBytes, isSecret);
        return text === undefined ? undefined : parse(JSON.parse(text));
      } catch {
        return undefined;
      }
    },
    write,
    tryWrite: value => bestEffort(() => write(value)),
    remove: () => removeFile(file),
  };
}

export interface Notes<T> {
  /** The note of a key. Keys may share a file name: what is noted should hold its key. */
  of(key: string): Note<T>;
  /** Every note that can be read. */
  all(): { readonly note: Note<T>; readonly value: T }[];
}

/** A folder with a note for each key. */
export function notesIn<T>(
  folder: string,
  parse: (value: unknown) => T | undefined,
  options: NoteOptions = {},
): Notes<T> {
  return {
    of: key => noteAt(path.join(folder, `${fileNameFor(key)}.json`), parse, options),
    all: () =>
      listDir(folder)
        .filter(name => name.endsWith('.json') && !name.startsWith('.'))
        .flatMap(name => {
          const note = noteAt(path.join(folder, name), parse, options);
          const value = note.read();
          return value === undefined ? [] : [{ note, value }];
        }),
  };
}
