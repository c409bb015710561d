/** The flags that select clusters, for every command that takes a selection. */
import type { Command } from 'commander';
import { countOf } from '../cli/checks.ts';
import { type CommandFlags, collect } from '../cli/definition.ts';
import { UsageError } from '../errors.ts';
import type { SelectionWords } from './selection.ts';

export const SELECTION_ARGUMENT = 'aliases, ids, patterns such as shop-*, @GROUP, @failed; - reads names from stdin';

export function declareSelection(command: Command, all = 'every ready cluster'): void {
  command
    .option('-l, --selector <SELECTOR>', "a label selector over the clusters' fields and config items")
    .option('--all', all);
  declareFilters(command);
}

/** The same, for a command whose own flags have these names: `logtail -l` selects pods. */
export function declareClusterFlags(command: Command): void {
  command
    .option('--cluster <CLUSTERS>', `clusters instead of the current one: ${SELECTION_ARGUMENT}`, collect)
    .option('--cluster-selector <CLUSTER-SELECTOR>', "a label selector over the clusters' fields and config items")
    .option('--all-clusters', 'every ready cluster');
  declareFilters(command);
}

function declareFilters(command: Command): void {
  command
    .option('--environment <ENVIRONMENT>', 'only clusters of this environment')
    .option('--channel <CHANNEL>', 'only clusters of this channel')
    .option('--except <CLUSTERS>', 'leave these clusters out; may be repeated', collect)
    .option('--pick <NUMBER>', 'only this number of clusters, at random');
}

/** Of `declareClusterFlags`. Throws UsageError (2). */
export function clusterFlagWords(flags: CommandFlags): SelectionWords {
  const { cluster, clusterSelector, allClusters } = flags;
  const names = Array.isArray(cluster) ? cluster.map(String) : [];
  return selectionWords(names, { ...flags, selector: clusterSelector, all: allClusters });
}

/** Throws UsageError (2). */
export function selectionWords(names: readonly string[], flags: CommandFlags): SelectionWords {
  const text = (name: string) => (typeof flags[name] === 'string' ? String(flags[name]) : undefined);
  const except = flags['except'];
  // An empty value, as of a variable that is not set, would select more than was meant.
  for (const name of ['selector', 'environment', 'channel', 'except'])
    if ([flags[name]].flat().some(value => typeof value === 'string' && value.trim() === ''))
      throw new UsageError(`--${name} is empty`, { code: 'bad_flag' });
  if (names.some(name => name.trim() === '')) throw new UsageError('a name is empty', { code: 'bad_usage' });
  if (flags['all'] === true && names.length > 0)
    throw new UsageError('names and --all exclude each other', { code: 'bad_usage' });
  return {
    names,
    selector: text('selector'),
    environment: text('environment'),
    channel: text('channel'),
    except: Array.isArray(except) ? except.map(String) : [],
    pick: countOf('--pick', text('pick')),
    all: flags['all'] === true,
  };
}
