/** Creates the initial objects of a sandbox cluster: realistic workloads of a shop. */
import { ownerReference } from './control-plane.ts';
import type { Controllers } from './controllers.ts';
import type { KubeObject } from './resource-types.ts';
import { needResource } from './resources.ts';
import { nodeOf } from './seed-nodes.ts';
import { seedUpdate } from './seed-update.ts';
import { REGISTRY, WORKLOADS, type Workload } from './seed-workloads.ts';
import type { ObjectStore } from './store.ts';

const NODES = ['master-1', 'worker-1', 'worker-2', 'worker-3'];
const DAY_MS = 86_400_000;

export interface SeedOptions {
  readonly alias: string;
  /** One image is a version behind. */
  readonly isBehind: boolean;
  /** An update is under way, and stuck. */
  readonly isUpdating: boolean;
}

export function seedCluster(
  store: ObjectStore,
  controllers: Controllers,
  now: Date,
  { alias, isBehind, isUpdating }: SeedOptions,
): void {
  const started = new Date(now.getTime() - 12 * DAY_MS).toISOString().replace(/\.\d{3}Z$/, 'Z');
  const create = (group: string, plural: string, object: Partial<KubeObject> & { metadata: KubeObject['metadata'] }) =>
    store.create(needResource(group, plural), {
      apiVersion: '',
      kind: '',
      ...object,
      metadata: { creationTimestamp: started, ...object.metadata },
    });
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'shop', 'monitoring']) {
    create('', 'namespaces', { metadata: { name, labels: { 'kubernetes.io/metadata.name': name } } });
  }
  for (const [index, name] of (isUpdating ? [...NODES, 'worker-4'] : NODES).entries())
    create('', 'nodes', nodeOf(`${name}.${alias}.internal`, index, started));
  for (const [plural, kind] of [
    ['stacks', 'Stack'],
    ['stacksets', 'StackSet'],
  ] as const)
    create('apiextensions.k8s.io', 'customresourcedefinitions', {
      metadata: { name: `${plural}.zalando.org` },
      spec: {
        group: 'zalando.org',
        scope: 'Namespaced',
        names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
      status: { conditions: [{ type: 'Established', status: 'True', reason: 'InitialNamesAccepted' }] },
    });
  create('', 'services', {
    metadata: { name: 'kubernetes', namespace: 'default' },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.3.0.1',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
  });
  for (const [index, workload] of WORKLOADS.entries()) {
    const { namespace, name, kind = 'Deployment' } = workload;
    const plural = `${kind.toLowerCase()}s`;
    const labels = { application: name, component: name, team: namespace === 'shop' ? 'team-shop' : 'team-platform' };
    create('apps', plural, {
      metadata: { name, namespace, labels },
      spec: {
        ...(kind === 'DaemonSet' ? {} : { replicas: workload.replicas }),
        selector: { matchLabels: { application: name } },
        ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
        template: { metadata: { labels }, spec: podSpec(isBehind ? older(workload) : workload) },
      },
    });
    if (workload.port !== undefined) {
      create('', 'services', {
        metadata: { name, namespace, labels },
        spec: {
          type: 'ClusterIP',
          clusterIP: `10.3.1.${10 + index}`,
          sessionAffinity: 'None',
          selector: { application: name },
          ports: [
            {
              name: 'main',
              port: workload.port === 8443 ? 443 : workload.port === 8080 ? 80 : workload.port,
              targetPort: workload.port,
              protocol: 'TCP',
            },
          ],
        },
      });
    }
  }
  const storefront = { application: 'storefront', stackset: 'storefront' };
  const stackSet = create('zalando.org', 'stacksets', {
    metadata: { name: 'storefront', namespace: 'shop', labels: storefront },
    spec: {
      stackLifecycle: { limit: 5, scaledownTTLSeconds: 300 },
      traffic: [
        { stackName: 'storefront-v1', weight: 20 },
        { stackName: 'storefront-v2', weight: 80 },
      ],
    },
  });
  for (const version of ['v1', 'v2', 'v10']) {
    const labels = { ...storefront, 'stack-version': version };
    create('zalando.org', 'stacks', {
      metadata: {
        name: `storefront-${version}`,
        namespace: 'shop',
        labels,
        ownerReferences: [ownerReference(stackSet)],
      },
      spec: {
        replicas: 1,
        podTemplate: {
          metadata: { labels },
          spec: podSpec({
            namespace: 'shop',
            name: 'storefront',
            replicas: 1,
            image: `${REGISTRY}/shop/storefront:${version}`,
            port: 8080,
          }),
        },
      },
    });
  }
  create('', 'configmaps', {
    metadata: { name: 'checkout-config', namespace: 'shop' },
    data: { 'feature.toggles': 'one-click=on\nexpress=off\n', 'log.level': 'info' },
  });
  create('', 'secrets', {
    metadata: { name: 'payment-credentials', namespace: 'shop' },
    type: 'Opaque',
    data: { username: btoa('payment'), password: btoa(`not-a-real-password-of-${alias}`) },
  });
  create('batch', 'cronjobs', {
    metadata: { name: 'nightly-report', namespace: 'shop' },
    spec: {
      schedule: '0 3 * * *',
      suspend: false,
      jobTemplate: {
        spec: {
          template: {
            spec: { restartPolicy: 'Never', containers: [{ name: 'report', image: `${REGISTRY}/shop/report:1.3` }] },
          },
        },
      },
    },
    status: {},
  });
  create('networking.k8s.io', 'ingresses', {
    metadata: { name: 'shop', namespace: 'shop' },
    spec: {
      rules: [
        {
          host: `shop.${alias}.example.org`,
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'checkout', port: { name: 'main' } } } },
            ],
          },
        },
      ],
    },
  });
  controllers.reconcile();
  // The simulated cluster is days old, so its pods already run.
  const pods = needResource('', 'pods');
  for (const pod of store.list(pods)) {
    pod.metadata.creationTimestamp = started;
    controllers.makeRunning(pod, started);
  }
  for (const type of [needResource('apps', 'replicasets'), needResource('apps', 'deployments')])
    for (const object of store.list(type)) object.metadata.creationTimestamp = started;
  if (isUpdating) seedUpdate(store, now);
  controllers.reconcile();
  const events = needResource('', 'events');
  for (const event of store.list(events)) store.remove(events, event);
}

function older(workload: Workload): Workload {
  return workload.name === 'cart' ? { ...workload, image: workload.image.replace(/[^:]+$/, '0.18.0') } : workload;
}

function podSpec(workload: Workload) {
  const resources = { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '256Mi' } };
  const containers = [
    {
      name: workload.name,
      image: workload.image,
      ...(workload.port === undefined ? {} : { ports: [{ containerPort: workload.port, protocol: 'TCP' }] }),
      resources,
    },
    ...(workload.sidecar === undefined ? [] : [{ name: 'proxy', image: workload.sidecar, resources }]),
  ];
  return { containers, serviceAccountName: 'default', restartPolicy: 'Always', terminationGracePeriodSeconds: 30 };
}
