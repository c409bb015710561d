/** The API server of a cluster, by its record in the registry. */
import { CliError } from '../errors.ts';
import { parseServiceUrl } from '../platform/net/service-url.ts';
import type { Cluster } from '../registry/cluster.ts';

/** Where kubectl reaches the cluster, and by which CA. Throws CliError when the registry does not say. */
export function apiServerOf(cluster: Cluster): { server: string; certificateAuthorityData: string | undefined } {
  const items = cluster.configItems;
  const server =
    cluster.provider === 'zalando-eks' && items['eks_endpoint'] ? items['eks_endpoint'] : cluster.apiServerUrl;
  if (server === '') {
    throw new CliError(`the registry has no API server for ${cluster.alias} (${cluster.lifecycleStatus})`, {
      code: 'no_api_server',
    });
  }
  const ca = items['certificate_authority_data'] || items['eks_certificate_authority_data'] || undefined;
  const address = /^https?:\/\//.test(server) ? server : `https://${server}`;
  const url = parseServiceUrl(`the API server of ${cluster.alias}`, address);
  // What is no ASCII may look like another name than it is: it is written as it is looked up (IDNA).
  const isPlain = /^[\x21-\x7e]+$/.test(address);
  return { server: isPlain ? address : url.href.replace(/\/$/, ''), certificateAuthorityData: ca };
}
