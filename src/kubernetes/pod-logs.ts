/**
 * Reads the logs of many containers at once: of all matching pods, including pods that start later.
 * Rules: each line is delivered whole, in order and once, also after a broken stream is opened again. Streams are opened one by one, so that a busy
 * API server does not get hundreds of requests at the same moment.
 */
import { setMaxListeners } from 'node:events';
import type { KubeConfig, V1Pod, V1PodList } from '@kubernetes/client-node';
import { AuthError, CliError, ForbiddenError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import type { Io } from '../platform/io.ts';
import { type ApiTarget, answerInTime, apiError, kubeConfigOf } from './api.ts';
import { type ContainerLog, ContainerLogReader, type LogListener, type LogOptions, pauseMs } from './container-log.ts';
import { LogPosition } from './log-lines.ts';
import { isWantedContainer, isWantedPod, statusesOf } from './log-selection.ts';

/**
 * Reads logs until the signal is aborted or, without `follow`, until the logs end. Throws AuthError (4), ForbiddenError (5) or UnreachableError (6)
 * when the first list of pods fails. Later, an UnreachableError only gives a warning and a new attempt.
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

class PodLogs {
  readonly #io: Pick<Io, 'sleep'>;
  readonly #target: ApiTarget;
  readonly #config: KubeConfig;
  readonly #options: LogOptions;
  readonly #listener: LogListener;
  readonly #stop = new AbortController();
  /** The logs by `UID/CONTAINER`. */
  readonly #logs = new Map<string, ContainerLog>();
  readonly #streams = new Set<Promise<void>>();
  readonly #reader: ContainerLogReader;
  #isStarting = true;
  #watchFailures = 0;
  /** What the query matched at the start, for the case that no log does. */
  readonly #matched = { pods: new Set<string>(), containers: new Set<string>() };
  /** Logs that wait for their turn (`maxRequests` without `follow`). */
  readonly #queue: ContainerLog[] = [];
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
    this.#reader = new ContainerLogReader({ io, target, config, options, listener, signal: this.#stop.signal });
    // Every stream adds a listener: turn off Node's warning.
    setMaxListeners(0, this.#stop.signal);
    if (signal.aborted) this.#stop.abort(signal.reason);
    signal.addEventListener('abort', () => this.#stop.abort(signal.reason), { once: true });
  }

  async readOnce(): Promise<void> {
    const failed = this.#failure();
    for (const pod of (await this.#list()).items) this.#see(pod);
    this.#sayNothing();
    while (this.#streams.size > 0) await Promise.race([Promise.all(this.#streams), failed]);
  }

  async follow(): Promise<void> {
    const { ListWatch, Watch } = await import('@kubernetes/client-node');
    const { namespace, selector, fieldSelector } = this.#options;
    const path = namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
    // Report errors that occur before the request is sent: the client's Watch would lose them.
    class TellingWatch extends Watch {
      override async watch(...args: Parameters<InstanceType<typeof Watch>['watch']>): Promise<AbortController> {
        const [path, query, onEvent, done] = args;
        const checked: typeof onEvent = (phase, object: unknown, event) => {
          if (isRecord(object) && (phase === 'ERROR' || isRecord(object['metadata']))) onEvent(phase, object, event);
          else done(new Error('the watch response is not a stream of events'));
        };
        try {
          return await super.watch(path, query, checked, done);
        } catch (error) {
          done(error);
          return new AbortController();
        }
      }
    }
    const informer = new ListWatch<V1Pod>(
      path,
      new TellingWatch(this.#config),
      () => this.#list(),
      false,
      selector,
      fieldSelector,
    );
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
      this.#sayNothing();
      await failed;
    } finally {
      this.#stop.abort(new Error('done'));
      await informer.stop();
    }
  }

  /** Rejects when reading has failed as a whole or has been stopped. */
  #failure(): Promise<never> {
    const { promise, reject } = withRejection();
    this.#fail = reject;
    this.#stop.signal.addEventListener('abort', () => reject(this.#stop.signal.reason), { once: true });
    return promise;
  }

  async #list(): Promise<V1PodList> {
    const { CoreV1Api } = await import('@kubernetes/client-node');
    const { namespace, selector, fieldSelector } = this.#options;
    const api = this.#config.makeApiClient(CoreV1Api);
    const filter = {
      ...(selector === undefined ? {} : { labelSelector: selector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
    const where = namespace === undefined ? 'all namespaces' : namespace;
    return answerInTime(this.#io, this.#target, `list pods in ${where}`, () =>
      namespace === undefined ? api.listPodForAllNamespaces(filter) : api.listNamespacedPod({ namespace, ...filter }),
    );
  }

  #see(pod: V1Pod): void {
    const { name = '', namespace = '', uid = '', labels = {}, annotations = {} } = pod.metadata ?? {};
    this.#watchFailures = 0;
    if (!isWantedPod(name, this.#options)) return;
    this.#matched.pods.add(name);
    for (const status of statusesOf(pod, this.#options)) {
      if (!status.containerID) continue;
      this.#matched.containers.add(status.name);
      if (!isWantedContainer(status, this.#options)) continue;
      const key = `${uid}/${status.name}`;
      const isRunning = status.state?.running !== undefined;
      const known = this.#logs.get(key);
      if (known === undefined) {
        const log: ContainerLog = {
          source: { namespace, pod: name, container: status.name, node: pod.spec?.nodeName ?? '', labels, annotations },
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
      // The container has restarted. A reader that still runs continues with the new log.
      known.id = status.containerID;
      if (!known.isRead) this.#start(known);
    }
  }

  #sayNothing(): void {
    const { pods, containers } = this.#matched;
    if (this.#logs.size === 0) this.#listener.nothing({ pods: [...pods], containers: [...containers] });
  }

  #start(log: ContainerLog): void {
    const { follow, maxRequests } = this.#options;
    if (maxRequests !== undefined && this.#streams.size >= maxRequests) {
      if (!follow) return void this.#queue.push(log);
      return this.#fail(
        new CliError(`more than ${maxRequests} logs match`, {
          code: 'too_many_logs',
          hint: 'name fewer pods or containers, or raise --max-log-requests',
        }),
      );
    }
    log.isRead = true;
    const stream: Promise<void> = this.#reader
      .read(log)
      .catch(error => {
        if (!this.#stop.signal.aborted) this.#fail(error);
      })
      .finally(() => {
        log.isRead = false;
        this.#streams.delete(stream);
        const next = this.#queue.shift();
        if (next) this.#start(next);
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

  #pause(failures: number): Promise<void> {
    return this.#io.sleep(pauseMs(failures), this.#stop.signal);
  }
}

function withRejection(): { promise: Promise<never>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  // The promise can reject before it is awaited: prevent an unhandled rejection.
  promise.catch(() => undefined);
  return { promise, reject };
}
