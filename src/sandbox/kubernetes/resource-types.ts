/** The types of objects and resources in the sandbox's API servers. */

/** A Kubernetes object. The other fields depend on the kind. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: Fields;
  status?: Fields;
  [field: string]: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: a Kubernetes object's fields are data of many shapes, read by path and never trusted
export type Fields = Record<string, any>;

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: {
    apiVersion: string;
    kind: string;
    name: string;
    uid: string;
    controller?: boolean;
    blockOwnerDeletion?: boolean;
  }[];
  generateName?: string;
  finalizers?: string[];
  [field: string]: unknown;
}

export interface TableColumn {
  readonly name: string;
  /** 0: always; 1: only with -o wide. */
  readonly priority: 0 | 1;
  readonly type?: 'string' | 'integer';
  readonly value: (object: KubeObject, now: Date) => string | number;
}

export type Subresource =
  | 'status'
  | 'scale'
  | 'log'
  | 'eviction'
  | 'portforward'
  | 'exec'
  | 'attach'
  | 'ephemeralcontainers';

export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly inAll: boolean;
  readonly subresources: readonly Subresource[];
  readonly columns: readonly TableColumn[];
}

export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}
