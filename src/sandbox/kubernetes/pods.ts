/** Simulates pods: they are scheduled, start after a short delay, and complete if they belong to a Job. */
import { createHash } from 'node:crypto';
import { admit } from './admission.ts';
import { type ControlPlane, ownerReference } from './control-plane.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { needResource } from './resources.ts';
import { StatusError } from './status.ts';

const PODS = needResource('', 'pods');
const NODES = needResource('', 'nodes');

/** Undefined: admission refuses the pod. The owner gets an event that says why, as from a real controller. */
export function createPod(
  plane: ControlPlane,
  owner: KubeObject,
  name: string,
  nodeName?: string,
): KubeObject | undefined {
  const template = (owner.spec?.['template'] ?? {}) as Fields;
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(template['metadata'] ?? {}),
      name,
      ...namespaceOf(owner),
      labels: {
        ...(template['metadata']?.labels ?? {}),
        ...(owner.kind === 'Job' ? { 'job-name': owner.metadata.name } : {}),
      },
      ownerReferences: [ownerReference(owner)],
    },
    spec: {
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      ...(template['spec'] ?? {}),
      ...(nodeName === undefined ? {} : { nodeName }),
    },
  };
  try {
    admit(plane.store, PODS, pod, true);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    plane.eventOnce(
      owner,
      'FailedCreate',
      `Error creating: ${error.message}`,
      `${owner.kind.toLowerCase()}-controller`,
    );
    return undefined;
  }
  return plane.store.create(PODS, pod);
}

/** Schedules a new pod. After short delays the pod runs, and a Job's pod completes. */
export function reconcilePod(plane: ControlPlane, pod: KubeObject): void {
  if (pod.status?.['phase'] === undefined) {
    const nodes = plane.store
      .list(NODES)
      .filter(node => !node.spec?.['unschedulable'] && !node.metadata.name.includes('master'));
    const node =
      pod.spec?.['nodeName'] ??
      nodes[Number.parseInt(digest(pod.metadata.name), 16) % Math.max(1, nodes.length)]?.metadata.name ??
      'none';
    plane.store.update(PODS, {
      ...pod,
      // A server's defaults: kubectl debug reads them.
      spec: {
        securityContext: {},
        dnsPolicy: 'ClusterFirst',
        schedulerName: 'default-scheduler',
        ...pod.spec,
        nodeName: node,
      },
      status: {
        phase: 'Pending',
        qosClass: 'Burstable',
        startTime: plane.timestamp(),
        containerStatuses: containersOf(pod).map(c => waitingStatus(c)),
        conditions: podConditions(plane.timestamp(), false),
      },
    });
    plane.event(
      pod,
      'Normal',
      'Scheduled',
      `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node}`,
      'default-scheduler',
    );
  }
  if (plane.store.get(PODS, pod.metadata.namespace, pod.metadata.name)?.status?.['phase'] === 'Pending')
    plane.later(pod, () => start(plane, pod));
  else if (isOneShot(pod) && pod.status?.['phase'] === 'Running') plane.later(pod, () => finish(plane, pod));
}

function start(plane: ControlPlane, pod: KubeObject): void {
  const current = plane.store.get(PODS, pod.metadata.namespace, pod.metadata.name);
  if (current === undefined || current.metadata.uid !== pod.metadata.uid || current.status?.['phase'] !== 'Pending')
    return;
  makeRunning(plane, current);
  for (const container of containersOf(current)) {
    plane.event(
      current,
      'Normal',
      'Pulled',
      `Container image "${container['image']}" already present on machine`,
      'kubelet',
    );
    plane.event(current, 'Normal', 'Started', `Started container ${container['name']}`, 'kubelet');
  }
}

/** Sets a pod to Running, started at `since`. */
export function makeRunning(plane: ControlPlane, pod: KubeObject, since = plane.timestamp()): void {
  const ip = `10.2.${Number.parseInt(digest(pod.metadata.name).slice(0, 2), 16)}.${1 + (Number.parseInt(digest(pod.metadata.name).slice(2, 4), 16) % 254)}`;
  const containerStatuses = containersOf(pod).map(container => ({
    name: container['name'],
    image: container['image'],
    imageID: `sha256:${digest(String(container['image']))}`,
    containerID: `containerd://${digest(`${pod.metadata.uid}${container['name']}`)}`,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: since } },
    lastState: {},
  }));
  plane.store.update(PODS, {
    ...pod,
    status: {
      ...pod.status,
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      hostIP: '172.31.0.10',
      startTime: pod.status?.['startTime'] ?? since,
      containerStatuses,
      conditions: podConditions(since, true),
    },
  });
}

function finish(plane: ControlPlane, pod: KubeObject): void {
  const current = plane.store.get(PODS, pod.metadata.namespace, pod.metadata.name);
  if (current === undefined || current.metadata.uid !== pod.metadata.uid) return;
  const time = plane.timestamp();
  const statuses = ((current.status?.['containerStatuses'] ?? []) as Fields[]).map(status => ({
    ...status,
    ready: false,
    state: {
      terminated: {
        exitCode: 0,
        reason: 'Completed',
        startedAt: status['state']?.running?.startedAt ?? time,
        finishedAt: time,
      },
    },
  }));
  plane.store.update(PODS, {
    ...current,
    status: {
      ...current.status,
      phase: 'Succeeded',
      containerStatuses: statuses,
      conditions: podConditions(time, false),
    },
  });
}

export function containersOf(pod: KubeObject): Fields[] {
  return (pod.spec?.['containers'] ?? []) as Fields[];
}

/** The container that is meant. Undefined: the pod has none of this name. */
export function containerIn(pod: KubeObject, name: string | null): string | undefined {
  const ephemeral = (pod.spec?.['ephemeralContainers'] ?? []) as Fields[];
  const names = [...containersOf(pod), ...ephemeral].map(container => String(container['name']));
  return name === null || name === '' ? names[0] : names.find(one => one === name);
}

/** Is this a socat container? It keeps running, also in a Job. */
export function isSocat(container: Fields): boolean {
  return Array.isArray(container['command']) && container['command'][0] === 'socat';
}

function isOneShot(pod: KubeObject): boolean {
  if (containersOf(pod).some(isSocat)) return false;
  return pod.spec?.['restartPolicy'] === 'Never' || pod.spec?.['restartPolicy'] === 'OnFailure';
}

export function isReady(pod: KubeObject): boolean {
  return ((pod.status?.['conditions'] ?? []) as Fields[]).some(c => c['type'] === 'Ready' && c['status'] === 'True');
}

export function namespaceOf(object: KubeObject): { namespace?: string } {
  return object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace };
}

function waitingStatus(container: Fields): Fields {
  return {
    name: container['name'],
    image: container['image'],
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: {},
  };
}

function podConditions(time: string, ready: boolean): Fields[] {
  const condition = (conditionType: string, isTrue: boolean) => ({
    type: conditionType,
    status: isTrue ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: time,
  });
  return [
    condition('PodScheduled', true),
    condition('Initialized', true),
    condition('ContainersReady', ready),
    condition('Ready', ready),
  ];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
