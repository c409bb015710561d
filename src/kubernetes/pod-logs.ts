/**
 * The logs of many containers at once: of every pod that matches, also of those that come while it runs.
 * Rules: the lines of a container come whole, in their order and once, also when its stream breaks and is opened again; streams are opened one after
 * another, so that a busy API server is not asked for hundreds in one moment.
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
