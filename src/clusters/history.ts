/** Contexts and namespaces that were in use before, for `use -` and `ns -`: the last 50 of each, most recent last. */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { noteAt } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';

const KEPT = 50;

export interface History {
  previous(list: string): string | undefined;
  all(list: string): readonly string[];
  /** Notes that `name` was left for something else. */
  push(list: string, name: string): void;
}

export function createHistory(stateDir: string): History {
  const note = noteAt(path.join(stateDir, STATE.history), parse);
  const read = () => note.read() ?? new Map<string, string[]>();
  return {
    previous: list => read().get(list)?.at(-1),
    all: list => read().get(list) ?? [],
    push: (list, name) => {
      if (name === '') return;
      const lists = read();
      lists.set(list, [...(lists.get(list) ?? []).filter(n => n !== name), name].slice(-KEPT));
      // A switch is worth more than its history.
      note.tryWrite(Object.fromEntries(lists));
    },
  };
}

function parse(value: unknown): Map<string, string[]> | undefined {
  if (!isRecord(value)) return undefined;
  return new Map(
    Object.entries(value).map(([k, v]) => [k, Array.isArray(v) ? v.filter(n => typeof n === 'string') : []]),
  );
}
