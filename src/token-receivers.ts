/**
 * Whether the server that a kubeconfig names may get a token: only where it is the server of a cluster whose audience the token is for, as logins and the
 * registry tell. Rule: on doubt it may not.
 */
import { apiServerOf } from './api-server.ts';
import { isServer, type KnownServer, type Receiver, type Receivers } from './auth/receivers.ts';
import { AuthError, messageOf } from './errors.ts';
import type { Cluster } from './registry/cluster.ts';
import type { Registry } from './registry/registry.ts';
import { isUrlTarget } from './target.ts';

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
    // It is not noted: whoever wrote the kubeconfig may have chosen, by its `env`, the registry that says so.
    if ((await this.#clusterAt(receiver, clientId, name)) === undefined) throw wrongReceiver(receiver, name);
  }

  /**
   * For a token that the environment brings, whose audience nobody knows: its receiver is the server of some cluster that is known, by the registry or by
   * a login for this client. Where no cluster is known at all, it goes where the job says; a URL is always one that was logged in to.
   */
  async checkUnknown(
    receiver: Receiver | undefined,
    clientId: string | undefined,
    name: string | undefined,
  ): Promise<void> {
    if (receiver === undefined) return;
    const noted = clientId === undefined ? [] : (await this.#parts.known()).of(clientId);
    if (noted.some(known => isServer(receiver, known))) return;
    const registry = await this.#parts.registry().catch(() => undefined);
    const clusters = (await registry?.listKnown()) ?? [];
    const named = clusters.find(cluster => name !== undefined && isNamed(cluster, name));
    if ((named ? [named] : clusters).some(cluster => isAt(receiver, cluster))) return;
    const isNothingKnown = clusters.length === 0 && noted.length === 0;
    if (!isNothingKnown || (name !== undefined && isUrlTarget(name))) throw wrongReceiver(receiver, name);
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
  // What stands before an @ or after a ? may be a secret.
  const address = URL.canParse(server) ? new URL(server).origin : server.replace(/[^/]*@|\?.*/g, '…');
  return new AuthError(`no token for ${address}: nothing says that it is the API server of ${whose}`, {
    code: 'wrong_receiver',
    hint: `if the kubeconfig is yours, zkubectl login ${name ?? 'CLUSTER'} writes the right address; if somebody gave it to you, ask them why`,
  });
}
