/**
 * What was found in a kubeconfig when it was last read, kept by the digest of its whole text: the very same text need not be read again to switch
 * within it. With hundreds of contexts that reading is most of a switch.
 * Rule: it only ever speaks of a text of that digest; a damaged index counts as absent.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { isPlainString } from '../lib/plain-yaml-scalars.ts';
import { removeOldest } from '../platform/files/files.ts';
import { fileNameFor, sha256Hex } from '../platform/files/hash.ts';
import { noteAt } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';
import { exists } from '../platform/files/stat.ts';
import type { PlainKubeconfig } from './plain.ts';

/** A context as a switch needs to know it. */
interface KnownContexts {
  /** Names of contexts, each with its namespace; empty where it has none. */
  readonly contexts: Readonly<Record<string, string>>;
  readonly currentContext: string;
  /** Where the name of the current context stands in the text, without quotes. */
  readonly start: number;
}

/** A switch that may be made. */
export interface Switched {
  readonly text: string;
  readonly before: string;
  readonly namespace: string;
  /** Notes the new text, once it has been written. */
  readonly note: () => void;
}

export interface KubeconfigIndex {
  /** The text with another current context, all else the same to the byte; undefined: not known, or not to be done here. */
  switch(text: string, name: string): Switched | undefined;
  /** Notes what has been read, and switched since. */
  note(kubeconfig: PlainKubeconfig, text: string, currentContext: string): void;
}

const MAX_BYTES = 4 * 1024 * 1024;
/** Below this, reading it again is as quick (characters). */
const WORTHWHILE = 20_000;

/** Notes of so many kubeconfigs are kept. */
const KEPT = 20;

/** @param kubeconfig the file that it is about: each has a note of its own */
export function createKubeconfigIndex(stateDir: string, kubeconfig: string): KubeconfigIndex {
  const dir = path.join(stateDir, STATE.kubeconfigIndexes);
  const file = path.join(dir, `${fileNameFor(kubeconfig)}.json`);
  const note = noteAt(file, parseIndex, { maxBytes: MAX_BYTES, sync: false });
  const save = (digest: string, known: KnownContexts) => {
    try {
      if (!exists(file)) removeOldest(dir, KEPT - 1);
      note.write({ digest, ...known });
    } catch {
      // The next switch reads the file again.
    }
  };
  return {
    switch: (text, name) => {
      if (text.length < WORTHWHILE) return undefined;
      const index = note.read();
      if (index === undefined || index.digest !== sha256Hex(text)) return undefined;
      const { contexts, currentContext, start } = index.known;
      const end = start + currentContext.length;
      if (!Object.hasOwn(contexts, name) || !isPlainString(name) || text.slice(start, end) !== currentContext)
        return undefined;
      const switched = `${text.slice(0, start)}${name}${text.slice(end)}`;
      return {
        text: switched,
        before: currentContext,
        namespace: contexts[name] || 'default',
        note: () => {
          if (switched !== text) save(sha256Hex(switched), { contexts, currentContext: name, start });
        },
      };
    },
    note: ({ currentContextAt: start, entries }, text, currentContext) => {
      if (text.length < WORTHWHILE || start === undefined || currentContext === '') return;
      if (text.slice(start, start + currentContext.length) !== currentContext) return;
      const contexts: Record<string, string> = Object.create(null);
      for (const { name, body } of entries('contexts')) {
        const { namespace } = body;
        // The first of a name counts, as when it is read.
        contexts[name] ??= typeof namespace === 'string' ? namespace : '';
      }
      save(sha256Hex(text), { contexts, currentContext, start });
    },
  };
}

function parseIndex(value: unknown): { digest: string; known: KnownContexts } | undefined {
  if (!isRecord(value)) return undefined;
  const { digest, contexts, currentContext, start } = value;
  if (typeof digest !== 'string' || typeof currentContext !== 'string' || currentContext === '') return undefined;
  if (!Number.isSafeInteger(start) || Number(start) < 0) return undefined;
  if (!isRecord(contexts) || !Object.values(contexts).every(namespace => typeof namespace === 'string'))
    return undefined;
  return { digest, known: { contexts: contexts as Record<string, string>, currentContext, start: Number(start) } };
}
