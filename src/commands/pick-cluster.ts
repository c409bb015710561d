/** The picker of clusters, on a terminal. */
import type { Context } from '../context.ts';
import { CliError, messageOf } from '../errors.ts';
import { harmless } from '../output/text.ts';
import type { Choice } from '../platform/io.ts';
import { byAliasThenId, type Cluster, versionText } from '../registry/cluster.ts';

type PickContext = Pick<Context, 'io' | 'registry' | 'kubeconfig' | 'messages'>;

/** The alias that was picked: of a ready cluster of the registry, or of a context that the registry does not know. */
export async function pickCluster(ctx: PickContext, question: string): Promise<string> {
  const { currentContext, contexts } = await ctx.kubeconfig.load();
  const clusters = await recentClusters(ctx);
  const known = new Set(clusters.map(cluster => cluster.alias));
  const rest = [...contexts.keys()].filter(name => !known.has(name)).sort();
  const choices = [
    ...clusters.map(cluster => clusterChoice(cluster, currentContext)),
    ...rest.map(name => ({ value: name, name: `${harmless(name)}${name === currentContext ? ' (current)' : ''}` })),
  ];
  if (choices.length === 0)
    throw new CliError('there is no cluster to pick', { code: 'nothing_to_pick', hint: 'zkubectl list --all' });
  return ctx.io.prompt.pick(question, choices);
}

function clusterChoice(cluster: Cluster, current: string): Choice<string> {
  const words = [
    cluster.alias.padEnd(24),
    cluster.environment.padEnd(11),
    cluster.channel.padEnd(7),
    versionText(cluster),
  ];
  return {
    value: cluster.alias,
    name: `${harmless(words.join(' ')).trimEnd()}${cluster.alias === current ? ' (current)' : ''}`,
  };
}

/** Without the registry there are still the contexts to pick from. */
async function recentClusters(ctx: PickContext): Promise<Cluster[]> {
  try {
    const registry = await ctx.registry();
    const { clusters } = await registry.listRecent();
    return clusters.filter(cluster => cluster.lifecycleStatus === 'ready').sort(byAliasThenId);
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode === 130) throw error;
    ctx.messages.warn(messageOf(error));
    return [];
  }
}
