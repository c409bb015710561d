/**
 * The registry for commands: the source, with a saved snapshot as fallback (docs/registry.md).
 * Rules: with --offline, no request is sent. The snapshot is used when the registry is unreachable, not when it refuses the request.
 */

import { messageOf, UnreachableError } from '../errors.ts';
import { fileStamp } from '../platform/files/stat.ts';
import type { Io } from '../platform/io.ts';
import { LATE, orLate } from '../platform/process/or-late.ts';
import type { AccountMemory } from './accounts.ts';
import type { Cluster } from './cluster.ts';
import { named, pick, theOne } from './named-cluster.ts';
import type { Snapshot, SnapshotStore } from './snapshot.ts';
import type { InfrastructureAccount, RegistrySource } from './source.ts';
import type { Channels, VersionHistory } from './version-history.ts';

/** `now` asks the registry, `recent` accepts a snapshot under 24 h, `known` uses only saved data. A registry file behaves the same. */
export type Freshness = 'now' | 'recent' | 'known';

const SNAPSHOT_TTL_MS = 24 * 3_600_000;
/** How long a registry that hangs is waited for, where saved data can serve (milliseconds). */
const PATIENCE_MS = 10_000;

export interface Clusters {
  readonly clusters: readonly Cluster[];
  readonly malformed: readonly string[];
  readonly fetchedAt: Date;
  /** True: from the snapshot, as of `fetchedAt`. */
  readonly stale: boolean;
  /** Why the request to the registry failed. Undefined: it succeeded, or no request was sent. */
  readonly failure?: UnreachableError | undefined;
}

export interface RegistryOptions {
  readonly offline: boolean;
  readonly warn: (line: string) => void;
  /** Saved account names. Loaded on the first use. */
  readonly accounts?: () => Promise<AccountMemory>;
  /** When versions were first seen on this machine. Loaded on the first use. */
  readonly history?: () => Promise<VersionHistory>;
  /** Called with all clusters after each answer of the registry. `stamp`: for a registry file, its stamp before it was read. */
  readonly onSeen?: (clusters: readonly Cluster[], stamp: string | undefined) => Promise<void>;
}

export class Registry {
  readonly #io: Pick<Io, 'now'>;
  readonly #source: RegistrySource;
  readonly #snapshots: SnapshotStore;
  readonly #options: RegistryOptions;
  /** The last answer of the registry in this run. */
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

