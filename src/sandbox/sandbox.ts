/**
 * The sandbox: an issuer, a registry, an access API and a Kubernetes API per cluster, on loopback, with its own CA.
 * Rules: it changes nothing outside its folder; a restart keeps the state and, if they are free, the ports.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { systemErrorCode } from '../errors.ts';
import { makeDirs } from '../platform/files/files.ts';
import { type Certificates, makeCertificates } from '../platform/net/certificates.ts';
import { type ListenOptions, type LocalServer, listen } from '../platform/net/server.ts';
import { AccessService } from './access.ts';
import { AccessRequests, type AccessState, emptyAccessState } from './access-requests.ts';
import { answerBroken, brokenClusters } from './broken.ts';
import { CLUSTER_CLIENT_PREFIX, EVERY_CLUSTER, PLATFORM_CLIENT } from './clients.ts';
import { Documents } from './documents.ts';
import { isForLoopback, serveJson } from './http.ts';
import { createIssuer } from './issuer.ts';
import { type IssuerState, newIssuerState, publicJwks } from './issuer-state.ts';
import { KubernetesServer } from './kubernetes/server.ts';
import type { StoreState } from './kubernetes/store.ts';
import { REGISTRY_ERRORS, RegistryService } from './registry.ts';
import type { RegistryState } from './registry-records.ts';
import { type SandboxInfo, writeFiles } from './sandbox-files.ts';
import { aliasesOf, BEHIND, seedRegistry, UPDATING } from './seed-clusters.ts';
import { groupsOf, mergeSeed } from './seed-state.ts';
import { Verifier } from './verifier.ts';

export interface SandboxOptions {
  readonly dir: string;
  readonly now: () => Date;
  /** The number of clusters. Default: the previous number, or 4 at the first start. */
  readonly clusters?: number | undefined;
  /** So many clusters do not work. Default: none. */
  readonly broken?: number | undefined;
  readonly grantTtlMs: number;
  /** The time between the approval of a request and its grant. Default: none. */
  readonly provisioningMs?: number | undefined;
  readonly tokenTtlSeconds: number;
}

export const DEFAULT_GRANT_TTL_MS = 15 * 60_000;
export const DEFAULT_TOKEN_TTL_SECONDS = 15 * 60;
const DEFAULT_CLUSTERS = 4;

export interface Sandbox {
  readonly info: SandboxInfo;
  close(): Promise<void>;
}

interface Ports {
  issuer: number;
  registry: number;
  access: number;
  clusters: Record<string, number>;
}

