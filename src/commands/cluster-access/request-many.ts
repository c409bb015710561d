/** One reason, a request for the account of each selected cluster, and one line for the approver. */
import { createOpenRequests } from '../../access/open-requests.ts';
import type { Context } from '../../cli/context.ts';
import { isGuarded } from '../../clusters/guarded.ts';
import { CliError, ExitCode, NotFoundError, UsageError } from '../../errors.ts';
import { namesOf } from '../../fleet/results.ts';
import { selectIn } from '../../fleet/select-in.ts';
import { shellWord } from '../../lib/shell-words.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { checkOptions, type RequestOptions } from './request-options.ts';

type RequestOne = (ctx: Context, options: RequestOptions) => Promise<number>;

/** Resolves to the exit code of the first cluster that has another one than 0. */
export async function requestForMany(ctx: Context, options: RequestOptions, requestOne: RequestOne): Promise<number> {
  const { messages } = ctx;
  if (ctx.globals.output !== undefined)
    throw new UsageError('-o works only with one cluster', {
      code: 'bad_usage',
      hint: 'zkubectl cluster-access list -o json',
    });
  await checkOptions(ctx, options);
  if ((await ctx.config()).text('access.api') === 'emergency-access-service')
    throw new UsageError('this access service takes no requests for several clusters', {
      code: 'not_supported',
      hint: 'name one cluster: --cluster CLUSTER',
    });
  const selected = await selectIn(ctx, options.clusters);
  const wanted = selected.filter(({ environment }) => isGuarded(environment));
  if (wanted.length < selected.length)
    messages.say(`not needed on ${namesOf(selected.filter(cluster => !wanted.includes(cluster)))}: not production`);
  const clusters = onePerAccount(wanted);
  if (clusters.length === 0) throw new NotFoundError('no production cluster is selected', { code: 'nothing_selected' });
  const codes = new Map<Cluster, number>();
  const forEach = async (more: Partial<RequestOptions>) => {
    for (const cluster of clusters) {
      if ((codes.get(cluster) ?? 0) !== 0) continue;
      const one = { ...options, ...more, cluster: cluster.alias, isOneOfMany: true };
      codes.set(cluster, await requestOne(ctx, one).catch(error => failed(ctx, error)));
    }
  };
  // All requests are made before any of them is waited for.
  await forEach({ waitForApproval: false });
  const url = (await ctx.config()).required('access.url');
  const open = createOpenRequests(ctx.paths.state, url).all(ctx.io.now());
  if (open.some(({ reason }) => reason === options.reason))
    messages.say(`a colleague approves them with: ${approval(options)}`);
  if (options.waitForApproval) await forEach({ forceNewRequest: false, blockUpdates: false });
  return [...codes.values()].find(code => code !== 0) ?? ExitCode.ok;
}

function onePerAccount(clusters: readonly Cluster[]): Cluster[] {
  const accounts = new Set<string>();
  return clusters.filter(({ infrastructureAccount }) => {
    const isNew = !accounts.has(infrastructureAccount);
    accounts.add(infrastructureAccount);
    return isNew;
  });
}

function approval({ incident }: RequestOptions): string {
  return `zkubectl cluster-access approve${incident === undefined ? '' : ` --incident ${shellWord(incident)}`}`;
}

/** One of many: its error is shown, and the others go on. */
function failed(ctx: Context, error: unknown): number {
  if (!(error instanceof CliError) || ctx.io.signal.aborted) throw error;
  ctx.messages.error(error);
  return error.exitCode;
}
