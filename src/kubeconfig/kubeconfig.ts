/**
 * The kubeconfig: read as client-go merges it, changed in the file that client-go would change.
 * Rules: client-go's `<file>.lock` is honoured and held while a file is changed; a write is whole or not at all; nothing is written when nothing changes.
 */
import path from 'node:path';
import { CliError, messageOf } from '../errors.ts';
import { makeDirs, writeFileAtomic } from '../platform/files/files.ts';
import { fileNameFor } from '../platform/files/hash.ts';
import { withLock, withLockOr } from '../platform/files/lock.ts';
import { lockDir } from '../platform/files/paths.ts';
import { exists } from '../platform/files/stat.ts';
import type { Io } from '../platform/io.ts';
import { LOCK_TIMEOUT_MS, lockLikeClientGo } from './client-go-lock.ts';
import type { KubeconfigDocument } from './document.ts';
import type { Entry, EntryChange, EntryList } from './entries.ts';
import { defaultFile, type KubeconfigFiles, readKubeconfig } from './files.ts';
import { type PlainKubeconfig, readPlainKubeconfig } from './plain.ts';
import { createKubeconfigIndex, type KubeconfigIndex, type Switched } from './switch-index.ts';
import { type KubeconfigView, type LocatedEntry, requireContext, userName } from './view.ts';
import { type ContextTarget, clusterFields, userFields } from './written-entries.ts';

/** How long a reader waits for somebody who is writing; a lock that is there for longer was left behind (milliseconds). */
const SETTLE_MS = 200;
const SETTLE_POLL_MS = 10;

/** One change of one operation, applied under its file's lock. */
type Change =
  | { readonly kind: 'current-context'; readonly name: string }
  | { readonly kind: 'entry'; readonly list: EntryList; readonly name: string; readonly fields: EntryChange };

export class Kubeconfig {
  readonly #io: Pick<Io, 'sleep' | 'signal'>;
  readonly #files: KubeconfigFiles;
  readonly #stateDir: string;
  /** For a kubeconfig of one file. */
  readonly #index: KubeconfigIndex | undefined;
  /** What was read last, by file: it is seldom another when it is changed a moment later. */
  readonly #plain = new Map<string, PlainKubeconfig>();

  /** @param stateDir where the lock against our own processes lives */
  constructor(io: Pick<Io, 'sleep' | 'signal'>, files: KubeconfigFiles, stateDir: string) {
    this.#io = io;
    this.#files = files;
    this.#stateDir = stateDir;
    const [only, ...others] = files.files;
    this.#index = only === undefined || others.length > 0 ? undefined : createKubeconfigIndex(stateDir, only);
  }

  /** The files it is made of, in loading order; some may not be there. */
  get files(): readonly string[] {
    return this.#files.files;
  }

  /** Names this set of files, for a history of its own. */
  get id(): string {
    return this.#files.files.join(path.delimiter);
  }

  /** Throws UsageError (2) naming line and column when a file does not parse. */
  async load(): Promise<KubeconfigView> {
    const view = {
      currentContext: '',
      clusters: new Map<string, LocatedEntry>(),
      contexts: new Map<string, LocatedEntry>(),
      users: new Map<string, LocatedEntry>(),
    };
    for (const file of this.#files.files) {
      const document = await this.#readSettled(file);
      if (document === undefined) continue;
      if (view.currentContext === '') view.currentContext = document.currentContext;
      for (const list of ['clusters', 'contexts', 'users'] as const) {
        for (const entry of document.entries(list)) {
          if (!view[list].has(entry.name)) view[list].set(entry.name, located(entry, file));
        }
      }
    }
    return view;
  }

  /** What a file says once nobody is writing it: kubectl does so in place, and half of it may be there meanwhile. */
  async #readSettled(file: string): Promise<PlainKubeconfig | KubeconfigDocument | undefined> {
    const lock = `${file}.lock`;
    for (let waited = 0; ; waited += SETTLE_POLL_MS) {
      const isLocked = exists(lock);
      const text = readKubeconfig(file);
      const isSettled = (!isLocked && !exists(lock)) || waited >= SETTLE_MS;
      try {
        if (isSettled)
          return text === undefined ? undefined : (this.#readPlain(file, text) ?? (await parse(file, text)));
      } catch (error) {
        // Somebody may have begun and ended between two looks at the lock.
        if (waited >= SETTLE_MS || readKubeconfig(file) === text) throw error;
      }
      await this.#io.sleep(SETTLE_POLL_MS, this.#io.signal);
    }
  }

