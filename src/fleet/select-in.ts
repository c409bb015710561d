/** The clusters of a selection, out of the registry, the configuration and the records of runs. */
import type { Context } from '../cli/context.ts';
import { reportQuality } from '../cli/listing.ts';
import type { Config } from '../config/config.ts';
import { readStdin } from '../platform/terminal/stdin.ts';
import type { Cluster } from '../registry/cluster.ts';
import { RunRecords } from './run-records.ts';
import { type SelectionSources, type SelectionWords, selectClusters } from './selection.ts';

const MAX_NAMES_BYTES = 1024 * 1024;

/** Asks the registry; says when only saved data can be used. Throws what `selectClusters` throws. */
export async function selectIn(
  ctx: Pick<Context, 'io' | 'messages' | 'registry' | 'config' | 'paths'>,
  words: SelectionWords,
): Promise<readonly Cluster[]> {
  const [registry, config] = await Promise.all([ctx.registry(), ctx.config()]);
  const listing = await registry.clusters('now', words.selector !== undefined);
  reportQuality(ctx, listing);
  return selectClusters(listing.clusters, words, sourcesOf(ctx, config));
}

/** What names can mean besides clusters. */
export function sourcesOf(ctx: Pick<Context, 'io' | 'paths'>, config: Pick<Config, 'groups'>): SelectionSources {
  return {
    groups: config.groups(),
    failed: () => failedIn(new RunRecords(ctx.paths.state)),
    stdin: async () => (await readStdin(ctx.io, MAX_NAMES_BYTES)).toString('utf8'),
    random: Math.random,
  };
}

/** The ids of the clusters that the last run, with those that went on with it, did not finish. */
function failedIn(records: RunRecords): string[] {
  const last = records.last();
  if (last === undefined) return [];
  const { clusters, outcomes } = records.whole(last);
  return clusters.filter(({ id }) => outcomes.get(id) !== 'ok').map(({ id }) => id);
}
