/**
 * Asks an API server for its resources: aggregated discovery (apidiscovery.k8s.io/v2 and v2beta1), or a document for each group and version, as older
 * servers have it.
 */
import { isRecord, recordAt, recordsAt } from '../lib/json.ts';
import type { ApiResource } from './api-resources.ts';

const AGGREGATED = ['v2', 'v2beta1'].map(v => `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`);
const ACCEPT = [...AGGREGATED, 'application/json'].join(',');

/** Resolves with the JSON of a document, or undefined when the server has none. Rejects when it does not answer. */
export type GetDocument = (path: string, accept: string) => Promise<unknown>;

/** In the server's order, core first, and within a group the preferred version first. */
export async function discover(get: GetDocument): Promise<ApiResource[]> {
  const [core, groups] = await Promise.all([get('/api', ACCEPT), get('/apis', ACCEPT)]);
  const parts = await Promise.all([
    isAggregated(core) ? aggregated(core) : legacy(get, coreVersions(core)),
    isAggregated(groups) ? aggregated(groups) : legacy(get, groupVersions(groups)),
  ]);
  return parts.flat();
}

function isAggregated(document: unknown): boolean {
  return isRecord(document) && document['kind'] === 'APIGroupDiscoveryList';
}

function aggregated(document: unknown): ApiResource[] {
  return recordsAt(document, 'items').flatMap(item =>
    recordsAt(item, 'versions').flatMap(version =>
      recordsAt(version, 'resources').flatMap(entry =>
        resourceOf(entry, {
          group: textAt(recordAt(item, 'metadata'), 'name'),
          version: textAt(version, 'version'),
          plural: textAt(entry, 'resource'),
          singular: textAt(entry, 'singularResource'),
          kind: textAt(recordAt(entry, 'responseKind'), 'kind'),
          isNamespaced: entry['scope'] === 'Namespaced',
        }),
      ),
    ),
  );
}

function coreVersions(document: unknown): string[] {
  const versions = isRecord(document) ? document['versions'] : undefined;
  return Array.isArray(versions) ? versions.map(String) : [];
}

function groupVersions(document: unknown): string[] {
  return recordsAt(document, 'groups').flatMap(group => {
    const preferred = textAt(recordAt(group, 'preferredVersion'), 'groupVersion');
    const all = recordsAt(group, 'versions').map(version => textAt(version, 'groupVersion'));
    return [...new Set([preferred, ...all])].filter(Boolean);
  });
}

async function legacy(get: GetDocument, versions: readonly string[]): Promise<ApiResource[]> {
  const lists = await Promise.all(
    versions.map(async groupVersion => {
      const [version = '', group = ''] = groupVersion.split('/').reverse();
      // One group that fails, such as that of a metrics server, hides only its own resources.
      const document = await get(`${group === '' ? '/api' : '/apis'}/${groupVersion}`, 'application/json').catch(
        () => undefined,
      );
      return recordsAt(document, 'resources').flatMap(entry =>
        resourceOf(entry, {
          group: textAt(entry, 'group') || group,
          version: textAt(entry, 'version') || version,
          plural: textAt(entry, 'name'),
          singular: textAt(entry, 'singularName'),
          kind: textAt(entry, 'kind'),
          isNamespaced: entry['namespaced'] === true,
        }),
      );
    }),
  );
  return lists.flat();
}

/** Nothing for subresources, and for what cannot be read. */
function resourceOf(
  entry: Record<string, unknown>,
  own: Omit<ApiResource, 'shortNames' | 'categories'>,
): ApiResource[] {
  const texts = (field: string) => (Array.isArray(entry[field]) ? (entry[field] as unknown[]).map(String) : []);
  const [verbs, shortNames, categories] = [texts('verbs'), texts('shortNames'), texts('categories')];
  // These become parts of paths.
  const isGood = [own.version, own.plural, own.group || 'core'].every(part => /^[a-z0-9][a-z0-9.-]*$/.test(part));
  return isGood && (verbs.includes('get') || verbs.includes('list')) ? [{ ...own, shortNames, categories }] : [];
}

function textAt(object: Record<string, unknown>, field: string): string {
  const value = object[field];
  return typeof value === 'string' ? value : '';
}
