/**
 * Notes what this command changes: its first write on a guarded cluster, and how the command ends.
 * Rules: a read is not noted. If the journal cannot be written, a warning says so and the command still runs.
 */
import path from 'node:path';
import { createGrantMemory } from '../access/grants.ts';
import type { Tokens } from '../auth/tokens.ts';
import { isGuarded } from '../clusters/guarded.ts';
import { verifiedCluster } from '../clusters/verified-cluster.ts';
import type { Config } from '../config/config.ts';
import { messageOf } from '../errors.ts';
import type { EntryHead } from '../journal/entry.ts';
import { type EntryWriter, Journal } from '../journal/journal.ts';
import { type KeptBlock, writeKept } from '../journal/kept.ts';
import { clusterNameOf, meantContext, namespaceOf, serverOf } from '../kubeconfig/view.ts';
import { hasFlag, type KubectlLine, targetOverrides, valueOfFlag } from '../kubectl/line.ts';
import { captureKubectl, type KubectlWorld, PLAIN_KUBECTL } from '../kubectl/run.ts';
import { formatSpan } from '../lib/time.ts';
import { noteAt, notesIn } from '../platform/files/notes.ts';
import { type Paths, STATE } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';
import type { Registry } from '../registry/registry.ts';
import { guardPolicy } from './guard-policy.ts';
import { localUser } from './local-user.ts';
import { UndoCapture } from './undo-capture.ts';

export interface JournalWorld extends KubectlWorld {
  readonly io: KubectlWorld['io'] & Pick<Io, 'now' | 'signal'>;
  readonly paths: Pick<Paths, 'state'>;
  readonly messages: KubectlWorld['messages'] & { warn(line: string): void; hint(line: string): void };
  /** The command line, as it was typed. */
  readonly argv: readonly string[];
  config(): Promise<Config>;
  tokens(): Promise<Tokens>;
  registry(): Promise<Registry>;
}

interface Where {
  readonly context: string;
  readonly server: string | undefined;
}

const DAY_MS = 86_400_000;
/** As the request commands: within its last minutes, a grant does not keep from asking for the next. */
const EXTEND_WITHIN_MS = 300_000;
/** Without a configuration. */
const DEFAULT_DAYS = 90;

/** What a command changes. */
export interface WriteTarget {
  /** Alias, or the context's name. */
  readonly cluster: string;
  /** Undefined: unknown, or not verified against the registry. */
  readonly environment: string | undefined;
  readonly namespace: string | undefined;
}

export type AccessNote = Pick<EntryHead, 'cluster' | 'environment' | 'incident' | 'request'> & { readonly act: string };

export class CommandJournal {
  readonly #world: JournalWorld;
  readonly #capture: UndoCapture;
  #entry: { readonly writer: EntryWriter; readonly begunAt: Date } | undefined;
  #where: Where | undefined;
  #block: KeptBlock | undefined;
  #undoes: string | undefined;

  constructor(world: JournalWorld) {
    this.#world = world;
    this.#capture = new UndoCapture(world, args => captureKubectl(world, args, PLAIN_KUBECTL));
  }

