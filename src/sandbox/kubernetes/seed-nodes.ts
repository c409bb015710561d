/** The nodes of a sandbox cluster. */
import type { KubeObject } from './resource-types.ts';

/** @param started RFC 3339 */
export function nodeOf(
  name: string,
  index: number,
  started: string,
): Partial<KubeObject> & { metadata: KubeObject['metadata'] } {
  const role = name.startsWith('master') ? 'master' : 'worker';
  const capacity = { cpu: '4', memory: '16Gi', pods: '110' };
  return {
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        [`node-role.kubernetes.io/${role}`]: '',
        'kubernetes.io/arch': 'arm64',
        'kubernetes.io/role': role,
        'node.kubernetes.io/role': role,
        'node.kubernetes.io/profile': role === 'master' ? 'master-default' : 'worker-splitaz',
        'node.kubernetes.io/instance-type': role === 'master' ? 'm6g.large' : 'm6g.xlarge',
        ...(role === 'worker' ? { 'aws.amazon.com/spot': 'true' } : {}),
        'lifecycle-status': 'ready',
        'topology.kubernetes.io/region': 'eu-central-1',
        'topology.kubernetes.io/zone': `eu-central-1${'abc'[index % 3]}`,
      },
    },
    spec: { providerID: `aws:///eu-central-1${'abc'[index % 3]}/i-0${index}sandbox` },
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address: `172.31.0.${10 + index}` },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
          lastHeartbeatTime: started,
          lastTransitionTime: started,
        },
      ],
      nodeInfo: {
        architecture: 'arm64',
        bootID: '',
        containerRuntimeVersion: 'containerd://2.1.4',
        kernelVersion: '6.8.0',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.35.2',
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'Ubuntu 24.04 LTS',
        systemUUID: '',
      },
    },
  };
}
