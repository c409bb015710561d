/**
 * The Job of a tunnel: a pod that runs one socat for each port and forwards to a host that the cluster can reach.
 * Rules: least privilege: no root, no capabilities, no writable file system, no service account token; the Job ends by itself.
 */
import type { JsonObject } from '../../lib/json.ts';

/** The longest lifetime of a tunnel (seconds): after that the Job ends and is deleted, even if zkubectl was killed. */
const LONGEST_SECONDS = 3600;
const KEPT_SECONDS = 60;
const NOBODY = 65_534;
const FIRST_POD_PORT = 10_001;

/** The label that finds the pod. */
export const TUNNEL_LABEL = 'zkubectl-tunnel';

/** The port in the pod on which the socat with this index listens. */
export function podPort(index: number): number {
  return FIRST_POD_PORT + index;
}

/** @param host a name or an IP address, checked: it becomes part of socat's address */
export function tunnelJob(name: string, image: string, host: string, ports: readonly number[]): JsonObject {
  const labels = { application: 'zkubectl-tunnel', component: 'tunnel', [TUNNEL_LABEL]: name };
  const address = host.includes(':') ? `TCP6:[${host}]` : `TCP:${host}`;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: LONGEST_SECONDS,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 1,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: NOBODY,
            runAsGroup: NOBODY,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: ports.map((port, index) => ({
            name: `port-${index + 1}`,
            image,
            command: ['socat', `TCP-LISTEN:${podPort(index)},fork,reuseaddr`, `${address}:${port}`],
            ports: [{ containerPort: podPort(index), protocol: 'TCP' }],
            resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '200m', memory: '32Mi' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
          })),
        },
      },
    },
  };
}
