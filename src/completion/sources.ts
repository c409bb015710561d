/**
 * The sources of candidates, by the name of the value (CLUSTER, NAMESPACE, …).
 * Rules: saved data is used first. If it is older than 24 h, the registry is asked, for at most 200 ms and with an existing token.
 */
import type { Globals } from '../argv/globals.ts';
import { Context } from '../cli/context.ts';
import { CONFIG_KEYS } from '../config/keys.ts';
import { messageOf } from '../errors.ts';
import { clusterNameOf, serverOf } from '../kubeconfig/view.ts';
import { createNamespaceMemory } from '../kubernetes/namespaces.ts';
import { byAliasThenId, type Cluster } from '../registry/cluster.ts';
import { FIELDS, lookupOf } from '../registry/fields.ts';
import type { Clusters } from '../registry/registry.ts';
import { type Candidate, type Completion, NOTHING } from './candidates.ts';
import { groups, incidents, requestKeys, runs, waitingKeys } from './kept-sources.ts';
import { askNamespaces, objectNames } from './kubectl.ts';

/** The input of a source. */
export interface Wish {
  readonly partial: string;
  /** The arguments before it. */
  readonly before: readonly string[];
}

type Source = (ctx: Context, wish: Wish) => Completion | Promise<Completion>;

const PREVIOUS: Candidate = { word: '-', description: 'previous' };
const ASK_MS = 200;
const FRESH_MS = 24 * 3_600_000;
const NAMESPACES_FRESH_MS = 60_000;
/** The number of clusters searched for config items. */
const ITEMS_SAMPLE = 300;

/** Keys: command and value, else only the value. A value without an entry has no candidates. */
export const SOURCES: Readonly<Record<string, Source>> = {
  CLUSTER: clusters,
  'CLUSTER|-': async (ctx, wish) => joined(await withContexts(ctx, wish), { candidates: [PREVIOUS] }),
  'CLUSTER|URL': clusters,
  'list TEXT': clusters,
  'env CLUSTER': withContexts,
  'on SELECTION': async (ctx, wish) => joined(await withContexts(ctx, wish), await groups(ctx)),
  'on RUN': runs,
  CLUSTERS: async (ctx, wish) => joined(await clusters(ctx, wish), await groups(ctx)),
  'on COMMAND': () => ({ candidates: [{ word: 'kubectl' }] }),
  CONTEXT: contexts,
  NAMESPACE: async ctx => ({ candidates: await namespaces(ctx) }),
  'ns NAME|-': async ctx => ({
    candidates: [...(await namespaces(ctx)), PREVIOUS],
  }),
  'cluster-access approve KEY': waitingKeys,
  'cluster-access list KEY': requestKeys,
  INCIDENT: incidents,
  SELECTOR: selector,
  'CLUSTER-SELECTOR': selector,
  'logtail SELECTOR': () => NOTHING,
  ENVIRONMENT: ctx => fieldValues(ctx, 'environment'),
  CHANNEL: ctx => fieldValues(ctx, 'channel'),
  ACCOUNT: () => NOTHING,
  FILE: () => ({ candidates: [], files: 'files' }),
  DIR: () => ({ candidates: [], files: 'folders' }),
  'configure KEY=VALUE': () => ({
    candidates: CONFIG_KEYS.map(key => ({ word: `${key.path}=`, description: key.help })),
    noSpace: true,
  }),
  'configure KEY': () => ({ candidates: CONFIG_KEYS.map(key => ({ word: key.path, description: key.help })) }),
  'restart-pods NAME': (ctx, { partial }) => objects(ctx, 'deployments.apps', partial),
  'traffic STACKSET': (ctx, { partial }) => objects(ctx, 'stacksets.zalando.org', partial),
  'traffic STACK': (ctx, { partial }) => objects(ctx, 'stacks.zalando.org', partial),
  'logtail QUERY': (ctx, { partial }) => objects(ctx, 'pods', partial),
};

async function clusters(ctx: Context, { partial }: Wish): Promise<Completion> {
  const all = await knownClusters(ctx);
  const byAlias = all.map(cluster => ({ word: cluster.alias, description: clusterDescription(cluster) }));
  // Ids are long: show them only when the word looks like the start of an id.
  const isId = partial.includes(':') || (partial !== '' && !byAlias.some(({ word }) => word.startsWith(partial)));
  const ids = isId
    ? all.map(cluster => ({ word: cluster.id, description: `${cluster.alias} ${clusterDescription(cluster)}` }))
    : [];
  return { candidates: [...byAlias, ...ids] };
}

function clusterDescription(cluster: Cluster): string {
  return [cluster.environment, cluster.channel].filter(Boolean).join(' ');
}

async function contexts(ctx: Context): Promise<Completion> {
  const [view, clusters] = await Promise.all([ctx.kubeconfig.load(), knownClusters(ctx)]);
  const described = new Map(clusters.map(cluster => [cluster.alias, clusterDescription(cluster)]));
  return {
    candidates: [...view.contexts.keys()].map(word => ({ word, description: described.get(word) || 'context' })),
  };
}

