import { describe, expect, test } from 'vitest';
import { checkPodSecurity } from '../../../src/sandbox/kubernetes/pod-security.ts';
import { quotaRefusal, reconcileQuotas } from '../../../src/sandbox/kubernetes/quota.ts';
import type { KubeObject } from '../../../src/sandbox/kubernetes/resource-types.ts';
import { needResource } from '../../../src/sandbox/kubernetes/resources.ts';
import { ObjectStore } from '../../../src/sandbox/kubernetes/store.ts';

describe('Pod Security', () => {
  const namespace = (labels: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'strict', labels },
  });
  const enforced = (level: string) => namespace({ 'pod-security.kubernetes.io/enforce': level });
  const secure = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [{ name: 'a', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  };
  const open = { containers: [{ name: 'a' }, { name: 'b' }] };

  test('without a label everything is admitted', () => {
    expect(checkPodSecurity(namespace({}), { hostNetwork: true, containers: [] })).toEqual({
      refusal: undefined,
      warning: undefined,
    });
  });

  test('restricted: what is missing, for each container', () => {
    expect(checkPodSecurity(enforced('restricted'), secure)).toEqual({ refusal: undefined, warning: undefined });
    const { refusal = '', warning } = checkPodSecurity(enforced('restricted'), open);
    expect(refusal).toContain('runAsNonRoot != true (pod or containers "a", "b" must set');
    expect(refusal).toContain('unrestricted capabilities (containers "a", "b" must set');
    // `warn` follows `enforce`.
    expect(warning).toBe(refusal.replace('violates', 'would violate'));
  });

  test('baseline: what reaches the host', () => {
    const { refusal } = checkPodSecurity(enforced('baseline'), {
      hostNetwork: true,
      volumes: [{ name: 'root', hostPath: { path: '/' } }],
      containers: [
        {
          name: 'a',
          ports: [{ hostPort: 80 }],
          securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } },
        },
      ],
    });
    expect(refusal).toBe(
      'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), hostPath volumes (volume "root"), privileged (container "a" must not set securityContext.privileged=true), hostPort (container "a" uses hostPorts), non-default capabilities (container "a" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
    );
    expect(checkPodSecurity(enforced('baseline'), open)).toMatchObject({ refusal: undefined });
  });

  test('warn alone refuses nothing', () => {
    const result = checkPodSecurity(namespace({ 'pod-security.kubernetes.io/warn': 'restricted' }), open);
    expect([result.refusal, result.warning?.startsWith('would violate PodSecurity "restricted:latest"')]).toEqual([
      undefined,
      true,
    ]);
  });
});

describe('quotas', () => {
  const PODS = needResource('', 'pods');
  const QUOTAS = needResource('', 'resourcequotas');
  const pod = (name: string, cpu?: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { containers: [{ name: 'app', resources: cpu === undefined ? {} : { requests: { cpu } } }] },
  });
  const world = (hard: Record<string, string>) => {
    const store = new ObjectStore(
      { resourceVersion: 0, objects: {} },
      () => new Date(0),
      () => undefined,
    );
    store.create(QUOTAS, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small', namespace: 'shop' },
      spec: { hard },
    });
    return store;
  };

  test('a number of objects', () => {
    const store = world({ pods: '1', 'count/deployments.apps': '3' });
    expect(quotaRefusal(store, PODS, pod('a'))).toBeUndefined();
    store.create(PODS, pod('a'));
    expect(quotaRefusal(store, PODS, pod('b'))).toBe(
      'exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
    );
    expect(quotaRefusal(store, PODS, { ...pod('b'), metadata: { name: 'b', namespace: 'other' } })).toBeUndefined();
    reconcileQuotas(store);
    expect(store.list(QUOTAS)[0]?.status).toEqual({
      hard: { pods: '1', 'count/deployments.apps': '3' },
      used: { pods: '1', 'count/deployments.apps': '0' },
    });
  });

  test('an amount of CPU, which a pod then has to name', () => {
    const store = world({ 'requests.cpu': '1' });
    store.create(PODS, pod('a', '700m'));
    expect(quotaRefusal(store, PODS, pod('b', '0.3'))).toBeUndefined();
    expect(quotaRefusal(store, PODS, pod('b', '400m'))).toBe(
      'exceeded quota: small, requested: requests.cpu=400m, used: requests.cpu=700m, limited: requests.cpu=1',
    );
    expect(quotaRefusal(store, PODS, pod('b'))).toBe('failed quota: small: must specify requests.cpu for: app');
  });
});
