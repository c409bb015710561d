/** The resources of the sandbox's API servers, with their table columns (for `kubectl get`). */
import {
  AGE,
  CONTAINERS,
  column,
  count,
  DEPLOYMENT,
  EVENT,
  IMAGES,
  JOB,
  NAME,
  NODE,
  POD,
  REPLICASET,
  SELECTOR,
  SERVICE,
  selectorText,
  text,
} from './columns.ts';
import type { Fields, ResourceType } from './resource-types.ts';

type Options = Partial<Pick<ResourceType, 'shortNames' | 'namespaced' | 'inAll' | 'subresources' | 'columns'>>;

function type(group: string, version: string, plural: string, kind: string, options: Options = {}): ResourceType {
  return {
    group,
    version,
    plural,
    kind,
    singular: kind.toLowerCase(),
    shortNames: options.shortNames ?? [],
    namespaced: options.namespaced ?? true,
    inAll: options.inAll ?? false,
    subresources: options.subresources ?? [],
    columns: options.columns ?? [NAME, AGE],
  };
}

export const RESOURCES: readonly ResourceType[] = [
  type('', 'v1', 'namespaces', 'Namespace', {
    shortNames: ['ns'],
    namespaced: false,
    subresources: ['status'],
    columns: [NAME, column('Status', o => text(o.status?.['phase'])), AGE],
  }),
  type('', 'v1', 'nodes', 'Node', { shortNames: ['no'], namespaced: false, subresources: ['status'], columns: NODE }),
  type('', 'v1', 'pods', 'Pod', {
    shortNames: ['po'],
    inAll: true,
    subresources: ['status', 'log', 'eviction', 'portforward', 'exec', 'attach', 'ephemeralcontainers'],
    columns: POD,
  }),
  type('', 'v1', 'services', 'Service', {
    shortNames: ['svc'],
    inAll: true,
    subresources: ['status'],
    columns: SERVICE,
  }),
  type('', 'v1', 'endpoints', 'Endpoints', { shortNames: ['ep'] }),
  type('', 'v1', 'events', 'Event', { shortNames: ['ev'], columns: EVENT }),
  type('', 'v1', 'configmaps', 'ConfigMap', {
    shortNames: ['cm'],
    columns: [NAME, column('Data', o => count(o['data']) + count(o['binaryData'])), AGE],
  }),
  type('', 'v1', 'secrets', 'Secret', {
    columns: [NAME, column('Type', o => text(o['type'], 'Opaque')), column('Data', o => count(o['data'])), AGE],
  }),
  type('', 'v1', 'serviceaccounts', 'ServiceAccount', {
    shortNames: ['sa'],
    columns: [NAME, column('Secrets', o => count(o['secrets'])), AGE],
  }),
  type('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', {
    shortNames: ['pvc'],
    subresources: ['status'],
    columns: [
      NAME,
      column('Status', o => text(o.status?.['phase'])),
      column('Volume', o => text(o.spec?.['volumeName'], '')),
      column('Capacity', o => text(o.status?.['capacity']?.storage, '')),
      AGE,
    ],
  }),
  type('', 'v1', 'resourcequotas', 'ResourceQuota', { shortNames: ['quota'], subresources: ['status'] }),
  type('', 'v1', 'limitranges', 'LimitRange', { shortNames: ['limits'] }),
  type('', 'v1', 'replicationcontrollers', 'ReplicationController', {
    shortNames: ['rc'],
    inAll: true,
    subresources: ['status', 'scale'],
    columns: REPLICASET,
  }),
  type('apps', 'v1', 'deployments', 'Deployment', {
    shortNames: ['deploy'],
    inAll: true,
    subresources: ['status', 'scale'],
    columns: DEPLOYMENT,
  }),
  type('apps', 'v1', 'replicasets', 'ReplicaSet', {
    shortNames: ['rs'],
    inAll: true,
    subresources: ['status', 'scale'],
    columns: REPLICASET,
  }),
  type('apps', 'v1', 'statefulsets', 'StatefulSet', {
    shortNames: ['sts'],
    inAll: true,
    subresources: ['status', 'scale'],
    columns: [
      NAME,
      column('Ready', o => `${o.status?.['readyReplicas'] ?? 0}/${o.spec?.['replicas'] ?? 1}`),
      AGE,
      CONTAINERS,
      IMAGES,
    ],
  }),
  type('apps', 'v1', 'daemonsets', 'DaemonSet', {
    shortNames: ['ds'],
    inAll: true,
    subresources: ['status'],
    columns: [
      NAME,
      column('Desired', o => Number(o.status?.['desiredNumberScheduled'] ?? 0)),
      column('Current', o => Number(o.status?.['currentNumberScheduled'] ?? 0)),
      column('Ready', o => Number(o.status?.['numberReady'] ?? 0)),
      column('Up-to-date', o => Number(o.status?.['updatedNumberScheduled'] ?? 0)),
      column('Available', o => Number(o.status?.['numberAvailable'] ?? 0)),
      column('Node Selector', o => selectorText(o.spec?.['template']?.spec?.nodeSelector)),
      AGE,
      CONTAINERS,
      IMAGES,
      SELECTOR,
    ],
  }),
  type('batch', 'v1', 'jobs', 'Job', { inAll: true, subresources: ['status'], columns: JOB }),
  type('batch', 'v1', 'cronjobs', 'CronJob', {
    shortNames: ['cj'],
    inAll: true,
    subresources: ['status'],
    columns: [
      NAME,
      column('Schedule', o => text(o.spec?.['schedule'])),
      column('Suspend', o => (o.spec?.['suspend'] ? 'True' : 'False')),
      column('Active', o => count(o.status?.['active'])),
      AGE,
    ],
  }),
  type('networking.k8s.io', 'v1', 'ingresses', 'Ingress', {
    shortNames: ['ing'],
    subresources: ['status'],
    columns: [
      NAME,
      column('Class', o => text(o.spec?.['ingressClassName'])),
      column('Hosts', o => text(((o.spec?.['rules'] ?? []) as Fields[]).map(r => r['host']).join(','), '*')),
      column('Address', () => ''),
      column('Ports', () => '80'),
      AGE,
    ],
  }),
  type('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget', {
    shortNames: ['pdb'],
    subresources: ['status'],
    columns: [
      NAME,
      column('Min Available', o => text(o.spec?.['minAvailable'], 'N/A')),
      column('Max Unavailable', o => text(o.spec?.['maxUnavailable'], 'N/A')),
      column('Allowed Disruptions', o => Number(o.status?.['disruptionsAllowed'] ?? 0)),
      AGE,
    ],
  }),
  type('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    shortNames: ['hpa'],
    inAll: true,
    subresources: ['status'],
  }),
  type('zalando.org', 'v1', 'stacksets', 'StackSet', {
    subresources: ['status'],
    columns: [
      NAME,
      column('Stacks', o => Number(o.status?.['stacks'] ?? 0)),
      column('Ready', o => Number(o.status?.['readyStacks'] ?? 0)),
      column('Traffic', o => Number(o.status?.['stacksWithTraffic'] ?? 0)),
      AGE,
    ],
  }),
  type('zalando.org', 'v1', 'stacks', 'Stack', {
    subresources: ['status', 'scale'],
    columns: [
      NAME,
      column('Desired', o => Number(o.spec?.['replicas'] ?? 1)),
      column('Current', o => Number(o.status?.['replicas'] ?? 0)),
      column('Up-To-Date', o => Number(o.status?.['updatedReplicas'] ?? 0)),
      column('Ready', o => Number(o.status?.['readyReplicas'] ?? 0)),
      column('Traffic', o => Number(o.status?.['actualTrafficWeight'] ?? 0)),
      column('No-Traffic-Since', o => text(o.status?.['noTrafficSince'], '')),
      AGE,
    ],
  }),
  type('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', {
    shortNames: ['crd', 'crds'],
    namespaced: false,
    subresources: ['status'],
    columns: [NAME, column('Created At', o => text(o.metadata.creationTimestamp))],
  }),
  type('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  type('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  type('events.k8s.io', 'v1', 'events', 'Event', { columns: EVENT }),
];

/** Like `findResource`, but throws when there is no such resource. */
export function needResource(group: string, plural: string, version = 'v1'): ResourceType {
  const found = findResource(group, version, plural);
  if (found === undefined) throw new Error(`no such resource: ${group}/${plural}`);
  return found;
}

export function findResource(group: string, version: string, plural: string): ResourceType | undefined {
  return RESOURCES.find(r => r.group === group && r.version === version && r.plural === plural);
}
