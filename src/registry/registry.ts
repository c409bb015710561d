/**
 * The registry as commands use it: the source, with its snapshot to fall back on (docs/registry.md).
 * Rules: offline never asks; only an outage falls back on the snapshot, a refusal does not.
 */

import { parseClusterName } from '../argv/cluster-name.ts';
import { CliError, messageOf, NotFoundError, UnreachableError } from '../errors.ts';
import { nearest } from '../lib/nearest.ts';
import { fileStamp } from '../platform/files/stat.ts';
import type { Io } from '../platform/io.ts';
import type { AccountMemory } from './accounts.ts';
import { type Cluster, meant } from './cluster.ts';
import type { Snapshot, SnapshotStore } from './snapshot.ts';
import type { InfrastructureAccount, RegistrySource } from './source.ts';

/** How fresh must it be? `now` asks the registry, `recent` takes a snapshot under 24 h, `known` asks nobody. A registry that is a file behaves alike. */
export type Freshness = 'now' | 'recent' | 'known';

const SNAPSHOT_TTL_MS = 24 * 3_600_000;

export interface Clusters {
  readonly clusters: readonly Cluster[];
  readonly malformed: readonly string[];
  readonly fetchedAt: Date;
  /** True: not from the registry now, but as it was at `fetchedAt`. */
  readonly stale: boolean;
  /** Why the registry could not be asked; undefined when it was, or when it was not to be asked. */
  readonly failure?: UnreachableError | undefined;
}

export interface RegistryOptions {
  readonly offline: boolean;
  readonly warn: (line: string) => void;
  /** Names of accounts from before; loaded when an account is asked for. */
  readonly accounts?: () => Promise<AccountMemory>;
  /** Told of all clusters whenever the registry has given them. `stamp`: of a registry that is a file, its state before it was read. */
  readonly onSeen?: (clusters: readonly Cluster[], stamp: string | undefined) => Promise<void>;
}

export class Registry {
  readonly #io: Pick<Io, 'now'>;
  readonly #source: RegistrySource;
  readonly #snapshots: SnapshotStore;
  readonly #options: RegistryOptions;
  /** What the registry said last in this run. */
  #last: Clusters | undefined;

  constructor(io: Pick<Io, 'now'>, source: RegistrySource, snapshots: SnapshotStore, options: RegistryOptions) {
    this.#io = io;
    this.#source = source;
    this.#snapshots = snapshots;
    this.#options = options;
  }

  get origin(): string {
    return this.#source.origin;
  }

  /** Of a registry that is a file: its state. */
  stamp(): string | undefined {
    return this.#source.isLocal ? fileStamp(this.#source.origin) : undefined;
  }

