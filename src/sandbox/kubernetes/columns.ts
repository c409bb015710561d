/** The columns of the sandbox's server-side tables, as in a real API server. */
import { kubectlAge as age, formatSpan } from '../../lib/time.ts';
import type { Fields, KubeObject, TableColumn } from './resource-types.ts';

type Cell = TableColumn['value'];
export const column = (name: string, value: Cell, priority: 0 | 1 = 0): TableColumn => ({ name, priority, value });
export const NAME = column('Name', o => o.metadata.name);
export const AGE = column('Age', (o, now) => age(o.metadata.creationTimestamp, now));
export const text = (value: unknown, fallback = '<none>'): string =>
  value === undefined || value === null || value === '' ? fallback : String(value);
export const count = (value: unknown): number =>
  value !== null && typeof value === 'object' ? Object.keys(value).length : 0;
export const selectorText = (selector: unknown): string =>
  selector !== null && typeof selector === 'object'
    ? text(
        Object.entries(selector)
          .map(([k, v]) => `${k}=${v}`)
          .join(','),
      )
    : '<none>';
const containersOf = (o: KubeObject): Fields[] =>
  (o.spec?.['template']?.spec?.containers ?? o.spec?.['containers'] ?? []) as Fields[];
export const CONTAINERS = column(
  'Containers',
  o =>
    text(
      containersOf(o)
        .map(c => c['name'])
        .join(','),
    ),
  1,
);
export const IMAGES = column(
  'Images',
  o =>
    text(
      containersOf(o)
        .map(c => c['image'])
        .join(','),
    ),
  1,
);
export const SELECTOR = column(
  'Selector',
  o => selectorText(o.spec?.['selector']?.matchLabels ?? o.spec?.['selector']),
  1,
);

export const POD: TableColumn[] = [
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

export const SERVICE: TableColumn[] = [
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

export const DEPLOYMENT: TableColumn[] = [
  NAME,
  column('Ready', o => `${o.status?.['readyReplicas'] ?? 0}/${o.spec?.['replicas'] ?? 1}`),
  column('Up-to-date', o => Number(o.status?.['updatedReplicas'] ?? 0)),
  column('Available', o => Number(o.status?.['availableReplicas'] ?? 0)),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
];

export const REPLICASET: TableColumn[] = [
  NAME,
  column('Desired', o => Number(o.spec?.['replicas'] ?? 1)),
  column('Current', o => Number(o.status?.['replicas'] ?? 0)),
  column('Ready', o => Number(o.status?.['readyReplicas'] ?? 0)),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
];

export const NODE: TableColumn[] = [
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

export const EVENT: TableColumn[] = [
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

export const JOB: TableColumn[] = [
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
