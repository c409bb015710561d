/**
 * Whether the server that a kubeconfig names may get a token: only where it is the server of a cluster whose audience the token is for, as logins and the
 * registry tell. Rule: on doubt it may not.
 */
import { apiServerOf } from './api-server.ts';
import { isServer, type KnownServer, type Receiver, type Receivers } from './auth/receivers.ts';
import { AuthError, messageOf } from './errors.ts';
import type { Cluster } from './registry/cluster.ts';
import type { Registry } from './registry/registry.ts';
import { isUrlTarget, parseUrlTarget } from './target.ts';

interface TokenReceiversParts {
  /** The servers that somebody has logged in to. */
  readonly known: () => Promise<Receivers>;
  readonly registry: () => Promise<Pick<Registry, 'listKnown' | 'find'>>;
  /** The OAuth client that is the audience of a cluster's tokens. */
  readonly clientIdOf: (cluster: Cluster) => Promise<string>;
  readonly debug: (line: string) => void;
}

export class TokenReceivers {
  readonly #parts: TokenReceiversParts;

  constructor(parts: TokenReceiversParts) {
    this.#parts = parts;
  }

  /** Notes the server of an audience. What cannot be noted is found again by the registry. */
  async note(clientId: string, server: () => KnownServer): Promise<void> {
    try {
      (await this.#parts.known()).note(clientId, server());
    } catch (error) {
      this.#parts.debug(`the server of ${clientId} was not noted: ${messageOf(error)}`);
    }
  }

  /**
   * Throws AuthError (4) unless the receiver is the server of a cluster whose audience the client's tokens are for.
   * @param receiver undefined: it was not said, and nothing can be told
   */
  async check(receiver: Receiver | undefined, clientId: string, name: string | undefined): Promise<void> {
    if (receiver === undefined) return;
    if ((await this.#parts.known()).of(clientId).some(known => isServer(receiver, known))) return;
    const cluster = await this.#clusterAt(receiver, clientId, name);
    if (cluster === undefined) throw wrongReceiver(receiver, name);
    await this.note(clientId, () => apiServerOf(cluster));
  }

  /** For a token that the environment brings: whose it is, is not known, but a cluster that is known by name has its own server. */
  async checkNamed(receiver: Receiver | undefined, name: string): Promise<void> {
    if (receiver === undefined) return;
    const known = isUrlTarget(name)
      ? { server: parseUrlTarget(name).server, certificateAuthorityData: receiver.ca }
      : await this.#serverOf(name);
    if (known && !isServer(receiver, known)) throw wrongReceiver(receiver, name);
  }

  /** The cluster of an audience at a server, as the registry has it; asked only where what is known here says nothing of the name. */
  async #clusterAt(receiver: Receiver, clientId: string, name: string | undefined): Promise<Cluster | undefined> {
    const registry = await this.#parts.registry().catch(() => undefined);
    const find = async (clusters: readonly Cluster[]) => {
      for (const cluster of clusters)
        if (isAt(receiver, cluster) && (await this.#parts.clientIdOf(cluster)) === clientId) return cluster;
      return undefined;
    };
    const known = (await registry?.listKnown()) ?? [];
    const found = await find(known);
    if (found || registry === undefined || name === undefined || isUrlTarget(name)) return found;
    if (known.some(cluster => isNamed(cluster, name))) return undefined;
    return find([await registry.find(name)]);
  }

  async #serverOf(name: string): Promise<KnownServer | undefined> {
    try {
      const cluster = (await (await this.#parts.registry()).listKnown()).find(c => isNamed(c, name));
      return cluster && apiServerOf(cluster);
    } catch {
      return undefined;
    }
  }
}

function isNamed({ alias, id }: Cluster, name: string): boolean {
  return alias === name || id === name;
}

function isAt(receiver: Receiver, cluster: Cluster): boolean {
  try {
    return isServer(receiver, apiServerOf(cluster));
  } catch {
    return false;
  }
}

function wrongReceiver({ server }: Receiver, name: string | undefined): AuthError {
  const whose = name === undefined ? 'any cluster that the token is for' : name;
  return new AuthError(`no token for ${server}: nothing says that it is the API server of ${whose}`, {
    code: 'wrong_receiver',
    hint: `if the kubeconfig is yours, zkubectl login ${name ?? 'CLUSTER'} writes the right address; if somebody gave it to you, ask them why`,
  });
}
