/** `list`: the registry's clusters. */

import { countOf, formatOf, untilCtrlC } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { type CommandDefinition, collect } from '../../cli/definition.ts';
import { reportQuality } from '../../cli/listing.ts';
import { CliError } from '../../errors.ts';
import { formatRfc3339 } from '../../lib/time.ts';
import { OUTPUT_FORMATS, printList } from '../../output/view.ts';
import { byAliasThenId, type Cluster } from '../../registry/cluster.ts';
import { FIELDS, lookupOf } from '../../registry/fields.ts';
import { matchesSelector, parseSelector, type Selector } from '../../registry/selector.ts';
import { viewFor } from './cluster-view.ts';

export interface ListOptions {
  readonly text?: string | undefined;
  readonly selector?: string | undefined;
  readonly environment?: string | undefined;
  readonly channel?: string | undefined;
  readonly all: boolean;
  /** Leave these out, and take only so many. */
  readonly except: readonly string[];
  readonly pick: number | undefined;
  /** Keep running, and print the list again when it changes. */
  readonly watch: boolean;
  /** Only clusters whose version is not the newest of their channel, and why. */
  readonly behind: boolean;
}

export const listCommand: CommandDefinition<ListOptions> = {
  texts: {
    summary: "list the registry's clusters",
    description:
      'Lists the ready clusters, sorted by alias. It always queries the registry; when the registry is down, it shows the saved list and its age.',
    examples: [
      'zkubectl list',
      'zkubectl list shop -o wide',
      "zkubectl list -l 'environment=production,channel in (stable,beta)'",
      'zkubectl list -o json --offline',
      'zkubectl list --channel beta --watch',
      'zkubectl list --behind --environment production',
    ],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command
      .argument(
        '[TEXT]',
        'only clusters with this text in id, alias, account, region or API server; or a pattern such as shop-*, @GROUP, @failed, - for names on stdin',
      )
      .option('-l, --selector <SELECTOR>', "a label selector over the clusters' fields and config items")
      .option('--environment <ENVIRONMENT>', 'only this environment')
      .option('--channel <CHANNEL>', 'only this channel')
      .option('--except <CLUSTERS>', 'leave these out; may be repeated', collect)
      .option('--pick <NUMBER>', 'only this number, at random')
      .option('--all', 'also clusters that are not ready')
      .option('--behind', 'only clusters whose version is not the newest of their channel: how far, since when, why')
      .option('--watch', 'keep running and print the list again when it changes; press Ctrl-C to stop');
  },
  options: ([text], flags: Partial<Omit<ListOptions, 'text' | 'pick'>> & { pick?: string }) => ({
    ...flags,
    text,
    except: flags.except ?? [],
    pick: countOf('--pick', flags.pick),
    all: flags.all ?? false,
    watch: flags.watch ?? false,
    behind: flags.behind ?? false,
  }),
  run: runList,
};

const WATCH_MS = 10_000;
/** Moves the cursor to the top left and clears the screen; keeps the scrollback. */
const CLEAR = '\x1b[H\x1b[2J';

