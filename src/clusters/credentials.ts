/**
 * Cluster tokens: which OAuth client they belong to, and which server may receive them.
 * Rules: only this code decides whether a server may receive a token, before any token is read. If in doubt, it refuses. After a login, or with a
 * snapshot, no registry request is needed: tokens must be available while the registry is down.
 */

import { isUrlName } from '../argv/cluster-name.ts';
import type { BearerToken } from '../auth/bearer.ts';
import type { Tokens } from '../auth/tokens.ts';
import { AuthError, messageOf, UsageError } from '../errors.ts';
import type { Cluster } from '../registry/cluster.ts';
import type { Registry } from '../registry/registry.ts';
import { apiServerOf } from './api-server.ts';
import type { ClientMemory } from './client-memory.ts';
import { type ClientRules, clientOf, clientSource, refusedRecords, templateClient } from './clients.ts';
import { ServerCheck } from './server-check.ts';
import type { Origin, ResourceServer, TrustedServer, TrustedServers } from './trusted-servers.ts';

export interface CredentialsParts {
  readonly tokens: () => Promise<Tokens>;
  readonly rules: () => Promise<ClientRules>;
  /** Throws if no registry is configured. */
  readonly registry: () => Promise<Pick<Registry, 'origin' | 'stamp' | 'clusters' | 'cluster'>>;
  /** The saved clients of clusters after a login. */
  readonly memory: () => Promise<ClientMemory>;
  readonly trusted: () => Promise<TrustedServers>;
  readonly debug: (line: string) => void;
}

/** The OAuth client of a cluster, and where it comes from. */
export interface KnownClient {
  readonly clientId: string;
  readonly source: 'url' | 'login' | 'registry' | 'configuration' | 'assumption';
}

export interface LoginOptions {
  readonly forceRefresh?: boolean;
  /** The user ran a login command. */
  readonly explicit?: boolean;
  /** One of many logins. */
  readonly progress?: { readonly done: number; readonly total: number };
  /** A client given by the user, instead of the cluster's. */
  readonly clientId?: string | undefined;
}

export class ClusterCredentials {
  readonly #parts: CredentialsParts;
  readonly #servers: ServerCheck;
  #lastRefused: (ClientRules & { clusters: readonly Cluster[]; refused: ReadonlyMap<string, string> }) | undefined;

  constructor(parts: CredentialsParts) {
    this.#parts = parts;
    this.#servers = new ServerCheck({ ...parts, refused: (rules, clusters) => this.#refusedIn(rules, clusters) });
  }

