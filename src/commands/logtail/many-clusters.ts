/**
 * `logtail` on many clusters: one stream of lines, ordered by time, the cluster in front.
 * Rules: a cluster that fails is named, and the others go on. Without following, one line says what became of each cluster.
 */
import { setMaxListeners } from 'node:events';
import { checkNamespaceName, untilCtrlC } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { apiServerOf } from '../../clusters/api-server.ts';
import { resourceServerIn } from '../../clusters/trusted-servers.ts';
import { ExitCode } from '../../errors.ts';
import { failureOf } from '../../fleet/api-answers.ts';
import { ApiReader } from '../../fleet/api-reader.ts';
import { tokensForAll } from '../../fleet/fleet-tokens.ts';
import { resourceFinder } from '../../fleet/resource-finder.ts';
import { exitCodeOfResults, type FleetResult, notRun, outcomeText, summaryOf } from '../../fleet/results.ts';
import { selectIn } from '../../fleet/select-in.ts';
import type { ApiTarget } from '../../kubernetes/api.ts';
import { collectionPath } from '../../kubernetes/api-resources.ts';
import type { LogListener, LogOptions, LogSource, Unmatched } from '../../kubernetes/container-log.ts';
import { DiscoveryCache } from '../../kubernetes/discovery-cache.ts';
import { readPodLogs } from '../../kubernetes/pod-logs.ts';
import { oneLine } from '../../lib/one-line.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { type Format, formatLines } from './line-format.ts';
import type { LogtailOptions } from './logtail-options.ts';
import { nothingMatches } from './nothing-matches.ts';
import { isOwnerQuery, oneNamespace, podsOfObject } from './pod-query.ts';
import { TimeOrder } from './time-order.ts';

const OBJECT_TIMEOUT_MS = 30_000;

export async function logtailOnMany(ctx: Context, options: LogtailOptions): Promise<number> {
  const { io, messages } = ctx;
  const namespaces = options.allNamespaces
    ? [undefined]
    : options.namespaces.length > 0
      ? options.namespaces
      : ['default'];
  for (const namespace of namespaces) if (namespace !== undefined) checkNamespaceName(namespace);
  if (isOwnerQuery(options.query)) oneNamespace(options.query, namespaces);
  const format = await formatLines(ctx, options, namespaces.length > 1 || options.allNamespaces);
  const clusters = await selectIn(ctx, options.clusters);
  const begun = io.now().getTime();
  const refused = await tokensForAll(ctx, clusters);
  const many = new ManyClusters(ctx, options, namespaces, format);
  for (const result of refused.values()) many.failed(result);
  const able = clusters.filter(cluster => !refused.has(cluster));
  await untilCtrlC(io, () => many.read(able));
  // Ctrl-C is the way to end.
  if (io.signal.aborted || many.isClosed) return ExitCode.ok;
  const results = clusters.flatMap(cluster => many.results.get(cluster) ?? refused.get(cluster) ?? []);
  messages.say(summaryOf(results, (io.now().getTime() - begun) / 1000));
  const code = exitCodeOfResults(results);
  if (code === ExitCode.ok && many.isNothing(able.length)) nothingMatches(ctx, options, many.unmatched);
  return code;
}

class ManyClusters {
  readonly results = new Map<Cluster, FleetResult>();
  readonly unmatched: Unmatched[] = [];
  readonly #ctx: Context;
  readonly #options: LogtailOptions;
  readonly #namespaces: readonly (string | undefined)[];
  readonly #format: Format;
  readonly #order: TimeOrder;
  readonly #done = new AbortController();

