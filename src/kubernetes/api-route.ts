/**
 * The way to an API server whose name does not resolve: its address of before, under its own name, which TLS verifies.
 * Rules: nothing is changed where the name resolves, where a proxy resolves it, or where TLS verifies no name.
 */

import type { Io } from '../platform/io.ts';
import { type AddressBook, isNotWorthNoting, type Located } from '../platform/net/addresses.ts';

export interface ApiRoute {
  readonly host: string;
  /** Undefined: the usual way. */
  readonly detour: Detour | undefined;
  /** The API server has answered: where it is, is worth keeping. */
  reached(): void;
}

/** A server and the name it must have, in client-go's words. */
export interface Detour extends Located {
  readonly server: string;
  readonly tlsServerName: string;
}

/** The same as kubectl's flags. */
export function detourFlags({ server, tlsServerName }: Detour): string[] {
  return ['--server', server, '--tls-server-name', tlsServerName];
}

/** The API server of a cluster entry, where its name is for us to resolve. */
export function apiServerName(cluster: Readonly<Record<string, unknown>>, env: Io['env']): URL | undefined {
  const { server, 'proxy-url': proxy, 'insecure-skip-tls-verify': insecure } = cluster;
  if (typeof server !== 'string' || !URL.canParse(server) || proxy || insecure) return undefined;
  const url = new URL(server);
  const isProxied = Boolean(env['HTTPS_PROXY'] || env['https_proxy']);
  return url.protocol !== 'https:' || isProxied || isNotWorthNoting(url.hostname) ? undefined : url;
}

/**
 * Finds the way to a cluster's API server. Undefined: there is nothing to find.
 * @param cluster the body of its kubeconfig entry
 * @param pick chooses among addresses
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
    // One that was never reached is looked for meanwhile; what is found by then is kept.
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
