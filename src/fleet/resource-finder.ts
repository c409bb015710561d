/** Finds the resources that a word means on a server: built in, saved, or asked for. */
import { type ApiResource, findResource, inCategory } from '../kubernetes/api-resources.ts';
import { builtinResource } from '../kubernetes/builtin-resources.ts';
import { discover } from '../kubernetes/discovery.ts';
import type { DiscoveryCache } from '../kubernetes/discovery-cache.ts';
import { type ApiReader, ServerRefusal } from './api-reader.ts';

/** Resolves to the word's resource, to several resources for a category such as `all`, or to undefined if the server has no such resource. Throws ServerRefusal, UnreachableError. */
export type ResourceFinder = (word: string) => Promise<readonly ApiResource[] | undefined>;

export function resourceFinder(reader: ApiReader, cache: DiscoveryCache, now: () => Date): ResourceFinder {
  let asked: Promise<readonly ApiResource[]> | undefined;
  const ask = () => {
    asked ??= discover((path, accept) => documentAt(reader, path, accept)).then(resources => {
      cache.add(reader.server, resources, now());
      return resources;
    });
    return asked;
  };
  return async word => {
    const builtin = builtinResource(word);
    if (builtin) return [builtin];
    // As kubectl does, a word that is not known is asked for anew.
    return meant(cache.read(reader.server, now()), word) ?? meant(await ask(), word);
  };
}

async function documentAt(reader: ApiReader, path: string, accept: string): Promise<unknown> {
  try {
    return (await reader.get(path, accept)).body;
  } catch (error) {
    if (error instanceof ServerRefusal && error.status === 404) return undefined;
    throw error;
  }
}

function meant(resources: readonly ApiResource[] | undefined, word: string): readonly ApiResource[] | undefined {
  const found = resources && findResource(resources, word);
  const all = found ? [found] : inCategory(resources ?? [], word);
  return all.length === 0 ? undefined : all;
}
