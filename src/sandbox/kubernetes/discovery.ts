/** The discovery endpoints of the sandbox's API servers. kubectl requests them first. */

import { isRecord } from '../../lib/json.ts';
import { METRICS } from './metrics.ts';
import { apiVersionOf, type ResourceType } from './resource-types.ts';
import { RESOURCES } from './resources.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
export const GROUP_VERSIONS = [
  ...new Set([...RESOURCES.map(apiVersionOf), 'authorization.k8s.io/v1', 'authentication.k8s.io/v1', METRICS]),
];

export const VERSION_INFO = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.2',
  gitCommit: 'sandbox',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.25',
  compiler: 'gc',
  platform: 'linux/arm64',
};

/** The response to a discovery path. Undefined: not a discovery path. @param accept the client's media types */
export function discovery(segments: readonly string[], accept = ''): unknown {
  const [root, group, version] = segments;
  if (segments.length === 1 && (root === 'api' || root === 'apis') && accept.includes(AGGREGATED_TYPE))
    return aggregated(root === 'api');
  if (segments.length === 1 && root === 'version') return VERSION_INFO;
  if (segments.length === 1 && root === 'api')
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (segments.length === 2 && root === 'api' && group === 'v1') return resourceList('v1');
  if (root !== 'apis') return undefined;
  const groups = groupList();
  if (segments.length === 1) return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  if (segments.length === 2) {
    const found = groups.find(g => g.name === group);
    return found && { kind: 'APIGroup', apiVersion: 'v1', ...found };
  }
  const groupVersion = `${group}/${version}`;
  return segments.length === 3 && GROUP_VERSIONS.includes(groupVersion) ? resourceList(groupVersion) : undefined;
}

/** The media type of aggregated discovery, which kubectl asks for first. */
export const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export function isAggregated(document: unknown): boolean {
  return isRecord(document) && document['kind'] === 'APIGroupDiscoveryList';
}

/** An APIGroupDiscoveryList (apidiscovery.k8s.io/v2): all resources in one document. */
function aggregated(isCore: boolean) {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: GROUP_VERSIONS.filter(gv => gv.includes('/') !== isCore).map(groupVersion => {
      const [version = '', group = ''] = groupVersion.split('/').reverse();
      const entries = resourceList(groupVersion).resources;
      const kindOf = (entry: Record<string, unknown>) => ({
        group: entry['group'] ?? group,
        version: entry['version'] ?? version,
        kind: entry['kind'],
      });
      const mains = entries.filter(({ name }) => !String(name).includes('/'));
      const resources = mains.map(({ name, singularName, namespaced, verbs, shortNames, categories, ...entry }) => ({
        resource: name,
        responseKind: kindOf(entry),
        scope: namespaced ? 'Namespaced' : 'Cluster',
        singularResource: singularName,
        verbs,
        shortNames,
        categories,
        subresources: entries
          .filter(sub => String(sub['name']).startsWith(`${name}/`))
          .map(sub => ({
            subresource: String(sub['name']).slice(String(name).length + 1),
            responseKind: kindOf(sub),
            verbs: sub['verbs'],
          })),
      }));
      return {
        metadata: group === '' ? {} : { name: group },
        versions: [{ version, resources, freshness: 'Current' }],
      };
    }),
  };
}

function groupList() {
  return GROUP_VERSIONS.filter(gv => gv.includes('/')).map(groupVersion => {
    const [name, version] = groupVersion.split('/');
    const entry = { groupVersion, version };
    return { name, versions: [entry], preferredVersion: entry };
  });
}

function resourceList(groupVersion: string): { resources: Record<string, unknown>[] } & Record<string, unknown> {
  const reviews: Record<string, [string, string][]> = {
    'authorization.k8s.io/v1': [
      ['selfsubjectaccessreviews', 'SelfSubjectAccessReview'],
      ['selfsubjectrulesreviews', 'SelfSubjectRulesReview'],
    ],
    'authentication.k8s.io/v1': [['selfsubjectreviews', 'SelfSubjectReview']],
  };
  const resources = RESOURCES.filter(type => apiVersionOf(type) === groupVersion).flatMap(resourceEntries);
  for (const [name, kind] of reviews[groupVersion] ?? [])
    resources.push({ name, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ['create'] });
  if (groupVersion === METRICS)
    for (const [name, kind] of [
      ['nodes', 'NodeMetrics'],
      ['pods', 'PodMetrics'],
    ] as const)
      resources.push({ name, singularName: '', namespaced: name === 'pods', kind, verbs: ['get', 'list'] });
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

const SUBRESOURCE_KINDS: Readonly<Record<string, string>> = {
  scale: 'Scale',
  eviction: 'Eviction',
  portforward: 'PodPortForwardOptions',
  exec: 'PodExecOptions',
  attach: 'PodAttachOptions',
};

function resourceEntries(type: ResourceType): Record<string, unknown>[] {
  const { plural, singular, namespaced, kind, shortNames } = type;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: VERBS,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(type.inAll ? { categories: ['all'] } : {}),
  };
  const subresources = type.subresources.map(sub => ({
    name: `${plural}/${sub}`,
    singularName: '',
    namespaced,
    kind: SUBRESOURCE_KINDS[sub] ?? kind,
    verbs:
      sub === 'log'
        ? ['get']
        : /^(eviction|portforward|exec|attach)$/.test(sub)
          ? ['create', ...(sub === 'exec' || sub === 'attach' ? ['get'] : [])]
          : ['get', 'patch', 'update'],
    ...(sub === 'scale'
      ? { group: 'autoscaling', version: 'v1' }
      : sub === 'eviction'
        ? { group: 'policy', version: 'v1' }
        : {}),
  }));
  return [main, ...subresources];
}
