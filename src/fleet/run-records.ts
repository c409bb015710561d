/**
 * What was run on many clusters: one append-only file a run in the state folder.
 * Rules: the record of a write begins before a child is started, and a cluster's end is added when its result is known. So after kill -9, a cluster whose
 * start is there without an end is *unknown*, and one without a start was certainly not begun. Secret values of the command are masked.
 */
import path from 'node:path';
import { NotFoundError, UsageError } from '../errors.ts';
import { isRecord, recordsAt } from '../lib/json.ts';
import { appendLine, ensurePrivateDir, removeFile } from '../platform/files/files.ts';
import { uniqueHex } from '../platform/files/hash.ts';
import { lockDir, STATE } from '../platform/files/paths.ts';
import { readOwnText } from '../platform/files/read.ts';
import { listDir } from '../platform/files/stat.ts';
import type { Cluster } from '../registry/cluster.ts';
import { type FleetResult, OUTCOMES, type Outcome } from './results.ts';

export interface RunHead {
  readonly id: string;
  readonly begunAt: Date;
  /** The user of the login. Undefined: not known. */
  readonly user: string | undefined;
  /** As it was typed, with secret values masked. */
  readonly command: readonly string[];
  /** Something was masked: the command cannot be repeated from the record. */
  readonly isMasked: boolean;
  readonly isRead: boolean;
  readonly namespace: string | undefined;
  /** SHA-256 of the input of each command. Undefined: no input. */
  readonly stdin: string | undefined;
  /** The working directory: paths of the command are relative to it. */
  readonly cwd: string;
  /** Flags that a resumed run keeps: waves, check, limits. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The run that this one goes on with. */
  readonly resumes: string | undefined;
  readonly clusters: readonly { readonly id: string; readonly alias: string }[];
}

export interface RunRecord extends RunHead {
  /** What is known of each cluster, by id. A cluster without an entry was not begun. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** Writes the record of a run. */
export interface RunWriter {
  readonly id: string;
  started(cluster: Cluster): void;
  /** Adds results, with one write. */
  ended(...results: readonly FleetResult[]): void;
}

const KEPT_MS = 90 * 86_400_000;
const MAX_BYTES = 64 * 1024 * 1024;
const FILE = /^\d{8}T\d{9}-[0-9a-f]{12}\.jsonl$/;

/** The path of a run's lock. A write holds the lock while it runs; `--resume` takes the same one. */
export function runLock(stateDir: string, id: string): string {
  return lockDir(stateDir, `run-${id}`);
}

export class RunRecords {
  readonly #folder: string;

  constructor(stateDir: string) {
    this.#folder = path.join(stateDir, STATE.runs);
  }

  /** A new id. Ids sort by time. */
  newId(now: Date): string {
    return `${idTime(now)}-${uniqueHex()}`;
  }

