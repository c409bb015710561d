/** The OAuth clients of the sandbox. */
import type { AdapterPayload } from 'oidc-provider';

export const PLATFORM_CLIENT = 'zkubectl';
export const CLUSTER_CLIENT_PREFIX = 'kubernetes.cluster.';
export const MACHINE_CLIENT = 'ci';
/** What every cluster accepts besides its own client (`audiences` of Kubernetes' AuthenticationConfiguration). */
export const EVERY_CLUSTER = 'kubernetes.clusters';
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

interface ClientSettings {
  readonly state: { readonly value: { readonly clientSecret: string } };
  readonly isCluster: (alias: string) => boolean;
}

/** The metadata of a client. A cluster's client exists as long as the cluster exists. */
export function clientMetadata(id: string, settings: ClientSettings): AdapterPayload | undefined {
  const isKnownCluster = (prefix: string) => id.startsWith(prefix) && settings.isCluster(id.slice(prefix.length));
  if (id === PLATFORM_CLIENT || isKnownCluster(CLUSTER_CLIENT_PREFIX)) {
    return {
      client_id: id,
      client_name: id,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      // Any loopback port is accepted (RFC 8252 section 7.3).
      redirect_uris: [
        'http://127.0.0.1/callback',
        'http://[::1]/callback',
        'http://localhost/callback',
        'http://localhost',
        'http://localhost:8000',
      ],
      response_types: ['code'],
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
        ...(id === PLATFORM_CLIENT ? [TOKEN_EXCHANGE] : []),
      ],
    } as AdapterPayload;
  }
  if (id === MACHINE_CLIENT || isKnownCluster(`${MACHINE_CLIENT}.`)) {
    return {
      client_id: id,
      client_name: id,
      client_secret: settings.state.value.clientSecret,
      token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    } as AdapterPayload;
  }
  return undefined;
}
