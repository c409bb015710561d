/**
 * The Job of a tunnel: a pod with a socat for each port, that leads to a host which the cluster can reach.
 * Rules: it may do nothing but that: no root, no capabilities, no writable file system, no token of a service account; and it ends by itself.
 */
import type { JsonObject } from '../../lib/json.ts';

/** The longest that a tunnel lasts (seconds): after that the Job ends and goes away, whatever became of us. */
const LONGEST_SECONDS = 3600;
const KEPT_SECONDS = 60;
const NOBODY = 65_534;
const FIRST_POD_PORT = 10_001;

/** The label that finds the pod. */
export const TUNNEL_LABEL = 'zkubectl-tunnel';

/** Where in the pod the socat for the port of that index listens. */
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
