/** Lines of a container's log, as the API server sends them with `timestamps=true`: `2026-01-02T03:04:05.123456789Z text`. */

export interface LogLine {
  /** RFC 3339 with what fraction the server gave; empty when the line has none. */
  readonly timestamp: string;
  readonly message: string;
}

/** A line longer than this comes in pieces (characters). */
const MAX_LINE = 1024 * 1024;

/** Whole lines out of pieces of text. */
export class LineSplitter {
  #rest = '';

  push(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE) lines.push(this.end());
    return lines;
  }

  /** What is left without an end of line. */
  end(): string {
    const rest = this.#rest;
    this.#rest = '';
    return rest;
  }
}

const STAMPED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;

export function parseLogLine(line: string): LogLine {
  const timestamp = STAMPED.exec(line)?.[1] ?? '';
  const message = timestamp === '' ? line : line.slice(timestamp.length + 1);
  return { timestamp, message: message.endsWith('\r') ? message.slice(0, -1) : message };
}

/**
 * Where a log was left, so that a new stream goes on from there: the server gives all lines since a time, those of that very time once more.
 */
export class LogPosition {
  #timestamp = '';
  #key = '';
  /** How many lines of that very time have been seen. */
  #count = 0;
  #toSkip = 0;

  /** What to ask the server for; undefined: nothing was seen yet. */
  get since(): string | undefined {
    return this.#timestamp || undefined;
  }

  /** A new stream from `since` begins. */
  restart(): void {
    this.#toSkip = this.#count;
  }

  /** Is this line new? */
  advance({ timestamp }: LogLine): boolean {
    if (timestamp === '') return true;
    const key = sortable(timestamp);
    if (key < this.#key) return this.#toSkip === 0;
    if (key === this.#key && this.#toSkip > 0) {
      this.#toSkip--;
      return false;
    }
    this.#toSkip = 0;
    this.#count = key === this.#key ? this.#count + 1 : 1;
    this.#timestamp = timestamp;
    this.#key = key;
    return true;
  }
}

/** Go leaves out the zeros at the end of a fraction: compared as text, `05Z` would come after `05.1Z`. */
function sortable(timestamp: string): string {
  const [, seconds = '', fraction = ''] = /^(.{19})(?:\.(\d+))?/.exec(timestamp) ?? [];
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}
