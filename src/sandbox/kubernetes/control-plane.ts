/** Shared by the controllers of a sandbox cluster: objects, clock, events and delayed actions. */
import { randomBytes } from 'node:crypto';
import type { Fields, KubeObject, ResourceType } from './resource-types.ts';
import { needResource } from './resources.ts';
import type { ObjectStore } from './store.ts';

/** The time that a pod takes to start, and a Job's pod to complete (milliseconds). */
const START_MS = 300;

const EVENTS = needResource('', 'events');

export class ControlPlane {
  readonly store: ObjectStore;
  readonly #now: () => Date;
  readonly #reconcile: () => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** @param reconcile called after a delayed action */
  constructor(store: ObjectStore, now: () => Date, reconcile: () => void) {
    this.store = store;
    this.#now = now;
    this.#reconcile = reconcile;
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  timestamp(): string {
    return this.#now()
      .toISOString()
      .replace(/\.\d{3}Z$/, 'Z');
  }

  event(about: KubeObject, eventType: 'Normal' | 'Warning', reason: string, message: string, component: string): void {
    const namespace = about.metadata.namespace ?? 'default';
    const time = this.timestamp();
    this.store.create(EVENTS, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${about.metadata.name}.${suffix(16)}`, namespace },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name: about.metadata.name,
        namespace: about.metadata.namespace,
        uid: about.metadata.uid,
      },
      type: eventType,
      reason,
      message,
      source: { component },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      reportingComponent: component,
      reportingInstance: '',
      eventTime: null,
    });
  }

  /** A warning that an object gets once for one cause. A pod's random name in the text makes no other cause. */
  eventOnce(about: KubeObject, reason: string, message: string, component: string): void {
    const cause = (text: unknown) => String(text).replace(/"[^"]*"/, '');
    const isKnown = this.store
      .list(EVENTS, about.metadata.namespace)
      .some(
        event =>
          (event['involvedObject'] as { uid?: string }).uid === about.metadata.uid &&
          cause(event['message']) === cause(message),
      );
    if (!isKnown) this.event(about, 'Warning', reason, message, component);
  }

  /** An event that comes again: the same one with a higher count. */
  eventAgain(about: KubeObject, reason: string, message: string, component: string): void {
    const known = this.store
      .list(EVENTS, about.metadata.namespace)
      .find(
        event =>
          (event['involvedObject'] as { uid?: string }).uid === about.metadata.uid &&
          event['reason'] === reason &&
          event['message'] === message,
      );
    if (known === undefined) return this.event(about, 'Warning', reason, message, component);
    this.store.update(EVENTS, { ...known, count: Number(known['count']) + 1, lastTimestamp: this.timestamp() });
  }

  owned(type: ResourceType, owner: KubeObject): KubeObject[] {
    return this.store
      .list(type, owner.metadata.namespace)
      .filter(o => o.metadata.ownerReferences?.some(ref => ref.uid === owner.metadata.uid));
  }

  /** Runs an action for an object after a short delay, unless one is already pending for it. */
  later(object: KubeObject, action: () => void, delayMs = START_MS): void {
    const key = String(object.metadata.uid);
    if (this.#timers.has(key)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      action();
      this.#reconcile();
    }, delayMs);
    this.#timers.set(key, timer.unref());
  }
}

/** A condition of a workload's status. An unchanged condition keeps its times. */
export function condition(
  plane: ControlPlane,
  object: KubeObject,
  conditionType: string,
  isTrue: boolean,
  reason: string,
  message: string,
): Fields {
  const status = isTrue ? 'True' : 'False';
  const before = ((object.status?.['conditions'] ?? []) as Fields[]).find(c => c['type'] === conditionType);
  if (before?.['status'] === status && before['reason'] === reason && before['message'] === message) return before;
  return {
    type: conditionType,
    status,
    reason,
    message,
    lastTransitionTime: plane.timestamp(),
    lastUpdateTime: plane.timestamp(),
  };
}

export function ownerReference(owner: KubeObject) {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** A random suffix like in Kubernetes names: no vowels. */
export function suffix(length: number): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return [...randomBytes(length)].map(byte => letters[byte % letters.length]).join('');
}
