/**
 * The services that commands use; each is created on first use. The folders auth, registry, access and kubeconfig do not import each other: they
 * are connected here. Rule: no static import that the hot paths do not need.
 */
import type { AccessApi } from '../access/api.ts';
import { createOpenRequests, type OpenRequests } from '../access/open-requests.ts';
import type { Globals } from '../argv/globals.ts';
import type { Tokens } from '../auth/tokens.ts';
import type { ClusterCredentials } from '../clusters/credentials.ts';
import type { History } from '../clusters/history.ts';
import { type ClusterTarget, resolveTarget } from '../clusters/target.ts';
import type { Config } from '../config/config.ts';
import { CliError, ExitCode, messageOf } from '../errors.ts';
import { kubeconfigFiles } from '../kubeconfig/files.ts';
import { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import { clusterNameOf, type KubeconfigView, type LocatedEntry, meantContext } from '../kubeconfig/view.ts';
import type { KubectlLine } from '../kubectl/line.ts';
import type { ApiRoute } from '../kubernetes/api-route.ts';
import { Messages } from '../output/messages.ts';
import { type Paths, pathsOf } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';
import type { HttpClient } from '../platform/net/http-types.ts';
import type { Cluster } from '../registry/cluster.ts';
import type { Registry } from '../registry/registry.ts';
import { type BrokenConfig, loadConfigOr } from './broken-config.ts';
import type { CommandJournal } from './command-journal.ts';
import { ensureLogin } from './ensure-login.ts';
import { makeCredentials } from './make-credentials.ts';
import { makeRegistry } from './make-registry.ts';
import { type LoginOverrides, makeTokens } from './make-tokens.ts';
import { Network } from './network.ts';

export class Context {
  readonly io: Io;
  readonly paths: Paths;
  readonly globals: Globals;
  readonly argv: readonly string[];
  readonly #login: LoginOverrides;
  readonly #brokenConfig: BrokenConfig;
  #messages: Messages | undefined;
  #config: Promise<Config> | undefined;
  #network: Network | undefined;
  #tokens: Promise<Tokens> | undefined;
  #registry: Promise<Registry> | undefined;
  #credentials: ClusterCredentials | undefined;
  #journal: CommandJournal | undefined;
  #kubeconfig: Kubeconfig | undefined;
  readonly #kubeconfigs = new Map<string, Kubeconfig>();

  /** The same, but it never logs in by itself. Registry, configuration and network are shared. */
  withoutLogin(): Context {
    const quiet = new Context(
      this.io,
      this.globals,
      { ...this.#login, mayLogin: false },
      this.#brokenConfig,
      this.argv,
    );
    quiet.#config = this.config();
    quiet.#registry = this.registry();
    quiet.#network = this.network;
    return quiet;
  }

  /**
   * @param brokenConfig what to do when the configuration cannot be read: by default, that is the error of the command
   * @param argv the command line, as it was typed
   */
  constructor(
    io: Io,
    globals: Globals,
    login: LoginOverrides = {},
    brokenConfig: BrokenConfig = 'fail',
    argv: readonly string[] = [],
  ) {
    this.io = io;
    this.argv = argv;
    this.#brokenConfig = brokenConfig;
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
    this.#config ??= loadConfigOr(this, this.#brokenConfig);
    return this.#config;
  }

  /** HTTP clients, name resolution and routes to API servers. */
  get network(): Network {
    this.#network ??= new Network({
      io: this.io,
      cacheDir: this.paths.cache,
      caFile: async () => (await this.config()).text('tls.ca_file'),
      say: line => this.messages.say(line),
      warn: line => this.messages.warn(line),
      debug: line => this.messages.debug(line),
    });
    return this.#network;
  }

  readonly http = (): Promise<HttpClient> => this.network.http();

  readonly ensureLogin = (user: LocatedEntry, cluster: LocatedEntry): Promise<void> => ensureLogin(this, user, cluster);

  readonly apiRoute = (cluster: Readonly<Record<string, unknown>>): Promise<ApiRoute | undefined> =>
    this.network.apiRoute(cluster);

  tokens(): Promise<Tokens> {
    this.#tokens ??= makeTokens(this, this.#login);
    return this.#tokens;
  }

  /** Closes what is open, such as the listener of a browser login. @param end the exit code, or the error */
  async close(end: { readonly code: number } | { readonly error: unknown }): Promise<void> {
    const error = 'error' in end ? end.error : undefined;
    this.#messages?.endProgress();
    this.#journal?.end('code' in end ? end.code : error instanceof CliError ? error.exitCode : ExitCode.bug);
    const tokens = await this.#tokens?.catch(() => undefined);
    await tokens?.close(error);
  }

  /** The platform's token, for the registry and `zkubectl token`. */
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
    this.#registry ??= makeRegistry(this);
    return this.#registry;
  }

  get kubeconfig(): Kubeconfig {
    this.#kubeconfig ??= this.kubeconfigAt(this.globals.kubeconfig);
    return this.#kubeconfig;
  }

  /** The kubeconfig for a --kubeconfig value, for example from a kubectl command line; undefined: the default. */
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

  /** The selected context: --context, else the current context. Throws NotFoundError (3) when it does not exist. */
  currentContext(view: KubeconfigView): string {
    return meantContext(view, this.globals.context);
  }

  /** The cluster with this name, else the current context's cluster. */
  async cluster(name: string | undefined): Promise<Cluster> {
    return (await this.registry()).cluster(await this.clusterName(name), 'recent');
  }

  /** The name of the same cluster as `cluster()`, without the registry. */
  async clusterName(name: string | undefined): Promise<string> {
    if (name !== undefined) return name;
    const view = await this.kubeconfig.load();
    return clusterNameOf(view, this.currentContext(view));
  }

  /** The saved data of a cluster, without a request. Undefined: there is none, or no registry is configured. */
  async knownCluster(name: string): Promise<Cluster | undefined> {
    try {
      return await (await this.registry()).cluster(name, 'known');
    } catch (error) {
      this.messages.debug(`no saved data of ${name}: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** The target of a command. Throws NotFoundError (3) when the context does not exist, UsageError (2) when --cluster and --context differ. */
  async target(cluster?: string): Promise<ClusterTarget> {
    const view = await this.kubeconfig.load();
    const { context, namespace } = this.globals;
    return resolveTarget(view, { cluster, context, namespace }, name => this.knownCluster(name));
  }

  /** The tokens of clusters, and which servers may receive them. */
  get credentials(): ClusterCredentials {
    this.#credentials ??= makeCredentials(this);
    return this.#credentials;
  }

  /** The journal: it records what this command changes. */
  async journal(): Promise<CommandJournal> {
    const { CommandJournal } = await import('./command-journal.ts');
    this.#journal ??= new CommandJournal(this);
    return this.#journal;
  }

  readonly willRun = async (line: KubectlLine): Promise<void> => (await this.journal()).willRun(line);
  readonly didRun = async (): Promise<void> => this.#journal?.didRun();

  /** The access API, with the token of a cluster as bearer. @param timeoutMs the time limit of a request */
  async access(bearer: () => Promise<string>, timeoutMs?: number): Promise<{ api: AccessApi; open: OpenRequests }> {
    const [config, http, { makeAccess }] = await Promise.all([this.config(), this.http(), import('./make-access.ts')]);
    return {
      api: await makeAccess({ io: this.io, config, http, token: bearer, timeoutMs }),
      open: createOpenRequests(this.paths.state, config.required('access.url')),
    };
  }

  /** The absolute path of the kubectl to run. `mayDownload`: true by default, except with --offline. */
  async kubectl(mayDownload = !this.globals.offline): Promise<string> {
    const [config, { findKubectl }] = await Promise.all([this.config(), import('../kubectl/binary.ts')]);
    return findKubectl(this.io, {
      path: config.text('kubectl.path'),
      mirror: config.required('kubectl.mirror'),
      paths: this.paths,
      http: () => this.http(),
      progress: text => this.messages.progress(text),
      say: line => this.messages.say(line),
      offline: !mayDownload,
    });
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