/** The clusters and the contexts. If the kubeconfig cannot be read, only the clusters. */
async function withContexts(ctx: Context, wish: Wish): Promise<Completion> {
  return joined(await clusters(ctx, wish), await contexts(ctx).catch(() => NOTHING));
}

function joined(...completions: readonly Completion[]): Completion {
  return { candidates: completions.flatMap(completion => completion.candidates) };
}

/** The ready clusters, sorted by alias. Does not log in, and waits at most 200 ms. */
async function knownClusters(ctx: Context): Promise<Cluster[]> {
  const listing = await listing24h(ctx);
  return (listing?.clusters ?? []).filter(cluster => cluster.lifecycleStatus === 'ready').sort(byAliasThenId);
}

async function listing24h(ctx: Context): Promise<Clusters | undefined> {
  const old = await snapshot(ctx);
  if (old && ctx.io.now().getTime() - old.fetchedAt.getTime() < FRESH_MS) return old;
  return (await askRegistry(ctx)) ?? old;
}

async function snapshot(ctx: Context): Promise<Clusters | undefined> {
  try {
    return await (await ctx.registry()).clusters('recent');
  } catch (error) {
    ctx.messages.debug(`no snapshot: ${messageOf(error)}`);
    return undefined;
  }
}

/** Asks the registry, for at most 200 ms and with an existing token. */
async function askRegistry(ctx: Context): Promise<Clusters | undefined> {
  const online = new Context(ctx.io, { ...ctx.globals, offline: false }, { mayLogin: false });
  const asked = online
    .registry()
    .then(registry => registry.clusters('now'))
    .catch(error => {
      ctx.messages.debug(`the registry was not asked: ${messageOf(error)}`);
      return undefined;
    });
  const listing = await Promise.race([asked, ctx.io.sleep(ASK_MS).then(() => undefined)]);
  return listing?.stale ? undefined : listing;
}

async function fieldValues(ctx: Context, field: string): Promise<Completion> {
  const values = new Set((await knownClusters(ctx)).map(cluster => lookupOf(cluster)(field) ?? ''));
  return { candidates: [...values].sort().map(word => ({ word })) };
}

/** `environment=production,chan…`: completes the part after the last comma. Only fields get values: the value of a config item may be a secret. */
async function selector(ctx: Context, { partial }: Wish): Promise<Completion> {
  const start = partial.lastIndexOf(',') + 1;
  const kept = partial.slice(0, start);
  const [, key = '', operator = ''] = /^([^=!,]+)(==?)/.exec(partial.slice(start)) ?? [];
  if (key !== '') {
    if (!FIELDS.has(key)) return NOTHING;
    const { candidates } = await fieldValues(ctx, key);
    return { candidates: candidates.map(({ word }) => ({ word: `${kept}${key}${operator}${word}` })), noSpace: true };
  }
  const all = await knownClusters(ctx);
  const items = new Set(all.slice(0, ITEMS_SAMPLE).flatMap(cluster => Object.keys(cluster.configItems)));
  return {
    candidates: [
      ...[...FIELDS.keys()].map(name => ({ word: `${kept}${name}=`, description: 'field' })),
      ...[...items].sort().map(name => ({ word: `${kept}${name}=`, description: 'config item' })),
    ],
    noSpace: true,
  };
}

/** The flags that select the command line's kubeconfig, context and namespace. */
async function targetFlags(ctx: Context): Promise<string[]> {
  const { context, kubeconfig, namespace } = ctx.globals;
  return [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ];
}

async function objects(ctx: Context, type: string, partial: string): Promise<Completion> {
  return objectNames(ctx, await targetFlags(ctx), type, partial);
}

async function namespaces(ctx: Context): Promise<Candidate[]> {
  const view = await ctx.kubeconfig.load();
  const context = ctx.currentContext(view);
  const server = serverOf(view, context) ?? '';
  const memory = createNamespaceMemory(ctx.paths.cache);
  const seen = memory.find(server);
  const now = ctx.io.now();
  let names = seen?.names ?? [];
  if (seen === undefined || now.getTime() - seen.seenAt.getTime() >= NAMESPACES_FRESH_MS) {
    const asked = await askNamespaces(ctx, await targetFlags(ctx));
    if (asked) memory.save(server, asked, now);
    names = asked ?? names;
  }
  const description = clusterNameOf(view, context);
  return names.map(word => ({ word, description }));
}

/** Reads the global flags that select the cluster from the command line. */
export function globalsOfWords(words: readonly string[]): Partial<Globals> {
  const given = (...names: readonly string[]): string | undefined => {
    for (let i = words.length - 2; i >= 0; i--) {
      const word = words[i] ?? '';
      const glued = names.find(name => name.startsWith('--') && word.startsWith(`${name}=`));
      if (glued) return word.slice(glued.length + 1);
      if (names.includes(word) && i + 1 < words.length - 1) return words[i + 1];
    }
    return undefined;
  };
  return {
    context: given('--context', '--cluster'),
    kubeconfig: given('--kubeconfig'),
    namespace: given('-n', '--namespace'),
  };
}
