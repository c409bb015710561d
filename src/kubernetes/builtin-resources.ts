/** The resources of every Kubernetes API server (kubectl api-resources, 1.35). They need no discovery. */
import { type ApiResource, findResource } from './api-resources.ts';

function resource(groupVersion: string, kind: string, plural: string, short = '', isNamespaced = true): ApiResource {
  const [version = '', group = ''] = groupVersion.split('/').reverse();
  const shortNames = short === '' ? [] : short.split(' ');
  return { group, version, plural, singular: kind.toLowerCase(), kind, isNamespaced, shortNames, categories: [] };
}

const BUILTIN: readonly ApiResource[] = [
  resource('v1', 'Pod', 'pods', 'po'),
  resource('v1', 'Service', 'services', 'svc'),
  resource('v1', 'ConfigMap', 'configmaps', 'cm'),
  resource('v1', 'Secret', 'secrets'),
  resource('v1', 'ServiceAccount', 'serviceaccounts', 'sa'),
  resource('v1', 'Endpoints', 'endpoints', 'ep'),
  resource('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', 'pvc'),
  resource('v1', 'ResourceQuota', 'resourcequotas', 'quota'),
  resource('v1', 'LimitRange', 'limitranges', 'limits'),
  resource('v1', 'Namespace', 'namespaces', 'ns', false),
  resource('v1', 'Node', 'nodes', 'no', false),
  resource('v1', 'PersistentVolume', 'persistentvolumes', 'pv', false),
  resource('apps/v1', 'Deployment', 'deployments', 'deploy'),
  resource('apps/v1', 'ReplicaSet', 'replicasets', 'rs'),
  resource('apps/v1', 'StatefulSet', 'statefulsets', 'sts'),
  resource('apps/v1', 'DaemonSet', 'daemonsets', 'ds'),
  resource('batch/v1', 'Job', 'jobs'),
  resource('batch/v1', 'CronJob', 'cronjobs', 'cj'),
  resource('networking.k8s.io/v1', 'Ingress', 'ingresses', 'ing'),
  resource('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', 'pdb'),
  resource('storage.k8s.io/v1', 'StorageClass', 'storageclasses', 'sc', false),
];

/** Undefined: only the server knows. */
export function builtinResource(word: string): ApiResource | undefined {
  const found = findResource(BUILTIN, word);
  // The beginning of a group can mean another one on the server.
  const group = word.split('.').slice(1).join('.');
  return found && (group === '' || group === found.group) ? found : undefined;
}