  /** Begins the record of a run. @param onFailure called once when it cannot be written: then the run cannot be resumed */
  begin(head: RunHead, onFailure: (error: unknown) => void): RunWriter {
    let isBroken = false;
    const write = (...lines: readonly object[]) => {
      if (isBroken || lines.length === 0) return;
      try {
        appendLine(this.#fileOf(head.id), lines.map(line => JSON.stringify(line)).join('\n'));
      } catch (error) {
        isBroken = true;
        onFailure(error);
      }
    };
    try {
      ensurePrivateDir(this.#folder);
      this.#sweep(head.begunAt);
    } catch {
      // `write` reports it.
    }
    write({ ...head, begunAt: head.begunAt.toISOString() });
    return {
      id: head.id,
      started: cluster => write({ started: cluster.id }),
      ended: (...results) =>
        write(
          ...results.map(({ cluster, outcome, exitCode, seconds }) => ({
            ended: cluster.id,
            outcome,
            exitCode: exitCode ?? null,
            seconds,
          })),
        ),
    };
  }

  /** Those begun since a time, the oldest first. */
  all(since = new Date(0)): RunRecord[] {
    const first = idTime(since);
    return this.#ids().flatMap(id => (id >= first ? (this.#read(id) ?? []) : []));
  }

  /** The last run. Undefined: there is none. @param isWanted the last one of these */
  last(isWanted: (run: RunRecord) => boolean = () => true): RunRecord | undefined {
    for (const id of this.#ids().reverse()) {
      const record = this.#read(id);
      if (record !== undefined && isWanted(record)) return record;
    }
    return undefined;
  }

  /** A run by its id, or by the start of it. Throws NotFoundError (3), UsageError (2) when several ids match. */
  find(name: string): RunRecord {
    const ids = this.#ids().filter(id => id === name || id.startsWith(name));
    if (ids.length > 1)
      throw new UsageError(`several runs begin with ${name}: ${ids.join(', ')}`, { code: 'ambiguous_run' });
    const record = ids[0] === undefined ? undefined : this.#read(ids[0]);
    if (record === undefined) throw new NotFoundError(`no run is called ${name}`, { code: 'no_such_run' });
    return record;
  }

  /** The first run of a chain of resumed runs, with the outcomes of the later ones. */
  whole(record: RunRecord): RunRecord {
    let first = record;
    for (
      const seen = new Set([first.id]);
      first.resumes !== undefined && !seen.has(first.resumes);
      seen.add(first.id)
    ) {
      const before = this.#read(first.resumes);
      if (before === undefined) break;
      first = before;
    }
    const outcomes = new Map(first.outcomes);
    const chain = new Set([first.id]);
    for (const id of this.#ids()) {
      const run = this.#read(id);
      if (run?.resumes === undefined || !chain.has(run.resumes)) continue;
      chain.add(id);
      for (const [cluster, outcome] of run.outcomes) outcomes.set(cluster, outcome);
    }
    return { ...first, outcomes };
  }

  #fileOf(id: string): string {
    return path.join(this.#folder, `${id}.jsonl`);
  }

  #ids(): string[] {
    return listDir(this.#folder)
      .filter(name => FILE.test(name))
      .map(name => name.slice(0, -'.jsonl'.length))
      .sort();
  }

  /** Undefined: the file is not a record. A last line that was cut is left out. */
  #read(id: string): RunRecord | undefined {
    try {
      const [head, ...lines] = (readOwnText(this.#fileOf(id), MAX_BYTES, true) ?? '').split('\n').map(parseLine);
      const known = isRecord(head) ? parseHead(head) : undefined;
      // A record that was edited is not believed.
      if (known?.id !== id) return undefined;
      return { ...known, outcomes: outcomesIn(lines) };
    } catch {
      return undefined;
    }
  }

  #sweep(now: Date): void {
    for (const id of this.#ids()) {
      const [, y, m, d] = /^(\d{4})(\d{2})(\d{2})/.exec(id) ?? [];
      if (now.getTime() - Date.parse(`${y}-${m}-${d}T00:00:00Z`) > KEPT_MS) removeFile(this.#fileOf(id));
    }
  }
}

/** `20261129T100311123` */
function idTime(time: Date): string {
  return time.toISOString().replace(/[-:.Z]/g, '');
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function outcomesIn(lines: readonly unknown[]): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const line of lines) {
    if (!isRecord(line)) continue;
    const { started, ended, outcome } = line;
    if (typeof started === 'string') outcomes.set(started, 'unknown');
    if (typeof ended === 'string') outcomes.set(ended, OUTCOMES.find(name => name === outcome) ?? 'unknown');
  }
  return outcomes;
}

function parseHead(head: Record<string, unknown>): RunHead | undefined {
  const { id, command, isMasked, isRead, namespace, resumes } = head;
  const begunAt = new Date(String(head['begunAt']));
  if (typeof id !== 'string' || !Array.isArray(command) || Number.isNaN(begunAt.getTime())) return undefined;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    id,
    begunAt,
    user: text(head['user']),
    command: command.map(String),
    isMasked: isMasked === true,
    isRead: isRead === true,
    namespace: text(namespace),
    stdin: text(head['stdin']),
    cwd: text(head['cwd']) ?? '',
    options: isRecord(head['options']) ? head['options'] : {},
    resumes: text(resumes),
    clusters: [
      ...new Map(
        recordsAt(head, 'clusters').map(({ id: of, alias }) => [String(of), { id: String(of), alias: String(alias) }]),
      ).values(),
    ],
  };
}
