/**
 * Manifests for a web application: what `generate` prints and `init` writes.
 * Rules: they pass a server-side dry run unchanged; two replicas, probes, a PodDisruptionBudget, memory requests as high as the limits; the labels
 * `application`, `component` and `version` on everything, but no `version` in a selector, because selectors are immutable.
 */
import { UsageError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';

export interface AppSpec {
  readonly application: string;
  readonly component: string;
  readonly image: string;
  readonly host: string | undefined;
  readonly backendPort: number;
  readonly healthPath: string;
  readonly cpu: string;
  readonly memory: string;
  readonly replicas: number;
  readonly autoscaling: { readonly min: number; readonly max: number } | undefined;
  /** Keys and values of a ConfigMap. */
  readonly config: Readonly<Record<string, string>>;
  /** The names of existing Secrets. */
  readonly secrets: readonly string[];
  readonly namespace: string | undefined;
}

const TARGET_CPU_PERCENT = 70;
const SCALE_DOWN_SECONDS = 300;
const KEPT_STACKS = 5;

/** A Deployment with its Service and PodDisruptionBudget, and, if requested, an autoscaler and a ConfigMap. */
export function deploymentManifests(app: AppSpec): JsonObject[] {
  const name = nameOf(app);
  return [
    ...configMap(app),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata(app),
      spec: {
        // With an autoscaler, the autoscaler sets the replicas.
        ...(app.autoscaling ? {} : { replicas: app.replicas }),
        selector: { matchLabels: selectorLabels(app) },
        template: podTemplate(app),
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(app),
      spec: {
        type: 'ClusterIP',
        selector: selectorLabels(app),
        ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
      },
    },
    budget(app, selectorLabels(app)),
    ...(app.autoscaling
      ? [
          {
            apiVersion: 'autoscaling/v2',
            kind: 'HorizontalPodAutoscaler',
            metadata: metadata(app),
            spec: {
              scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
              minReplicas: app.autoscaling.min,
              maxReplicas: app.autoscaling.max,
              metrics: [
                {
                  type: 'Resource',
                  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: TARGET_CPU_PERCENT } },
                },
              ],
            },
          },
        ]
      : []),
  ];
}

/** An Ingress to the Service of the same name. */
export function ingressManifests(app: AppSpec): JsonObject[] {
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: metadata(app),
      spec: {
        rules: [
          {
            host: app.host ?? '',
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: { service: { name: nameOf(app), port: { name: 'http' } } } },
              ],
            },
          },
        ],
      },
    },
  ];
}

/** A StackSet (zalando.org/v1) with its PodDisruptionBudget. */
export function stackSetManifests(app: AppSpec): JsonObject[] {
  return [
    ...configMap(app),
    {
      apiVersion: 'zalando.org/v1',
      kind: 'StackSet',
      metadata: metadata(app),
      spec: {
        ...(app.host === undefined ? {} : { ingress: { hosts: [app.host], backendPort: app.backendPort } }),
        stackLifecycle: { scaledownTTLSeconds: SCALE_DOWN_SECONDS, limit: KEPT_STACKS },
        stackTemplate: {
          spec: {
            version: stackVersionOf(app),
            ...(app.autoscaling
              ? {
                  autoscaler: {
                    minReplicas: app.autoscaling.min,
                    maxReplicas: app.autoscaling.max,
                    metrics: [{ type: 'CPU', averageUtilization: TARGET_CPU_PERCENT }],
                  },
                }
              : { replicas: app.replicas }),
            podTemplate: podTemplate(app),
          },
        },
      },
    },
    budget(app, { stackset: nameOf(app) }),
  ];
}

export function nameOf({ application, component }: Pick<AppSpec, 'application' | 'component'>): string {
  return component === application ? application : `${application}-${component}`;
}

/**
 * The version from an image's tag, else the first digits of its digest; valid as a label value and in a Stack's name. Throws UsageError (2) when
 * there is neither.
 */
export function versionOf(image: string): string {
  const digest = /@sha256:([0-9a-f]{12})[0-9a-f]*$/.exec(image)?.[1];
  const tag = /:([\w][\w.-]{0,127})(?:@.*)?$/.exec(image)?.[1] ?? digest;
  if (tag === undefined)
    throw new UsageError(`the image ${image} has no tag`, { code: 'no_tag', hint: 'give the version: IMAGE:TAG' });
  const version = trimmed(tag.toLowerCase().replace(/[^a-z0-9.-]/g, '-'), 40);
  if (version !== '') return version;
  throw new UsageError(`the tag of ${image} cannot be used as a version`, {
    code: 'no_tag',
    hint: 'use letters and digits, such as 1.4.2',
  });
}

/** The same for a Stack's name, which also names a Service (RFC 1035): no dots, at most 63 characters together with the StackSet's name. */
function stackVersionOf(app: AppSpec): string {
  return trimmed(versionOf(app.image).replace(/[.-]+/g, '-'), 63 - nameOf(app).length - 1);
}

function trimmed(text: string, length: number): string {
  return text.slice(0, length).replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
}

function selectorLabels({ application, component }: AppSpec): JsonObject {
  return { application, component };
}

function labels(app: AppSpec): JsonObject {
  return { ...selectorLabels(app), version: versionOf(app.image) };
}

function metadata(app: AppSpec): JsonObject {
  return {
    name: nameOf(app),
    ...(app.namespace === undefined ? {} : { namespace: app.namespace }),
    labels: labels(app),
  };
}

function configMap(app: AppSpec): JsonObject[] {
  if (Object.keys(app.config).length === 0) return [];
  return [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(app), data: { ...app.config } }];
}

function budget(app: AppSpec, matchLabels: JsonObject): JsonObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(app),
    spec: { maxUnavailable: 1, selector: { matchLabels } },
  };
}

function podTemplate(app: AppSpec): JsonObject {
  const probe = { httpGet: { path: app.healthPath, port: 'http' }, timeoutSeconds: 2 };
  const environment = [
    ...(Object.keys(app.config).length > 0 ? [{ configMapRef: { name: nameOf(app) } }] : []),
    ...app.secrets.map(name => ({ secretRef: { name } })),
  ];
  return {
    metadata: { labels: labels(app) },
    spec: {
      containers: [
        {
          name: app.component,
          image: app.image,
          ports: [{ name: 'http', containerPort: app.backendPort, protocol: 'TCP' }],
          ...(environment.length > 0 ? { envFrom: environment } : {}),
          readinessProbe: { ...probe, periodSeconds: 5 },
          livenessProbe: { ...probe, initialDelaySeconds: 30, periodSeconds: 10, failureThreshold: 6 },
          resources: { requests: { cpu: app.cpu, memory: app.memory }, limits: { memory: app.memory } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      terminationGracePeriodSeconds: 30,
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: selectorLabels(app) },
        },
      ],
    },
  };
}
