/** Checks whether a server may receive a token, before any token is read. Rule: if in doubt, refuse. */
import { isUrlName } from '../argv/cluster-name.ts';
import { AuthError } from '../errors.ts';
import type { Cluster } from '../registry/cluster.ts';
import type { Registry } from '../registry/registry.ts';
import { apiServerOf } from './api-server.ts';
import { type ClientRules, clientOf, clientSource } from './clients.ts';
import { isTrusted, type ResourceServer, type TrustedServers } from './trusted-servers.ts';

export interface ServerCheckParts {
  readonly rules: () => Promise<ClientRules>;
  /** Throws if no registry is configured. */
  readonly registry: () => Promise<Pick<Registry, 'cluster' | 'clusters'>>;
  readonly trusted: () => Promise<TrustedServers>;
  /** `refusedRecords`, which may remember its last answer. */
  readonly refused: (rules: ClientRules, clusters: readonly Cluster[]) => ReadonlyMap<string, string>;
}

export class ServerCheck {
  readonly #parts: ServerCheckParts;

  constructor(parts: ServerCheckParts) {
    this.#parts = parts;
  }

  /** Throws AuthError (4) unless the server belongs to a cluster of this OAuth client. */
  async check(server: ResourceServer | undefined, clientId: string, name: string | undefined): Promise<void> {
    if (server === undefined) return;
    if ((await this.#parts.trusted()).of(clientId).some(known => isTrusted(server, known))) return;
    // Do not save the server: the `env` in the kubeconfig may have set the registry, so its answer is not proof.
    if (!(await this.#isSaidByRegistry(server, clientId, name))) throw untrusted(server, name);
  }

  /** Does the registry confirm the server? A request is sent only when the name is unknown on this machine. */
  async #isSaidByRegistry(server: ResourceServer, clientId: string, name: string | undefined): Promise<boolean> {
    const registry = await this.#parts.registry().catch(() => undefined);
    if (registry === undefined) return false;
    const rules = await this.#parts.rules();
    const isSaid = (clusters: readonly Cluster[], candidates = clusters) => {
      const refused = this.#parts.refused(rules, clusters);
      return candidates.some(
        cluster =>
          !refused.has(cluster.id) && clientOf(rules, clientSource(cluster)) === clientId && isAt(server, cluster),
      );
    };
    const known = (await registry.clusters('known')).clusters;
    // The named cluster first: of a large registry, the others need no look.
    if (
      isSaid(
        known,
        known.filter(cluster => name !== undefined && isNamed(cluster, name)),
      ) ||
      isSaid(known)
    )
      return true;
    if (name === undefined || isUrlName(name) || known.some(cluster => isNamed(cluster, name))) return false;
    const found = await registry.cluster(name, 'recent');
    const now = (await registry.clusters('known')).clusters;
    return isSaid(now.some(cluster => cluster.id === found.id) ? now : [found, ...now]);
  }

  /**
   * For a token from the environment, whose audience is unknown. The server must belong to a cluster that is known from the registry or from a login
   * with this client. If no cluster is known at all, any server is allowed, except for a URL: it needs an earlier login.
   */
  async checkForAny(
    server: ResourceServer | undefined,
    clientId: string | undefined,
    name: string | undefined,
  ): Promise<void> {
    if (server === undefined) return;
    const noted = clientId === undefined ? [] : (await this.#parts.trusted()).of(clientId);
    if (noted.some(known => isTrusted(server, known))) return;
    const registry = await this.#parts.registry().catch(() => undefined);
    const clusters = (await registry?.clusters('known'))?.clusters ?? [];
    const refused = this.#parts.refused(await this.#parts.rules(), clusters);
    const named = clusters.filter(cluster => name !== undefined && isNamed(cluster, name));
    const candidates = named.length > 0 ? named : clusters;
    if (candidates.some(cluster => !refused.has(cluster.id) && isAt(server, cluster))) return;
    const isNothingKnown = clusters.length === 0 && noted.length === 0;
    if (!isNothingKnown || (name !== undefined && isUrlName(name))) throw untrusted(server, name);
  }
}

function isNamed({ alias, id }: Cluster, name: string): boolean {
  return alias === name || id === name;
}

function isAt(server: ResourceServer, cluster: Cluster): boolean {
  try {
    return isTrusted(server, apiServerOf(cluster));
  } catch {
    return false;
  }
}

function untrusted({ server }: ResourceServer, name: string | undefined): AuthError {
  const whose = name === undefined ? 'any cluster of this token' : name;
  // The part before @ or after ? may be a secret.
  const address = URL.canParse(server) ? new URL(server).origin : server.replace(/[^/]*@|\?.*/g, '…');
  return new AuthError(`no token for ${address}: not a known API server of ${whose}`, {
    code: 'untrusted_server',
    hint: `zkubectl login ${name ?? 'CLUSTER'} writes the correct address and CA; do not use a kubeconfig that you do not trust`,
  });
}
