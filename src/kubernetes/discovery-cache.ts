/**
 * The resources of API servers, kept in the cache. Clusters with equal resources share a file, which is named after its content.
 * Rule: one write for all new clusters of a run; none when nothing is new.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { sha256Hex } from '../platform/files/hash.ts';
import { type Note, noteAt } from '../platform/files/notes.ts';
import { CACHE } from '../platform/files/paths.ts';
import type { ApiResource } from './api-resources.ts';

/** As long as kubectl's discovery cache. */
const FRESH_MS = 6 * 3_600_000;
/** CustomResourceDefinitions can be many. */
const MAX_BYTES = 16 * 1024 * 1024;

interface Entry {
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
}

export class DiscoveryCache {
  readonly #folder: string;
  readonly #index: Note<Readonly<Record<string, unknown>>>;
  readonly #byHash = new Map<string, readonly ApiResource[] | undefined>();
  readonly #new = new Map<string, Entry>();
  #entries: Readonly<Record<string, unknown>> | undefined;

  constructor(cacheDir: string) {
    this.#folder = path.join(cacheDir, CACHE.discovery);
    this.#index = noteAt(path.join(this.#folder, 'servers.json'), v => (isRecord(v) ? v : undefined), {
      maxBytes: MAX_BYTES,
      sync: false,
    });
  }

  /** Undefined: not known, or too old. */
  read(server: string, now: Date): readonly ApiResource[] | undefined {
    this.#entries ??= this.#index.read() ?? {};
    const entry = this.#new.get(server) ?? this.#entries[server];
    if (!isEntry(entry)) return undefined;
    const age = now.getTime() - entry.askedAt;
    if (age < 0 || age > FRESH_MS) return undefined;
    if (!this.#byHash.has(entry.hash)) this.#byHash.set(entry.hash, this.#document(entry.hash).read());
    return this.#byHash.get(entry.hash);
  }

  add(server: string, resources: readonly ApiResource[], now: Date): void {
    const hash = sha256Hex(JSON.stringify(resources));
    if (!this.#byHash.get(hash)) {
      this.#byHash.set(hash, resources);
      this.#document(hash).tryWrite(resources);
    }
    this.#new.set(server, { hash, askedAt: now.getTime() });
  }

  save(now: Date): void {
    if (this.#new.size === 0) return;
    // Another run may have added some.
    const old = Object.entries(this.#index.read() ?? {}).filter(
      ([, entry]) => isEntry(entry) && now.getTime() - entry.askedAt < FRESH_MS,
    );
    this.#index.tryWrite(Object.fromEntries([...old, ...this.#new]));
    this.#new.clear();
    this.#entries = undefined;
  }

  #document(hash: string): Note<readonly ApiResource[]> {
    return noteAt(path.join(this.#folder, `${hash}.json`), resourcesIn, { maxBytes: MAX_BYTES, sync: false });
  }
}

function isEntry(value: unknown): value is Entry {
  return isRecord(value) && /^[0-9a-f]{64}$/.test(String(value['hash'])) && typeof value['askedAt'] === 'number';
}

function resourcesIn(value: unknown): readonly ApiResource[] | undefined {
  const isResource = (entry: unknown) =>
    isRecord(entry) &&
    ['group', 'version', 'plural', 'singular', 'kind'].every(field => typeof entry[field] === 'string') &&
    Array.isArray(entry['shortNames']) &&
    Array.isArray(entry['categories']);
  return Array.isArray(value) && value.every(isResource) ? (value as ApiResource[]) : undefined;
}
