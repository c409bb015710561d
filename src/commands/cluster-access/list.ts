/** `cluster-access list`: requests for production access. */

import { type AccessRequest, isInForce, isWaiting } from '../../access/api.ts';
import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { requestors } from '../../cli/identity.ts';
import { NotFoundError, UsageError } from '../../errors.ts';
import { OUTPUT_FORMATS, printList } from '../../output/view.ts';
import { requestView } from './request-view.ts';
import { accessService, accessTarget, clustersByAccount } from './shared.ts';

export interface AccessListOptions {
  readonly requestKey: string | undefined;
  /** Only the user's own requests. */
  readonly mine: boolean;
  /** Only requests that wait for a decision. */
  readonly open: boolean;
  /** Only access that has not ended. */
  readonly granted: boolean;
  readonly accountName: string | undefined;
  readonly clientId: string | undefined;
  readonly cluster: string | undefined;
}

interface Flags {
  requestKey?: string;
  mine?: boolean;
  open?: boolean;
  granted?: boolean;
  accountName?: string;
  oktaAuthClientId?: string;
  cluster?: string;
}

export const accessListCommand: CommandDefinition<AccessListOptions> = {
  texts: {
    summary: 'list requests for production access',
    description: 'Lists the requests of all accounts that the access service shows you, or of one cluster or account.',
    examples: [
      'zkubectl cluster-access list --open',
      'zkubectl cluster-access list --mine',
      'zkubectl cluster-access list --cluster foobarlab',
      'zkubectl cluster-access list --request-key 85625 -o json',
    ],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command
      .option('--request-key <KEY>', 'only this request')
      .option('--mine', 'only your own requests')
      .option('--open', 'only requests that wait for a decision')
      .option('--granted', 'only access that has not ended')
      .option('--account-name <ACCOUNT>', 'only requests for this account')
      .option('--okta-auth-client-id <ID>', "the cluster's OAuth client, if the registry does not know it")
      .option(CLUSTER_FLAG[0], 'only requests for this cluster');
  },
  options: (_, flags: Flags) => ({
    requestKey: flags.requestKey,
    mine: flags.mine ?? false,
    open: flags.open ?? false,
    granted: flags.granted ?? false,
    accountName: flags.accountName,
    clientId: flags.oktaAuthClientId,
    cluster: flags.cluster,
  }),
  run: runAccessList,
};

export async function runAccessList(ctx: Context, options: AccessListOptions): Promise<void> {
  const format = formatOf(ctx);
  if (options.open && options.granted)
    throw new UsageError('--open and --granted exclude each other', { code: 'bad_usage' });
  const { api, clusterName } = await accessService(ctx, options);
  const accountName =
    options.accountName ?? (options.cluster === undefined ? undefined : (await accessTarget(ctx, options)).accountName);
  const { requestKey } = options;
  const found = await api.list({
    ...(accountName === undefined ? {} : { accountName }),
    ...(requestKey === undefined ? {} : { requestKey }),
  });
  // A service may ignore a filter that it does not know.
  const named = found.filter(
    r => (requestKey ?? r.requestKey) === r.requestKey && (accountName ?? r.accountName) === r.accountName,
  );
  if (requestKey !== undefined && named.length === 0) throw noSuchRequest(requestKey);
  const now = ctx.io.now();
  const names = options.mine ? await requestors(ctx, clusterName) : [];
  const wanted = (request: AccessRequest) =>
    (!options.mine || names.includes(request.requestor)) &&
    (!options.open || isWaiting(request)) &&
    (!options.granted || isInForce(request, now));
  const requests = named.filter(wanted);
  const clusters = requests.length === 0 ? new Map() : await clustersByAccount(ctx);
  const rows = requests.map(request => ({ request, clusters: clusters.get(request.accountName) ?? [] }));
  await printList(ctx.io, requestView(now), rows, { format, color: ctx.globals.color });
}

export function noSuchRequest(key: string): NotFoundError {
  return new NotFoundError(`the access service shows you no request ${key}`, {
    code: 'no_such_request',
    hint: 'to list requests: zkubectl cluster-access list',
  });
}
