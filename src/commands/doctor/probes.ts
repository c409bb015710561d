/** Shared by the checks of `doctor`: the services and their responses. Every request is sent only once. */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import { apiServerOf } from '../../clusters/api-server.ts';
import { type ResourceServer, resourceServerIn } from '../../clusters/trusted-servers.ts';
import { CliError, messageOf } from '../../errors.ts';
import { clusterNameOf, type KubeconfigView } from '../../kubeconfig/view.ts';
import { readText } from '../../platform/files/read.ts';
import type { HttpClient, HttpResponse } from '../../platform/net/http-types.ts';

/** How long a service may take to answer (milliseconds). */
export const ANSWER_MS = 8_000;

export interface Service {
  readonly name: 'issuer' | 'registry' | 'access API' | 'API server';
  readonly url: URL;
  /** PEM roots instead of the system's: those of a kubeconfig. */
  readonly ca?: string | undefined;
  /** The name that its certificate must have, if not the host name. */
  readonly servername?: string | undefined;
}

/** The cluster that the report is about. */
export interface DoctorCluster {
  readonly name: string;
  /** Undefined: the cluster has no context. */
  readonly context: string | undefined;
  readonly service: Service;
  /** The server that would receive the cluster's token. */
  readonly resourceServer: ResourceServer | undefined;
}

export class Probes {
  readonly ctx: Context;
  readonly #clusterFlag: string | undefined;
  /** The clock skew of the hosts that answered: how far each is ahead of our clock, in milliseconds. */
  readonly clocks = new Map<string, number>();
  #view: Promise<KubeconfigView> | undefined;
  #cluster: Promise<DoctorCluster | undefined> | undefined;
  #services: Promise<Service[]> | undefined;
  #serverVersion: Promise<string | undefined> | undefined;
  readonly #answers = new Map<string, Promise<HttpResponse>>();

  constructor(ctx: Context, clusterFlag: string | undefined) {
    this.ctx = ctx;
    this.#clusterFlag = clusterFlag;
  }

  view(): Promise<KubeconfigView> {
    this.#view ??= this.ctx.kubeconfig.load();
    return this.#view;
  }

  /** The services that the configuration and the kubeconfig name. */
  services(): Promise<Service[]> {
    this.#services ??= this.#findServices();
    return this.#services;
  }

  async service(name: Service['name']): Promise<Service | undefined> {
    return (await this.services()).find(service => service.name === name);
  }

  async #findServices(): Promise<Service[]> {
    const config = await this.ctx.config();
    const named = [
      ['issuer', config.text('auth.issuer')],
      ['registry', config.text('registry.url')],
      ['access API', config.text('access.url')],
    ] as const;
    const cluster = await this.cluster().catch(() => undefined);
    return [
      ...named.flatMap(([name, url]) => (url !== undefined && URL.canParse(url) ? [{ name, url: new URL(url) }] : [])),
      ...(cluster ? [cluster.service] : []),
    ];
  }

  /** The cluster of --cluster, else of the current context; undefined: neither is set. Throws NotFoundError (3) when it does not exist. */
  cluster(): Promise<DoctorCluster | undefined> {
    this.#cluster ??= this.#findCluster();
    return this.#cluster;
  }

  async #findCluster(): Promise<DoctorCluster | undefined> {
    const view = await this.view();
    const wanted = this.#clusterFlag;
    const context =
      wanted === undefined
        ? (this.ctx.globals.context ?? view.currentContext)
        : [...view.contexts.keys()].find(name => name === wanted || clusterNameOf(view, name) === wanted);
    const entry = view.clusters.get(String(view.contexts.get(context ?? '')?.body['cluster'] ?? ''));
    if (context !== undefined && entry) {
      const { server, 'tls-server-name': servername } = entry.body;
      const url = new URL(String(server));
      const service = { name: 'API server', url, ca: caOf(entry), servername: textOf(servername) } as const;
      return {
        name: clusterNameOf(view, context),
        context,
        service,
        resourceServer: resourceServerIn(entry.body, entry.file),
      };
    }
    if (wanted === undefined) return undefined;
    const cluster = await (await this.ctx.registry()).cluster(wanted, 'recent');
    const { server, certificateAuthorityData: data } = apiServerOf(cluster);
    const ca = data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
    const service = { name: 'API server', url: new URL(server), ca } as const;
    return { name: cluster.alias, context: undefined, service, resourceServer: undefined };
  }

  /** Sends a GET to a service and records the service's clock. @param bearer a token to send */
  ask(service: Service, path: string, bearer?: string): Promise<HttpResponse> {
    const key = `${service.name} ${path} ${bearer === undefined}`;
    const answer = this.#answers.get(key) ?? this.#ask(service, path, bearer);
    this.#answers.set(key, answer);
    return answer;
  }

  async #ask(service: Service, path: string, bearer: string | undefined): Promise<HttpResponse> {
    const http = await this.#httpFor(service);
    const before = this.ctx.io.now().getTime();
    const response = await http.send({
      service: serviceText(service),
      url: `${service.url.href.replace(/\/+$/, '')}${path}`,
      timeoutMs: ANSWER_MS,
      ...(bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } }),
    });
    const after = this.ctx.io.now().getTime();
    const date = Date.parse(String(response.headers['date'] ?? ''));
    // A Date header has whole seconds (RFC 9110 section 6.6.1): on average it is half a second too early.
    if (!Number.isNaN(date)) this.clocks.set(service.url.host, date + 500 - (before + after) / 2);
    return response;
  }

  async #httpFor({ ca, servername }: Service): Promise<HttpClient> {
    if (ca === undefined && servername === undefined) return this.ctx.http();
    return this.ctx.network.httpTrusting({ ca, servername });
  }

  /** The API server's version, such as `v1.35.2`; undefined: it is not known. */
  serverVersion(): Promise<string | undefined> {
    this.#serverVersion ??= this.#findServerVersion().catch(() => undefined);
    return this.#serverVersion;
  }

  async #findServerVersion(): Promise<string | undefined> {
    const service = await this.service('API server');
    if (service === undefined) return undefined;
    return versionIn(await this.ask(service, '/version', await this.clusterBearer()));
  }

  /** The token for the cluster; undefined: there is none, or the context uses other credentials. */
  async clusterBearer(): Promise<string | undefined> {
    const cluster = await this.cluster().catch(() => undefined);
    if (cluster === undefined) return undefined;
    try {
      return (await this.ctx.credentials.bearerFor(cluster.name, cluster.resourceServer)).token;
    } catch (error) {
      this.ctx.messages.debug(`no token for ${cluster.name}: ${messageOf(error)}`);
      return undefined;
    }
  }

  async platformBearer(): Promise<string | undefined> {
    try {
      return (await this.ctx.platformToken()).token;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      return undefined;
    }
  }
}

export function serviceText({ name }: Service): string {
  return name === 'issuer' ? 'the login service' : `the ${name}`;
}

/** `gitVersion` of a Kubernetes API's /version. */
export function versionIn({ status, body }: HttpResponse): string | undefined {
  if (status !== 200) return undefined;
  try {
    const { gitVersion } = JSON.parse(body.toString('utf8')) as { gitVersion?: unknown };
    return textOf(gitVersion);
  } catch {
    return undefined;
  }
}

function caOf({ body, file }: { body: Readonly<Record<string, unknown>>; file: string }): string | undefined {
  const data = textOf(body['certificate-authority-data']);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const name = textOf(body['certificate-authority']);
  return name === undefined ? undefined : readText(path.resolve(path.dirname(file), name));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
