/** The kinds that the sandbox's API servers serve, with their table columns (what `kubectl get` shows). */
import { formatSpan } from '../../lib/time.ts';

/** A Kubernetes object. Fields beyond metadata are whatever the kind has. */
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

export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly inAll: boolean;
  readonly subresources: readonly ('status' | 'scale' | 'log' | 'eviction' | 'portforward')[];
  readonly columns: readonly TableColumn[];
}

export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** Age as kubectl's own printer rounds it: 45s, 12m, 3h20m, 2d4h, 30d. */
export function age(timestamp: unknown, now: Date): string {
  if (typeof timestamp !== 'string') return '<unknown>';
  const seconds = Math.max(0, Math.floor((now.getTime() - new Date(timestamp).getTime()) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  return `${days}d`;
}

type Cell = TableColumn['value'];
const column = (name: string, value: Cell, priority: 0 | 1 = 0): TableColumn => ({ name, priority, value });
const NAME = column('Name', o => o.metadata.name);
const AGE = column('Age', (o, now) => age(o.metadata.creationTimestamp, now));
const text = (value: unknown, fallback = '<none>'): string =>
  value === undefined || value === null || value === '' ? fallback : String(value);
const count = (value: unknown): number => (value !== null && typeof value === 'object' ? Object.keys(value).length : 0);
const selectorText = (selector: unknown): string =>
  selector !== null && typeof selector === 'object'
    ? text(
        Object.entries(selector)
          .map(([k, v]) => `${k}=${v}`)
          .join(','),
      )
    : '<none>';
const containersOf = (o: KubeObject): Fields[] =>
  (o.spec?.['template']?.spec?.containers ?? o.spec?.['containers'] ?? []) as Fields[];
const CONTAINERS = column(
  'Containers',
  o =>
    text(
      containersOf(o)
        .map(c => c['name'])
        .join(','),
    ),
  1,
);
const IMAGES = column(
  'Images',
  o =>
    text(
      containersOf(o)
        .map(c => c['image'])
        .join(','),
    ),
  1,
);
const SELECTOR = column('Selector', o => selectorText(o.spec?.['selector']?.matchLabels ?? o.spec?.['selector']), 1);

const POD: TableColumn[] = [
  NAME,
  column('Ready', o => {
    const statuses = (o.status?.['containerStatuses'] ?? []) as Fields[];
    return `${statuses.filter(s => s['ready']).length}/${containersOf(o).length}`;
  }),
  column('Status', podStatus),
  column('Restarts', o =>
    ((o.status?.['containerStatuses'] ?? []) as Fields[]).reduce((sum, s) => sum + Number(s['restartCount'] ?? 0), 0),
  ),
  AGE,
  column('IP', o => text(o.status?.['podIP']), 1),
  column('Node', o => text(o.spec?.['nodeName']), 1),
  column('Nominated Node', o => text(o.status?.['nominatedNodeName']), 1),
  column('Readiness Gates', () => '<none>', 1),
];

export function podStatus(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const waiting = ((pod.status?.['containerStatuses'] ?? []) as Fields[]).find(s => s['state']?.waiting)?.['state']
    .waiting.reason;
  if (waiting) return String(waiting);
  const phase = text(pod.status?.['phase'], 'Pending');
  return phase === 'Succeeded' ? 'Completed' : phase;
}

const SERVICE: TableColumn[] = [
  NAME,
  column('Type', o => text(o.spec?.['type'], 'ClusterIP')),
  column('Cluster-IP', o => text(o.spec?.['clusterIP'])),
  column('External-IP', o => text(o.spec?.['externalName'])),
  column('Port(s)', o =>
    text(
      ((o.spec?.['ports'] ?? []) as Fields[])
        .map(p => `${p['port']}${p['nodePort'] ? `:${p['nodePort']}` : ''}/${p['protocol'] ?? 'TCP'}`)
        .join(','),
    ),
  ),
  AGE,
  SELECTOR,
];

const DEPLOYMENT: TableColumn[] = [
  NAME,
  column('Ready', o => `${o.status?.['readyReplicas'] ?? 0}/${o.spec?.['replicas'] ?? 1}`),
  column('Up-to-date', o => Number(o.status?.['updatedReplicas'] ?? 0)),
  column('Available', o => Number(o.status?.['availableReplicas'] ?? 0)),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
];

const REPLICASET: TableColumn[] = [
  NAME,
  column('Desired', o => Number(o.spec?.['replicas'] ?? 1)),
  column('Current', o => Number(o.status?.['replicas'] ?? 0)),
  column('Ready', o => Number(o.status?.['readyReplicas'] ?? 0)),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
];

const NODE: TableColumn[] = [
  NAME,
  column('Status', o => {
    const ready =
      ((o.status?.['conditions'] ?? []) as Fields[]).find(c => c['type'] === 'Ready')?.['status'] === 'True';
    return `${ready ? 'Ready' : 'NotReady'}${o.spec?.['unschedulable'] ? ',SchedulingDisabled' : ''}`;
  }),
  column('Roles', o => {
    const prefix = 'node-role.kubernetes.io/';
    return text(
      Object.keys(o.metadata.labels ?? {})
        .filter(l => l.startsWith(prefix))
        .map(l => l.slice(prefix.length))
        .join(','),
    );
  }),
  AGE,
  column('Version', o => text(o.status?.['nodeInfo']?.kubeletVersion)),
  column(
    'Internal-IP',
    o => text(((o.status?.['addresses'] ?? []) as Fields[]).find(a => a['type'] === 'InternalIP')?.['address']),
    1,
  ),
  column('External-IP', () => '<none>', 1),
  column('OS-Image', o => text(o.status?.['nodeInfo']?.osImage), 1),
  column('Kernel-Version', o => text(o.status?.['nodeInfo']?.kernelVersion), 1),
  column('Container-Runtime', o => text(o.status?.['nodeInfo']?.containerRuntimeVersion), 1),
];

const EVENT: TableColumn[] = [
  column('Last Seen', (o, now) => age(o['lastTimestamp'] ?? o['eventTime'] ?? o.metadata.creationTimestamp, now)),
  column('Type', o => text(o['type'])),
  column('Reason', o => text(o['reason'])),
  column('Object', o => {
    const about = (o['involvedObject'] ?? {}) as Fields;
    return `${String(about['kind'] ?? '').toLowerCase()}/${about['name'] ?? ''}`;
  }),
  column('Subobject', o => text(((o['involvedObject'] ?? {}) as Fields)['fieldPath'], ''), 1),
  column('Source', o => text(((o['source'] ?? {}) as Fields)['component'], ''), 1),
  column('Message', o => text(o['message'], '').trim()),
  column('First Seen', (o, now) => age(o['firstTimestamp'] ?? o.metadata.creationTimestamp, now), 1),
  column('Count', o => Number(o['count'] ?? 1), 1),
  column('Name', o => o.metadata.name, 1),
];

const JOB: TableColumn[] = [
  NAME,
  column('Status', o =>
    ((o.status?.['conditions'] ?? []) as Fields[]).some(c => c['type'] === 'Complete' && c['status'] === 'True')
      ? 'Complete'
      : 'Running',
  ),
  column('Completions', o => `${o.status?.['succeeded'] ?? 0}/${o.spec?.['completions'] ?? 1}`),
  column('Duration', (o, now) => {
    const start = o.status?.['startTime'];
    if (typeof start !== 'string') return '';
    const end = typeof o.status?.['completionTime'] === 'string' ? new Date(o.status['completionTime']) : now;
    return formatSpan(end.getTime() - new Date(start).getTime()).replace(' ', '');
  }),
  AGE,
  CONTAINERS,
  IMAGES,
];

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
    subresources: ['status', 'log', 'eviction', 'portforward'],
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
    columns: [NAME, column('Stacks', o => count(o.status?.['traffic'])), AGE],
  }),
  type('zalando.org', 'v1', 'stacks', 'Stack', {
    subresources: ['status'],
    columns: [NAME, column('Desired', o => Number(o.spec?.['replicas'] ?? 1)), AGE],
  }),
  type('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  type('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  type('events.k8s.io', 'v1', 'events', 'Event', { columns: EVENT }),
];

/** The same of one that is served for certain. */
export function needResource(group: string, plural: string, version = 'v1'): ResourceType {
  const found = findResource(group, version, plural);
  if (found === undefined) throw new Error(`no such resource: ${group}/${plural}`);
  return found;
}

export function findResource(group: string, version: string, plural: string): ResourceType | undefined {
  return RESOURCES.find(r => r.group === group && r.version === version && r.plural === plural);
}
