/**
 * Reads the log of one container across restarts and broken streams.
 * Rules: each line is delivered whole, in order and once. Streams are opened one by one, so that a busy API server does not get hundreds of requests.
 */
import type { IncomingMessage } from 'node:http';
import type { KubeConfig } from '@kubernetes/client-node';
import { AuthError, ForbiddenError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { oneLine } from '../lib/one-line.ts';
import type { Io } from '../platform/io.ts';
import { openStream } from '../platform/net/https-stream.ts';
import { describeNetworkError } from '../platform/net/network-errors.ts';
import { type ApiTarget, apiError } from './api.ts';
import { LineSplitter, type LogLine, type LogPosition, parseLogLine } from './log-lines.ts';

export interface LogSource {
  /** The alias, where the logs of many clusters are read. */
  readonly cluster?: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const CONTAINER_STATES = ['running', 'waiting', 'terminated'] as const;
export type ContainerState = (typeof CONTAINER_STATES)[number];

export interface LogOptions {
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly selector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly pods: RegExp;
  readonly excludedPods: readonly RegExp[];
  readonly containers: RegExp;
  readonly excludedContainers: readonly RegExp[];
  readonly withInitContainers: boolean;
  readonly withEphemeralContainers: boolean;
  /** Undefined: containers in every state. */
  readonly states: ReadonlySet<ContainerState> | undefined;
  /** The age of the oldest lines from containers that already run (seconds). */
  readonly sinceSeconds: number;
  /** The maximum number of these older lines. Undefined: all. */
  readonly tailLines: number | undefined;
  /** The most logs that are read at a time. With `follow`, more is an error. Undefined: no limit. */
  readonly maxRequests: number | undefined;
  /** Also read new lines and new pods. */
  readonly follow: boolean;
}

export interface LogListener {
  opened(source: LogSource): void;
  closed(source: LogSource): void;
  lines(source: LogSource, lines: readonly LogLine[]): void;
  warn(line: string): void;
  /** Called once when no log matches at the start. */
  nothing(found: Unmatched): void;
}

/** What matched although no log did. */
export interface Unmatched {
  readonly pods: readonly string[];
  /** The containers of these pods that have a log. */
  readonly containers: readonly string[];
}

/** The log of a container across restarts. */
export interface ContainerLog {
  readonly source: LogSource;
  /** The container existed at the start: `sinceSeconds` and `tailLines` apply. */
  readonly isAtStart: boolean;
  readonly position: LogPosition;
  /** The container ID of the latest run. */
  id: string;
  isRunning: boolean;
  isRead: boolean;
}

/** The pause between opening two streams (milliseconds). */
const OPEN_PERIOD_MS = 20;
const HEAD_TIMEOUT_MS = 15_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
/** After this many failures in a row, a warning is shown, and the log of a terminated container is given up. */
const ENOUGH_FAILURES = 3;
/** The maximum length of an error message to read (characters). */
const MAX_ERROR_TEXT = 4096;

export interface LogReaderParts {
  readonly io: Pick<Io, 'sleep'>;
  readonly target: ApiTarget;
  readonly config: KubeConfig;
  readonly options: LogOptions;
  readonly listener: LogListener;
  /** Aborted when all reading ends. */
  readonly signal: AbortSignal;
}

/** The pause after this many failures in a row (milliseconds). */
export function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
}

export class ContainerLogReader {
  readonly #parts: LogReaderParts;
  /** Namespaces with a `forbidden` warning already shown. */
  readonly #refused = new Set<string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: LogReaderParts) {
    this.#parts = parts;
  }

  /** Reads a log until its container has terminated. Opens new streams as needed. */
  async read(log: ContainerLog): Promise<void> {
    const { source, position } = log;
    let isOpen = false;
    for (let failures = 0; ; ) {
      await this.#myTurn();
      // If the container terminates during reading, read its log once more to get its last lines.
      const { id, isRunning } = log;
      try {
        const response = await this.#open(log, position.since);
        if (response === undefined) break;
        if (!isOpen) this.#parts.listener.opened(source);
        isOpen = true;
        position.restart();
        if (await this.#readStream(log, response)) failures = 0;
      } catch (error) {
        if (this.#parts.signal.aborted) throw error;
        if (error instanceof AuthError || error instanceof ForbiddenError) throw error;
        failures++;
        if (failures === ENOUGH_FAILURES)
          this.#parts.listener.warn(
            `the log stream of ${source.pod} ${source.container} failed: ${oneLine(describeNetworkError(error))}`,
          );
        if (failures >= ENOUGH_FAILURES && !(this.#parts.options.follow && log.isRunning)) break;
        await this.#pause(failures - 1);
        continue;
      }
      if (!this.#parts.options.follow || (!isRunning && id === log.id)) break;
      await this.#pause(0);
    }
    if (isOpen && this.#parts.options.follow) this.#parts.listener.closed(source);
  }

  /** Undefined: there is no log. A warning is shown if it is forbidden. */
  async #open(log: ContainerLog, since: string | undefined): Promise<IncomingMessage | undefined> {
    const { namespace, pod, container } = log.source;
    const { server = '' } = this.#parts.config.getCurrentCluster() ?? {};
    const words = ['api', 'v1', 'namespaces', namespace, 'pods', pod, 'log'].map(encodeURIComponent);
    const url = new URL(`${server.replace(/\/+$/, '')}/${words.join('/')}`);
    url.searchParams.set('container', container);
    url.searchParams.set('timestamps', 'true');
    if (this.#parts.options.follow) url.searchParams.set('follow', 'true');
    if (since !== undefined) url.searchParams.set('sinceTime', since);
    else if (log.isAtStart) {
      url.searchParams.set('sinceSeconds', String(this.#parts.options.sinceSeconds));
      if (this.#parts.options.tailLines !== undefined)
        url.searchParams.set('tailLines', String(this.#parts.options.tailLines));
    }
    const requestOptions = {};
    await this.#parts.config.applyToHTTPSOptions(requestOptions);
    const response = await openStream(url, requestOptions, HEAD_TIMEOUT_MS, this.#parts.signal);
    if (response.statusCode === 200) return response;
    this.#refuse(log.source, response.statusCode ?? 0, await textOf(response));
    return undefined;
  }

  #refuse(source: LogSource, status: number, said: string): void {
    // The pod is deleted or not started yet: there is no log to read.
    if (status === 404 || status === 400) return;
    if (status === 401 || (status === 403 && this.#parts.options.namespace !== undefined))
      throw apiError({ code: status, message: said }, this.#parts.target.context, `read logs in ${source.namespace}`);
    if (status !== 403) throw new Error(`HTTP ${status}${said && `: ${said}`}`);
    if (this.#refused.has(source.namespace)) return;
    this.#refused.add(source.namespace);
    this.#parts.listener.warn(`${this.#parts.target.context} does not let you read logs in ${source.namespace}`);
  }

  /** Resolves to true when the stream had at least one new line. */
  async #readStream(log: ContainerLog, response: IncomingMessage): Promise<boolean> {
    const { source, position } = log;
    const splitter = new LineSplitter();
    let any = false;
    const tell = (texts: readonly string[]) => {
      const lines = texts.map(parseLogLine).filter(line => position.advance(line));
      if (lines.length === 0) return;
      any = true;
      this.#parts.listener.lines(source, lines);
    };
    response.setEncoding('utf8');
    const onAbort = () => response.destroy();
    this.#parts.signal.addEventListener('abort', onAbort, { once: true });
    try {
      for await (const text of response as AsyncIterable<string>) tell(splitter.push(text));
      // Drop an incomplete last line: the next stream delivers the whole line.
      const rest = splitter.end();
      if (rest !== '' && !(this.#parts.options.follow && log.isRunning)) tell([rest]);
    } finally {
      this.#parts.signal.removeEventListener('abort', onAbort);
    }
    return any;
  }

  /** Waits until the next stream may be opened. */
  #myTurn(): Promise<void> {
    const mine = this.#turn.then(() => this.#parts.io.sleep(OPEN_PERIOD_MS, this.#parts.signal));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #pause(failures: number): Promise<void> {
    return this.#parts.io.sleep(pauseMs(failures), this.#parts.signal);
  }
}

/** The server's error message: the message of a Status object, or the text. */
async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_ERROR_TEXT) break;
  }
  try {
    const status: unknown = JSON.parse(text);
    if (isRecord(status) && typeof status['message'] === 'string') return oneLine(status['message']);
  } catch {
    // The body is not JSON: return the text.
  }
  return oneLine(text);
}
