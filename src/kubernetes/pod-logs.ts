/**
 * Reads the logs of many containers at once: of all matching pods, including pods that start later.
 * Rules: each line is delivered whole, in order and once, also after a broken stream is opened again. Streams are opened one by one, so that a busy
 * API server does not get hundreds of requests at the same moment.
 */
import { setMaxListeners } from 'node:events';
import type { KubeConfig, V1ContainerStatus, V1Pod, V1PodList } from '@kubernetes/client-node';
import { AuthError, ForbiddenError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import type { Io } from '../platform/io.ts';
import { type ApiTarget, answerInTime, apiError, kubeConfigOf } from './api.ts';
import { type ContainerLog, ContainerLogReader, type LogListener, type LogOptions, pauseMs } from './container-log.ts';
import { LogPosition } from './log-lines.ts';

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
    if (this.#logs.size === 0) this.#listener.waiting();
    await Promise.race([Promise.all(this.#streams), failed]);
  }

  async follow(): Promise<void> {
    const { ListWatch, Watch } = await import('@kubernetes/client-node');
    const { namespace, selector } = this.#options;
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

  /** Rejects when reading has failed as a whole or has been stopped. */
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
      // The container has restarted. A reader that still runs continues with the new log.
      known.id = status.containerID;
      if (!known.isRead) this.#start(known);
    }
  }

  #start(log: ContainerLog): void {
    log.isRead = true;
    const stream: Promise<void> = this.#reader
      .read(log)
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

function statusesOf({ status }: V1Pod): V1ContainerStatus[] {
  return [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
}