  /** Every cluster. `withItems`: with the values of their config items, also from the snapshot. */
  async clusters(freshness: Freshness, withItems = false): Promise<Clusters> {
    if (freshness === 'now') return this.#now(withItems);
    if (freshness === 'known' && this.#last) return this.#last;
    const snapshot = this.#usable(this.#load(withItems), freshness);
    if (snapshot && !(this.#source.isLocal && snapshot.isDamaged))
      return { ...snapshot, malformed: [], stale: !this.#source.isLocal };
    if (freshness === 'recent' || this.#source.isLocal) return this.#now(withItems);
    return { clusters: [], malformed: [], fetchedAt: new Date(0), stale: true };
  }

  /** Asks, and falls back on the snapshot where the registry cannot be reached, or must not be asked. */
  async #now(withItems: boolean): Promise<Clusters> {
    if (this.#options.offline && !this.#source.isLocal) return this.#fromSnapshot(withItems);
    try {
      return await this.#ask();
    } catch (error) {
      if (!(error instanceof UnreachableError) || this.#source.isLocal) throw error;
      const snapshot = this.#load(withItems);
      if (snapshot === undefined) throw error;
      return { ...snapshot, malformed: [], stale: true, failure: error };
    }
  }

  /** A snapshot that is fresh enough. That of a file counts for the file as it is now. */
  #usable<T extends Pick<Snapshot, 'fetchedAt' | 'stamp'>>(
    snapshot: T | undefined,
    freshness: 'recent' | 'known',
  ): T | undefined {
    if (snapshot === undefined) return undefined;
    if (this.#source.isLocal)
      return snapshot.stamp !== undefined && snapshot.stamp === this.stamp() ? snapshot : undefined;
    const isRecent = this.#options.offline || this.#age(snapshot.fetchedAt) < SNAPSHOT_TTL_MS;
    return freshness === 'known' || isRecent ? snapshot : undefined;
  }

  async #ask(): Promise<Clusters> {
    // The state from before it is read: a later one would count for what was not read.
    const stamp = this.stamp();
    const listing = await this.#source.list();
    const answer = { ...listing, fetchedAt: this.#io.now(), stale: false };
    this.#last = answer;
    this.#save(answer, stamp);
    await this.#options.onSeen?.(listing.clusters, stamp);
    return answer;
  }

  #save({ clusters, fetchedAt }: Clusters, stamp: string | undefined): void {
    try {
      this.#snapshots.save(clusters, fetchedAt, stamp);
    } catch (error) {
      this.#options.warn(
        `the registry's snapshot could not be stored: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  #load(withItems = false): Snapshot | undefined {
    const snapshot = this.#snapshots.load(withItems);
    if (snapshot?.isDamaged)
      this.#options.warn(`the registry's snapshot is damaged: ${snapshot.clusters.length} clusters of it can be read`);
    return snapshot;
  }

  #fromSnapshot(withItems: boolean): Clusters {
    const snapshot = this.#load(withItems);
    if (snapshot) return { ...snapshot, malformed: [], stale: true };
    throw new UnreachableError('there is no snapshot of the registry on this machine', {
      code: 'no_snapshot',
      hint: 'run zkubectl list once while the registry can be reached',
    });
  }

  /**
   * One cluster by id or alias. Throws NotFoundError (3) with the nearest names, CliError (1) where several ready clusters have the name.
   * With `known`, both are undefined.
   */
  cluster(nameOrId: string, freshness: 'now' | 'recent'): Promise<Cluster>;
  cluster(nameOrId: string, freshness: 'known'): Promise<Cluster | undefined>;
  async cluster(nameOrId: string, freshness: Freshness): Promise<Cluster | undefined> {
    if (freshness === 'now') return (await this.clusterNow(nameOrId)).cluster;
    const saved = this.#usable(this.#snapshots.find(nameOrId), freshness);
    if (freshness === 'recent') {
      if (saved) return theOne(saved.clusters, nameOrId);
      const listing = await this.#now(false);
      if (listing.failure)
        this.#options.warn(
          `${listing.failure.message}; ${nameOrId} is taken from the registry as it was at ${listing.fetchedAt.toISOString()}`,
        );
      return this.#pick(listing, nameOrId);
    }
    const found = saved?.clusters ?? (this.#source.isLocal ? named(await this.clusters('known'), nameOrId) : []);
    return found.length === 1 ? found[0] : undefined;
  }

  /** One cluster as the registry has it now; as the snapshot has it when the registry cannot be asked. */
  async clusterNow(nameOrId: string, withItems = false): Promise<{ cluster: Cluster; listing: Clusters }> {
    const listing = await this.#now(withItems);
    return { cluster: this.#pick(listing, nameOrId), listing };
  }

  /** How old the snapshot is, in milliseconds; undefined: there is none. */
  snapshotAge(): number | undefined {
    const snapshot = this.#source.isLocal ? undefined : this.#snapshots.load();
    return snapshot && this.#age(snapshot.fetchedAt);
  }

  /** An account; when the registry cannot be asked, as it last was. */
  async account(id: string): Promise<InfrastructureAccount> {
    const accounts = await this.#options.accounts?.();
    try {
      if (this.#options.offline && !this.#source.isLocal)
        throw new UnreachableError('the registry is not asked with --offline', {
          code: 'offline',
          hint: 'leave --offline out',
        });
      const account = await this.#source.account(id);
      if (!this.#source.isLocal) accounts?.save(id, account.name);
      return account;
    } catch (error) {
      const name = error instanceof UnreachableError ? accounts?.find(id) : undefined;
      if (name === undefined) throw error;
      this.#options.warn(`${messageOf(error)}; the account ${id} was called ${name} when it last answered`);
      return { id, name };
    }
  }

  async setConfigItem(cluster: Cluster, key: string, value: string): Promise<void> {
    await this.#source.setConfigItem(cluster.id, key, value);
  }

  async removeConfigItem(cluster: Cluster, key: string): Promise<void> {
    await this.#source.removeConfigItem(cluster.id, key);
  }

  #age(time: Date): number {
    return this.#io.now().getTime() - time.getTime();
  }

  #pick(listing: Clusters, nameOrId: string): Cluster {
    const matches = named(listing, nameOrId);
    if (matches.length > 0) return theOne(matches, nameOrId);
    const { kind } = parseClusterName(nameOrId);
    const names = listing.clusters.map(c => (kind === 'id' ? c.id : c.alias));
    const near = nearest(nameOrId, new Set(names));
    throw new NotFoundError(`no cluster is called ${nameOrId}`, {
      code: 'no_such_cluster',
      hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'zkubectl list --all shows them',
    });
  }
}

/** The clusters that a name means. */
function named({ clusters }: Clusters, nameOrId: string): readonly Cluster[] {
  const { kind } = parseClusterName(nameOrId);
  return meant(clusters.filter(c => (kind === 'id' ? c.id : c.alias) === nameOrId));
}

/** The one cluster that a name means. Throws CliError (1) where two are ready under it: either may be a forgery. */
function theOne([cluster, ...others]: readonly Cluster[], name: string): Cluster {
  if (cluster !== undefined && others.length === 0) return cluster;
  const ids = [cluster, ...others].map(c => c?.id).join(' and ');
  throw new CliError(`the registry has several ready clusters called ${name}: ${ids}`, {
    code: 'ambiguous_alias',
    hint: 'none of them is taken until the registry is corrected: tell those who run it',
  });
}
