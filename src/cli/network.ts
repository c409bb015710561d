/** The network as commands use it: HTTP clients, where hosts are, and the way to API servers, also while names do not resolve. */
import { messageOf } from '../errors.ts';
import type { ApiRoute } from '../kubernetes/api-route.ts';
import type { Io } from '../platform/io.ts';
import type { AddressBook, Located } from '../platform/net/addresses.ts';
import type { HttpClient, HttpSettings } from '../platform/net/http-types.ts';

/** For what is only noted for later, nobody waits longer (milliseconds). */
const NOTE_WITHIN_MS = 2_000;

export interface NetworkParts {
  readonly io: Io;
  readonly cacheDir: string;
  /** tls.ca_file. */
  readonly caFile: () => Promise<string | undefined>;
  readonly warn: (line: string) => void;
  readonly debug: (line: string) => void;
}

export class Network {
  readonly #parts: NetworkParts;
  #http: Promise<HttpClient> | undefined;
  #addresses: Promise<AddressBook> | undefined;
  readonly #told = new Set<string>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  http(): Promise<HttpClient> {
    this.#http ??= this.httpTrusting(undefined);
    return this.#http;
  }

  /** An HTTP client for a server that a kubeconfig names. */
  async httpTrusting(trust: HttpSettings['trust']): Promise<HttpClient> {
    this.warnOfVerification();
    const [caFile, addresses, { createHttpClient }] = await Promise.all([
      this.#parts.caFile(),
      this.addresses(),
      import('../platform/net/http.ts'),
    ]);
    return createHttpClient(this.#parts.io, {
      caFile,
      ...(trust && { trust }),
      debug: line => this.#parts.debug(line),
      addresses,
      onSeen: (host, located) => this.warnStaleAddress(host, located),
    });
  }

  /** Says once that certificates are verified although the environment says not to. For kubectl's sake, `credentials` says it under --debug alone. */
  warnOfVerification(): void {
    if (this.#parts.io.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0' || this.#told.has('TLS')) return;
    this.#told.add('TLS');
    const line = 'NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are verified (tls.ca_file adds a CA)';
    if (this.#parts.io.env['KUBERNETES_EXEC_INFO']) this.#parts.debug(line);
    else this.#parts.warn(line);
  }

  /** Where hosts are, and were when names still resolved. */
  addresses(): Promise<AddressBook> {
    this.#addresses ??= import('../platform/net/addresses.ts').then(({ createAddressBook }) =>
      createAddressBook(this.#parts.io, this.#parts.cacheDir),
    );
    return this.#addresses;
  }

  /** Says once for each host that its name does not resolve, and where it is looked for. For kubectl's sake, `credentials` says it under --debug alone. */
  warnStaleAddress(host: string, { addresses, seenAt }: Located, how = ''): void {
    if (seenAt === undefined || this.#told.has(host)) return;
    this.#told.add(host);
    const line = `the name ${host} does not resolve; it is reached at ${addresses[0]}, where it was on ${seenAt.toISOString()}${how}`;
    if (this.#parts.io.env['KUBERNETES_EXEC_INFO']) this.#parts.debug(line);
    else this.#parts.warn(line);
  }

  /** The way to the API server of a cluster entry; says so where it is not the usual one. Undefined: there is nothing to find. */
  async apiRoute(cluster: Readonly<Record<string, unknown>>): Promise<ApiRoute | undefined> {
    // An address needs no looking for.
    if (/^https:\/\/(\d|\[|localhost[:/])/.test(String(cluster['server']))) return undefined;
    const [{ findApiRoute, detourFlags }, { firstToAnswer }, book] = await Promise.all([
      import('../kubernetes/api-route.ts'),
      import('../platform/net/dns.ts'),
      this.addresses(),
    ]);
    const route = await findApiRoute(book, cluster, this.#parts.io.env, firstToAnswer);
    if (route?.detour) this.warnStaleAddress(route.host, route.detour, ` (${detourFlags(route.detour).join(' ')})`);
    return route;
  }

  /** Notes where an API server is, for the day on which its name does not resolve. For a command that the network has just answered. */
  async noteApiServer(server: string): Promise<void> {
    try {
      const [{ apiServerName }, book] = await Promise.all([import('../kubernetes/api-route.ts'), this.addresses()]);
      const host = apiServerName({ server }, this.#parts.io.env)?.hostname;
      if (host === undefined) return;
      await Promise.race([book.locate(host), this.#parts.io.sleep(NOTE_WITHIN_MS)]);
      book.confirm(host);
    } catch (error) {
      this.#parts.debug(`where ${server} is was not noted: ${messageOf(error)}`);
    }
  }
}
