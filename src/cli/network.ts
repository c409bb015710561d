/** The network for commands: HTTP clients, addresses of hosts and routes to API servers, also when DNS is down. */
import { messageOf } from '../errors.ts';
import type { ApiRoute } from '../kubernetes/api-route.ts';
import type { Io } from '../platform/io.ts';
import type { AddressBook, Located } from '../platform/net/addresses.ts';
import type { HttpClient, HttpSettings } from '../platform/net/http-types.ts';

/** The time limit for the first answer of a server (milliseconds). */
const REACH_MS = 10_000;
/** The longest wait for an address that is only saved for later (milliseconds). */
const NOTE_WITHIN_MS = 2_000;

export interface NetworkParts {
  readonly io: Io;
  readonly cacheDir: string;
  /** tls.ca_file. */
  readonly caFile: () => Promise<string | undefined>;
  readonly say: (line: string) => void;
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

  /** An HTTP client for a server that a kubeconfig names. @param isOneOfMany true: the client opens one connection and prints no message about a slow server */
  async httpTrusting(trust: HttpSettings['trust'], isOneOfMany = false): Promise<HttpClient> {
    this.warnOfVerification();
    const [caFile, addresses, { createHttpClient }] = await Promise.all([
      this.#parts.caFile(),
      this.addresses(),
      import('../platform/net/http.ts'),
    ]);
    return createHttpClient(this.#parts.io, {
      caFile,
      ...(trust && { trust }),
      ...(isOneOfMany && { connections: 1 }),
      debug: line => this.#parts.debug(line),
      addresses,
      onSlow: (service, host) => (isOneOfMany ? undefined : this.#saySlow(service, host)),
      onSeen: (host, located) => this.warnStaleAddress(host, located),
    });
  }

  #saySlow(service: string, host: string): void {
    if (this.#told.has(`slow ${host}`)) return;
    this.#told.add(`slow ${host}`);
    this.#parts.say(`${service} at ${host} has not answered yet; still waiting`);
  }

  /** Warns once that NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored. Under kubectl (`credentials`) it is shown only with --debug. */
  warnOfVerification(): void {
    if (this.#parts.io.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0' || this.#told.has('TLS')) return;
    this.#told.add('TLS');
    const line = 'NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are verified (tls.ca_file adds a CA)';
    if (this.#parts.io.env['KUBERNETES_EXEC_INFO']) this.#parts.debug(line);
    else this.#parts.warn(line);
  }

  /** The current and last known addresses of hosts. */
  addresses(): Promise<AddressBook> {
    this.#addresses ??= import('../platform/net/addresses.ts').then(({ createAddressBook }) =>
      createAddressBook(this.#parts.io, this.#parts.cacheDir),
    );
    return this.#addresses;
  }

  /** Warns once for each host whose name does not resolve, with the address used instead. Under kubectl (`credentials`) only with --debug. */
  warnStaleAddress(host: string, { addresses, seenAt }: Located, how = ''): void {
    if (seenAt === undefined || this.#told.has(host)) return;
    this.#told.add(host);
    const line = `the name ${host} does not resolve; using its last known address ${addresses[0]}, seen ${seenAt.toISOString()}${how}`;
    if (this.#parts.io.env['KUBERNETES_EXEC_INFO']) this.#parts.debug(line);
    else this.#parts.warn(line);
  }

  /** The route to the API server of a cluster entry; warns if it is not the usual route. Undefined: no lookup is needed. */
  async apiRoute(cluster: Readonly<Record<string, unknown>>): Promise<ApiRoute | undefined> {
    // An IP address or localhost needs no lookup.
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

  /**
   * Sends one request without credentials to an API server. Any answer will do. Throws UnreachableError (6) when its name does not resolve,
   * nothing answers, or TLS fails.
   * @param ca PEM in base64; undefined: the system's roots and tls.ca_file
   */
  async reach(server: string, ca: string | undefined): Promise<void> {
    const trust = { ca: ca && Buffer.from(ca, 'base64').toString('utf8'), servername: undefined };
    const http = await this.httpTrusting(ca === undefined ? undefined : trust);
    const url = `${server.replace(/\/+$/, '')}/version`;
    await http.send({ service: 'the API server', url, timeoutMs: REACH_MS });
  }

  /** Saves the address of an API server, for use when its name does not resolve. Call it after a successful request. */
  async noteApiServer(server: string): Promise<void> {
    try {
      const [{ apiServerName }, book] = await Promise.all([import('../kubernetes/api-route.ts'), this.addresses()]);
      const host = apiServerName({ server }, this.#parts.io.env)?.hostname;
      if (host === undefined) return;
      await Promise.race([book.locate(host), this.#parts.io.sleep(NOTE_WITHIN_MS)]);
      book.confirm(host);
    } catch (error) {
      this.#parts.debug(`the address of ${server} was not saved: ${messageOf(error)}`);
    }
  }
}
