/** What the registry says of a context's cluster, where the context really leads to that cluster: a context may bear any name. */
import { InterruptedError, messageOf } from '../errors.ts';
import { clusterNameOf, type KubeconfigView } from '../kubeconfig/view.ts';
import type { Cluster } from '../registry/cluster.ts';
import type { Registry } from '../registry/registry.ts';
import { apiServerOf } from './api-server.ts';
import { isGuarded } from './guarded.ts';
import { isTrusted, resourceServerIn } from './trusted-servers.ts';

/**
 * The registry's record of a context's cluster, where the context's server, CA and verification are that cluster's and nothing stands in between.
 * Undefined: they are not, or the registry cannot tell.
 */
export async function verifiedCluster(
  view: KubeconfigView,
  context: string,
  registry: () => Promise<Pick<Registry, 'cluster' | 'clusters'>>,
  debug: (line: string) => void,
): Promise<Cluster | undefined> {
  const name = clusterNameOf(view, context);
  try {
    const entry = view.clusters.get(String(view.contexts.get(context)?.body['cluster'] ?? ''));
    const server = resourceServerIn(entry?.body, entry?.file);
    const source = await registry();
    const cluster = await source.cluster(name, 'recent');
    const { server: address } = apiServerOf(cluster);
    const leadsThere =
      server !== undefined &&
      server.servername === undefined &&
      !server.isProxied &&
      isTrusted(server, apiServerOf(cluster));
    if (!leadsThere) {
      debug(`the context ${context} does not lead to ${name} as the registry has it`);
      return undefined;
    }
    // Another record may say that the same server is production.
    const claims = (await source.clusters('known')).clusters.filter(
      other => other.id !== cluster.id && isServedAt(other, address),
    );
    return claims.some(other => isGuarded(other.environment)) ? undefined : cluster;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    debug(`the registry does not vouch for ${name}: ${messageOf(error)}`);
    return undefined;
  }
}

function isServedAt(cluster: Cluster, server: string): boolean {
  try {
    return new URL(apiServerOf(cluster).server).origin === new URL(server).origin;
  } catch {
    return false;
  }
}
