/** Lines of a container's log, as the API server sends them with `timestamps=true`: `2026-01-02T03:04:05.123456789Z text`. */

export interface LogLine {
  /** RFC 3339, with the fraction that the server sent. Empty when the line has no timestamp. */
  readonly timestamp: string;
  readonly message: string;
}

/** Longer lines are split (characters). */
const MAX_LINE = 1024 * 1024;

/** Assembles whole lines from chunks of text. */
export class LineSplitter {
  #rest = '';

  push(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE) lines.push(this.end());
    return lines;
  }

  /** The remaining text after the last line break. */
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
 * The position in a log, so that a new stream continues there. With `sinceTime`, the server sends the lines of that exact time again.
 */
export class LogPosition {
  #timestamp = '';
  #key = '';
  /** The number of lines already seen with the last timestamp. */
  #count = 0;
  #toSkip = 0;

  /** The value for `sinceTime`. Undefined: no line was seen yet. */
  get since(): string | undefined {
    return this.#timestamp || undefined;
  }

  /** Call this when a new stream from `since` begins. */
  restart(): void {
    this.#toSkip = this.#count;
  }

  /** Is this line new? */
  advance({ timestamp }: LogLine): boolean {
    if (timestamp === '') return true;
    const key = sortableTime(timestamp);
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

/** Makes timestamps comparable as text. Go omits trailing zeros of the fraction, so `05Z` would sort after `05.1Z`. */
export function sortableTime(timestamp: string): string {
  const [, seconds = '', fraction = ''] = /^(.{19})(?:\.(\d+))?/.exec(timestamp) ?? [];
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}