export async function runList(
  ctx: Pick<Context, 'io' | 'registry' | 'globals' | 'messages' | 'config' | 'paths' | 'kubeconfig'>,
  options: ListOptions,
): Promise<void> {
  const format = formatOf(ctx);
  const selector = options.selector === undefined ? [] : parseSelector(options.selector);
  const registry = await ctx.registry();
  const wantsItems =
    format === 'json' || format === 'yaml' || selector.some(requirement => !FIELDS.has(requirement.key));
  const redraws = options.watch && ctx.io.isTTY.stdout && (format === 'table' || format === 'wide');
  /** Prints the list when it has changed. Resolves to what is shown now. */
  const show = async (shown: string | undefined): Promise<string> => {
    const listing = await registry.clusters('now', wantsItems || options.behind);
    const named = await namedIn(ctx, listing.clusters, options);
    const wanted = listing.clusters.filter(cluster => named(cluster) && isWanted(cluster, options, selector));
    const clusters = (await picked(wanted, options.pick)).sort(byAliasThenId);
    const state = options.watch ? JSON.stringify([listing.stale, listing.malformed, clusters.map(c => c.raw)]) : '';
    if (state === shown) return state;
    if (redraws) ctx.io.stdout.write(CLEAR);
    reportQuality(ctx, listing);
    const how = {
      format,
      color: ctx.globals.color,
      extra: { fetchedAt: formatRfc3339(listing.fetchedAt), stale: listing.stale },
    };
    if (options.behind) await (await import('./behind.ts')).printBehind(ctx, registry, clusters, how);
    else await printList(ctx.io, await viewFor(ctx, registry, format), clusters, how);
    return state;
  };
  const first = await show(undefined);
  if (options.watch) await untilCtrlC(ctx.io, () => watch(ctx, first, show));
}

type WatchContext = Pick<Context, 'io' | 'messages'>;

/** Goes on after errors: the registry may come back. Says each error once. */
async function watch(ctx: WatchContext, first: string, show: (shown: string) => Promise<string>): Promise<void> {
  let shown = first;
  let trouble: string | undefined;
  for (;;) {
    ctx.messages.progress(`as of ${ctx.io.now().toTimeString().slice(0, 8)}; press Ctrl-C to stop`);
    await ctx.io.sleep(WATCH_MS, ctx.io.signal);
    try {
      shown = await show(shown);
      trouble = undefined;
    } catch (error) {
      if (!(error instanceof CliError) || ctx.io.signal.aborted) throw error;
      if (error.message !== trouble) ctx.messages.warn(`${error.message}; trying again`);
      trouble = error.message;
    }
  }
}

/** A plain word is a text to search for; anything else selects clusters as `on` does. */
function isSelection(text: string): boolean {
  return text === '-' || /[@*?[\],]/.test(text);
}

/** Which clusters the names of the line mean. Throws what a selection throws. */
async function namedIn(
  ctx: Pick<Context, 'io' | 'config' | 'paths'>,
  all: readonly Cluster[],
  { text, except, all: withAll }: ListOptions,
): Promise<(cluster: Cluster) => boolean> {
  const names = text !== undefined && isSelection(text) ? [text] : [];
  if (names.length === 0 && except.length === 0) return () => true;
  const [{ sourcesOf }, { selectClusters }] = await Promise.all([
    import('../../fleet/select-in.ts'),
    import('../../fleet/selection.ts'),
  ]);
  const sources = sourcesOf(ctx, await ctx.config());
  const find = async (words: readonly string[]) =>
    new Set(words.length === 0 ? [] : await selectClusters(all, { names: words, except: [], all: withAll }, sources));
  const [wanted, unwanted] = [await find(names), await find(except)];
  return cluster => (names.length === 0 || wanted.has(cluster)) && !unwanted.has(cluster);
}

async function picked(clusters: readonly Cluster[], count: number | undefined): Promise<Cluster[]> {
  if (count === undefined) return [...clusters];
  return (await import('../../fleet/selection.ts')).pickSome(clusters, count, Math.random);
}

function isWanted(cluster: Cluster, options: ListOptions, selector: Selector): boolean {
  if (!options.all && cluster.lifecycleStatus !== 'ready') return false;
  if (options.environment !== undefined && cluster.environment !== options.environment) return false;
  if (options.channel !== undefined && cluster.channel !== options.channel) return false;
  if (options.text !== undefined && !isSelection(options.text)) {
    const text = options.text.toLowerCase();
    const places = [cluster.id, cluster.alias, cluster.infrastructureAccount, cluster.region, cluster.apiServerUrl];
    if (!places.some(place => place.toLowerCase().includes(text))) return false;
  }
  return matchesSelector(selector, lookupOf(cluster));
}
