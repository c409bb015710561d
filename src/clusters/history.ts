/** Contexts and namespaces that were in use before, for `use -` and `ns -`: the last 50 of each, most recent last. */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { writePrivate } from '../platform/files/files.ts';
import { readOwnText } from '../platform/files/read.ts';

const KEPT = 50;

export interface History {
  previous(list: string): string | undefined;
  all(list: string): readonly string[];
  /** Notes that `name` was left for something else. */
  push(list: string, name: string): void;
}

export function createHistory(stateDir: string): History {
  const file = path.join(stateDir, 'history.json');
  const read = (): Map<string, string[]> => {
    try {
      const value: unknown = JSON.parse(readOwnText(file, 1024 * 1024) ?? '{}');
      if (!isRecord(value)) return new Map();
      return new Map(
        Object.entries(value).map(([k, v]) => [k, Array.isArray(v) ? v.filter(n => typeof n === 'string') : []]),
      );
    } catch {
      return new Map();
    }
  };
  return {
    previous: list => read().get(list)?.at(-1),
    all: list => read().get(list) ?? [],
    push: (list, name) => {
      if (name === '') return;
      const lists = read();
      lists.set(list, [...(lists.get(list) ?? []).filter(n => n !== name), name].slice(-KEPT));
      try {
        writePrivate(file, `${JSON.stringify(Object.fromEntries(lists))}\n`);
      } catch {
        // A switch is worth more than its history.
      }
    },
  };
}
