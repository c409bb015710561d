/**
 * Keeps the objects of a command for `undo`, as they were before and after it.
 * Rules: an object that the command cannot have made or deleted is not kept as made or deleted: somebody else did that. If the objects cannot be
 * read after the command, that is kept, and undo refuses. What cannot be read before is not kept; the command runs anyway.
 */
import { messageOf } from '../errors.ts';
import { canBeUndone, keptObjects, notKeptIn, writeKept } from '../journal/kept.ts';
import { canCreate, canDelete, getOfNames, getOfObjects, isSelecting } from '../kubectl/choice.ts';
import { isSwitchedOn, type KubectlLine } from '../kubectl/line.ts';
import { documentsIn, keyOf, nameIn } from '../kubectl/objects.ts';
import { isRecord, recordAt } from '../lib/json.ts';

/** More objects are not kept. */
const MOST = 200;

export interface CaptureWorld {
  readonly paths: { readonly state: string };
  readonly messages: { debug(line: string): void };
}

type KubeObject = Record<string, unknown>;
/** Runs kubectl. */
export type Read = (args: readonly string[]) => Promise<{ readonly code: number | null; readonly stdout: string }>;

interface Pending {
  readonly line: KubectlLine;
  readonly args: readonly string[];
  readonly before: readonly KubeObject[];
}

export class UndoCapture {
  readonly #world: CaptureWorld;
  readonly #read: Read;
  readonly #before: KubeObject[] = [];
  readonly #after: KubeObject[] = [];
  readonly #notKept = new Set<string>();
  /** A line whose end was not seen. */
  #pending: Pending | undefined;
  #isAfterKnown = true;

  constructor(world: CaptureWorld, read: Read) {
    this.#world = world;
    this.#read = read;
  }

  /** Never rejects. */
  async before(line: KubectlLine): Promise<void> {
    const args = getOfObjects(line);
    const before = args && (await this.#objects(args));
    if (isSwitchedOn(line, '--prune')) this.#notKept.add('what --prune deleted');
    this.#pending = before && { line, args, before };
  }

  /** Never rejects. */
  async after(): Promise<void> {
    if (this.#pending === undefined) return;
    const { line, args, before } = this.#pending;
    const after = await this.#objectsAfter(line, args, before);
    if (after === undefined) return;
    this.#pending = undefined;
    const key = (object: KubeObject) => keyOf(nameIn(object));
    const [were, are] = [new Set(before.map(key)), new Set(after.map(key))];
    this.add(
      before.filter(object => are.has(key(object)) || canDelete(line)),
      after.filter(object => were.has(key(object)) || canCreate(line)),
    );
  }

  /** Adds objects whose state before and after the command is known otherwise. */
  add(before: readonly KubeObject[], after: readonly KubeObject[]): void {
    this.#before.push(...before);
    // A deletion that has begun is done, as far as its object is concerned.
    this.#after.push(...after.filter(o => recordAt(o, 'metadata')['deletionTimestamp'] === undefined));
    for (const text of notKeptIn(before, after)) this.#notKept.add(text);
  }

  /** Is there something that `undo` can take back? @param id of the journal's entry */
  keep(
    id: string,
    where: { readonly context: string; readonly server: string | undefined; readonly undoes?: string },
  ): boolean {
    if (this.#pending) {
      this.#before.push(...this.#pending.before);
      this.#isAfterKnown = false;
    }
    const objects = keptObjects(this.#before, this.#after);
    const notKept = [...this.#notKept];
    if (objects.length === 0 && notKept.length === 0) return false;
    try {
      writeKept(this.#world.paths.state, id, { ...where, objects, notKept, isAfterKnown: this.#isAfterKnown });
      return this.#isAfterKnown && objects.some(canBeUndone);
    } catch (error) {
      this.#world.messages.debug(`nothing is kept for undo: ${messageOf(error)}`);
      return false;
    }
  }

  /** A selector may find other objects now, also because of the command itself: then the objects are read by their names. */
  async #objectsAfter(
    line: KubectlLine,
    args: readonly string[],
    before: readonly KubeObject[],
  ): Promise<readonly KubeObject[] | undefined> {
    if (!isSelecting(line)) return this.#objects(args);
    const all: KubeObject[] = [];
    for (const get of getOfNames(line, before)) {
      const objects = await this.#objects(get);
      if (objects === undefined) return undefined;
      all.push(...objects);
    }
    return all;
  }

  async #objects(args: readonly string[]): Promise<readonly KubeObject[] | undefined> {
    try {
      const { code, stdout } = await this.#read(args);
      const objects = code === 0 ? documentsIn(stdout).filter(isRecord) : undefined;
      return objects && objects.length <= MOST ? objects : undefined;
    } catch (error) {
      this.#world.messages.debug(`nothing is kept for undo: ${messageOf(error)}`);
      return undefined;
    }
  }
}
