/**
 * What keeps a sandbox cluster alive: deployments make replica sets, those make pods, pods start after a moment, jobs finish, owners take what
 * they own with them. Every write is followed by `reconcile`, which runs until nothing changes any more.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Fields, type KubeObject, needResource, RESOURCES, type ResourceType } from './resources.ts';
import { reconcileStackSets } from './stacksets.ts';
import type { ObjectStore } from './store.ts';

/** How long a pod takes to start, and a job's pod to finish. */
const START_MS = 300;
const MAX_ROUNDS = 50;

const PODS = needResource('', 'pods');
const NODES = needResource('', 'nodes');
const EVENTS = needResource('', 'events');
const NAMESPACES = needResource('', 'namespaces');
const SERVICE_ACCOUNTS = needResource('', 'serviceaccounts');
const CONFIG_MAPS = needResource('', 'configmaps');
const DEPLOYMENTS = needResource('apps', 'deployments');
const REPLICA_SETS = needResource('apps', 'replicasets');
const STATEFUL_SETS = needResource('apps', 'statefulsets');
const DAEMON_SETS = needResource('apps', 'daemonsets');
const JOBS = needResource('batch', 'jobs');

export class Controllers {
  readonly #store: ObjectStore;
  readonly #now: () => Date;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(store: ObjectStore, now: () => Date) {
    this.#store = store;
    this.#now = now;
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** Brings everything where its specification wants it. */
  reconcile(): void {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const before = this.#store.resourceVersion;
      for (const namespace of this.#store.list(NAMESPACES)) this.#namespace(namespace);
      reconcileStackSets(this.#store, this);
      for (const deployment of this.#store.list(DEPLOYMENTS)) this.#deployment(deployment);
      for (const set of this.#store.list(REPLICA_SETS))
        this.#replicas(REPLICA_SETS, set, () => `${set.metadata.name}-${suffix(5)}`);
      for (const set of this.#store.list(STATEFUL_SETS))
        this.#replicas(STATEFUL_SETS, set, ordinal => `${set.metadata.name}-${ordinal}`);
      for (const set of this.#store.list(DAEMON_SETS)) this.#daemonSet(set);
      for (const job of this.#store.list(JOBS)) this.#job(job);
      this.#collectOrphans();
      for (const pod of this.#store.list(PODS)) this.#pod(pod);
      if (this.#store.resourceVersion === before) return;
    }
  }

  #timestamp(): string {
    return this.#now()
      .toISOString()
      .replace(/\.\d{3}Z$/, 'Z');
  }

  ownerReference(owner: KubeObject): ReturnType<typeof ownerReference> {
    return ownerReference(owner);
  }

  event(about: KubeObject, eventType: 'Normal' | 'Warning', reason: string, message: string, component: string): void {
    const namespace = about.metadata.namespace ?? 'default';
    const time = this.#timestamp();
    this.#store.create(EVENTS, {
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

  #owned(type: ResourceType, owner: KubeObject): KubeObject[] {
    return this.#store
      .list(type, owner.metadata.namespace)
      .filter(o => o.metadata.ownerReferences?.some(ref => ref.uid === owner.metadata.uid));
  }

  #deployment(deployment: KubeObject): void {
    const template = (deployment.spec?.['template'] ?? {}) as Fields;
    const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
    const replicas = Number(deployment.spec?.['replicas'] ?? 1);
    const sets = this.#owned(REPLICA_SETS, deployment);
    let current = sets.find(set => set.metadata.labels?.['pod-template-hash'] === hash);
    const revision = 1 + Math.max(0, ...sets.filter(set => set !== current).map(revisionOf));
    if (current === undefined) {
      const labels = { ...(template['metadata']?.labels ?? {}), 'pod-template-hash': hash };
      current = this.#store.create(REPLICA_SETS, {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name: `${deployment.metadata.name}-${hash}`,
          ...namespaceOf(deployment),
          labels,
          annotations: { 'deployment.kubernetes.io/revision': String(revision) },
          ownerReferences: [ownerReference(deployment)],
        },
        spec: {
          replicas,
          selector: {
            matchLabels: { ...(deployment.spec?.['selector']?.matchLabels ?? {}), 'pod-template-hash': hash },
          },
          template: { ...template, metadata: { ...template['metadata'], labels } },
        },
      });
      this.event(
        deployment,
        'Normal',
        'ScalingReplicaSet',
        `Scaled up replica set ${current.metadata.name} from 0 to ${replicas}`,
        'deployment-controller',
      );
    }
    current = this.#scaleSet(deployment, current, replicas);
    const ready = Number(current.status?.['readyReplicas'] ?? 0);
    // Old pods go when the new ones are there: a rollout never leaves the shop empty.
    if (ready >= replicas)
      for (const old of sets.filter(set => set.metadata.name !== current.metadata.name))
        this.#scaleSet(deployment, old, 0);
    const all = this.#owned(REPLICA_SETS, deployment);
    const total = all.reduce((sum, set) => sum + Number(set.status?.['replicas'] ?? 0), 0);
    const readyTotal = all.reduce((sum, set) => sum + Number(set.status?.['readyReplicas'] ?? 0), 0);
    const latest = this.#store.get(DEPLOYMENTS, deployment.metadata.namespace, deployment.metadata.name) ?? deployment;
    const isDone = ready >= replicas && total === replicas;
    this.#store.update(DEPLOYMENTS, {
      ...latest,
      metadata: {
        ...latest.metadata,
        annotations: {
          ...latest.metadata.annotations,
          'deployment.kubernetes.io/revision': String(Math.max(revisionOf(current), 1)),
        },
      },
      status: {
        observedGeneration: latest.metadata.generation,
        replicas: total,
        updatedReplicas: Number(current.status?.['replicas'] ?? 0),
        readyReplicas: readyTotal,
        availableReplicas: readyTotal,
        ...(readyTotal < replicas ? { unavailableReplicas: replicas - readyTotal } : {}),
        conditions: [
          this.#condition(
            latest,
            'Available',
            readyTotal >= replicas,
            readyTotal >= replicas ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
            'Deployment has minimum availability.',
          ),
          this.#condition(
            latest,
            'Progressing',
            true,
            isDone ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
            `ReplicaSet "${current.metadata.name}" ${isDone ? 'has successfully progressed.' : 'is progressing.'}`,
          ),
        ],
      },
    });
  }

  #scaleSet(deployment: KubeObject, set: KubeObject, replicas: number): KubeObject {
    const before = Number(set.spec?.['replicas'] ?? 0);
    if (before === replicas) return set;
    this.event(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}`,
      'deployment-controller',
    );
    return this.#store.update(REPLICA_SETS, { ...set, spec: { ...set.spec, replicas } });
  }

  #condition(object: KubeObject, conditionType: string, isTrue: boolean, reason: string, message: string): Fields {
    const status = isTrue ? 'True' : 'False';
    const before = ((object.status?.['conditions'] ?? []) as Fields[]).find(c => c['type'] === conditionType);
    if (before?.['status'] === status && before['reason'] === reason && before['message'] === message) return before;
    return {
      type: conditionType,
      status,
      reason,
      message,
      lastTransitionTime: this.#timestamp(),
      lastUpdateTime: this.#timestamp(),
    };
  }

  #replicas(type: ResourceType, set: KubeObject, nameOf: (ordinal: number) => string): void {
    const wanted = Number(set.spec?.['replicas'] ?? 1);
    const pods = this.#owned(PODS, set);
    for (let ordinal = pods.length; ordinal < wanted; ordinal++) {
      const taken = new Set(pods.map(pod => pod.metadata.name));
      let name = nameOf(ordinal);
      for (let i = 0; taken.has(name) && i < wanted; i++) name = nameOf(i);
      const pod = this.#createPod(set, name);
      pods.push(pod);
      this.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, `${type.singular}-controller`);
    }
    for (const pod of pods.slice(wanted)) {
      this.#store.remove(PODS, pod);
      this.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, `${type.singular}-controller`);
    }
    const kept = pods.slice(0, wanted);
    const ready = kept.filter(isReady).length;
    const latest = this.#store.get(type, set.metadata.namespace, set.metadata.name) ?? set;
    this.#store.update(type, {
      ...latest,
      status: {
        observedGeneration: latest.metadata.generation,
        replicas: kept.length,
        fullyLabeledReplicas: kept.length,
        readyReplicas: ready,
        availableReplicas: ready,
        ...(type === STATEFUL_SETS
          ? {
              currentReplicas: kept.length,
              updatedReplicas: kept.length,
              currentRevision: `${set.metadata.name}-1`,
              updateRevision: `${set.metadata.name}-1`,
            }
          : {}),
      },
    });
  }

  #daemonSet(set: KubeObject): void {
    const nodes = this.#store.list(NODES);
    const pods = this.#owned(PODS, set);
    for (const node of nodes) {
      if (!pods.some(pod => pod.spec?.['nodeName'] === node.metadata.name))
        pods.push(this.#createPod(set, `${set.metadata.name}-${suffix(5)}`, node.metadata.name));
    }
    const ready = pods.filter(isReady).length;
    const latest = this.#store.get(DAEMON_SETS, set.metadata.namespace, set.metadata.name) ?? set;
    this.#store.update(DAEMON_SETS, {
      ...latest,
      status: {
        observedGeneration: latest.metadata.generation,
        desiredNumberScheduled: nodes.length,
        currentNumberScheduled: pods.length,
        updatedNumberScheduled: pods.length,
        numberReady: ready,
        numberAvailable: ready,
        numberMisscheduled: 0,
      },
    });
  }

  #job(job: KubeObject): void {
    const wanted = Number(job.spec?.['completions'] ?? job.spec?.['parallelism'] ?? 1);
    const pods = this.#owned(PODS, job);
    for (let i = pods.length; i < wanted; i++) pods.push(this.#createPod(job, `${job.metadata.name}-${suffix(5)}`));
    const succeeded = pods.filter(pod => pod.status?.['phase'] === 'Succeeded').length;
    const startTime = job.status?.['startTime'] ?? this.#timestamp();
    const isDone = succeeded >= wanted;
    const latest = this.#store.get(JOBS, job.metadata.namespace, job.metadata.name) ?? job;
    this.#store.update(JOBS, {
      ...latest,
      status: {
        startTime,
        active: pods.length - succeeded,
        succeeded,
        ready: 0,
        ...(isDone
          ? {
              completionTime: job.status?.['completionTime'] ?? this.#timestamp(),
              conditions: [
                this.#condition(
                  job,
                  'Complete',
                  true,
                  'CompletionsReached',
                  'Reached expected number of succeeded pods',
                ),
              ],
            }
          : {}),
      },
    });
    if (isDone && !job.status?.['completionTime'])
      this.event(job, 'Normal', 'Completed', 'Job completed', 'job-controller');
  }

  #createPod(owner: KubeObject, name: string, nodeName?: string): KubeObject {
    const template = (owner.spec?.['template'] ?? {}) as Fields;
    return this.#store.create(PODS, {
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
    });
  }

  /** Schedules a new pod; a moment later it runs, or has done its work. */
  #pod(pod: KubeObject): void {
    if (pod.status?.['phase'] === undefined) {
      const nodes = this.#store
        .list(NODES)
        .filter(node => !node.spec?.['unschedulable'] && !node.metadata.name.includes('master'));
      const node =
        pod.spec?.['nodeName'] ??
        nodes[Number.parseInt(digest(pod.metadata.name), 16) % Math.max(1, nodes.length)]?.metadata.name ??
        'none';
      this.#store.update(PODS, {
        ...pod,
        spec: { ...pod.spec, nodeName: node },
        status: {
          phase: 'Pending',
          qosClass: 'Burstable',
          startTime: this.#timestamp(),
          containerStatuses: containersOf(pod).map(c => waitingStatus(c)),
          conditions: podConditions(this.#timestamp(), false),
        },
      });
      this.event(
        pod,
        'Normal',
        'Scheduled',
        `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node}`,
        'default-scheduler',
      );
    }
    if (this.#store.get(PODS, pod.metadata.namespace, pod.metadata.name)?.status?.['phase'] === 'Pending')
      this.later(pod, () => this.#start(pod));
    else if (isOneShot(pod) && pod.status?.['phase'] === 'Running') this.later(pod, () => this.#finish(pod));
  }

  /** Does something for an object a moment later, unless that is under way. */
  later(object: KubeObject, action: () => void): void {
    const key = String(object.metadata.uid);
    if (this.#timers.has(key)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      action();
      this.reconcile();
    }, START_MS);
    this.#timers.set(key, timer.unref());
  }

  #start(pod: KubeObject): void {
    const current = this.#store.get(PODS, pod.metadata.namespace, pod.metadata.name);
    if (current === undefined || current.metadata.uid !== pod.metadata.uid || current.status?.['phase'] !== 'Pending')
      return;
    this.makeRunning(current);
    for (const container of containersOf(current)) {
      this.event(
        current,
        'Normal',
        'Pulled',
        `Container image "${container['image']}" already present on machine`,
        'kubelet',
      );
      this.event(current, 'Normal', 'Started', `Started container ${container['name']}`, 'kubelet');
    }
  }

  /** Puts a pod into the state of one that runs, since `since`. */
  makeRunning(pod: KubeObject, since = this.#timestamp()): void {
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
    this.#store.update(PODS, {
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

  #finish(pod: KubeObject): void {
    const current = this.#store.get(PODS, pod.metadata.namespace, pod.metadata.name);
    if (current === undefined || current.metadata.uid !== pod.metadata.uid) return;
    const time = this.#timestamp();
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
    this.#store.update(PODS, {
      ...current,
      status: {
        ...current.status,
        phase: 'Succeeded',
        containerStatuses: statuses,
        conditions: podConditions(time, false),
      },
    });
  }

  /** Takes away what belonged to an owner that is gone. */
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

export function containersOf(pod: KubeObject): Fields[] {
  return (pod.spec?.['containers'] ?? []) as Fields[];
}

/** A container that never ends by itself, also in a Job. */
export function isSocat(container: Fields): boolean {
  return Array.isArray(container['command']) && container['command'][0] === 'socat';
}

function isOneShot(pod: KubeObject): boolean {
  if (containersOf(pod).some(isSocat)) return false;
  return pod.spec?.['restartPolicy'] === 'Never' || pod.spec?.['restartPolicy'] === 'OnFailure';
}

function isReady(pod: KubeObject): boolean {
  return ((pod.status?.['conditions'] ?? []) as Fields[]).some(c => c['type'] === 'Ready' && c['status'] === 'True');
}

function revisionOf(object: KubeObject): number {
  return Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

function namespaceOf(object: KubeObject): { namespace?: string } {
  return object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace };
}

function ownerReference(owner: KubeObject) {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
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

/** Random characters as Kubernetes takes for names: no vowels. */
export function suffix(length: number): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return [...randomBytes(length)].map(byte => letters[byte % letters.length]).join('');
}
