/** Which cluster, context and namespace a command is about: decided once, then passed on. */
import { NotFoundError, UsageError } from '../errors.ts';
import type { LocatedEntry } from '../kubeconfig/view.ts';
import { clusterNameOf, type KubeconfigView, meantContext, namespaceOf } from '../kubeconfig/view.ts';
import type { Cluster } from '../registry/cluster.ts';

export interface ClusterTarget {
  readonly context: string;
  /** The cluster's alias, or the name that the context gives to `credentials`. */
  readonly clusterName: string;
  readonly namespace: string;
  /** The context's entry under `clusters` of the kubeconfig; undefined: there is none. */
  readonly entry: LocatedEntry | undefined;
  /** As the registry last said it for this name; undefined: unknown. Whether the context really leads to that cluster is for `verifiedCluster`. */
  readonly environment: string | undefined;
}

/** What the command line says of the target. */
export interface WantedTarget {
  /** --cluster: the name of a context, or of the cluster of one. */
  readonly cluster?: string | undefined;
  /** --context. */
  readonly context?: string | undefined;
  /** --namespace. */
  readonly namespace?: string | undefined;
}

/**
 * --cluster, else --context, else the current context. Throws NotFoundError (3) where there is no such context, UsageError (2) where both flags are given and
 * differ.
 * @param known what is known of a cluster without asking anybody
 */
export async function resolveTarget(
  view: KubeconfigView,
  wanted: WantedTarget,
  known: (name: string) => Promise<Pick<Cluster, 'environment'> | undefined>,
): Promise<ClusterTarget> {
  checkOneTarget(wanted);
  const context = wanted.cluster === undefined ? meantContext(view, wanted.context) : contextOf(view, wanted.cluster);
  const clusterName = clusterNameOf(view, context);
  return {
    context,
    clusterName,
    namespace: wanted.namespace ?? namespaceOf(view, context),
    entry: view.clusters.get(String(view.contexts.get(context)?.body['cluster'] ?? '')),
    environment: (await known(clusterName))?.environment,
  };
}

/** Throws UsageError (2) where --cluster and --context differ. */
export function checkOneTarget({ cluster, context }: WantedTarget): void {
  if (cluster === undefined || context === undefined || context === cluster) return;
  throw new UsageError('--cluster and --context say different things', {
    code: 'two_targets',
    hint: 'leave one of them out',
  });
}

function contextOf(view: KubeconfigView, name: string): string {
  if (view.contexts.has(name)) return name;
  for (const other of view.contexts.keys()) if (clusterNameOf(view, other) === name) return other;
  throw new NotFoundError(`there is no context for the cluster ${name}`, {
    code: 'no_such_context',
    hint: `zkubectl use ${name}`,
  });
}
