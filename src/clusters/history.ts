/** The previous contexts and namespaces, for `use -` and `ns -`: the last 50 of each, most recent last. */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { noteAt } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';

const KEPT = 50;

export interface History {
  previous(list: string): string | undefined;
  all(list: string): readonly string[];
  /** Adds `name`, which the user has just switched away from. */
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
      // If the history cannot be written, the switch still succeeds.
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
