/**
 * The journal: a file a day in the state folder, a line for the beginning of each entry and one for its end.
 * Rules: each line is appended with one write of at most 4 KB, so that concurrent writers and kill -9 neither lose nor split a line. The command of a
 * longer entry is in a separate file. A damaged line does not hide other lines. No secret is written.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { appendLine, bestEffort, ensurePrivateDir, removeFile, writeStateFile } from '../platform/files/files.ts';
import { uniqueHex } from '../platform/files/hash.ts';
import { STATE } from '../platform/files/paths.ts';
import { readOwnText } from '../platform/files/read.ts';
import { exists, listDir } from '../platform/files/stat.ts';
import { type EntryEnd, type EntryHead, endOfLine, headOfLine, type JournalEntry } from './entry.ts';
import { removeKept } from './kept.ts';
import { type MaskHints, maskedCommand } from './masked-command.ts';

/** Bytes. */
const MAX_LINE = 4096;
const MAX_FILE = 256 * 1024 * 1024;
const DAY_MS = 86_400_000;
const DAY_FILE = /^(\d{4}-\d\d-\d\d)\.jsonl$/;
/** Hex digits of an id. */
const ID_LENGTH = 8;

export interface EntryWriter {
  readonly id: string;
  end(end: EntryEnd): void;
}

export class Journal {
  readonly #stateDir: string;
  readonly #folder: string;
  readonly #keepMs: number;

  constructor(stateDir: string, keepMs: number) {
    this.#stateDir = stateDir;
    this.#folder = path.join(stateDir, STATE.journal);
    this.#keepMs = keepMs;
  }

  /** Begins an entry. Secret values of its command are masked. Throws when the file cannot be written. */
  begin(entry: Omit<EntryHead, 'id'>, hints: MaskHints = {}): EntryWriter {
    const id = uniqueHex().slice(0, ID_LENGTH);
    const file = this.#fileOf(entry.time);
    ensurePrivateDir(this.#folder);
    if (!exists(file)) bestEffort(() => this.#sweep(entry.time));
    const head = { ...entry, id, time: entry.time.toISOString(), argv: maskedCommand(entry.argv, hints).command };
    const line = JSON.stringify(head);
    if (Buffer.byteLength(line) < MAX_LINE) append(file, line);
    else {
      writeStateFile(this.#longFileOf(id), JSON.stringify(head.argv));
      append(file, JSON.stringify(shortened(head)));
    }
    return { id, end: end => append(file, JSON.stringify({ end: id, ...end })) };
  }

  /** The entries since a time, the oldest first. */
  entries(since: Date = new Date(0)): JournalEntry[] {
    const from = dayOf(since);
    const days = this.#days().filter(day => day >= from);
    return days.flatMap(day => this.#entriesOf(day)).filter(({ time }) => time >= since);
  }

  #entriesOf(day: string): JournalEntry[] {
    const text = readOwnText(path.join(this.#folder, `${day}.jsonl`), MAX_FILE) ?? '';
    const heads: EntryHead[] = [];
    const ends = new Map<string, EntryEnd>();
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const value = parsed(line);
      const head = headOfLine(value);
      if (head)
        heads.push(isRecord(value) && value['isLong'] === true ? { ...head, argv: this.#longArgv(head) } : head);
      const [id, end] = endOfLine(value) ?? [];
      if (id !== undefined && end !== undefined) ends.set(id, end);
    }
    return heads.map(head => ({ ...head, end: ends.get(head.id) }));
  }

  #longArgv({ id, argv }: EntryHead): readonly string[] {
    const whole = parsed(readOwnText(this.#longFileOf(id), MAX_FILE) ?? '');
    return Array.isArray(whole) ? whole.map(String) : argv;
  }

  /** `2026-11-29`, the oldest first. */
  #days(): string[] {
    return listDir(this.#folder)
      .flatMap(name => DAY_FILE.exec(name)?.[1] ?? [])
      .sort();
  }

  #sweep(now: Date): void {
    const last = dayOf(new Date(now.getTime() - this.#keepMs - DAY_MS));
    for (const day of this.#days().filter(old => old <= last)) {
      for (const { id } of this.#entriesOf(day)) {
        removeFile(this.#longFileOf(id));
        removeKept(this.#stateDir, id);
      }
      removeFile(path.join(this.#folder, `${day}.jsonl`));
    }
  }

  #fileOf(time: Date): string {
    return path.join(this.#folder, `${dayOf(time)}.jsonl`);
  }

  #longFileOf(id: string): string {
    return path.join(this.#folder, 'long', `${id.replace(/[^0-9a-f]/g, '')}.json`);
  }
}

function append(file: string, line: string): void {
  // The newline comes first: a line that a full disk cut short does not merge with this line.
  appendLine(file, `\n${line}`);
}

/** UTC. */
function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** The beginning of each field. */
function shortened<T extends Record<string, unknown> & { readonly argv: readonly string[] }>(head: T): object {
  const cut = (text: string) => text.slice(0, 100);
  const fields = Object.entries(head).map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]);
  return { ...Object.fromEntries(fields), argv: head.argv.slice(0, 10).map(cut), isLong: true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
