/** The cluster picker on a terminal: the most recently used clusters come first, production is red. */
import { isGuarded } from '../clusters/guarded.ts';
import { CliError, messageOf } from '../errors.ts';
import { escapeForTerminal } from '../lib/terminal-text.ts';
import { type Style, styleFor } from '../output/style.ts';
import type { Choice } from '../platform/io.ts';
import { byAliasThenId, type Cluster } from '../registry/cluster.ts';
import { versionText } from '../registry/cluster-state.ts';
import type { Context } from './context.ts';
import { contextHistory } from './switch.ts';

type PickContext = Pick<Context, 'io' | 'registry' | 'kubeconfig' | 'messages' | 'history' | 'globals'>;

/** Resolves to the chosen name: the alias of a ready cluster, or a context that the registry does not know. */
export async function pickCluster(ctx: PickContext, question: string): Promise<string> {
  const { currentContext, contexts } = await ctx.kubeconfig.load();
  const [clusters, style, history] = await Promise.all([
    recentClusters(ctx),
    styleFor(ctx.io, 'stderr', ctx.globals.color),
    ctx.history(),
  ]);
  const known = new Set(clusters.map(cluster => cluster.alias));
  const rest = [...contexts.keys()].filter(name => !known.has(name)).sort();
  const width = clusters.reduce(
    (most, { alias }) => Math.max(most, Math.min(marked(alias, alias === currentContext).length, 30)),
    8,
  );
  const choices = [
    ...clusters.map(cluster => clusterChoice(cluster, width, currentContext, style)),
    ...rest.map(name => ({
      value: name,
      name: marked(escapeForTerminal(name), name === currentContext),
      short: escapeForTerminal(name),
    })),
  ];
  if (choices.length === 0)
    throw new CliError('no clusters to choose from', { code: 'nothing_to_pick', hint: 'zkubectl list --all' });
  return ctx.io.prompt.pick(question, usedFirst(choices, history.names(contextHistory(ctx))));
}

/** @param used names, the most recently used name last */
export function usedFirst<T extends { value: string }>(choices: readonly T[], used: readonly string[]): T[] {
  const rank = new Map(used.map((name, i) => [name, i + 1]));
  const rankOf = (choice: T) => rank.get(choice.value) ?? 0;
  return [...choices].sort((a, b) => rankOf(b) - rankOf(a));
}

export function marked(name: string, isCurrent: boolean): string {
  return isCurrent ? `${name} (current)` : name;
}

function clusterChoice(cluster: Cluster, width: number, current: string, style: Style): Choice<string> {
  const words = [
    marked(cluster.alias, cluster.alias === current).padEnd(width),
    cluster.environment.padEnd(11),
    cluster.channel.padEnd(7),
    versionText(cluster),
  ];
  const { environment } = cluster;
  return {
    value: cluster.alias,
    name: escapeForTerminal(words.join('  ')).trimEnd(),
    short: escapeForTerminal(`${cluster.alias} (${environment || 'no environment'})`),
    ...(isGuarded(environment) ? { paint: line => paintLast(line, environment, style.red) } : {}),
  };
}

function paintLast(line: string, word: string, paint: (text: string) => string): string {
  const at = line.lastIndexOf(word);
  return at === -1 ? line : line.slice(0, at) + paint(word) + line.slice(at + word.length);
}

/** The ready clusters; empty when the registry fails: the contexts can still be picked. */
async function recentClusters(ctx: PickContext): Promise<Cluster[]> {
  try {
    const registry = await ctx.registry();
    const { clusters } = await registry.clusters('recent');
    return clusters.filter(cluster => cluster.lifecycleStatus === 'ready').sort(byAliasThenId);
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode === 130) throw error;
    ctx.messages.warn(messageOf(error));
    return [];
  }
}
