/**
 * Manifests for a web application: what `generate` prints and `init` writes.
 * Rules: they pass a server-side dry run unchanged; two replicas, probes, a PodDisruptionBudget, memory requests as high as the limits; the labels
 * `application`, `component` and `version` on everything, but no `version` in a selector, because selectors are immutable.
 */
import type { JsonObject } from '../../lib/json.ts';
import { type AppSpec, labels, nameOf, selectorLabels, stackVersionOf } from './app-spec.ts';

const TARGET_CPU_PERCENT = 70;
const SCALE_DOWN_SECONDS = 300;
const KEPT_STACKS = 5;
const NOBODY = 65_534;

/** A Deployment with its Service and PodDisruptionBudget, and, if requested, an autoscaler and a ConfigMap. */
export function deploymentManifests(app: AppSpec): JsonObject[] {
  const name = nameOf(app);
  return [
    ...configMap(app),
    ...credentialsSet(app),
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
    serviceOf(app),
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

export function serviceOf(app: AppSpec): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(app),
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(app),
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}

/** Annotations of an ingress: Skipper's filters that check who may pass. */
function ingressAnnotations({ scopes, isForPeople }: AppSpec): JsonObject {
  const filters = [
    ...(isForPeople ? ['grantFlow()'] : []),
    ...(scopes.length > 0 ? [`oauthTokeninfoAllScope(${scopes.map(scope => `"${scope}"`).join(',')})`] : []),
  ];
  return filters.length === 0 ? {} : { annotations: { 'zalando.org/skipper-filter': filters.join(' -> ') } };
}

/** The tokens that the platform gives the application (zalando.org/v1). */
function credentialsSet(app: AppSpec): JsonObject[] {
  if (app.scopes.length === 0) return [];
  return [
    {
      apiVersion: 'zalando.org/v1',
      kind: 'PlatformCredentialsSet',
      metadata: metadata(app),
      spec: { application: app.application, tokens: { [nameOf(app)]: { privileges: [...app.scopes] } } },
    },
  ];
}

/** An Ingress to the Service of the same name. */
export function ingressManifests(app: AppSpec): JsonObject[] {
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { ...metadata(app), ...ingressAnnotations(app) },
      spec: {
        rules: app.hosts.map(host => ({
          host,
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: nameOf(app), port: { name: 'http' } } } },
            ],
          },
        })),
      },
    },
  ];
}

/** A StackSet (zalando.org/v1) with its PodDisruptionBudget. */
export function stackSetManifests(app: AppSpec): JsonObject[] {
  return [
    ...configMap(app),
    ...credentialsSet(app),
    {
      apiVersion: 'zalando.org/v1',
      kind: 'StackSet',
      metadata: metadata(app),
      spec: {
        ...(app.hosts.length === 0
          ? {}
          : {
              ingress: {
                ...(app.isForPeople ? { metadata: ingressAnnotations({ ...app, scopes: [] }) } : {}),
                hosts: [...app.hosts],
                backendPort: app.backendPort,
              },
            }),
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

function metadata(app: AppSpec): JsonObject {
  return {
    name: nameOf(app),
    ...(app.namespace === undefined ? {} : { namespace: app.namespace }),
    labels: labels(app),
  };
}

function configMap(app: AppSpec): JsonObject[] {
  if (app.config === undefined) return [];
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
    ...(app.config !== undefined ? [{ configMapRef: { name: nameOf(app) } }] : []),
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
      // Admitted by the Pod Security Standard "restricted", whatever user the image names.
      securityContext: {
        runAsNonRoot: true,
        runAsUser: NOBODY,
        runAsGroup: NOBODY,
        seccompProfile: { type: 'RuntimeDefault' },
      },
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
