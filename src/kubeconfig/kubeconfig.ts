/**
 * The kubeconfig. Files are merged as in client-go, and a change goes to the file that client-go would write.
 * Rules: client-go's `<file>.lock` is held while a file is changed. Writes are atomic. Nothing is written when nothing changes.
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
import { type KubeconfigView, type LocatedEntry, requireContext } from './view.ts';
import { type ContextTarget, entriesOf } from './written-entries.ts';

/** How long a reader waits for a writer (milliseconds). A lock that exists longer is treated as stale. */
const SETTLE_MS = 200;
const SETTLE_POLL_MS = 10;

/** One change to a file, applied under the file's lock. */
type Change =
  | { readonly kind: 'current-context'; readonly name: string }
  | { readonly kind: 'entry'; readonly list: EntryList; readonly name: string; readonly fields: EntryChange };

export class Kubeconfig {
  readonly #io: Pick<Io, 'sleep' | 'signal'>;
  readonly #files: KubeconfigFiles;
  readonly #stateDir: string;
  /** Only for a kubeconfig of one file. */
  readonly #index: KubeconfigIndex | undefined;
  /** The last read content, by file: usually still current when a change follows. */
  readonly #plain = new Map<string, PlainKubeconfig>();

  /** @param stateDir the folder for the locks against other zkubectl processes */
  constructor(io: Pick<Io, 'sleep' | 'signal'>, files: KubeconfigFiles, stateDir: string) {
    this.#io = io;
    this.#files = files;
    this.#stateDir = stateDir;
    const [only, ...others] = files.files;
    this.#index = only === undefined || others.length > 0 ? undefined : createKubeconfigIndex(stateDir, only);
  }

  /** The kubeconfig files, in loading order. Some may not exist. */
  get files(): readonly string[] {
    return this.#files.files;
  }

  /** Identifies this set of files; each set has its own history. */
  get id(): string {
    return this.#files.files.join(path.delimiter);
  }

  /** Throws UsageError (2) with line and column when a file cannot be parsed. */
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

  /** Reads a file when no other process is writing it: kubectl writes in place, so a read during a write can return half a file. */
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
        // Another process may have written the file between the two checks of the lock.
        if (waited >= SETTLE_MS || readKubeconfig(file) === text) throw error;
      }
      await this.#io.sleep(SETTLE_POLL_MS, this.#io.signal);
    }
  }

  /**
   * Runs an action that changes these files itself, such as `kubectl config`, while no other zkubectl changes them. client-go has its own lock, but
   * it loses entries that were added after it read the file and before it took the lock (clientcmd.ModifyConfig).
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
   * Writes the cluster, user and context of a target, and switches to the context.
   * @param view the result of `load`: it knows the file of each entry
   */
  writeTarget(view: KubeconfigView, target: ContextTarget, namespace: string | undefined): Promise<void> {
    return this.writeTargets(view, [target], namespace, target.name);
  }

  /** The same for several targets, in one write for each file. @param current the context to switch to; undefined: it stays */
  async writeTargets(view: KubeconfigView, targets: readonly ContextTarget[], namespace?: string, current?: string) {
    const changes = new Map<string, Change[]>();
    const add = (file: string, change: Change) => changes.set(file, [...(changes.get(file) ?? []), change]);
    for (const [list, name, fields] of targets.flatMap(target => entriesOf(view, target, namespace)))
      add(view[list].get(name)?.file ?? defaultFile(this.#files), { kind: 'entry', list, name, fields });
    if (current !== undefined) add(defaultFile(this.#files), { kind: 'current-context', name: current });
    for (const [file, list] of changes) await this.#change(file, text => changed(file, text, list));
  }

  /** Switches to a context. Throws NotFoundError (3), with the nearest names, when there is no such context. */
  async useContext(view: KubeconfigView, name: string): Promise<void> {
    requireContext(view, name);
    const file = defaultFile(this.#files);
    await this.#change(
      file,
      text => this.#switched(file, text, name) ?? changed(file, text, [{ kind: 'current-context', name }]),
    );
  }

  /** Switches to a context by the saved index, without parsing the kubeconfig. Undefined: not possible; use `useContext`. @param namespace the one that it must have */
  async useKnownContext(name: string, namespace?: string): Promise<Switched | undefined> {
    const [file] = this.#files.files;
    const index = this.#index;
    if (file === undefined || index === undefined) return undefined;
    const text = readKubeconfig(file);
    let switched = text === undefined ? undefined : index.switch(text, name, namespace);
    if (switched === undefined) return undefined;
    await this.#change(file, now => {
      // Another process may have changed the file before this one took the lock.
      if (now !== text) switched = now === undefined ? undefined : index.switch(now, name, namespace);
      return switched?.text ?? now;
    });
    switched?.note();
    return switched;
  }

  /** Sets the namespace of a context, in the file that contains the context. */
  async setNamespace(view: KubeconfigView, context: string, namespace: string): Promise<void> {
    const entry = requireContext(view, context);
    await this.#change(entry.file, text =>
      changed(entry.file, text, [{ kind: 'entry', list: 'contexts', name: context, fields: { namespace } }]),
    );
  }

  /** @param change returns the new text of the file. If it returns the same text or undefined, nothing is written. */
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
        throw new CliError(`cannot change the kubeconfig: ${messageOf(error)}`, {
          code: 'kubeconfig_not_writable',
          cause: error,
          hint: 'make the file writable, or use another: --kubeconfig FILE; nothing was changed',
        });
      }
    };
    // If zkubectl's own lock cannot be taken, client-go's lock is enough, but a stale client-go lock is then not removed.
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

  /** The text with another current context. Undefined: the file is not plain, use the YAML parser. */
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

/** The kubeconfig's text after the changes. If nothing changes, the text stays byte for byte the same. */
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
