/** The objects of one sandbox cluster, with resource versions and watches. */
import { randomUUID } from 'node:crypto';
import type { KubeObject, ResourceType } from './resource-types.ts';
import { apiVersionOf } from './resource-types.ts';

export interface StoreState {
  resourceVersion: number;
  /** By `<group>/<plural>` and `<namespace>/<name>`. */
  objects: Record<string, Record<string, KubeObject>>;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly resourceVersion: number;
  readonly object: KubeObject;
}

const KEPT_EVENTS = 5000;

export class ObjectStore {
  readonly #state: StoreState;
  readonly #now: () => Date;
  readonly #onChange: () => void;
  #events: WatchEvent[] = [];
  readonly #listeners = new Set<(event: WatchEvent) => void>();

  constructor(state: StoreState, now: () => Date, onChange: () => void) {
    this.#state = state;
    this.#now = now;
    this.#onChange = onChange;
  }

  get resourceVersion(): number {
    return this.#state.resourceVersion;
  }

  /** The objects, sorted by namespace and name. */
  list(type: ResourceType, namespace?: string): KubeObject[] {
    const objects = Object.values(this.#state.objects[resourceKey(type)] ?? {});
    return objects
      .filter(o => namespace === undefined || o.metadata.namespace === namespace)
      .sort((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1));
  }

  get(type: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined {
    const objects = this.#state.objects[resourceKey(type)] ?? {};
    const key = `${namespace ?? ''}/${name}`;
    return Object.hasOwn(objects, key) ? objects[key] : undefined;
  }

  /** Stores a new object and sets the metadata that an API server sets. */
  create(type: ResourceType, object: KubeObject): KubeObject {
    const stored: KubeObject = {
      ...object,
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      metadata: {
        ...object.metadata,
        uid: object.metadata.uid ?? randomUUID(),
        generation: 1,
        creationTimestamp:
          object.metadata.creationTimestamp ??
          this.#now()
            .toISOString()
            .replace(/\.\d{3}Z$/, 'Z'),
      },
    };
    this.#put(type, stored, 'ADDED');
    return stored;
  }

  /** Replaces an object. Increments `generation` if the spec changed. An unchanged object keeps its resourceVersion. */
  update(type: ResourceType, object: KubeObject): KubeObject {
    const before = this.get(type, object.metadata.namespace, object.metadata.name);
    if (before && sameObject(before, object)) return before;
    const specChanged = JSON.stringify(before?.spec) !== JSON.stringify(object.spec);
    const stored: KubeObject = {
      ...object,
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      metadata: {
        ...object.metadata,
        ...(before?.metadata.uid === undefined ? {} : { uid: before.metadata.uid }),
        ...(before?.metadata.creationTimestamp === undefined
          ? {}
          : { creationTimestamp: before.metadata.creationTimestamp }),
        generation: (before?.metadata.generation ?? 0) + (specChanged ? 1 : 0),
      },
    };
    this.#put(type, stored, 'MODIFIED');
    return stored;
  }

  remove(type: ResourceType, object: KubeObject): void {
    const objects = this.#state.objects[resourceKey(type)];
    if (objects === undefined || !Object.hasOwn(objects, objectKey(object))) return;
    delete objects[objectKey(object)];
    const version = ++this.#state.resourceVersion;
    this.#emit({
      type: 'DELETED',
      resource: resourceKey(type),
      resourceVersion: version,
      object: withVersion(object, version),
    });
  }

  /** Calls `listener` for every change after `since`. Undefined: `since` is too old (410 Gone). */
  watch(since: number, listener: (event: WatchEvent) => void): (() => void) | undefined {
    const oldest = this.#events[0]?.resourceVersion ?? this.#state.resourceVersion + 1;
    if (since + 1 < oldest && since < this.#state.resourceVersion) return undefined;
    for (const event of this.#events) if (event.resourceVersion > since) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #put(type: ResourceType, object: KubeObject, event: 'ADDED' | 'MODIFIED'): void {
    const version = ++this.#state.resourceVersion;
    object.metadata.resourceVersion = String(version);
    const key = resourceKey(type);
    this.#state.objects[key] ??= {};
    this.#state.objects[key][objectKey(object)] = object;
    this.#emit({ type: event, resource: key, resourceVersion: version, object });
  }

  #emit(event: WatchEvent): void {
    this.#events.push(event);
    if (this.#events.length > KEPT_EVENTS) this.#events = this.#events.slice(-KEPT_EVENTS / 2);
    this.#onChange();
    for (const listener of this.#listeners) listener(event);
  }
}

/** The store's key of a resource. Both API groups of Events share one key. */
export function resourceKey(type: Pick<ResourceType, 'group' | 'plural'>): string {
  return type.plural === 'events' ? '/events' : `${type.group}/${type.plural}`;
}

function objectKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function withVersion(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function sameObject(a: KubeObject, b: KubeObject): boolean {
  const plain = ({ metadata: { resourceVersion: _v, generation: _g, ...metadata }, ...rest }: KubeObject) =>
    JSON.stringify([metadata, rest]);
  return plain(a) === plain(b);
}
