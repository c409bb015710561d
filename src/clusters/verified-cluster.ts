/** The registry record of a context's cluster, if the context really connects to that cluster. The context's name is no proof. */
import { InterruptedError, messageOf } from '../errors.ts';
import { clusterNameOf, type KubeconfigView } from '../kubeconfig/view.ts';
import type { Cluster } from '../registry/cluster.ts';
import type { Registry } from '../registry/registry.ts';
import { apiServerOf } from './api-server.ts';
import { isGuarded } from './guarded.ts';
import { isTrusted, resourceServerIn } from './trusted-servers.ts';

/**
 * Returns the registry record, if the context's server, CA and verification match it and no proxy or tls-server-name is set.
 * Undefined: they do not match, or the registry has no answer.
 * @param freshness known: no request
 */
export async function verifiedCluster(
  view: KubeconfigView,
  context: string,
  registry: () => Promise<Pick<Registry, 'cluster' | 'clusters'>>,
  debug: (line: string) => void,
  freshness: 'recent' | 'known' = 'recent',
): Promise<Cluster | undefined> {
  const name = clusterNameOf(view, context);
  try {
    const entry = view.clusters.get(String(view.contexts.get(context)?.body['cluster'] ?? ''));
    const server = resourceServerIn(entry?.body, entry?.file);
    const source = await registry();
    const cluster = await (freshness === 'known' ? source.cluster(name, 'known') : source.cluster(name, 'recent'));
    if (cluster === undefined) return undefined;
    const { server: address } = apiServerOf(cluster);
    const leadsThere =
      server !== undefined &&
      server.servername === undefined &&
      !server.isProxied &&
      isTrusted(server, apiServerOf(cluster));
    if (!leadsThere) {
      debug(`the context ${context} does not match the registry record of ${name}`);
      return undefined;
    }
    // Another record may list the same server as production.
    const claims = (await source.clusters('known')).clusters.filter(
      other => other.id !== cluster.id && isServedAt(other, address),
    );
    return claims.some(other => isGuarded(other.environment)) ? undefined : cluster;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    debug(`the registry cannot confirm ${name}: ${messageOf(error)}`);
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
