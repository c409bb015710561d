/** Reads the API server of a cluster from its registry record. */
import { CliError } from '../errors.ts';
import { parseServiceUrl } from '../platform/net/service-url.ts';
import type { Cluster } from '../registry/cluster.ts';

/** Returns the address and CA of the cluster's API server. Throws CliError when the record has no address. */
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
  // A non-ASCII host can look like a different host: write its IDNA (ASCII) form.
  const isPlain = /^[\x21-\x7e]+$/.test(address);
  return { server: isPlain ? address : url.href.replace(/\/$/, ''), certificateAuthorityData: ca };
}
