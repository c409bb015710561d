/**
 * Notes: zkubectl's small JSON files in the state folder or the cache.
 * Rules: writes are atomic; a note that is damaged, too long, a symlink or owned by another user counts as absent.
 */
import path from 'node:path';
import { systemErrorCode } from '../../errors.ts';
import { isRecord } from '../../lib/json.ts';
import { bestEffort, removeFile, writeStateFile } from './files.ts';
import { fileNameFor } from './hash.ts';
import { readOwnText } from './read.ts';
import type { Sealer } from './sealer.ts';
import { listDir } from './stat.ts';

/** The default size limit of a note (bytes). */
const MAX_BYTES = 1024 * 1024;

export interface NoteOptions {
  /** A longer file counts as absent. */
  readonly maxBytes?: number;
  /** The file counts as absent when other users can read it. */
  readonly isSecret?: boolean;
  /** Encrypts the content. A note that is not encrypted is read too. */
  readonly sealer?: Sealer | undefined;
  /** False: skip fsync, so a power failure may lose the note. Default: true. */
  readonly sync?: boolean;
}

export interface Note<T> {
  readonly file: string;
  /** Undefined: the note is absent. Throws only when too many files are open. */
  read(): T | undefined;
  /** @param value a JSON value. Throws when the file cannot be written. */
  write(value: unknown): void;
  /** Like `write`, but ignores errors. */
  tryWrite(value: unknown): void;
  /** Throws when the file cannot be removed. */
  remove(): void;
}

/** @param parse converts the JSON; returns undefined when it is not a note of this kind */
export function noteAt<T>(
  file: string,
  parse: (value: unknown) => T | undefined,
  { maxBytes = MAX_BYTES, isSecret = false, sync = true, sealer }: NoteOptions = {},
): Note<T> {
  const name = path.basename(file);
  const write = (value: unknown) => {
    const text = JSON.stringify(value);
    writeStateFile(file, `${sealer ? JSON.stringify({ sealed: sealer.seal(text, name) }) : text}\n`, { sync });
  };
  return {
    file,
    read: () => {
      try {
        const text = readOwnText(file, maxBytes, isSecret);
        return text === undefined ? undefined : parse(opened(JSON.parse(text), name, sealer));
      } catch (error) {
        // Too many open files: the note may be there.
        if (/^(EMFILE|ENFILE)$/.test(systemErrorCode(error) ?? '')) throw error;
        return undefined;
      }
    },
    write,
    tryWrite: value => bestEffort(() => write(value)),
    remove: () => removeFile(file),
  };
}

/** The value of a note, decrypted. Undefined: it cannot be decrypted. */
function opened(value: unknown, name: string, sealer: Sealer | undefined): unknown {
  const sealed = isRecord(value) ? value['sealed'] : undefined;
  if (typeof sealed !== 'string') return value;
  const text = sealer?.open(sealed, name);
  return text === undefined ? undefined : JSON.parse(text);
}

export interface Notes<T> {
  /** The note of a key. Two keys can have the same file name, so the value should contain the key. */
  of(key: string): Note<T>;
  /** All readable notes. */
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
      namesIn(folder).flatMap(name => {
        const note = noteAt(path.join(folder, name), parse, options);
        const value = note.read();
        return value === undefined ? [] : [{ note, value }];
      }),
  };
}

/** For each note of a folder: is it encrypted? Files that are no notes are left out. */
export function sealedNotes(folder: string): boolean[] {
  return namesIn(folder).flatMap(name => {
    const text = readOwnText(path.join(folder, name), MAX_BYTES, true);
    return text === undefined ? [] : [text.startsWith('{"sealed":')];
  });
}

/** Removes every note of a folder, also those that cannot be read. Returns their number. */
export function removeNotes(folder: string): number {
  const names = namesIn(folder);
  for (const name of names) removeFile(path.join(folder, name));
  return names.length;
}

function namesIn(folder: string): string[] {
  return listDir(folder).filter(name => name.endsWith('.json') && !name.startsWith('.'));
}
