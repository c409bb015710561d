/** Which pods and containers logs are read of. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { ContainerState, LogOptions } from './container-log.ts';

export function isWantedPod(name: string, { pods, excludedPods }: Pick<LogOptions, 'pods' | 'excludedPods'>): boolean {
  return pods.test(name) && !excludedPods.some(pattern => pattern.test(name));
}

export function isWantedContainer(
  status: V1ContainerStatus,
  { containers, excludedContainers, states }: Pick<LogOptions, 'containers' | 'excludedContainers' | 'states'>,
): boolean {
  const { name } = status;
  if (!containers.test(name) || excludedContainers.some(pattern => pattern.test(name))) return false;
  return states === undefined || states.has(stateOf(status));
}

type Kinds = Pick<LogOptions, 'withInitContainers' | 'withEphemeralContainers'>;

/** The status of each container, with init and ephemeral ones if they are wanted. */
export function statusesOf(
  { status }: V1Pod,
  { withInitContainers, withEphemeralContainers }: Kinds,
): V1ContainerStatus[] {
  return [
    ...(withInitContainers ? (status?.initContainerStatuses ?? []) : []),
    ...(status?.containerStatuses ?? []),
    ...(withEphemeralContainers ? (status?.ephemeralContainerStatuses ?? []) : []),
  ];
}

function stateOf({ state }: V1ContainerStatus): ContainerState {
  if (state?.running) return 'running';
  return state?.terminated ? 'terminated' : 'waiting';
}
