/** Generates realistic log lines for a sandbox pod. Past lines are the same for every reader; new lines appear over time. */
import { createHash } from 'node:crypto';
import { formatRfc3339 } from '../../lib/time.ts';
import type { KubeObject } from './resource-types.ts';

const PAST_LINES = 200;
/** This annotation sets a pod's number of log lines per second. Default: 1. */
const RATE_ANNOTATION = 'sandbox.zkubectl/log-lines-per-second';
const HIGHEST_RATE = 1000;
const PATHS = ['/api/checkout', '/api/cart', '/health', '/api/catalog?page=2', '/api/payment/authorize', '/metrics'];

/** The interval at which new lines are sent to a client with `follow` (milliseconds). */
export const LOG_PERIOD_MS = 200;

export interface LogLine {
  readonly time: Date;
  readonly text: string;
}

/** Generates the log of a container: lines at a fixed rate, always the same line for the same time. */
export class LogWriter {
  readonly #pod: KubeObject;
  readonly #container: string;
  readonly #perSecond: number;
  /** The number of the next line, counted from 1970. */
  #next: number;

  constructor(pod: KubeObject, container: string, startedAt: Date, now: Date) {
    this.#pod = pod;
    this.#container = container;
    const rate = Number(pod.metadata.annotations?.[RATE_ANNOTATION] ?? 1);
    this.#perSecond = rate >= 1 ? Math.min(rate, HIGHEST_RATE) : 1;
    this.#next = Math.max(this.#indexAfter(startedAt), this.#indexAfter(now) - PAST_LINES);
  }

  #indexAfter(time: Date): number {
    return Math.floor((time.getTime() * this.#perSecond) / 1000) + 1;
  }

  /** The lines since the last call. The first call returns at most PAST_LINES lines. */
  linesUntil(now: Date): LogLine[] {
    const end = this.#indexAfter(now);
    const lines: LogLine[] = [];
    for (; this.#next < end; this.#next++) lines.push(this.#line(this.#next));
    return lines;
  }

  #line(index: number): LogLine {
    const time = new Date(Math.ceil((index * 1000) / this.#perSecond));
    const hash = createHash('sha256').update(`${this.#pod.metadata.name}/${this.#container}/${index}`).digest();
    const [a = 0, b = 0, c = 0] = hash;
    const status = a < 4 ? 500 : a < 12 ? 404 : 200;
    const level = status === 500 ? 'ERROR' : 'INFO';
    return {
      time,
      text: `${formatRfc3339(time)} ${level} [${this.#container}] GET ${PATHS[b % PATHS.length]} ${status} ${1 + c}ms`,
    };
  }
}