  /** Call it before a kubectl line that is not certainly a read is run. Never rejects. */
  async willRun(line: KubectlLine): Promise<void> {
    try {
      if (!this.#entry) await this.willWrite(await this.#targetOf(line), line);
    } catch (error) {
      this.#world.messages.debug(`the cluster is not known: ${messageOf(error)}`);
      const cluster = valueOfFlag(line, '--cluster') ?? valueOfFlag(line, '--server') ?? 'unknown';
      await this.willWrite({ cluster, environment: undefined, namespace: valueOfFlag(line, '--namespace') }, line);
    }
    if (this.#entry) await this.#capture.before(line);
  }

  /** Call it after the line. Never rejects. */
  async didRun(): Promise<void> {
    if (this.#entry && !this.#world.io.signal.aborted) await this.#capture.after();
  }

  /** Call it before a write. Only the first one of a command is noted, and only on a guarded cluster. Never rejects. */
  async willWrite(target: WriteTarget, line?: KubectlLine): Promise<void> {
    const config = await this.#world.config().catch(() => undefined);
    const environments = config && guardPolicy(config).environments;
    if (this.#entry || !isGuarded(target.environment, environments)) return;
    const now = this.#world.io.now();
    const grants = createGrantMemory(this.#world.paths.state);
    const grant = grants.grant(target.cluster, now);
    this.#hintExtension(target.cluster, grants.find(target.cluster, now), now);
    const { incident, request } = grant ?? { incident: undefined, request: undefined };
    const setsVariables = /^(set env|run|debug)$/.test(line?.verb ?? '');
    const writer = await this.#begin({ ...target, kind: 'command', act: undefined, incident, request }, setsVariables);
    if (writer) this.#entry = { writer, begunAt: now };
  }

  /** Call it when a block of updates has been changed: it is kept for undo. */
  didBlock(block: KeptBlock): void {
    this.#block = block;
  }

  /** The objects before and after the command, where its own reads would see others' changes too. */
  didChange(before: readonly Record<string, unknown>[], after: readonly Record<string, unknown>[]): void {
    this.#capture.add(before, after);
  }

  /** This command takes another one back. @param id of its entry */
  willUndo(id: string): void {
    this.#undoes = id;
  }

  /** Notes an access request or decision. Never rejects. */
  async noteAccess(note: AccessNote): Promise<void> {
    const writer = await this.#begin({ ...note, kind: 'access', namespace: undefined });
    writer?.end({ exitCode: 0, seconds: 0 });
  }

  /** Call it when the command has ended. */
  end(exitCode: number): void {
    const { writer, begunAt } = this.#entry ?? {};
    this.#entry = undefined;
    if (writer === undefined || begunAt === undefined) return;
    const seconds = (this.#world.io.now().getTime() - begunAt.getTime()) / 1000;
    try {
      writer.end({ exitCode, seconds });
    } catch (error) {
      this.#sayFailed(error);
    }
    if (this.#block) this.#keepBlock(writer.id, this.#block);
    else if (this.#where) {
      const undoes = this.#undoes === undefined ? {} : { undoes: this.#undoes };
      if (this.#capture.keep(writer.id, { ...this.#where, ...undoes })) this.#hintUndo(writer.id);
    }
  }

  #keepBlock(id: string, block: KeptBlock): void {
    try {
      writeKept(this.#world.paths.state, id, {
        ...{ context: '', server: undefined, objects: [], notKept: [], isAfterKnown: true, block },
      });
      this.#hintUndo(id);
    } catch (error) {
      this.#world.messages.debug(`nothing is kept for undo: ${messageOf(error)}`);
    }
  }

  /** Once for each grant, in its last minutes. */
  #hintExtension(cluster: string, end: Date | undefined, now: Date): void {
    const left = end === undefined ? 0 : end.getTime() - now.getTime();
    if (end === undefined || left > EXTEND_WITHIN_MS) return;
    const note = notesIn(path.join(this.#world.paths.state, STATE.hints), String).of(`extend ${cluster}`);
    if (note.read() === end.toISOString()) return;
    note.tryWrite(end.toISOString());
    this.#world.messages.hint(
      `access to ${cluster} ends in ${formatSpan(left)}; to extend it, request it again: zkubectl emergency -i INCIDENT --cluster ${cluster} REASON`,
    );
  }

  /** Once a day. */
  #hintUndo(id: string): void {
    const { io, paths, messages } = this.#world;
    const note = noteAt(path.join(paths.state, STATE.hints, 'undo.json'), at => new Date(String(at)));
    const now = io.now();
    if (now.getTime() - (note.read()?.getTime() ?? 0) < DAY_MS) return;
    note.tryWrite(now.toISOString());
    messages.hint(`to go back: zkubectl undo ${id}`);
  }

  async #begin(
    note: Omit<EntryHead, 'id' | 'time' | 'user' | 'argv'>,
    setsVariables = false,
  ): Promise<EntryWriter | undefined> {
    const { io, paths, argv } = this.#world;
    try {
      const keepMs = await this.#keepMs();
      const user = await localUser(this.#world);
      const entry = { ...note, time: io.now(), user, argv: ['zkubectl', ...argv] };
      return new Journal(paths.state, keepMs).begin(entry, { setsVariables });
    } catch (error) {
      this.#sayFailed(error);
      return undefined;
    }
  }

  #sayFailed(error: unknown): void {
    this.#world.messages.warn(`this command is not in the journal: ${messageOf(error)}`);
  }

  async #keepMs(): Promise<number> {
    const config = await this.#world.config().catch(() => undefined);
    return (config?.days('journal.keep') || DEFAULT_DAYS) * DAY_MS;
  }

  async #targetOf(line: KubectlLine): Promise<WriteTarget> {
    const view = await this.#world.kubeconfigAt(valueOfFlag(line, '--kubeconfig')).load();
    const context = meantContext(view, valueOfFlag(line, '--context'));
    const leadsElsewhere = line.hasUnknownFlag || targetOverrides(line).length > 0;
    this.#where = leadsElsewhere ? undefined : { context, server: serverOf(view, context) };
    const debug = (text: string) => this.#world.messages.debug(text);
    const verified = leadsElsewhere
      ? undefined
      : await verifiedCluster(view, context, () => this.#world.registry(), debug, 'known');
    const all = hasFlag(line, '--all-namespaces') ? '*' : undefined;
    return {
      cluster: valueOfFlag(line, '--server') ?? valueOfFlag(line, '--cluster') ?? clusterNameOf(view, context),
      environment: verified?.environment,
      namespace: all ?? valueOfFlag(line, '--namespace') ?? namespaceOf(view, context),
    };
  }
}