  /**
   * Runs something that changes these files by itself, such as `kubectl config`, while no other zkubectl does. What client-go locks it locks itself, but
   * it drops entries that were added between its reading and its lock (clientcmd.ModifyConfig).
   */
  async whileOthersWait<T>(action: () => Promise<T>): Promise<T> {
    const inTurn = [...this.#files.files]
      .sort()
      .reduceRight<() => Promise<T>>(
        (inner, file) => () => withLock(this.#io, this.#lockDir(file), { timeoutMs: LOCK_TIMEOUT_MS }, inner),
        action,
      );
    return inTurn();
  }

  #lockDir(file: string): string {
    return lockDir(this.#stateDir, `kubeconfig-${fileNameFor(file)}`);
  }

  /**
   * Writes cluster, user and context of a target and switches to it.
   * @param view what `load` gave: it tells in which file an entry stands
   */
  async writeTarget(view: KubeconfigView, target: ContextTarget, namespace: string | undefined): Promise<void> {
    const user = userName(target.name);
    const entries: [EntryList, string, EntryChange][] = [
      ['clusters', target.name, clusterFields(target, view.clusters.get(target.name)?.body['server'])],
      ['users', user, userFields(target)],
      ['contexts', target.name, { cluster: target.name, user, ...(namespace === undefined ? {} : { namespace }) }],
    ];
    const changes = new Map<string, Change[]>();
    const add = (file: string, change: Change) => changes.set(file, [...(changes.get(file) ?? []), change]);
    for (const [list, name, fields] of entries) {
      add(view[list].get(name)?.file ?? defaultFile(this.#files), { kind: 'entry', list, name, fields });
    }
    add(defaultFile(this.#files), { kind: 'current-context', name: target.name });
    for (const [file, list] of changes) await this.#change(file, text => changed(file, text, list));
  }

  /** Switches to a context. Throws NotFoundError (3) with the nearest names. */
  async useContext(view: KubeconfigView, name: string): Promise<void> {
    requireContext(view, name);
    const file = defaultFile(this.#files);
    await this.#change(
      file,
      text => this.#switched(file, text, name) ?? changed(file, text, [{ kind: 'current-context', name }]),
    );
  }

  /** Switches to a context of a kubeconfig that is known from before, without reading it through; undefined: it is to be done the other way. */
  async useKnownContext(name: string): Promise<Switched | undefined> {
    const [file] = this.#files.files;
    const index = this.#index;
    if (file === undefined || index === undefined) return undefined;
    const text = readKubeconfig(file);
    let switched = text === undefined ? undefined : index.switch(text, name);
    if (switched === undefined) return undefined;
    await this.#change(file, now => {
      // Somebody may have changed it before we had the lock.
      if (now !== text) switched = now === undefined ? undefined : index.switch(now, name);
      return switched?.text ?? now;
    });
    switched?.note();
    return switched;
  }

  /** Sets the namespace of a context, in the file that has it. */
  async setNamespace(view: KubeconfigView, context: string, namespace: string): Promise<void> {
    const entry = requireContext(view, context);
    await this.#change(entry.file, text =>
      changed(entry.file, text, [{ kind: 'entry', list: 'contexts', name: context, fields: { namespace } }]),
    );
  }

  /** @param change gives the file's new text; the same text, or undefined: nothing is written */
  async #change(
    file: string,
    change: (text: string | undefined) => string | undefined | Promise<string>,
  ): Promise<void> {
    const guarded = async (mayBreak: boolean) => {
      try {
        makeDirs(path.dirname(file));
        const unlock = await lockLikeClientGo(this.#io, file, mayBreak);
        try {
          const text = readKubeconfig(file);
          const after = await change(text);
          if (after !== undefined && after !== text) writeFileAtomic(file, after);
        } finally {
          unlock();
        }
      } catch (error) {
        if (error instanceof CliError) throw error;
        throw new CliError(`the kubeconfig could not be changed: ${messageOf(error)}`, {
          code: 'kubeconfig_not_writable',
          cause: error,
          hint: 'it was left as it is; make it writable, or use another: --kubeconfig FILE',
        });
      }
    };
    // Without a lock of ours, client-go's is enough; but only under ours is one of the dead removed.
    await withLockOr(
      this.#io,
      this.#lockDir(file),
      { timeoutMs: LOCK_TIMEOUT_MS },
      () => guarded(true),
      () => guarded(false),
    );
  }

  #readPlain(file: string, text: string): PlainKubeconfig | undefined {
    const known = this.#plain.get(file);
    if (known?.text === text) return known;
    const plain = readPlainKubeconfig(text);
    if (plain) this.#plain.set(file, plain);
    return plain;
  }

  /** The text after a mere switch; undefined: the text is not plain. */
  #switched(file: string, text: string | undefined, name: string): string | undefined {
    const plain = text === undefined ? undefined : this.#readPlain(file, text);
    const after = plain?.withCurrentContext(name);
    if (plain && after !== undefined) this.#index?.note(plain, after, name);
    return after;
  }
}

function located(entry: Entry, file: string): LocatedEntry {
  return {
    name: entry.name,
    file,
    get body() {
      return entry.body;
    },
  };
}

/** A kubeconfig's text after changes; the very same when nothing has changed. */
async function changed(file: string, text: string | undefined, changes: readonly Change[]): Promise<string> {
  const document = await parse(file, text);
  const before = document.toString();
  for (const change of changes) {
    if (change.kind === 'entry') document.setEntry(change.list, change.name, change.fields);
    else document.setCurrentContext(change.name);
  }
  const after = document.toString();
  return text !== undefined && after === before ? text : after;
}

async function parse(file: string, text: string | undefined): Promise<KubeconfigDocument> {
  const { KubeconfigDocument } = await import('./document.ts');
  return new KubeconfigDocument(file, text);
}
