/** `list --behind`: clusters whose version is not the newest of their channel, and why. */
import type { Context } from '../../cli/context.ts';
import { isGuarded } from '../../clusters/guarded.ts';
import { formatRfc3339, formatSpan } from '../../lib/time.ts';
import { type PrintOptions, printList, type View } from '../../output/view.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { isUpdating, problemText, shortVersion, updateBlock } from '../../registry/cluster-state.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Lag, lagOf } from '../../registry/version-history.ts';

interface BehindCluster {
  readonly cluster: Cluster;
  readonly lag: Lag;
  readonly why: Why;
  readonly detail: string;
}

/** The first that applies. `own configuration`: only the part of the version after `#` differs. */
type Why = 'blocked' | 'problems' | 'own configuration' | 'being updated' | 'queued';

export async function printBehind(
  ctx: Pick<Context, 'io' | 'messages'>,
  registry: Registry,
  clusters: readonly Cluster[],
  options: PrintOptions,
): Promise<void> {
  const seen = await registry.seenVersions();
  const rows = clusters.flatMap(cluster => {
    const lag = lagOf(seen, cluster);
    if (cluster.lifecycleStatus !== 'ready' || lag === undefined) return [];
    if (lag.versions === 0 && !isUpdating(cluster)) return [];
    return [{ cluster, lag, ...reasonOf(cluster, lag) }];
  });
  if (rows.some(({ lag }) => lag.isGuess))
    ctx.messages.say(
      'the order of some versions is a guess, because this machine saw them first at the same time: the newest is taken to be what clusters are being updated to, else what most clusters have',
    );
  await printList(ctx.io, viewAt(ctx.io.now()), rows, options);
}

function reasonOf(cluster: Cluster, { versions, newest }: Lag): Pick<BehindCluster, 'why' | 'detail'> {
  const block = updateBlock(cluster);
  if (block !== undefined) return { why: 'blocked', detail: block };
  const problems = problemText(cluster);
  if (problems !== undefined) return { why: 'problems', detail: problems };
  if (versions === 0) return { why: 'own configuration', detail: '' };
  const isOnTheWay = isUpdating(cluster) && cluster.nextVersion.split('#')[0] === newest;
  return { why: isOnTheWay ? 'being updated' : 'queued', detail: '' };
}

function viewAt(now: Date): View<BehindCluster> {
  return {
    kind: 'BehindCluster',
    name: ({ cluster }) => cluster.alias,
    columns: [
      { title: 'Alias', value: ({ cluster }) => cluster.alias },
      {
        title: 'Environment',
        value: ({ cluster }) => cluster.environment,
        style: ({ cluster }, style) => (isGuarded(cluster.environment) ? style.red : undefined),
        dropFirst: 2,
      },
      { title: 'Channel', value: ({ cluster }) => cluster.channel, dropFirst: 4 },
      { title: 'Version', value: ({ cluster }) => shortVersion(cluster.currentVersion), dropFirst: 3 },
      { title: 'Newest', value: ({ lag }) => shortVersion(lag.newest), dropFirst: 1 },
      { title: 'Behind', value: ({ lag }) => (lag.versions === 0 ? '' : `${lag.versions}`) },
      { title: 'Since', value: ({ lag }) => sinceText(lag, now) },
      { title: 'Why', value: ({ why, detail }) => (detail === '' ? why : `${why}: ${detail}`) },
    ],
    toJson: ({ cluster, lag, why, detail }) => ({
      id: cluster.id,
      alias: cluster.alias,
      environment: cluster.environment,
      channel: cluster.channel,
      current_version: cluster.currentVersion,
      next_version: cluster.nextVersion,
      newestVersion: lag.newest,
      versionsBehind: lag.versions,
      isGuess: lag.isGuess,
      behindSince: lag.since ? formatRfc3339(lag.since) : null,
      why,
      detail: detail === '' ? null : detail,
    }),
    empty: 'every cluster has the newest version of its channel',
  };
}

function sinceText({ since, versions }: Lag, now: Date): string {
  if (since !== undefined) return `${formatSpan(now.getTime() - since.getTime())} ago`;
  return versions === 0 ? '' : 'not known';
}
