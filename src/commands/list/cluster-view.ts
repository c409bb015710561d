/** How clusters are listed. */
import type { Context } from '../../cli/context.ts';
import { isGuarded } from '../../clusters/guarded.ts';
import { clusterNameOf } from '../../kubeconfig/view.ts';
import type { OutputFormat, View } from '../../output/view.ts';
import { type Cluster, rawWithItems } from '../../registry/cluster.ts';
import { clusterState, versionText } from '../../registry/cluster-state.ts';
import type { Registry } from '../../registry/registry.ts';

export const clusterView: View<Cluster> = {
  kind: 'Cluster',
  name: cluster => cluster.alias,
  columns: [
    { title: 'Id', value: c => c.id, dropFirst: 1, isLastWhenNarrow: true },
    { title: 'Alias', value: c => c.alias },
    {
      title: 'Environment',
      value: c => c.environment,
      style: (c, style) => (isGuarded(c.environment) ? style.red : undefined),
    },
    { title: 'Channel', value: c => c.channel, dropFirst: 3 },
    { title: 'Version', value: versionText, dropFirst: 2 },
    { title: 'Status', value: clusterState, wide: true },
    { title: 'Provider', value: c => c.provider, wide: true },
    { title: 'Region', value: c => c.region, wide: true },
    { title: 'Account', value: c => c.infrastructureAccount, wide: true },
    { title: 'API server', value: c => c.apiServerUrl, wide: true },
  ],
  toJson: cluster => rawWithItems(cluster, true),
  jsonText: cluster => cluster.rawText,
  empty: 'no cluster matches',
};

/** With a `*` after the current cluster, on a terminal, and `-o wide` with how far a cluster is behind. */
export async function viewFor(
  ctx: Pick<Context, 'io' | 'kubeconfig'>,
  registry: Registry,
  format: OutputFormat,
): Promise<View<Cluster>> {
  if (format !== 'table' && format !== 'wide') return clusterView;
  const seen = format === 'wide' ? await registry.seenVersions() : undefined;
  const current = ctx.io.isTTY.stdout ? await currentCluster(ctx) : undefined;
  const columns = clusterView.columns.map(column =>
    column.title === 'Alias' && current !== undefined
      ? { ...column, value: ({ alias }: Cluster) => (alias === current ? `${alias} *` : alias) }
      : column,
  );
  if (seen === undefined) return { ...clusterView, columns };
  const { lagOf } = await import('../../registry/version-history.ts');
  const behind = (cluster: Cluster) => {
    const versions = lagOf(seen, cluster)?.versions;
    return versions === undefined || versions === 0 ? '' : String(versions);
  };
  return { ...clusterView, columns: [...columns, { title: 'Versions behind', value: behind, wide: true }] };
}

/** Undefined: there is no current cluster, or the kubeconfig cannot be read; other commands say so. */
async function currentCluster(ctx: Pick<Context, 'kubeconfig'>): Promise<string | undefined> {
  try {
    const view = await ctx.kubeconfig.load();
    return view.currentContext === '' ? undefined : clusterNameOf(view, view.currentContext);
  } catch {
    return undefined;
  }
}
