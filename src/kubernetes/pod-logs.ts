/**
 * The logs of many containers at once: of every pod that matches, also of those that come while it runs.
 * Rules: the lines of a container come whole, in their order and once, also when its stream breaks and is opened again; streams are opened one after
 * another, so that a busy API server is not asked for hundreds in one moment.
 */
import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { KubeConfig, V1ContainerStatus, V1Pod, V1PodList } from '@kubernetes/client-node';
import { AuthError, ForbiddenError, messageOf } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { oneLine } from '../lib/one-line.ts';
import type { Io } from '../platform/io.ts';
import { openStream } from '../platform/net/https-stream.ts';
import { type ApiTarget, answerInTime, apiError, kubeConfigOf } from './api.ts';
import { LineSplitter, type LogLine, LogPosition, parseLogLine } from './log-lines.ts';

export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface LogOptions {
  /** Undefined: all of them. */
  readonly namespace: string | undefined;
  readonly selector: string | undefined;
  readonly pods: RegExp;
  readonly containers: RegExp;
  /** How far back the logs of what runs already go (seconds). */
  readonly sinceSeconds: number;
  /** At most so many lines of that; undefined: all. */
  readonly tailLines: number | undefined;
  /** Go on with what comes, and with pods that come. */
  readonly follow: boolean;
}

export interface LogListener {
  opened(source: LogSource): void;
  closed(source: LogSource): void;
  lines(source: LogSource, lines: readonly LogLine[]): void;
  warn(line: string): void;
  /** There is nothing to show yet. */
  waiting(): void;
}

/** Between the openings of two streams. */
const OPEN_PERIOD_MS = 20;
const HEAD_TIMEOUT_MS = 15_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
/** After so many in a row it is said that a log broke off, and of a run that is over, no more is tried. */
const ENOUGH_FAILURES = 3;
/** The longest message of an error that is read (characters). */
const MAX_ERROR_TEXT = 4096;

/**
 * Reads logs until the signal is aborted, or, without `follow`, until they end. Throws AuthError (4), ForbiddenError (5) or UnreachableError (6) when
 * the pods cannot be listed at first; later it warns and tries again.
 */
export async function readPodLogs(
  io: Pick<Io, 'sleep'>,
  target: ApiTarget,
  options: LogOptions,
  listener: LogListener,
  signal: AbortSignal,
): Promise<void> {
  const reader = new PodLogs(io, target, await kubeConfigOf(target), options, listener, signal);
  await (options.follow ? reader.follow() : reader.readOnce());
}

/** The log of a container, over all its restarts. */
interface ContainerLog {
  readonly source: LogSource;
  /** It was there when we began: how far back is said by the options. */
  readonly isAtStart: boolean;
  readonly position: LogPosition;
  /** The id of its last run. */
  id: string;
  isRunning: boolean;
  isRead: boolean;
}

class PodLogs {
  readonly #io: Pick<Io, 'sleep'>;
  readonly #target: ApiTarget;
  readonly #config: KubeConfig;
  readonly #options: LogOptions;
  readonly #listener: LogListener;
  readonly #stop = new AbortController();
  /** By pod's uid and container. */
  readonly #logs = new Map<string, ContainerLog>();
  readonly #streams = new Set<Promise<void>>();
  readonly #refused = new Set<string>();
  #isStarting = true;
  #watchFailures = 0;
  #turn: Promise<void> = Promise.resolve();
  #fail: (error: unknown) => void = () => undefined;