type ServeOptions = Pick<ListenOptions, 'tls' | 'onUpgrade'>;

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dir, now } = options;
  makeDirs(dir);
  const documents = new Documents(dir);
  const servers: LocalServer[] = [];
  const kubernetes = new Map<string, KubernetesServer>();
  const close = async () => {
    for (const server of kubernetes.values()) server.close();
    await Promise.all(servers.map(server => server.close()));
    documents.flush();
  };
  try {
    const certificates = documents.open<Certificates>('certificates', () => ({
      caCert: '',
      serverCert: '',
      serverKey: '',
    }));
    if (certificates.value.caCert === '') {
      Object.assign(certificates.value, await makeCertificates(now()));
      certificates.changed();
    }
    const ports = documents.open<Ports>('ports', () => ({ issuer: 0, registry: 0, access: 0, clusters: {} }));
    const serve = async (port: number, handler: Handler, options: ServeOptions = {}): Promise<number> => {
      let listeningAt = 0;
      const listener = (request: IncomingMessage, response: ServerResponse) => {
        if (isForLoopback(request, listeningAt)) handler(request, response).catch(() => response.destroy());
        else
          response.writeHead(421, { 'content-type': 'text/plain' }).end('the Host header does not name this server\n');
      };
      const { onUpgrade } = options;
      const server = await listenPreferred(port, listener, {
        ...options,
        ...(onUpgrade && {
          onUpgrade: (request, socket, head) => {
            if (isForLoopback(request, listeningAt)) onUpgrade(request, socket, head);
            else socket.destroy();
          },
        }),
      });
      listeningAt = server.port;
      servers.push(server);
      return server.port;
    };

    // A server's address is known only when it listens. So handlers are looked up at each request, after all servers listen.
    const handlers: { issuer?: Handler; registry?: Handler; access?: Handler } = {};
    const late =
      (name: keyof typeof handlers): Handler =>
      async (request, response) =>
        handlers[name]?.(request, response);
    ports.value.issuer = await serve(ports.value.issuer, late('issuer'));
    ports.value.registry = await serve(ports.value.registry, late('registry'));
    ports.value.access = await serve(ports.value.access, late('access'));
    const url = (port: number) => `http://127.0.0.1:${port}`;

    const aliases =
      options.clusters === undefined && Object.keys(ports.value.clusters).length > 0
        ? Object.keys(ports.value.clusters)
        : aliasesOf(options.clusters ?? DEFAULT_CLUSTERS);
    const tls = { cert: certificates.value.serverCert, key: certificates.value.serverKey };
    const clusterPorts: Record<string, number> = {};
    const broken = brokenClusters(aliases, options.broken ?? 0);
    const clusterHandler =
      (alias: string): Handler =>
      async (request, response) => {
        const kind = broken.get(alias);
        if (kind !== undefined && (await answerBroken(kind, request, response))) return;
        await clusterOf(alias).handle(request, response);
      };
    for (const alias of aliases)
      clusterPorts[alias] = await serve(ports.value.clusters[alias] ?? 0, clusterHandler(alias), {
        tls,
        onUpgrade: (request, socket, head) => {
          clusterOf(alias)
            .upgrade(request, socket, head)
            .catch(() => socket.destroy());
        },
      });
    for (const [alias, kind] of broken)
      if (kind === 'unreachable') await servers.find(server => server.port === clusterPorts[alias])?.close();
    ports.value.clusters = clusterPorts;
    ports.changed();

    const issuerState = documents.open<IssuerState>('issuer', () => ({
      jwks: { keys: [] },
      cookieKey: '',
      clientSecret: '',
      records: {},
    }));
    if (issuerState.value.cookieKey === '') {
      Object.assign(issuerState.value, await newIssuerState());
      issuerState.changed();
    }
    const verifier = new Verifier(publicJwks(issuerState.value), () => url(ports.value.issuer), now);
    const registryState = documents.open<RegistryState>('registry', () => ({ clusters: [], accounts: [] }));
    mergeSeed(
      registryState.value,
      seedRegistry(
        aliases.map(alias => ({ alias, port: clusterPorts[alias] ?? 0 })),
        certificates.value.caCert,
      ),
    );
    registryState.changed();
    const registry = new RegistryService(registryState, verifier, now);
    const accessState = documents.open<AccessState>('access', emptyAccessState);
    const requests = new AccessRequests({
      state: accessState,
      now,
      grantTtlMs: options.grantTtlMs,
      provisioningMs: options.provisioningMs ?? 0,
      environmentOf: name => registry.accountByName(name)?.environment,
    });
    const access = new AccessService({ requests, verifier, url: () => url(ports.value.access) });
    const issuer = await createIssuer({
      url: url(ports.value.issuer),
      state: issuerState,
      now,
      tokenTtlSeconds: options.tokenTtlSeconds,
      groupsOf: (user, clientId) => groupsOf(user, clientId, registry, requests),
      subjectOf: async token => (await verifier.jwt(token, [PLATFORM_CLIENT]))?.sub,
      isCluster: alias => registry.clusters.some(cluster => cluster.alias === alias),
    });
    handlers.issuer = issuer.handle;
    handlers.registry = (request, response) => serveJson(request, response, r => registry.handle(r), REGISTRY_ERRORS);
    handlers.access = (request, response) => serveJson(request, response, r => access.handle(r));

    const clusterOf = (alias: string): KubernetesServer => {
      let server = kubernetes.get(alias);
      if (server === undefined) {
        // Create a cluster at its first request, so that 250 unused clusters cost nothing.
        const state = documents.open<StoreState>(path.join('clusters', alias), () => ({
          resourceVersion: 0,
          objects: {},
        }));
        server = new KubernetesServer({
          seed: { alias, isBehind: BEHIND.has(alias), isUpdating: alias === UPDATING },
          state: state.value,
          onChange: state.changed,
          verifier,
          audiences: [`${CLUSTER_CLIENT_PREFIX}${alias}`, EVERY_CLUSTER],
          now,
        });
        kubernetes.set(alias, server);
      }
      return server;
    };

    const info = writeFiles(
      dir,
      { issuer: url(ports.value.issuer), registry: url(ports.value.registry), access: url(ports.value.access) },
      clusterPorts,
      certificates.value,
      issuerState.value,
    );
    documents.flush();
    return { info, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Listens on the previous port, or on any free port if it is in use. */
async function listenPreferred(
  port: number,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  options: ServeOptions,
): Promise<LocalServer> {
  try {
    return await listen(listener, { port, ...options });
  } catch (error) {
    if (port === 0 || systemErrorCode(error) !== 'EADDRINUSE') throw error;
    return listen(listener, { port: 0, ...options });
  }
}
