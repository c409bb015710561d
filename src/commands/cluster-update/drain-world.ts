/** Reads what an explanation needs: the nodes that are drained, their pods, the pods and budgets of the same namespaces. */
import type { Context } from '../../cli/context.ts';
import { reportQuality } from '../../cli/listing.ts';
import { NotFoundError } from '../../errors.ts';
import { getOne, listAll } from '../../fleet/api-list.ts';
import { ApiReader } from '../../fleet/api-reader.ts';
import { namespaceOf } from '../../kubeconfig/view.ts';
import { type Budget, budgetOf, type KubeObject } from '../../kubernetes/budget.ts';
import { type DrainItem, type DrainRules, drainRules, marksOf, nameOf } from '../../kubernetes/drain.ts';
import { recordAt } from '../../lib/json.ts';
import type { Cluster } from '../../registry/cluster.ts';

/** The time limit of all reads (milliseconds). */
const TIMEOUT_MS = 30_000;
const CORE = '/api/v1';
const POLICY = '/apis/policy/v1';

/** Opens the API server of the current context's cluster, or of the named one. The caller closes the reader. */
export async function openCluster(
  ctx: Context,
  name: string | undefined,
): Promise<{ readonly cluster: Cluster; readonly reader: ApiReader }> {
  const { cluster, listing } = await (await ctx.registry()).clusterNow(await ctx.clusterName(name), true);
  reportQuality(ctx, { ...listing, malformed: [] });
  const reader = await ApiReader.of(ctx, cluster, ctx.io.now().getTime() + TIMEOUT_MS);
  return { cluster, reader };
}

export interface DrainWorld {
  readonly rules: DrainRules;
  /** Config items whose value is no duration. */
  readonly unreadable: readonly DrainItem[];
  readonly nodes: readonly KubeObject[];
  /** The pods to explain. */
  readonly pods: readonly KubeObject[];
  readonly budgets: readonly Budget[];
  /** All pods of a namespace, by its name. */
  readonly podsByNamespace: ReadonlyMap<string, readonly KubeObject[]>;
  /** The server's time. */
  readonly now: Date;
  readonly aheadMs: number;
}

/** @param wanted a node, `POD` or `NAMESPACE/POD`. Undefined: every node that is drained. Throws NotFoundError (3) */
export async function readDrain(
  ctx: Context,
  { cluster, reader }: { readonly cluster: Cluster; readonly reader: ApiReader },
  wanted: string | undefined,
): Promise<DrainWorld> {
  const { nodes, pods } = await find(ctx, reader, wanted);
  const namespaces = [...new Set(pods.map(namespaceIn))];
  const budgets: Budget[] = [];
  const podsByNamespace = new Map<string, readonly KubeObject[]>();
  for (const namespace of namespaces) {
    const path = encodeURIComponent(namespace);
    budgets.push(...(await listAll(reader, `${POLICY}/namespaces/${path}/poddisruptionbudgets`)).map(budgetOf));
    podsByNamespace.set(namespace, await listAll(reader, `${CORE}/namespaces/${path}/pods`));
  }
  const now = new Date(ctx.io.now().getTime() + reader.aheadMs);
  const { rules, unreadable } = drainRules(cluster.environment, cluster.configItems);
  return { rules, unreadable, nodes, pods, budgets, podsByNamespace, now, aheadMs: reader.aheadMs };
}

async function find(
  ctx: Context,
  reader: ApiReader,
  wanted: string | undefined,
): Promise<{ readonly nodes: readonly KubeObject[]; readonly pods: readonly KubeObject[] }> {
  if (wanted === undefined) {
    const nodes = (await listAll(reader, `${CORE}/nodes`)).filter(node => marksOf(node).isDrained);
    const pods = [];
    for (const node of nodes) pods.push(...(await podsOn(reader, node)));
    return { nodes, pods };
  }
  const node = wanted.includes('/') ? undefined : await getOne(reader, `${CORE}/nodes/${encodeURIComponent(wanted)}`);
  if (node) return { nodes: [node], pods: await podsOn(reader, node) };
  const [name = '', namespace = await currentNamespace(ctx)] = wanted.split('/').reverse();
  const path = `${CORE}/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  const pod = await getOne(reader, path);
  if (pod === undefined)
    throw new NotFoundError(
      wanted.includes('/')
        ? `there is no pod ${name} in namespace ${namespace}`
        : `there is no node ${name}, and no pod ${name} in namespace ${namespace}`,
      {
        code: 'no_such_object',
        hint: 'name a node, or NAMESPACE/POD',
      },
    );
  const at = nodeIn(pod);
  const own = at === '' ? undefined : await getOne(reader, `${CORE}/nodes/${encodeURIComponent(at)}`);
  return { nodes: own ? [own] : [], pods: [pod] };
}

function podsOn(reader: ApiReader, node: KubeObject): Promise<KubeObject[]> {
  return listAll(reader, `${CORE}/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${nameOf(node)}`)}`);
}

async function currentNamespace(ctx: Context): Promise<string> {
  if (ctx.globals.namespace !== undefined) return ctx.globals.namespace;
  const view = await ctx.kubeconfig.load();
  const context = ctx.globals.context ?? view.currentContext;
  return (context && namespaceOf(view, context)) || 'default';
}

export function namespaceIn(object: KubeObject): string {
  return String(recordAt(object, 'metadata')['namespace']);
}

/** Empty: no node was chosen yet. */
export function nodeIn(pod: KubeObject): string {
  return String(recordAt(pod, 'spec')['nodeName'] ?? '');
}
