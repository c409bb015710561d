/** `login SELECTION`: tokens and contexts for many clusters. The current context stays. */
import type { Context } from '../../cli/context.ts';
import { readOnlyTerminal, staysOnItsCluster } from '../../cli/read-only.ts';
import { registryToken } from '../../cli/registry-token.ts';
import { contextTarget } from '../../cli/switch.ts';
import { apiServerOf } from '../../clusters/api-server.ts';
import { saveLastConfig } from '../../config/last-config.ts';
import { UsageError } from '../../errors.ts';
import { tokensForAll } from '../../fleet/fleet-tokens.ts';
import { exitCodeOfResults, notRun, summaryOf } from '../../fleet/results.ts';
import { selectIn } from '../../fleet/select-in.ts';
import type { SelectionWords } from '../../fleet/selection.ts';

interface ManyOptions {
  readonly forceRefresh: boolean;
  /** Flags that work with one cluster only. */
  readonly clientId: string | undefined;
  readonly certificateAuthority: string | undefined;
}

/** Logs in where it is needed; one that is refused is reported, and the others go on. Resolves to the exit code. */
export async function loginToMany(ctx: Context, selection: SelectionWords, options: ManyOptions): Promise<number> {
  if (options.clientId !== undefined || options.certificateAuthority !== undefined)
    throw new UsageError('--okta-auth-client-id and --certificate-authority work with one cluster', {
      code: 'bad_usage',
    });
  if ((await readOnlyTerminal(ctx)) !== undefined) throw staysOnItsCluster();
  const begun = ctx.io.now().getTime();
  const view = await ctx.kubeconfig.load();
  if (registryToken(ctx.io, await ctx.config()) === undefined) await ctx.platformToken({ explicit: true });
  const clusters = await selectIn(ctx, selection);
  ctx.messages.progress(`logging in to ${clusters.length} clusters`);
  const refused = await tokensForAll(ctx, clusters, { forceRefresh: options.forceRefresh, explicit: true });
  ctx.messages.endProgress();
  const done = clusters.filter(cluster => !refused.has(cluster));
  for (const cluster of done) await ctx.credentials.noteContext(cluster);
  const targets = done.map(cluster =>
    contextTarget(ctx.io, { name: cluster.alias, ...apiServerOf(cluster), arguments: ['credentials', cluster.alias] }),
  );
  await ctx.kubeconfig.writeTargets(view, targets, ctx.globals.namespace);
  saveLastConfig(ctx.paths, await ctx.config());
  for (const { cluster, stderr } of refused.values())
    ctx.messages.say(`${cluster.alias}: ${stderr.split('\n')[0]?.replace(/^zkubectl: error: /, '')}`);
  const results = clusters.map(cluster => refused.get(cluster) ?? notRun(cluster, 'ok'));
  ctx.messages.say(summaryOf(results, (ctx.io.now().getTime() - begun) / 1000, 'logged in'));
  ctx.messages.say('the current context stays as it is');
  return exitCodeOfResults(results);
}
