/** The previous contexts and namespaces, for `use -`, `use -2` and `ns -`: the last 50 of each, most recent last. */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { noteAt } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';

const KEPT = 50;

/** Where the user was: a context or namespace. `namespace`: that of the context at that time. */
export interface Visit {
  readonly name: string;
  readonly namespace?: string | undefined;
}

export interface History {
  /** @param back 1: the last one */
  previous(list: string, back?: number): Visit | undefined;
  /** The names, most recent last. */
  names(list: string): readonly string[];
  /** Adds where the user was before a switch. */
  push(list: string, visit: Visit): void;
}

export function createHistory(stateDir: string): History {
  const note = noteAt(path.join(stateDir, STATE.history), parse);
  const read = () => note.read() ?? new Map<string, Visit[]>();
  return {
    previous: (list, back = 1) => read().get(list)?.at(-back),
    names: list => (read().get(list) ?? []).map(({ name }) => name),
    push: (list, { name, namespace }) => {
      if (name === '') return;
      const lists = read();
      const others = (lists.get(list) ?? []).filter(v => v.name !== name || v.namespace !== namespace);
      lists.set(list, [...others, { name, namespace }].slice(-KEPT));
      // If the history cannot be written, the switch still succeeds.
      note.tryWrite(Object.fromEntries(lists));
    },
  };
}

function parse(value: unknown): Map<string, Visit[]> | undefined {
  if (!isRecord(value)) return undefined;
  return new Map(
    Object.entries(value).map(([list, visits]) => [list, Array.isArray(visits) ? visits.flatMap(visitOf) : []]),
  );
}

/** A name alone is from an older version. */
function visitOf(value: unknown): Visit[] {
  const { name, namespace } = isRecord(value) ? value : { name: value };
  if (typeof name !== 'string') return [];
  return [{ name, ...(typeof namespace === 'string' ? { namespace } : {}) }];
}