  constructor(ctx: Context, options: LogtailOptions, namespaces: readonly (string | undefined)[], format: Format) {
    this.#ctx = ctx;
    this.#options = options;
    this.#namespaces = namespaces;
    this.#format = format;
    this.#order = new TimeOrder(ctx.io, text => {
      ctx.io.stdout.write(text);
      if (ctx.io.stdout.isOver) this.#done.abort(new Error('stdout is closed'));
    });
  }

  /** The reader of stdout has gone. */
  get isClosed(): boolean {
    return this.#ctx.io.stdout.isOver === true;
  }

  /** True when no log matched in any cluster. @param clusters the number of clusters that are read */
  isNothing(clusters: number): boolean {
    return clusters > 0 && this.unmatched.length === clusters * this.#namespaces.length;
  }

  /** Resolves when all logs have ended, or when no cluster is left to follow. Rejects on Ctrl-C. */
  async read(clusters: readonly Cluster[]): Promise<void> {
    const { io } = this.#ctx;
    const { follow } = this.#options.logs;
    const signal = AbortSignal.any([io.signal, this.#done.signal]);
    // Every cluster adds a listener: turn off Node's warning.
    setMaxListeners(0, signal);
    const printing = follow ? this.#order.run(signal) : Promise.resolve();
    const cache = new DiscoveryCache(this.#ctx.paths.cache);
    try {
      await Promise.all(clusters.map(cluster => this.#readOne(cluster, clusters.length, cache, signal)));
      io.signal.throwIfAborted();
    } finally {
      this.#done.abort(new Error('done'));
      await printing;
      this.#order.end();
      cache.save(io.now());
    }
  }

  /** Names a cluster whose logs cannot be read. */
  failed(result: FleetResult): void {
    this.results.set(result.cluster, result);
    const why = oneLine(result.stderr.replace(/^zkubectl: error: /, '').replace(/\nzkubectl: hint: [^\n]*/, ''));
    this.#ctx.messages.warn(`${result.cluster.alias}: ${why || outcomeText(result)}`);
  }

  /** Never rejects. */
  async #readOne(cluster: Cluster, count: number, cache: DiscoveryCache, signal: AbortSignal): Promise<void> {
    const { io } = this.#ctx;
    try {
      const logs = await this.#logsOf(cluster, cache);
      const target = targetOf(this.#ctx, cluster);
      const listener = this.#listenerOf(cluster, count);
      const read = (namespace: string | undefined) => readPodLogs(io, target, { ...logs, namespace }, listener, signal);
      await Promise.all(this.#namespaces.map(read));
      this.results.set(cluster, { ...notRun(cluster, 'ok'), exitCode: 0 });
    } catch (error) {
      if (signal.aborted) return;
      const { outcome, why } = failureOf(this.#ctx, error, false);
      this.failed(notRun(cluster, outcome, why.trimEnd()));
    }
  }

  /** Of a query such as `deployment/x`: the pods of this cluster's object. */
  async #logsOf(cluster: Cluster, cache: DiscoveryCache): Promise<Omit<LogOptions, 'namespace'>> {
    const { query, logs } = this.#options;
    if (!isOwnerQuery(query)) return logs;
    const { io } = this.#ctx;
    const now = () => io.now();
    const reader = await ApiReader.of(this.#ctx, cluster, now().getTime() + OBJECT_TIMEOUT_MS);
    try {
      const [kind = '', name = ''] = query.split('/');
      const [resource, ...others] = (await resourceFinder(reader, cache, now)(kind)) ?? [];
      if (resource === undefined || others.length > 0) throw new Error(`the server has no resource type ${kind}`);
      const namespace = resource.isNamespaced ? oneNamespace(query, this.#namespaces) : undefined;
      const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
      const { body } = await reader.get(path, 'application/json');
      return { ...logs, ...podsOfObject(body, query, logs.selector) };
    } finally {
      await reader.close();
    }
  }

  #listenerOf(cluster: Cluster, count: number): LogListener {
    const { messages } = this.#ctx;
    const { onlyLogLines, isWanted, logs } = this.#options;
    const say = (sign: string, { namespace, pod, container }: LogSource) =>
      onlyLogLines ? undefined : messages.say(`${sign} ${cluster.alias} ${namespace} ${pod} ${container}`);
    return {
      opened: source => say('+', source),
      closed: source => say('-', source),
      warn: line => messages.warn(`${cluster.alias}: ${line}`),
      nothing: found => {
        this.unmatched.push(found);
        // Without following, the message comes at the end of the run.
        if (logs.follow && this.isNothing(count)) nothingMatches(this.#ctx, this.#options, this.unmatched);
      },
      lines: (source, lines) => {
        const named = { ...source, cluster: cluster.alias };
        for (const line of lines)
          if (isWanted(line.message)) this.#order.add(line.timestamp, this.#format(named, line));
      },
    };
  }
}

/** The API of a cluster, without a kubeconfig. */
function targetOf(ctx: Context, cluster: Cluster): ApiTarget {
  const { server, certificateAuthorityData } = apiServerOf(cluster);
  const body = { server, ...(certificateAuthorityData && { 'certificate-authority-data': certificateAuthorityData }) };
  return {
    context: cluster.alias,
    // Plain http is allowed on loopback only. The Kubernetes client accepts it only with insecure-skip-tls-verify.
    cluster: { body: { ...body, ...(server.startsWith('http:') && { 'insecure-skip-tls-verify': true }) }, file: '' },
    user: undefined,
    token: async () => (await ctx.credentials.bearerFor(cluster.alias, resourceServerIn(body))).token,
  };
}
