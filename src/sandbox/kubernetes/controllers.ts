/**
 * The controllers of a sandbox cluster: Deployments create ReplicaSets, ReplicaSets create pods, pods start after a short delay, Jobs complete, and
 * the dependents of a deleted owner are deleted. `reconcile` runs after every write and repeats until nothing changes.
 */
import { reconcileBudgets } from './budgets.ts';
import { ControlPlane } from './control-plane.ts';
import { makeRunning, reconcilePod } from './pods.ts';
import { reconcileQuotas } from './quota.ts';
import type { KubeObject } from './resource-types.ts';
import { needResource, RESOURCES } from './resources.ts';
import { reconcileStackSets } from './stacksets.ts';
import type { ObjectStore } from './store.ts';
import { reconcileWorkloads } from './workloads.ts';

const MAX_ROUNDS = 50;

const PODS = needResource('', 'pods');
const NAMESPACES = needResource('', 'namespaces');
const SERVICE_ACCOUNTS = needResource('', 'serviceaccounts');
const CONFIG_MAPS = needResource('', 'configmaps');

export class Controllers {
  readonly #store: ObjectStore;
  readonly plane: ControlPlane;

  constructor(store: ObjectStore, now: () => Date) {
    this.#store = store;
    this.plane = new ControlPlane(store, now, () => this.reconcile());
  }

  close(): void {
    this.plane.close();
  }

  /** Reconciles all objects with their specs. */
  reconcile(): void {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const before = this.#store.resourceVersion;
      for (const namespace of this.#store.list(NAMESPACES)) this.#namespace(namespace);
      reconcileStackSets(this.plane);
      reconcileWorkloads(this.plane);
      this.#collectOrphans();
      for (const pod of this.#store.list(PODS)) reconcilePod(this.plane, pod);
      reconcileBudgets(this.plane);
      reconcileQuotas(this.#store);
      if (this.#store.resourceVersion === before) return;
    }
  }

  /** Sets a pod to Running, started at `since`. */
  makeRunning(pod: KubeObject, since: string): void {
    makeRunning(this.plane, pod, since);
  }

  #namespace(namespace: KubeObject): void {
    const { name } = namespace.metadata;
    if (namespace.metadata.deletionTimestamp !== undefined) {
      for (const type of RESOURCES.filter(r => r.namespaced))
        for (const object of this.#store.list(type, name)) this.#store.remove(type, object);
      this.#store.remove(NAMESPACES, namespace);
      return;
    }
    this.#store.update(NAMESPACES, { ...namespace, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
    if (this.#store.get(SERVICE_ACCOUNTS, name, 'default') === undefined) {
      this.#store.create(SERVICE_ACCOUNTS, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: name },
      });
      this.#store.create(CONFIG_MAPS, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kube-root-ca.crt', namespace: name },
        data: { 'ca.crt': '(the CA of this cluster)' },
      });
    }
  }

  /** Deletes the dependents of deleted owners. */
  #collectOrphans(): void {
    const alive = new Set(
      RESOURCES.filter(r => r.kind !== 'Event').flatMap(type => this.#store.list(type).map(o => o.metadata.uid)),
    );
    for (const type of RESOURCES) {
      for (const object of this.#store.list(type)) {
        const owners = object.metadata.ownerReferences ?? [];
        if (owners.length > 0 && owners.every(owner => !alive.has(owner.uid))) this.#store.remove(type, object);
      }
    }
  }
}
