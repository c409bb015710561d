/** Reads the objects of a command before and after it, and keeps them for `undo`. Rule: what cannot be read is not kept; the command runs anyway. */
import { messageOf } from '../errors.ts';
import { canBeUndone, keptObjects, writeKept } from '../journal/kept.ts';
import { getOfObjects } from '../kubectl/choice.ts';
import type { KubectlLine } from '../kubectl/line.ts';
import { documentsIn } from '../kubectl/objects.ts';
import { isRecord, recordAt } from '../lib/json.ts';

/** More objects are not kept. */
const MOST = 200;

export interface CaptureWorld {
  readonly paths: { readonly state: string };
  readonly messages: { debug(line: string): void };
}

type Objects = readonly Record<string, unknown>[];
/** Runs kubectl. */
export type Read = (args: readonly string[]) => Promise<{ readonly code: number | null; readonly stdout: string }>;

export class UndoCapture {
  readonly #world: CaptureWorld;
  readonly #read: Read;
  readonly #before: Record<string, unknown>[] = [];
  readonly #after: Record<string, unknown>[] = [];
  #pending: readonly string[] | undefined;

  constructor(world: CaptureWorld, read: Read) {
    this.#world = world;
    this.#read = read;
  }

  /** Never rejects. */
  async before(line: KubectlLine): Promise<void> {
    const args = getOfObjects(line);
    const objects = args && (await this.#objects(args));
    this.#pending = objects && args;
    if (objects) this.#before.push(...objects);
  }

  /** Never rejects. */
  async after(): Promise<void> {
    const args = this.#pending;
    this.#pending = undefined;
    const objects = args && (await this.#objects(args));
    // A deletion that has begun is done, as far as its object is concerned.
    if (objects) this.#after.push(...objects.filter(o => recordAt(o, 'metadata')['deletionTimestamp'] === undefined));
  }

  /** Is there something that `undo` can take back? @param id of the journal's entry */
  keep(id: string, where: { readonly context: string; readonly server: string | undefined }): boolean {
    const objects = keptObjects(this.#before, this.#after);
    if (objects.length === 0) return false;
    try {
      writeKept(this.#world.paths.state, id, { ...where, objects });
      return objects.some(canBeUndone);
    } catch (error) {
      this.#world.messages.debug(`nothing is kept for undo: ${messageOf(error)}`);
      return false;
    }
  }

  async #objects(args: readonly string[]): Promise<Objects | undefined> {
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
