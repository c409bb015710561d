/** The cluster that is always being updated: three nodes are drained, and each is held up for another reason. */
import type { Fields, KubeObject } from './resource-types.ts';
import { needResource } from './resources.ts';
import type { ObjectStore } from './store.ts';

const PODS = needResource('', 'pods');
const NODES = needResource('', 'nodes');
const BUDGETS = needResource('policy', 'poddisruptionbudgets');
const MINUTE_MS = 60_000;
const ANNOTATION = 'cluster-lifecycle-manager.zalando.org';

interface StuckNode {
  readonly node: string;
  /** The application whose pods are on it. */
  readonly application: string;
  readonly drainedForMinutes: number;
  /** Minutes since the last pod of the node was ended by force. */
  readonly forcedBefore?: number;
  readonly budgets: readonly Fields[];
  /** One pod is not ready. */
  readonly hasCrash?: boolean;
}

const STUCK: readonly StuckNode[] = [
  {
    node: 'worker-1',
    application: 'payment',
    drainedForMinutes: 40,
    budgets: [{ name: 'payment', minAvailable: 2 }],
  },
  {
    node: 'worker-2',
    application: 'cart',
    drainedForMinutes: 190,
    forcedBefore: 2,
    budgets: [
      { name: 'cart', maxUnavailable: 1 },
      { name: 'cart-old', minAvailable: 1 },
    ],
  },
  {
    node: 'worker-3',
    application: 'catalog',
    drainedForMinutes: 15,
    budgets: [{ name: 'catalog', maxUnavailable: 1 }],
    hasCrash: true,
  },
];
/** The new node: everything else runs there. */
const NEW_NODE = 'worker-4';

export function seedUpdate(store: ObjectStore, now: Date): void {
  const nodes = store.list(NODES);
  const node = (name: string) => nodes.find(({ metadata }) => metadata.name.startsWith(`${name}.`));
  for (const pod of store.list(PODS)) {
    if ((pod.metadata.ownerReferences ?? []).some(({ kind }) => kind === 'DaemonSet')) continue;
    const stuck = STUCK.find(({ application }) => pod.metadata.labels?.['application'] === application);
    move(store, pod, node(stuck?.node ?? NEW_NODE)?.metadata.name ?? '');
  }
  for (const stuck of STUCK) {
    const drained = node(stuck.node);
    if (drained) drain(store, drained, stuck, now);
    for (const { name, ...spec } of stuck.budgets)
      store.create(BUDGETS, {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: String(name), namespace: 'shop' },
        spec: { ...spec, selector: { matchLabels: { application: stuck.application } } },
      });
    const [pod] = store.list(PODS, 'shop').filter(p => p.metadata.labels?.['application'] === stuck.application);
    if (stuck.hasCrash && pod) crash(store, pod);
  }
}

function move(store: ObjectStore, pod: KubeObject, nodeName: string): void {
  store.update(PODS, { ...pod, spec: { ...pod.spec, nodeName } });
}

function drain(store: ObjectStore, node: KubeObject, { drainedForMinutes, forcedBefore }: StuckNode, now: Date): void {
  const before = (minutes: number) =>
    new Date(now.getTime() - minutes * MINUTE_MS).toISOString().replace(/\.\d{3}Z$/, 'Z');
  store.update(NODES, {
    ...node,
    metadata: {
      ...node.metadata,
      labels: { ...node.metadata.labels, 'lifecycle-status': 'draining' },
      annotations: {
        ...node.metadata.annotations,
        [`${ANNOTATION}/drain-start`]: before(drainedForMinutes),
        ...(forcedBefore === undefined ? {} : { [`${ANNOTATION}/last-forced-drain`]: before(forcedBefore) }),
      },
    },
    spec: {
      ...node.spec,
      unschedulable: true,
      taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
    },
  });
}

function crash(store: ObjectStore, pod: KubeObject): void {
  const statuses = (pod.status?.['containerStatuses'] ?? []) as Fields[];
  const conditions = (pod.status?.['conditions'] ?? []) as Fields[];
  store.update(PODS, {
    ...pod,
    status: {
      ...pod.status,
      containerStatuses: statuses.map(status => ({
        ...status,
        ready: false,
        started: false,
        restartCount: 7,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } },
      })),
      conditions: conditions.map(condition => ({
        ...condition,
        status: /Ready$/.test(String(condition['type'])) ? 'False' : condition['status'],
      })),
    },
  });
}
