/**
 * The route to an API server whose name does not resolve: its last working address. TLS still verifies the server's name.
 * Rules: nothing changes when the name resolves, when a proxy resolves it, or when TLS verification is off.
 */

import type { Io } from '../platform/io.ts';
import { type AddressBook, isNotWorthNoting, type Located } from '../platform/net/addresses.ts';

export interface ApiRoute {
  readonly host: string;
  /** Undefined: connect as the kubeconfig says. */
  readonly detour: Detour | undefined;
  /** Call this when the API server has responded: it saves the server's address. */
  reached(): void;
}

/** A server URL with an IP address, and the name to verify (client-go: `server`, `tls-server-name`). */
export interface Detour extends Located {
  readonly server: string;
  readonly tlsServerName: string;
}

/** kubectl's flags for the detour. */
export function detourFlags({ server, tlsServerName }: Detour): string[] {
  return ['--server', server, '--tls-server-name', tlsServerName];
}

/** The API server of a cluster entry. Undefined when zkubectl does not have to resolve its name. */
export function apiServerName(cluster: Readonly<Record<string, unknown>>, env: Io['env']): URL | undefined {
  const { server, 'proxy-url': proxy, 'insecure-skip-tls-verify': insecure } = cluster;
  if (typeof server !== 'string' || !URL.canParse(server) || proxy || insecure) return undefined;
  const url = new URL(server);
  const isProxied = Boolean(env['HTTPS_PROXY'] || env['https_proxy']);
  return url.protocol !== 'https:' || isProxied || isNotWorthNoting(url.hostname) ? undefined : url;
}

/**
 * Finds the route to a cluster's API server. Undefined: no name to resolve, or no address accepts a connection.
 * @param cluster the body of its kubeconfig entry
 * @param pick selects a working address
 */
export async function findApiRoute(
  book: AddressBook,
  cluster: Readonly<Record<string, unknown>>,
  env: Io['env'],
  pick: (addresses: readonly string[], port: number) => Promise<string | undefined>,
): Promise<ApiRoute | undefined> {
  const url = apiServerName(cluster, env);
  if (url === undefined) return undefined;
  const host = url.hostname;
  const reached = () => book.confirm(host);
  if (book.seen(host) === undefined) {
    // No address is saved yet: resolve the name in the background, so that `reached` can save its address.
    book.locate(host).catch(() => undefined);
    return { host, detour: undefined, reached };
  }
  const located = await book.locate(host);
  if (located.seenAt === undefined) return { host, detour: undefined, reached };
  const address = await pick(located.addresses, Number(url.port || 443));
  if (address === undefined) return undefined;
  const name = cluster['tls-server-name'];
  const path = url.pathname === '/' ? '' : url.pathname;
  return {
    host,
    reached,
    detour: {
      server: `https://${address.includes(':') ? `[${address}]` : address}:${url.port || 443}${path}`,
      tlsServerName: typeof name === 'string' && name !== '' ? name : host,
      addresses: [address],
      seenAt: located.seenAt,
    },
  };
}
