/** The cluster, context and namespace of a command. They are resolved once and then passed on. */
import { NotFoundError, UsageError } from '../errors.ts';
import type { LocatedEntry } from '../kubeconfig/view.ts';
import { clusterNameOf, type KubeconfigView, meantContext, namespaceOf } from '../kubeconfig/view.ts';
import type { Cluster } from '../registry/cluster.ts';

export interface ClusterTarget {
  readonly context: string;
  /** The argument of `credentials` in the context's user, usually the alias; else the context's name. */
  readonly clusterName: string;
  readonly namespace: string;
  /** The context's entry under `clusters` in the kubeconfig. Undefined: it has none. */
  readonly entry: LocatedEntry | undefined;
  /** The last known value in the registry for this name. Undefined: unknown. Not checked against the context's server: see `verifiedCluster`. */
  readonly environment: string | undefined;
}

/** The target as given on the command line. */
export interface WantedTarget {
  /** --cluster: the name of a context, or of a context's cluster. */
  readonly cluster?: string | undefined;
  /** --context. */
  readonly context?: string | undefined;
  /** --namespace. */
  readonly namespace?: string | undefined;
}

/**
 * Uses --cluster, else --context, else the current context. Throws NotFoundError (3) if the context does not exist, UsageError (2) if both flags are
 * given and differ.
 * @param known reads saved data about a cluster, without a network request
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

/** Throws UsageError (2) when --cluster and --context differ. */
export function checkOneTarget({ cluster, context }: WantedTarget): void {
  if (cluster === undefined || context === undefined || context === cluster) return;
  throw new UsageError('--cluster and --context differ', {
    code: 'two_targets',
    hint: 'use only one of them',
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
