/**
 * What commands work with, each part made when it is first asked for. The rooms auth, registry, access and kube do not know each other: they are
 * introduced here. Rule: no import at the top that the hot paths do not need.
 */
import type { AccessApi } from '../access/api.ts';
import type { OpenRequests } from '../access/open-requests.ts';
import type { Globals } from '../argv/globals.ts';
import { createTokenStore, type TokenStore } from '../auth/token-store.ts';
import { Tokens } from '../auth/tokens.ts';
import { createClientMemory } from '../clusters/client-memory.ts';
import { ClusterCredentials } from '../clusters/credentials.ts';
import type { History } from '../clusters/history.ts';
import { type ClusterTarget, resolveTarget } from '../clusters/target.ts';
import { createTrustedServers } from '../clusters/trusted-servers.ts';
import { type Config, loadConfig } from '../config/config.ts';
import type { LoginFlow } from '../config/keys.ts';
import { messageOf, UnreachableError, UsageError } from '../errors.ts';
import { kubeconfigFiles } from '../kubeconfig/files.ts';
import { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import { clusterNameOf, type KubeconfigView, meantContext } from '../kubeconfig/view.ts';
import type { ApiRoute } from '../kubernetes/api-route.ts';
import { Messages } from '../output/messages.ts';
import { type Paths, pathsOf } from '../platform/files/paths.ts';
import { type Io, isInteractive } from '../platform/io.ts';
import type { AddressBook, Located } from '../platform/net/addresses.ts';
import type { HttpClient, HttpSettings } from '../platform/net/http-types.ts';
import type { Cluster } from '../registry/cluster.ts';
import type { Registry } from '../registry/registry.ts';

/** How this run logs in, where flags say other than the configuration. */
export interface LoginOverrides {
  readonly flow?: LoginFlow | undefined;
  readonly openBrowser?: boolean | undefined;
  /** May a login be started by itself? Default: on a terminal. */
  readonly mayLogin?: boolean | undefined;
}

/** For what is only noted for later, nobody waits longer (milliseconds). */
const NOTE_WITHIN_MS = 2_000;

export class Context {
  readonly io: Io;
  readonly paths: Paths;
  readonly globals: Globals;
  readonly #login: LoginOverrides;
  #messages: Messages | undefined;
  #config: Promise<Config> | undefined;
  #http: Promise<HttpClient> | undefined;
  #addresses: Promise<AddressBook> | undefined;
  readonly #told = new Set<string>();
  #tokens: Promise<Tokens> | undefined;
  #registry: Promise<Registry> | undefined;
  #credentials: ClusterCredentials | undefined;
  #kubeconfig: Kubeconfig | undefined;
  readonly #kubeconfigs = new Map<string, Kubeconfig>();

  constructor(io: Io, globals: Globals, login: LoginOverrides = {}) {
    this.io = io;
    this.globals = globals;
    this.#login = login;
    this.paths = pathsOf(io);
  }

  get messages(): Messages {
    const { io, globals } = this;
    this.#messages ??= new Messages(io, {
      debug: globals.debug || isSet(io.env['ZKUBECTL_DEBUG']),
      color: globals.color,
    });
    return this.#messages;
  }

  config(): Promise<Config> {
    this.#config ??= loadConfig(this.io, this.paths);
    return this.#config;
  }

  http(): Promise<HttpClient> {
    this.#http ??= this.httpTrusting(undefined);
    return this.#http;
  }

  /** An HTTP client for a server that a kubeconfig names. */
  async httpTrusting(trust: HttpSettings['trust']): Promise<HttpClient> {
    this.warnOfVerification();
    const [config, addresses, { createHttpClient }] = await Promise.all([
      this.config(),
      this.addresses(),
      import('../platform/net/http.ts'),
    ]);
    return createHttpClient(this.io, {
      caFile: config.text('tls.ca_file'),
      ...(trust && { trust }),
      debug: line => this.messages.debug(line),
      addresses,
      onSeen: (host, located) => this.reachedAsSeen(host, located),
    });
  }

  /** Says once that certificates are verified although the environment says not to. For kubectl's sake, `credentials` says it under --debug alone. */
  warnOfVerification(): void {
    if (this.io.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0' || this.#told.has('TLS')) return;
    this.#told.add('TLS');
    const line = 'NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are verified (tls.ca_file adds a CA)';
    if (this.io.env['KUBERNETES_EXEC_INFO']) this.messages.debug(line);
    else this.messages.warn(line);
  }

  /** Where hosts are, and were when names still resolved. */
  addresses(): Promise<AddressBook> {
    this.#addresses ??= import('../platform/net/addresses.ts').then(({ createAddressBook }) =>
      createAddressBook(this.io, this.paths.cache),
    );
    return this.#addresses;
  }

  /** Says once for each host that its name does not resolve, and where it is looked for. For kubectl's sake, `credentials` says it under --debug alone. */
  reachedAsSeen(host: string, { addresses, seenAt }: Located, how = ''): void {
    if (seenAt === undefined || this.#told.has(host)) return;
    this.#told.add(host);
    const line = `the name ${host} does not resolve; it is reached at ${addresses[0]}, where it was on ${seenAt.toISOString()}${how}`;
    if (this.io.env['KUBERNETES_EXEC_INFO']) this.messages.debug(line);
    else this.messages.warn(line);
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
    const route = await findApiRoute(book, cluster, this.io.env, firstToAnswer);
    if (route?.detour) this.reachedAsSeen(route.host, route.detour, ` (${detourFlags(route.detour).join(' ')})`);
    return route;
  }

  /** Notes where an API server is, for the day on which its name does not resolve. For a command that the network has just answered. */
  async noteApiServer(server: string): Promise<void> {
    try {
      const [{ apiServerName }, book] = await Promise.all([import('../kubernetes/api-route.ts'), this.addresses()]);
      const host = apiServerName({ server }, this.io.env)?.hostname;
      if (host === undefined) return;
      await Promise.race([book.locate(host), this.io.sleep(NOTE_WITHIN_MS)]);
      book.confirm(host);
    } catch (error) {
      this.messages.debug(`where ${server} is was not noted: ${messageOf(error)}`);
    }
  }

  get tokenStore(): TokenStore {
    return createTokenStore(this.paths.state);
  }

  tokens(): Promise<Tokens> {
    this.#tokens ??= this.#makeTokens();
    return this.#tokens;
  }

  async #makeTokens(): Promise<Tokens> {
    const config = await this.config();
    return new Tokens({
      io: this.io,
      store: this.tokenStore,
      settings: {
        issuer: config.text('auth.issuer') ?? '',
        scopes: config.words('auth.scopes'),
        audience: config.text('auth.audience'),
        platformClientId: config.required('auth.client_id'),
        flow: {
          flow: this.#login.flow ?? config.flow(),
          redirectPorts: config.ports(),
          openBrowser: this.#login.openBrowser ?? true,
        },
        mayLogin: this.#login.mayLogin ?? isInteractive(this.io),
        stateDir: this.paths.state,
      },
      openIssuer: async () => {
        if (this.globals.offline)
          throw new UnreachableError('the login service is not asked with --offline', {
            code: 'offline',
            hint: 'leave --offline out',
          });
        const issuer = config.required('auth.issuer');
        const [{ Issuer }, http] = await Promise.all([import('../auth/oidc.ts'), this.http()]);
        return new Issuer({ issuer, http, now: () => this.io.now(), roleHelpUrl: config.text('auth.role_help_url') });
      },
      say: line => this.messages.say(line),
      waiting: (what, leftMs) => this.messages.waiting(what, leftMs),
      warn: line => this.messages.warn(line),
      debug: line => this.messages.debug(line),
    });
  }

  /** Ends what is open, such as a browser's login. */
  async close(error?: unknown): Promise<void> {
    this.#messages?.endProgress();
    const tokens = await this.#tokens?.catch(() => undefined);
    await tokens?.close(error);
  }

  /** The platform's token: registry, `zkubectl token`. */
  async platformToken(options: { forceRefresh?: boolean; explicit?: boolean } = {}) {
    const config = await this.config();
    const tokens = await this.tokens();
    return tokens.get({
      clientId: config.required('auth.client_id'),
      use: 'access',
      loginCommand: 'zkubectl login',
      ...options,
    });
  }

  registry(): Promise<Registry> {
    this.#registry ??= this.#makeRegistry();
    return this.#registry;
  }

  async #makeRegistry(): Promise<Registry> {
    const [config, source, { createSnapshotStore }, { Registry }] = await Promise.all([
      this.config(),
      import('../registry/source.ts'),
      import('../registry/snapshot.ts'),
      import('../registry/registry.ts'),
    ]);
    const { file, url } = chosenRegistry(config);
    const registrySource =
      file !== undefined
        ? source.createFileSource(file)
        : source.createRestSource(
            url ?? '',
            () => this.http(),
            async renew => (await this.platformToken({ forceRefresh: renew })).token,
          );
    return new Registry(this.io, registrySource, createSnapshotStore(this.paths, registrySource.origin), {
      offline: this.globals.offline,
      warn: line => this.messages.warn(line),
      accounts: async () => {
        const { createAccountMemory } = await import('../registry/accounts.ts');
        return createAccountMemory(this.paths.cache, registrySource.origin);
      },
      onSeen: async clusters =>
        this.credentials.correct(registrySource.origin, clusters, (await this.registry()).stamp()),
    });
  }

  get kubeconfig(): Kubeconfig {
    this.#kubeconfig ??= this.kubeconfigAt(this.globals.kubeconfig);
    return this.#kubeconfig;
  }

  /** The kubeconfig that a --kubeconfig of somebody else's command line leads to. */
  kubeconfigAt(file: string | undefined): Kubeconfig {
    const files = kubeconfigFiles(this.io, file);
    const id = files.files.join('\n');
    const kubeconfig = this.#kubeconfigs.get(id) ?? new Kubeconfig(this.io, files, this.paths.state);
    this.#kubeconfigs.set(id, kubeconfig);
    return kubeconfig;
  }

  async history(): Promise<History> {
    const { createHistory } = await import('../clusters/history.ts');
    return createHistory(this.paths.state);
  }

  /** The context that is meant: --context, else the current one. Throws NotFoundError (3) when there is none. */
  currentContext(view: KubeconfigView): string {
    return meantContext(view, this.globals.context);
  }

  /** The cluster a command is about: the one named, else that of the current context. */
  async cluster(name: string | undefined): Promise<Cluster> {
    return (await this.registry()).cluster(await this.clusterName(name), 'recent');
  }

  /** The name of that cluster, without asking the registry. */
  async clusterName(name: string | undefined): Promise<string> {
    if (name !== undefined) return name;
    const view = await this.kubeconfig.load();
    return clusterNameOf(view, this.currentContext(view));
  }

  /** What is known of a cluster without asking anybody. Undefined: nothing, or there is no registry. */
  async knownCluster(name: string): Promise<Cluster | undefined> {
    try {
      return await (await this.registry()).cluster(name, 'known');
    } catch (error) {
      this.messages.debug(`nothing is known of ${name}: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Where a command leads. Throws NotFoundError (3) where there is no such context, UsageError (2) for two that differ. */
  async target(cluster?: string): Promise<ClusterTarget> {
    const view = await this.kubeconfig.load();
    const { context, namespace } = this.globals;
    return resolveTarget(view, { cluster, context, namespace }, name => this.knownCluster(name));
  }

  /** Tokens of clusters, and who may have them. */
  get credentials(): ClusterCredentials {
    const issuer = async () => (await this.config()).text('auth.issuer') ?? '';
    this.#credentials ??= new ClusterCredentials({
      tokens: () => this.tokens(),
      rules: async () => {
        const config = await this.config();
        return { platform: config.required('auth.client_id'), template: config.text('auth.cluster_client_id') };
      },
      registry: () => this.registry(),
      memory: async () => createClientMemory(this.paths.state, await issuer()),
      trusted: async () => createTrustedServers(this.paths.state, await issuer()),
      debug: line => this.messages.debug(line),
    });
    return this.#credentials;
  }

  /** The access API, with the token of a cluster as bearer. */
  async access(bearer: () => Promise<string>): Promise<{ api: AccessApi; open: OpenRequests }> {
    const [config, http, api, open] = await Promise.all([
      this.config(),
      this.http(),
      import('../access/api.ts'),
      import('../access/open-requests.ts'),
    ]);
    const url = config.required('access.url');
    return { api: api.createAccessApi(url, http, bearer), open: open.createOpenRequests(this.paths.state, url) };
  }

  /** The absolute path of the kubectl to run. `mayDownload`: default, where --offline does not forbid it. */
  async kubectl(mayDownload = !this.globals.offline): Promise<string> {
    const started = this.io.now().getTime();
    const [config, { findKubectl }] = await Promise.all([this.config(), import('../kubectl/binary.ts')]);
    return findKubectl(this.io, {
      path: config.text('kubectl.path'),
      mirror: config.required('kubectl.mirror'),
      paths: this.paths,
      http: () => this.http(),
      onProgress: (received, total) =>
        this.messages.progress(downloadText(received, total, this.io.now().getTime() - started)),
      say: line => this.messages.say(line),
      offline: !mayDownload,
    });
  }
}

/** registry.file or registry.url: the one that is set, or the one that the environment sets. Throws UsageError when that does not decide. */
function chosenRegistry(config: Config): { file?: string | undefined; url?: string | undefined } {
  const [file, url] = [config.text('registry.file'), config.text('registry.url')];
  if (file === undefined && url === undefined) {
    throw new UsageError('no registry is configured', {
      code: 'not_configured',
      hint: 'zkubectl configure registry.url=https://…, or registry.file=clusters.yaml; to try it without any: zkubectl sandbox up',
    });
  }
  if (file === undefined || url === undefined) return { file, url };
  const [fileSource = '', urlSource = ''] = [
    config.settings.get('registry.file')?.source,
    config.settings.get('registry.url')?.source,
  ];
  const isFromEnvironment = (source: string) => source.startsWith('ZKUBECTL_');
  if (isFromEnvironment(fileSource) !== isFromEnvironment(urlSource))
    return isFromEnvironment(fileSource) ? { file } : { url };
  throw new UsageError(`registry.file (${fileSource}) and registry.url (${urlSource}) are both set`, {
    code: 'two_registries',
    hint: 'keep one of them',
  });
}

/** @param tookMs since the download began */
export function downloadText(received: number, total: number | undefined, tookMs: number): string {
  const mib = (bytes: number) => `${(bytes / 1048576).toFixed(1)} MiB`;
  if (total === undefined) return `downloading kubectl: ${mib(received)}`;
  // The first second says little of how long the rest takes.
  const left =
    received > 0 && tookMs >= 1000 ? Math.ceil(((total - received) / received) * (tookMs / 1000)) : undefined;
  return `downloading kubectl: ${mib(received)} of ${mib(total)}${left === undefined ? '' : `, ${left}s left`}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
