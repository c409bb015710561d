/**
 * Brings the lines of many logs into the order of their times.
 * Rules: a line waits 500 ms for earlier ones; without following, all lines are sorted, up to a limit.
 */
import { sortableTime } from '../../kubernetes/log-lines.ts';
import type { Io } from '../../platform/io.ts';

const WAIT_MS = 500;
const TICK_MS = 100;
/** Without following: when more lines than this are held, the earliest half is printed. */
const MOST_LINES = 200_000;

interface HeldLine {
  /** RFC 3339 with nine digits of a second: sortable as text. */
  readonly time: string;
  readonly arrivedAt: number;
  readonly text: string;
}

export class TimeOrder {
  readonly #io: Pick<Io, 'now' | 'sleep'>;
  readonly #print: (text: string) => void;
  readonly #most: number;
  #held: HeldLine[] = [];

  constructor(io: Pick<Io, 'now' | 'sleep'>, print: (text: string) => void, most = MOST_LINES) {
    this.#io = io;
    this.#print = print;
    this.#most = most;
  }

  /** @param timestamp RFC 3339; empty: now */
  add(timestamp: string, text: string): void {
    const now = this.#io.now();
    this.#held.push({ time: sortableTime(timestamp || now.toISOString()), arrivedAt: now.getTime(), text });
    if (this.#held.length > this.#most) this.#printFirst(Math.floor(this.#held.length / 2));
  }

  /** Prints lines in time, until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const late = this.#io.now().getTime() - WAIT_MS;
      const due = this.#held.filter(({ arrivedAt }) => arrivedAt <= late);
      const last = due.reduce((latest, { time }) => (time > latest ? time : latest), '');
      // A line that arrived later but has an earlier time is printed too, to keep the order.
      if (due.length > 0) this.#printFirst(this.#held.filter(({ time }) => time <= last).length);
      await this.#io.sleep(TICK_MS, signal).catch(() => undefined);
    }
  }

  /** Prints what is left. */
  end(): void {
    this.#printFirst(this.#held.length);
  }

  #printFirst(count: number): void {
    // Lines of one time stay in the order in which they came.
    this.#held.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    const first = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    if (first.length > 0) this.#print(first.map(({ text }) => text).join(''));
  }
}
