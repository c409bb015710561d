/** Simulates the controllers of Deployments, ReplicaSets, StatefulSets, DaemonSets and Jobs. */
import { createHash } from 'node:crypto';
import { type ControlPlane, condition, ownerReference, suffix } from './control-plane.ts';
import { createPod, isReady, namespaceOf } from './pods.ts';
import type { Fields, KubeObject, ResourceType } from './resource-types.ts';
import { needResource } from './resources.ts';

const PODS = needResource('', 'pods');
const NODES = needResource('', 'nodes');
const DEPLOYMENTS = needResource('apps', 'deployments');
const REPLICA_SETS = needResource('apps', 'replicasets');
const STATEFUL_SETS = needResource('apps', 'statefulsets');
const DAEMON_SETS = needResource('apps', 'daemonsets');
const JOBS = needResource('batch', 'jobs');

/** Reconciles the workloads with their specs. */
export function reconcileWorkloads(plane: ControlPlane): void {
  const { store } = plane;
  for (const deployment of store.list(DEPLOYMENTS)) reconcileDeployment(plane, deployment);
  for (const set of store.list(REPLICA_SETS))
    reconcileReplicas(plane, REPLICA_SETS, set, () => `${set.metadata.name}-${suffix(5)}`);
  for (const set of store.list(STATEFUL_SETS))
    reconcileReplicas(plane, STATEFUL_SETS, set, ordinal => `${set.metadata.name}-${ordinal}`);
  for (const set of store.list(DAEMON_SETS)) reconcileDaemonSet(plane, set);
  for (const job of store.list(JOBS)) reconcileJob(plane, job);
}

function reconcileDeployment(plane: ControlPlane, deployment: KubeObject): void {
  const template = (deployment.spec?.['template'] ?? {}) as Fields;
  const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
  const replicas = Number(deployment.spec?.['replicas'] ?? 1);
  const sets = plane.owned(REPLICA_SETS, deployment);
  let current = sets.find(set => set.metadata.labels?.['pod-template-hash'] === hash);
  const revision = 1 + Math.max(0, ...sets.filter(set => set !== current).map(revisionOf));
  if (current === undefined) {
    const labels = { ...(template['metadata']?.labels ?? {}), 'pod-template-hash': hash };
    current = plane.store.create(REPLICA_SETS, {
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
    plane.event(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled up replica set ${current.metadata.name} from 0 to ${replicas}`,
      'deployment-controller',
    );
  }
  current = scaleSet(plane, deployment, current, replicas);
  const ready = Number(current.status?.['readyReplicas'] ?? 0);
  // Scale down the old pods only when all new pods are ready.
  if (ready >= replicas)
    for (const old of sets.filter(set => set.metadata.name !== current.metadata.name))
      scaleSet(plane, deployment, old, 0);
  const all = plane.owned(REPLICA_SETS, deployment);
  const total = all.reduce((sum, set) => sum + Number(set.status?.['replicas'] ?? 0), 0);
  const readyTotal = all.reduce((sum, set) => sum + Number(set.status?.['readyReplicas'] ?? 0), 0);
  const latest = plane.store.get(DEPLOYMENTS, deployment.metadata.namespace, deployment.metadata.name) ?? deployment;
  const isDone = ready >= replicas && total === replicas;
  plane.store.update(DEPLOYMENTS, {
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
        condition(
          plane,
          latest,
          'Available',
          readyTotal >= replicas,
          readyTotal >= replicas ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
          'Deployment has minimum availability.',
        ),
        condition(
          plane,
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

function scaleSet(plane: ControlPlane, deployment: KubeObject, set: KubeObject, replicas: number): KubeObject {
  const before = Number(set.spec?.['replicas'] ?? 0);
  if (before === replicas) return set;
  plane.event(
    deployment,
    'Normal',
    'ScalingReplicaSet',
    `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}`,
    'deployment-controller',
  );
  return plane.store.update(REPLICA_SETS, { ...set, spec: { ...set.spec, replicas } });
}

function reconcileReplicas(
  plane: ControlPlane,
  type: ResourceType,
  set: KubeObject,
  nameOf: (ordinal: number) => string,
): void {
  const wanted = Number(set.spec?.['replicas'] ?? 1);
  const pods = plane.owned(PODS, set);
  for (let ordinal = pods.length; ordinal < wanted; ordinal++) {
    const taken = new Set(pods.map(pod => pod.metadata.name));
    let name = nameOf(ordinal);
    for (let i = 0; taken.has(name) && i < wanted; i++) name = nameOf(i);
    const pod = createPod(plane, set, name);
    if (pod === undefined) break;
    pods.push(pod);
    plane.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, `${type.singular}-controller`);
  }
  for (const pod of pods.slice(wanted)) {
    plane.store.remove(PODS, pod);
    plane.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, `${type.singular}-controller`);
  }
  const kept = pods.slice(0, wanted);
  const ready = kept.filter(isReady).length;
  const latest = plane.store.get(type, set.metadata.namespace, set.metadata.name) ?? set;
  plane.store.update(type, {
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

function reconcileDaemonSet(plane: ControlPlane, set: KubeObject): void {
  const nodes = plane.store.list(NODES);
  const pods = plane.owned(PODS, set);
  for (const node of nodes) {
    if (pods.some(pod => pod.spec?.['nodeName'] === node.metadata.name)) continue;
    const pod = createPod(plane, set, `${set.metadata.name}-${suffix(5)}`, node.metadata.name);
    if (pod !== undefined) pods.push(pod);
  }
  const ready = pods.filter(isReady).length;
  const latest = plane.store.get(DAEMON_SETS, set.metadata.namespace, set.metadata.name) ?? set;
  plane.store.update(DAEMON_SETS, {
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

function reconcileJob(plane: ControlPlane, job: KubeObject): void {
  const wanted = Number(job.spec?.['completions'] ?? job.spec?.['parallelism'] ?? 1);
  const pods = plane.owned(PODS, job);
  for (let i = pods.length; i < wanted; i++) {
    const pod = createPod(plane, job, `${job.metadata.name}-${suffix(5)}`);
    if (pod !== undefined) pods.push(pod);
  }
  const succeeded = pods.filter(pod => pod.status?.['phase'] === 'Succeeded').length;
  const startTime = job.status?.['startTime'] ?? plane.timestamp();
  const isDone = succeeded >= wanted;
  const latest = plane.store.get(JOBS, job.metadata.namespace, job.metadata.name) ?? job;
  plane.store.update(JOBS, {
    ...latest,
    status: {
      startTime,
      active: pods.length - succeeded,
      succeeded,
      ready: 0,
      ...(isDone
        ? {
            completionTime: job.status?.['completionTime'] ?? plane.timestamp(),
            conditions: [
              condition(
                plane,
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
    plane.event(job, 'Normal', 'Completed', 'Job completed', 'job-controller');
}

function revisionOf(object: KubeObject): number {
  return Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}