  constructor(
    io: Pick<Io, 'sleep'>,
    target: ApiTarget,
    config: KubeConfig,
    options: LogOptions,
    listener: LogListener,
    signal: AbortSignal,
  ) {
    this.#io = io;
    this.#target = target;
    this.#config = config;
    this.#options = options;
    this.#listener = listener;
    // Every stream listens to it.
    setMaxListeners(0, this.#stop.signal);
    if (signal.aborted) this.#stop.abort(signal.reason);
    signal.addEventListener('abort', () => this.#stop.abort(signal.reason), { once: true });
  }

  async readOnce(): Promise<void> {
    const failed = this.#failure();
    for (const pod of (await this.#list()).items) this.#see(pod);
    if (this.#logs.size === 0) this.#listener.waiting();
    await Promise.race([Promise.all(this.#streams), failed]);
  }

  async follow(): Promise<void> {
    const { ListWatch, Watch } = await import('@kubernetes/client-node');
    const { namespace, selector } = this.#options;
    const path = namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
    // What goes wrong before a request is made would be told to nobody.
    class TellingWatch extends Watch {
      override async watch(...args: Parameters<InstanceType<typeof Watch>['watch']>): Promise<AbortController> {
        const [path, query, onEvent, done] = args;
        const checked: typeof onEvent = (phase, object: unknown, event) => {
          if (isRecord(object) && (phase === 'ERROR' || isRecord(object['metadata']))) onEvent(phase, object, event);
          else done(new Error('the watch gave something else than events'));
        };
        try {
          return await super.watch(path, query, checked, done);
        } catch (error) {
          done(error);
          return new AbortController();
        }
      }
    }
    const informer = new ListWatch<V1Pod>(path, new TellingWatch(this.#config), () => this.#list(), false, selector);
    informer.on('add', pod => this.#see(pod));
    informer.on('update', pod => this.#see(pod));
    informer.on('delete', pod => this.#gone(pod));
    const failed = this.#failure();
    const again = async (error: unknown) => {
      if (this.#stop.signal.aborted) return;
      const shown = apiError(error, this.#target.context, 'watch pods');
      if (this.#isStarting || shown instanceof AuthError || shown instanceof ForbiddenError) return this.#fail(shown);
      this.#listener.warn(`${shown.message}; trying again`);
      await this.#pause(this.#watchFailures++);
      await informer.start();
    };
    informer.on('error', error => {
      again(error).catch(this.#fail);
    });
    try {
      await Promise.race([informer.start(), failed]);
      this.#isStarting = false;
      if (this.#logs.size === 0) this.#listener.waiting();
      await failed;
    } finally {
      this.#stop.abort(new Error('done'));
      await informer.stop();
    }
  }

  /** Rejects when all of it has failed, or is over. */
  #failure(): Promise<never> {
    const { promise, reject } = withRejection();
    this.#fail = reject;
    this.#stop.signal.addEventListener('abort', () => reject(this.#stop.signal.reason), { once: true });
    return promise;
  }

  async #list(): Promise<V1PodList> {
    const { CoreV1Api } = await import('@kubernetes/client-node');
    const { namespace, selector } = this.#options;
    const api = this.#config.makeApiClient(CoreV1Api);
    const labels = selector === undefined ? {} : { labelSelector: selector };
    return answerInTime(this.#io, this.#target, 'list pods', () =>
      namespace === undefined ? api.listPodForAllNamespaces(labels) : api.listNamespacedPod({ namespace, ...labels }),
    );
  }

  #see(pod: V1Pod): void {
    const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
    this.#watchFailures = 0;
    if (!this.#options.pods.test(name)) return;
    for (const status of statusesOf(pod)) {
      if (!status.containerID || !this.#options.containers.test(status.name)) continue;
      const key = `${uid}/${status.name}`;
      const isRunning = status.state?.running !== undefined;
      const known = this.#logs.get(key);
      if (known === undefined) {
        const log: ContainerLog = {
          source: { namespace, pod: name, container: status.name },
          isAtStart: this.#isStarting,
          position: new LogPosition(),
          id: status.containerID,
          isRunning,
          isRead: false,
        };
        this.#logs.set(key, log);
        this.#start(log);
        continue;
      }
      known.isRunning = isRunning;
      if (known.id === status.containerID) continue;
      // It has begun anew: who reads it still goes on with that.
      known.id = status.containerID;
      if (!known.isRead) this.#start(known);
    }
  }

  #start(log: ContainerLog): void {
    log.isRead = true;
    const stream: Promise<void> = this.#stream(log)
      .catch(error => {
        if (!this.#stop.signal.aborted) this.#fail(error);
      })
      .finally(() => {
        log.isRead = false;
        this.#streams.delete(stream);
      });
    this.#streams.add(stream);
  }

  #gone(pod: V1Pod): void {
    const prefix = `${pod.metadata?.uid ?? ''}/`;
    for (const [key, log] of this.#logs) {
      if (!key.startsWith(prefix)) continue;
      log.isRunning = false;
      this.#logs.delete(key);
    }
  }

  /** Reads a log until its container is over, over as many streams as that takes. */
  async #stream(log: ContainerLog): Promise<void> {
    const { source, position } = log;
    let isOpen = false;
    for (let failures = 0; ; ) {
      await this.#myTurn();
      // A container that ends while it is read is read once more, so that nothing of its end is missing.
      const { id, isRunning } = log;
      try {
        const response = await this.#open(log, position.since);
        if (response === undefined) break;
        if (!isOpen) this.#listener.opened(source);
        isOpen = true;
        position.restart();
        if (await this.#read(log, response)) failures = 0;
      } catch (error) {
        if (this.#stop.signal.aborted) throw error;
        if (error instanceof AuthError || error instanceof ForbiddenError) throw error;
        failures++;
        if (failures === ENOUGH_FAILURES)
          this.#listener.warn(`the log of ${source.pod} ${source.container} broke off: ${oneLine(messageOf(error))}`);
        if (failures >= ENOUGH_FAILURES && !(this.#options.follow && log.isRunning)) break;
        await this.#pause(failures - 1);
        continue;
      }
      if (!this.#options.follow || (!isRunning && id === log.id)) break;
      await this.#pause(0);
    }
    if (isOpen && this.#options.follow) this.#listener.closed(source);
  }

  /** Undefined: there is no such log, and that is said where it matters. */
  async #open(log: ContainerLog, since: string | undefined): Promise<IncomingMessage | undefined> {
    const { namespace, pod, container } = log.source;
    const { server = '' } = this.#config.getCurrentCluster() ?? {};
    const words = ['api', 'v1', 'namespaces', namespace, 'pods', pod, 'log'].map(encodeURIComponent);
    const url = new URL(`${server.replace(/\/+$/, '')}/${words.join('/')}`);
    url.searchParams.set('container', container);
    url.searchParams.set('timestamps', 'true');
    if (this.#options.follow) url.searchParams.set('follow', 'true');
    if (since !== undefined) url.searchParams.set('sinceTime', since);
    else if (log.isAtStart) {
      url.searchParams.set('sinceSeconds', String(this.#options.sinceSeconds));
      if (this.#options.tailLines !== undefined) url.searchParams.set('tailLines', String(this.#options.tailLines));
    }
    const requestOptions = {};
    await this.#config.applyToHTTPSOptions(requestOptions);
    const response = await openStream(url, requestOptions, HEAD_TIMEOUT_MS, this.#stop.signal);
    if (response.statusCode === 200) return response;
    this.#refuse(log.source, response.statusCode ?? 0, await textOf(response));
    return undefined;
  }

  #refuse(source: LogSource, status: number, said: string): void {
    // The pod is gone already, or has not begun: nobody misses that log.
    if (status === 404 || status === 400) return;
    if (status === 401 || (status === 403 && this.#options.namespace !== undefined))
      throw apiError({ code: status, message: said }, this.#target.context, `read logs in ${source.namespace}`);
    if (status !== 403) throw new Error(`HTTP ${status}${said && `: ${said}`}`);
    if (this.#refused.has(source.namespace)) return;
    this.#refused.add(source.namespace);
    this.#listener.warn(`${this.#target.context} does not let you read logs in ${source.namespace}`);
  }

  /** Resolves to whether there was any line. */
  async #read(log: ContainerLog, response: IncomingMessage): Promise<boolean> {
    const { source, position } = log;
    const splitter = new LineSplitter();
    let any = false;
    const tell = (texts: readonly string[]) => {
      const lines = texts.map(parseLogLine).filter(line => position.advance(line));
      if (lines.length === 0) return;
      any = true;
      this.#listener.lines(source, lines);
    };
    response.setEncoding('utf8');
    const onAbort = () => response.destroy();
    this.#stop.signal.addEventListener('abort', onAbort, { once: true });
    try {
      for await (const text of response as AsyncIterable<string>) tell(splitter.push(text));
      // The end of a line that is half there comes with the next stream.
      const rest = splitter.end();
      if (rest !== '' && !(this.#options.follow && log.isRunning)) tell([rest]);
    } finally {
      this.#stop.signal.removeEventListener('abort', onAbort);
    }
    return any;
  }

  /** Waits until the next stream may be opened. */
  #myTurn(): Promise<void> {
    const mine = this.#turn.then(() => this.#io.sleep(OPEN_PERIOD_MS, this.#stop.signal));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #pause(failures: number): Promise<void> {
    return this.#io.sleep(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), this.#stop.signal);
  }
}

function withRejection(): { promise: Promise<never>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  // It may fail before anybody waits for it.
  promise.catch(() => undefined);
  return { promise, reject };
}

function statusesOf({ status }: V1Pod): V1ContainerStatus[] {
  return [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
}

/** What the server says of an error, from a Status or as text. */
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
    // Not JSON: as it is.
  }
  return oneLine(text);
}
