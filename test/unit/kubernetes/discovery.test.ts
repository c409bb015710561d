import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type ApiResource, collectionPath, findResource, inCategory } from '../../../src/kubernetes/api-resources.ts';
import { builtinResource } from '../../../src/kubernetes/builtin-resources.ts';
import { discover } from '../../../src/kubernetes/discovery.ts';
import { DiscoveryCache } from '../../../src/kubernetes/discovery-cache.ts';
import { makeTempDir } from '../../support/io.ts';

const VERBS = ['get', 'list'];
const PODS: ApiResource = {
  group: '',
  version: 'v1',
  plural: 'pods',
  singular: 'pod',
  kind: 'Pod',
  isNamespaced: true,
  shortNames: ['po'],
  categories: ['all'],
};
const of = (group: string, version: string, kind: string, more: Partial<ApiResource> = {}): ApiResource => ({
  ...{ group, version, kind, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase() },
  ...{ isNamespaced: true, shortNames: [], categories: [] },
  ...more,
});

const AGGREGATED: Record<string, unknown> = {
  '/api': {
    kind: 'APIGroupDiscoveryList',
    items: [
      {
        metadata: {},
        versions: [
          {
            version: 'v1',
            resources: [
              {
                resource: 'pods',
                responseKind: { kind: 'Pod', group: '', version: 'v1' },
                scope: 'Namespaced',
                singularResource: 'pod',
                verbs: VERBS,
                shortNames: ['po'],
                categories: ['all'],
                subresources: [{ subresource: 'log' }],
              },
              { resource: 'bindings', responseKind: { kind: 'Binding' }, scope: 'Namespaced', verbs: ['create'] },
            ],
          },
        ],
      },
    ],
  },
  '/apis': {
    kind: 'APIGroupDiscoveryList',
    items: [
      {
        metadata: { name: 'ops.example.com' },
        versions: ['v1', 'v1beta1'].map(version => ({
          version,
          resources: [
            {
              resource: 'backups',
              responseKind: { kind: 'Backup' },
              scope: 'Cluster',
              verbs: VERBS,
              singularResource: 'backup',
            },
            { resource: '../../x', responseKind: { kind: 'X' }, verbs: VERBS },
          ],
        })),
      },
    ],
  },
};
const BACKUP = of('ops.example.com', 'v1', 'Backup', { isNamespaced: false });

test('aggregated discovery: resources that can be read, the preferred version first', async () => {
  expect(await discover(async name => AGGREGATED[name])).toEqual([PODS, BACKUP, { ...BACKUP, version: 'v1beta1' }]);
});

test('older servers: a document for each group and version; one that fails hides only its own', async () => {
  const resources = (...names: string[]) => ({
    resources: names.map(name => ({
      ...{ name, kind: name === 'pods' ? 'Pod' : 'Backup', singularName: name.slice(0, -1), verbs: VERBS },
      ...(name === 'pods' ? { namespaced: true, shortNames: ['po'], categories: ['all'] } : { namespaced: false }),
    })),
  });
  const documents: Record<string, unknown> = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/api/v1': resources('pods', 'pods/log'),
    '/apis': {
      kind: 'APIGroupList',
      groups: [
        {
          versions: [{ groupVersion: 'ops.example.com/v1beta1' }, { groupVersion: 'ops.example.com/v1' }],
          preferredVersion: { groupVersion: 'ops.example.com/v1' },
        },
        { versions: [{ groupVersion: 'metrics.k8s.io/v1' }] },
      ],
    },
    '/apis/ops.example.com/v1': resources('backups'),
    '/apis/ops.example.com/v1beta1': resources('backups'),
  };
  const found = await discover(async name => {
    if (name.includes('metrics')) throw new Error('503');
    return documents[name];
  });
  expect(found).toEqual([PODS, BACKUP, { ...BACKUP, version: 'v1beta1' }]);
});

test('words of a command line', () => {
  const resources = [
    PODS,
    of('', 'v1', 'Event'),
    of('apps', 'v1', 'Deployment', { shortNames: ['deploy'] }),
    of('events.k8s.io', 'v1', 'Event'),
    of('ops.example.com', 'v1', 'Backup', { shortNames: ['po', 'bk'], categories: ['all'] }),
    of('ops.example.com', 'v1beta1', 'Backup', { categories: ['all'] }),
  ];
  const found = (word: string) => {
    const resource = findResource(resources, word);
    return resource && collectionPath(resource, undefined);
  };
  for (const word of ['pods', 'pod', 'po', 'Pod', 'PODS']) expect(found(word)).toBe('/api/v1/pods');
  expect(found('events')).toBe('/api/v1/events');
  expect(found('events.events.k8s.io')).toBe('/apis/events.k8s.io/v1/events');
  expect(found('deploy.apps')).toBe('/apis/apps/v1/deployments');
  expect(found('deploy.ap')).toBe('/apis/apps/v1/deployments');
  expect(found('bk')).toBe('/apis/ops.example.com/v1/backups');
  expect(found('backups.v1beta1.ops.example.com')).toBe('/apis/ops.example.com/v1beta1/backups');
  expect(found('backups.ops')).toBe('/apis/ops.example.com/v1/backups');
  expect(found('nope')).toBeUndefined();
  expect(inCategory(resources, 'all').map(({ plural, version }) => `${plural} ${version}`)).toEqual([
    'pods v1',
    'backups v1',
  ]);
  expect(builtinResource('deploy')?.plural).toBe('deployments');
  expect(builtinResource('deployments.apps')?.plural).toBe('deployments');
  expect(builtinResource('deployments.ap')).toBeUndefined();
});

test('clusters with equal resources share a document; a warm run writes nothing', () => {
  const folder = makeTempDir();
  const now = new Date('2026-11-29T10:00:00Z');
  const cache = new DiscoveryCache(folder);
  expect(cache.read('https://a', now)).toBeUndefined();
  for (const server of ['https://a', 'https://b']) cache.add(server, [PODS], now);
  cache.save(now);
  const files = fs.readdirSync(path.join(folder, 'discovery')).sort();
  expect(files).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/), 'servers.json']);
  const stamp = () => fs.statSync(path.join(folder, 'discovery', 'servers.json')).ino;
  const before = stamp();
  const warm = new DiscoveryCache(folder);
  expect(warm.read('https://b', now)).toEqual([PODS]);
  warm.save(now);
  expect(stamp()).toBe(before);
  expect(new DiscoveryCache(folder).read('https://a', new Date('2026-11-29T17:00:00Z'))).toBeUndefined();
  fs.writeFileSync(path.join(folder, 'discovery', files[0] ?? ''), '[{"group":1}]');
  expect(new DiscoveryCache(folder).read('https://a', now)).toBeUndefined();
});