  /** The client of a cluster in the registry. Throws AuthError (4) when the record is refused. */
  async clientOfCluster(cluster: Cluster): Promise<string> {
    const rules = await this.#parts.rules();
    const reason = (await this.#refused(cluster)).get(cluster.id);
    if (reason !== undefined) throw refusedRecord(cluster, reason);
    return clientOf(rules, clientSource(cluster));
  }

  /** The client for a name only: for a URL, or for a cluster without a known record. */
  async clientOfName(name: string): Promise<string> {
    const rules = await this.#parts.rules();
    return isUrlName(name) ? rules.platform : templateClient(rules, { alias: name, id: name });
  }

  /**
   * The client of a cluster without a request to the registry.
   * @returns `source`: where the client comes from. `assumption`: from the template; the registry record could name a different client.
   */
  async knownClient(name: string): Promise<KnownClient> {
    if (isUrlName(name)) return { clientId: await this.clientOfName(name), source: 'url' };
    const noted = (await this.#parts.memory()).find(name);
    if (noted) return { clientId: clientOf(await this.#parts.rules(), noted), source: 'login' };
    const registry = await this.#parts.registry().catch(() => undefined);
    const known = await registry?.cluster(name, 'known');
    if (known) return { clientId: await this.clientOfCluster(known), source: 'registry' };
    return { clientId: await this.clientOfName(name), source: registry === undefined ? 'configuration' : 'assumption' };
  }

  /**
   * A cluster's token for a server. Throws AuthError (4) when the server must not receive it.
   * @param name the cluster's alias or id, or a URL; undefined: `client` identifies the cluster
   * @param server the server that will receive the token; undefined: unknown
   * @param client the OAuth client to use instead of the cluster's
   */
  async bearerFor(
    name: string | undefined,
    server: ResourceServer | undefined,
    client?: string | undefined,
  ): Promise<BearerToken> {
    const tokens = await this.#parts.tokens();
    const fromEnvironment = tokens.fromEnvironment();
    const loginCommand = name === undefined ? 'zkubectl login' : `zkubectl login ${name}`;
    if (fromEnvironment) {
      const clientId = client ?? (name === undefined ? undefined : (await this.knownClient(name)).clientId);
      await this.#servers.checkForAny(server, clientId, name);
      return fromEnvironment;
    }
    if (client !== undefined) {
      await this.#servers.check(server, client, name);
      return tokens.get({ clientId: client, use: 'id', loginCommand });
    }
    if (name === undefined)
      throw new UsageError('no cluster given', { code: 'no_cluster', hint: 'zkubectl credentials CLUSTER' });
    const { clientId, source } = await this.knownClient(name);
    if (source === 'assumption' && tokens.stored(clientId) === undefined) {
      const cluster = await (await this.#parts.registry()).cluster(name, 'recent');
      await this.#servers.check(server, await this.clientOfCluster(cluster), name);
      return this.login(cluster);
    }
    await this.#servers.check(server, clientId, name);
    return tokens.fresh(clientId, 'id') ?? tokens.get({ clientId, use: 'id', loginCommand });
  }

  /** The token that is stored and needs no renewal, for a server that may have it. Undefined: there is none. Sends no request. */
  async freshFor(name: string, server: ResourceServer | undefined): Promise<string | undefined> {
    try {
      const [tokens, { clientId }] = await Promise.all([this.#parts.tokens(), this.knownClient(name)]);
      const fresh = tokens.fromEnvironment() ?? tokens.fresh(clientId, 'id');
      return fresh && (await this.bearerFor(name, server)).token;
    } catch (error) {
      this.#parts.debug(`no token for ${name}: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Renews the token of a cluster, whatever its expiry. */
  async renew(name: string): Promise<void> {
    const [tokens, { clientId }] = await Promise.all([this.#parts.tokens(), this.knownClient(name)]);
    await tokens.get({ clientId, use: 'id', loginCommand: `zkubectl login ${name}`, forceRefresh: true });
  }

  /** Gets the token of a cluster with a known record, and saves its server as trusted. */
  async login(cluster: Cluster, options: LoginOptions = {}): Promise<BearerToken> {
    const { clientId: named, ...wish } = options;
    const clientId = named ?? (await this.clientOfCluster(cluster));
    const tokens = await this.#parts.tokens();
    const token = await tokens.get({ clientId, use: 'id', loginCommand: `zkubectl login ${cluster.alias}`, ...wish });
    await this.#note(`the OAuth client of ${cluster.alias}`, async () =>
      (await this.#parts.memory()).save(clientSource(cluster)),
    );
    await this.#noteServer(clientId, cluster);
    return token;
  }

  /** The same as `login`, for a URL given by the user. */
  async loginToUrl(name: string, server: TrustedServer, options: LoginOptions): Promise<void> {
    const { clientId: named, ...wish } = options;
    const clientId = named ?? (await this.clientOfName(name));
    const tokens = await this.#parts.tokens();
    await tokens.get({ clientId, use: 'id', loginCommand: `zkubectl login ${name}`, ...wish });
    await this.#note(`the server ${name}`, async () => (await this.#parts.trusted()).note(clientId, server, undefined));
  }

  /** Saves the server of a cluster as trusted when its context is written. Throws AuthError (4) when the record is refused. */
  async noteContext(cluster: Cluster): Promise<void> {
    await this.#noteServer(await this.clientOfCluster(cluster), cluster);
  }

  /** Updates the saved clients and servers to the registry's current records. @param stamp the file stamp, if the registry is a file */
  async correct(registry: string, clusters: readonly Cluster[], stamp: string | undefined): Promise<void> {
    await this.#note('the update from the registry', async () => {
      const rules = await this.#parts.rules();
      const refused = refusedRecords(rules, clusters);
      const accepted = byReadiness(clusters).filter(cluster => !refused.has(cluster.id));
      (await this.#parts.memory()).correct(
        accepted.map(clientSource),
        clusters.filter(cluster => refused.has(cluster.id)).map(clientSource),
      );
      const byId = new Map(clusters.map(cluster => [cluster.id, cluster]));
      (await this.#parts.trusted()).correct(registry, stamp, (clientId, server, id) => {
        const cluster = byId.get(id);
        if (cluster === undefined) return 'no such record';
        return !refused.has(id) && isClientAt(rules, cluster, clientId, server) ? 'same' : 'other';
      });
    });
  }

  async #noteServer(clientId: string, cluster: Cluster): Promise<void> {
    await this.#note(`the server of ${cluster.alias}`, async () => {
      const registry = await this.#parts.registry();
      const origin: Origin = { registry: registry.origin, id: cluster.id, stamp: registry.stamp() };
      (await this.#parts.trusted()).note(clientId, apiServerOf(cluster), origin);
    });
  }

  /** Saves data. An error is only logged: the registry can provide the data again. */
  async #note(what: string, note: () => Promise<void>): Promise<void> {
    try {
      await note();
    } catch (error) {
      this.#parts.debug(`not saved: ${what}: ${messageOf(error)}`);
    }
  }

  /** The refused records among all known records and this record. */
  async #refused(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
    const registry = await this.#parts.registry().catch(() => undefined);
    const known = (await registry?.clusters('known'))?.clusters ?? [];
    const all = known.some(other => other.id === cluster.id) ? known : [cluster, ...known];
    return this.#refusedIn(await this.#parts.rules(), all);
  }

  /** A run over many clusters asks for the same records again and again. */
  #refusedIn(rules: ClientRules, clusters: readonly Cluster[]): ReadonlyMap<string, string> {
    const known = this.#lastRefused;
    if (known?.clusters === clusters && known.platform === rules.platform && known.template === rules.template)
      return known.refused;
    const refused = refusedRecords(rules, clusters);
    this.#lastRefused = { ...rules, clusters, refused };
    return refused;
  }
}

/** Clusters are replaced under the same alias. Ready clusters come last, so that they overwrite the others. */
function byReadiness(clusters: readonly Cluster[]): Cluster[] {
  const isReady = (cluster: Cluster) => cluster.lifecycleStatus === 'ready';
  return [...clusters.filter(c => !isReady(c)), ...clusters.filter(isReady)];
}

function isClientAt(rules: ClientRules, cluster: Cluster, clientId: string, noted: TrustedServer): boolean {
  try {
    const { server, certificateAuthorityData } = apiServerOf(cluster);
    return (
      clientOf(rules, clientSource(cluster)) === clientId &&
      noted.server === server &&
      noted.certificateAuthorityData === certificateAuthorityData
    );
  } catch {
    return false;
  }
}

function refusedRecord({ alias, id }: Cluster, reason: string): AuthError {
  return new AuthError(`no token for ${alias} (${id}): ${reason}`, {
    code: 'refused_record',
    hint: 'report it to the operators of the registry: the record is wrong or forged',
  });
}
