/** The resources of every Kubernetes API server, by the words of `kubectl get` (kubectl api-resources, 1.35). Others need discovery: kubectl does it. */

export interface BuiltinResource {
  /** `/api/v1`, `/apis/apps/v1` */
  readonly root: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
  readonly words: readonly string[];
}

function resource(root: string, plural: string, words: string, isNamespaced = true): BuiltinResource {
  return { root, plural, isNamespaced, words: [plural, ...words.split(' ').filter(Boolean)] };
}

const CORE = '/api/v1';
const APPS = '/apis/apps/v1';
const BATCH = '/apis/batch/v1';

const BUILTIN: readonly BuiltinResource[] = [
  resource(CORE, 'pods', 'pod po'),
  resource(CORE, 'services', 'service svc'),
  resource(CORE, 'configmaps', 'configmap cm'),
  resource(CORE, 'secrets', 'secret'),
  resource(CORE, 'serviceaccounts', 'serviceaccount sa'),
  resource(CORE, 'endpoints', 'ep'),
  resource(CORE, 'persistentvolumeclaims', 'persistentvolumeclaim pvc'),
  resource(CORE, 'resourcequotas', 'resourcequota quota'),
  resource(CORE, 'limitranges', 'limitrange limits'),
  resource(CORE, 'namespaces', 'namespace ns', false),
  resource(CORE, 'nodes', 'node no', false),
  resource(CORE, 'persistentvolumes', 'persistentvolume pv', false),
  resource(APPS, 'deployments', 'deployment deploy deployments.apps'),
  resource(APPS, 'replicasets', 'replicaset rs replicasets.apps'),
  resource(APPS, 'statefulsets', 'statefulset sts statefulsets.apps'),
  resource(APPS, 'daemonsets', 'daemonset ds daemonsets.apps'),
  resource(BATCH, 'jobs', 'job jobs.batch'),
  resource(BATCH, 'cronjobs', 'cronjob cj cronjobs.batch'),
  resource('/apis/networking.k8s.io/v1', 'ingresses', 'ingress ing'),
  resource('/apis/policy/v1', 'poddisruptionbudgets', 'poddisruptionbudget pdb'),
  resource('/apis/storage.k8s.io/v1', 'storageclasses', 'storageclass sc', false),
];

/** kubectl takes words in any case. Undefined: not one of these. */
export function builtinResource(word: string): BuiltinResource | undefined {
  return BUILTIN.find(({ words }) => words.includes(word.toLowerCase()));
}
