/** Stores the sandbox's state as JSON documents in its folder. Writes them shortly after a change and at exit. */
import path from 'node:path';
import { makeDirs, writePrivateFile } from '../platform/files/files.ts';
import { readText } from '../platform/files/read.ts';

const WRITE_DELAY_MS = 50;

export interface JsonDocument<T> {
  readonly value: T;
  /** Marks the value as changed. */
  changed(): void;
  flush(): void;
}

export class Documents {
  readonly #dir: string;
  readonly #open: JsonDocument<unknown>[] = [];

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Opens a document by name. `make` creates its initial value. */
  open<T>(name: string, make: () => T): JsonDocument<T> {
    const file = path.join(this.#dir, `${name}.json`);
    const text = readText(file);
    const value = text === undefined ? make() : (JSON.parse(text) as T);
    let timer: NodeJS.Timeout | undefined;
    let dirty = text === undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      if (!dirty) return;
      dirty = false;
      makeDirs(path.dirname(file));
      writePrivateFile(file, `${JSON.stringify(value)}\n`);
    };
    const document = {
      value,
      flush,
      changed: () => {
        dirty = true;
        timer ??= setTimeout(flush, WRITE_DELAY_MS).unref();
      },
    };
    this.#open.push(document);
    return document;
  }

  flush(): void {
    for (const document of this.#open) document.flush();
  }
}
