/**
 * An index of a kubeconfig from its last parse, saved with the SHA-256 of the text. A switch in an unchanged file needs no parse.
 * With hundreds of contexts, parsing takes most of the time of a switch.
 * Rule: the index is used only for a text with the same SHA-256. A damaged index counts as absent.
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

/** What a switch needs to know about the contexts. */
interface KnownContexts {
  /** Maps the name of each context to its namespace; empty if it has none. */
  readonly contexts: Readonly<Record<string, string>>;
  readonly currentContext: string;
  /** The offset of the current context's name in the text, after any quote. */
  readonly start: number;
}

/** A prepared switch. */
export interface Switched {
  readonly text: string;
  readonly before: string;
  readonly namespaceBefore: string;
  readonly namespace: string;
  /** Updates the index. Call it after the new text is written. */
  readonly note: () => void;
}

export interface KubeconfigIndex {
  /**
   * The text with another current context and no other change. Undefined: not in the index, or not possible here.
   * @param namespace the namespace that the context must have
   */
  switch(text: string, name: string, namespace?: string): Switched | undefined;
  /** Saves the index of a parsed kubeconfig. `text` and `currentContext` are the state after the switch. */
  note(kubeconfig: PlainKubeconfig, text: string, currentContext: string): void;
}

const MAX_BYTES = 4 * 1024 * 1024;
/** For a shorter text, parsing is just as fast (characters). */
const WORTHWHILE = 20_000;

/** The number of kubeconfigs whose index is kept. */
const KEPT = 20;

/** @param kubeconfig the indexed file; each file has its own index */
export function createKubeconfigIndex(stateDir: string, kubeconfig: string): KubeconfigIndex {
  const dir = path.join(stateDir, STATE.kubeconfigIndexes);
  const file = path.join(dir, `${fileNameFor(kubeconfig)}.json`);
  const note = noteAt(file, parseIndex, { maxBytes: MAX_BYTES, sync: false });
  const save = (digest: string, known: KnownContexts) => {
    try {
      if (!exists(file)) removeOldest(dir, KEPT - 1);
      note.write({ digest, ...known });
    } catch {
      // Ignored: the next switch parses the file again.
    }
  };
  return {
    switch: (text, name, namespace) => {
      if (text.length < WORTHWHILE) return undefined;
      const index = note.read();
      if (index === undefined || index.digest !== sha256Hex(text)) return undefined;
      const { contexts, currentContext, start } = index.known;
      const end = start + currentContext.length;
      if (!Object.hasOwn(contexts, name) || !isPlainString(name) || text.slice(start, end) !== currentContext)
        return undefined;
      if (namespace !== undefined && namespace !== (contexts[name] || 'default')) return undefined;
      const switched = `${text.slice(0, start)}${name}${text.slice(end)}`;
      return {
        text: switched,
        before: currentContext,
        namespaceBefore: contexts[currentContext] || 'default',
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
        // For duplicate names, the first entry wins, as in `load`.
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