  /** When the versions of each channel were first seen on this machine. */
  async seenVersions(): Promise<Channels> {
    return (await this.#options.history?.())?.seen() ?? new Map();
  }

  /** The file stamp, if the registry is a file. */
  stamp(): string | undefined {
    return this.#source.isLocal ? fileStamp(this.#source.origin) : undefined;
  }

  /** All clusters. `withItems`: with the values of config items, also when read from the snapshot. */
  async clusters(freshness: Freshness, withItems = false): Promise<Clusters> {
    if (freshness === 'now') return this.#now(withItems);
    if (freshness === 'known' && this.#last) return this.#last;
    const snapshot = this.#usable(this.#load(withItems), freshness);
    if (snapshot && !(this.#source.isLocal && snapshot.isDamaged))
      return { ...snapshot, malformed: [], stale: !this.#source.isLocal };
    if (freshness === 'recent' || this.#source.isLocal) return this.#now(withItems);
    return { clusters: [], malformed: [], fetchedAt: new Date(0), stale: true };
  }

  /** Asks the registry. Uses the snapshot if the registry is unreachable or with --offline. */
  async #now(withItems: boolean): Promise<Clusters> {
    if (this.#options.offline && !this.#source.isLocal) return this.#fromSnapshot(withItems);
    try {
      return await this.#answer(this.#ask(), () => this.#load(withItems) !== undefined);
    } catch (error) {
      if (!(error instanceof UnreachableError) || this.#source.isLocal) throw error;
      const snapshot = this.#load(withItems);
      if (snapshot === undefined) throw error;
      return { ...snapshot, malformed: [], stale: true, failure: error };
    }
  }

  /** Throws UnreachableError when the answer is late and saved data can serve. */
  async #answer<T>(work: Promise<T>, canServe: () => boolean): Promise<T> {
    const answer = this.#source.isLocal ? await work : await orLate(work, PATIENCE_MS);
    if (answer !== LATE) return answer;
    if (!canServe()) return work;
    throw new UnreachableError(`the cluster registry did not answer within ${PATIENCE_MS / 1000} s`, { code: 'late' });
  }

  /** The snapshot, if it is fresh enough. The snapshot of a registry file is valid only while the file is unchanged. */
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
    // Take the stamp before reading: a later stamp could belong to content that was not read.
    const stamp = this.stamp();
    const listing = await this.#source.list();
    const answer = { ...listing, fetchedAt: this.#io.now(), stale: false };
    this.#last = answer;
    this.#save(answer, stamp);
    (await this.#options.history?.())?.see(listing.clusters, answer.fetchedAt);
    await this.#options.onSeen?.(listing.clusters, stamp);
    return answer;
  }

  #save({ clusters, fetchedAt }: Clusters, stamp: string | undefined): void {
    try {
      this.#snapshots.save(clusters, fetchedAt, stamp);
    } catch (error) {
      this.#options.warn(`cannot save the registry snapshot: ${error instanceof Error ? error.message : error}`);
    }
  }

  #load(withItems = false): Snapshot | undefined {
    const snapshot = this.#snapshots.load(withItems);
    if (snapshot?.isDamaged)
      this.#options.warn(`the registry snapshot is damaged: only ${snapshot.clusters.length} clusters are readable`);
    return snapshot;
  }

  #fromSnapshot(withItems: boolean): Clusters {
    const snapshot = this.#load(withItems);
    if (snapshot) return { ...snapshot, malformed: [], stale: true };
    throw new UnreachableError('no registry snapshot on this machine', {
      code: 'no_snapshot',
      hint: 'create a snapshot while the registry is reachable: zkubectl list',
    });
  }

  /**
   * Finds a cluster by id or alias. Throws NotFoundError (3) with the nearest names, or CliError (1) if several ready clusters have the name.
   * With `known`, returns undefined in both cases.
   */
  cluster(nameOrId: string, freshness: 'now' | 'recent'): Promise<Cluster>;
  cluster(nameOrId: string, freshness: 'known'): Promise<Cluster | undefined>;
  async cluster(nameOrId: string, freshness: Freshness): Promise<Cluster | undefined> {
    if (freshness === 'now') return (await this.clusterNow(nameOrId)).cluster;
    // The answer of this run is newer than what is saved.
    if (freshness === 'known' && this.#last) {
      const [cluster, ...others] = named(this.#last.clusters, nameOrId);
      return others.length === 0 ? cluster : undefined;
    }
    const saved = this.#usable(this.#snapshots.find(nameOrId), freshness);
    if (freshness === 'recent') {
      if (saved) return theOne(saved.clusters, nameOrId);
      const listing = await this.#now(false);
      if (listing.failure)
        this.#options.warn(
          `${listing.failure.message}; using the registry snapshot of ${listing.fetchedAt.toISOString()} for ${nameOrId}`,
        );
      return pick(listing.clusters, nameOrId);
    }
    const found =
      saved?.clusters ?? (this.#source.isLocal ? named((await this.clusters('known')).clusters, nameOrId) : []);
    return found.length === 1 ? found[0] : undefined;
  }

  /** The current record of a cluster, or the snapshot's record if the registry is unreachable or with --offline. */
  async clusterNow(nameOrId: string, withItems = false): Promise<{ cluster: Cluster; listing: Clusters }> {
    const listing = await this.#now(withItems);
    return { cluster: pick(listing.clusters, nameOrId), listing };
  }

  /** The age of the snapshot (milliseconds). Undefined: there is none. */
  snapshotAge(): number | undefined {
    const snapshot = this.#source.isLocal ? undefined : this.#snapshots.load();
    return snapshot && this.#age(snapshot.fetchedAt);
  }

  /** Returns an account, with its saved name if the registry is unreachable or with --offline. */
  async account(id: string): Promise<InfrastructureAccount> {
    const accounts = await this.#options.accounts?.();
    try {
      if (this.#options.offline && !this.#source.isLocal)
        throw new UnreachableError('cannot ask the registry: --offline is set', {
          code: 'offline',
          hint: 'run it without --offline',
        });
      const account = await this.#answer(this.#source.account(id), () => accounts?.find(id) !== undefined);
      if (!this.#source.isLocal) accounts?.save(id, account.name);
      return account;
    } catch (error) {
      const name = error instanceof UnreachableError ? accounts?.find(id) : undefined;
      if (name === undefined) throw error;
      this.#options.warn(`${messageOf(error)}; using the saved name of the account ${id}: ${name}`);
      return { id, name };
    }
  }

  /**
   * The clusters of every account, by the account's name. Accounts without clusters are left out.
   * Throws UnreachableError (6) when neither the registry nor saved data can answer.
   */
  async clustersByAccount(): Promise<ReadonlyMap<string, readonly Cluster[]>> {
    const { clusters } = await this.clusters('recent');
    const listed = this.#options.offline ? undefined : await this.#source.accounts();
    const names = new Map(listed?.map(({ id, name }) => [id, name]));
    const saved = this.#source.isLocal ? undefined : await this.#options.accounts?.();
    const byName = new Map<string, Cluster[]>();
    for (const cluster of clusters) {
      const id = cluster.infrastructureAccount;
      const name =
        names.get(id) ?? saved?.find(id) ?? (this.#source.isLocal ? (await this.#source.account(id)).name : undefined);
      if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), cluster]);
    }
    return byName;
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
}
