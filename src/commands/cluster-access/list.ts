/** `cluster-access list`: requests for production access. */

import { type AccessRequest, isApproved } from '../../access/api.ts';
import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { NotFoundError } from '../../errors.ts';
import { formatRfc3339, formatUntil } from '../../lib/time.ts';
import { printList, type View } from '../../output/view.ts';
import { accessTarget } from './shared.ts';

const FORMATS = ['table', 'wide', 'json', 'yaml', 'name', 'tsv'] as const;

export interface AccessListOptions {
  readonly requestKey?: string | undefined;
  readonly accountName?: string | undefined;
  readonly clientId?: string | undefined;
  readonly cluster?: string | undefined;
}

export const accessListCommand: CommandDefinition<AccessListOptions> = {
  texts: {
    summary: 'list requests for production access',
    description: "Lists requests for the account of the current context's cluster.",
    examples: ['zkubectl cluster-access list', 'zkubectl cluster-access list --request-key 85625 -o json'],
  },
  formats: FORMATS,
  declare: command => {
    command
      .option('--request-key <KEY>', 'only this request')
      .option('--account-name <ACCOUNT>', 'the account, if the registry does not know it')
      .option('--okta-auth-client-id <ID>', "the cluster's OAuth client, if the registry does not know it")
      .option(...CLUSTER_FLAG);
  },
  options: (_, flags: { requestKey?: string; accountName?: string; oktaAuthClientId?: string; cluster?: string }) => ({
    ...flags,
    clientId: flags.oktaAuthClientId,
  }),
  run: runAccessList,
};

export async function runAccessList(ctx: Context, options: AccessListOptions): Promise<void> {
  const format = formatOf(ctx);
  const target = await accessTarget(ctx, options);
  const requests = await target.api.list({
    accountName: target.accountName,
    ...(options.requestKey === undefined ? {} : { requestKey: options.requestKey }),
  });
  const wanted =
    options.requestKey === undefined ? requests : requests.filter(r => r.requestKey === options.requestKey);
  if (options.requestKey !== undefined && wanted.length === 0)
    throw noSuchRequest(options.requestKey, target.accountName);
  await printList(ctx.io, requestView(ctx.io.now()), wanted, { format, color: ctx.globals.color });
}

export function noSuchRequest(key: string, accountName: string): NotFoundError {
  return new NotFoundError(`there is no request ${key} for the account ${accountName}`, {
    code: 'no_such_request',
    hint: 'to list requests: zkubectl cluster-access list; for another cluster: --cluster CLUSTER',
  });
}

/** Key, account, role, requestor, approvers, reason, status. */
export function requestView(now: Date): View<AccessRequest> {
  return {
    kind: 'AccessRequest',
    name: r => r.requestKey,
    columns: [
      { title: 'Key', value: r => r.requestKey },
      { title: 'Account', value: r => r.accountName },
      { title: 'Role', value: r => r.accessRole },
      { title: 'Requestor', value: r => r.requestor },
      { title: 'Approvers', value: r => r.approvers.join(', ') },
      { title: 'Reason', value: r => r.reason },
      { title: 'Status', value: r => statusText(r, now) },
    ],
    toJson: r => ({
      request_key: r.requestKey,
      account_name: r.accountName,
      access_role: r.accessRole,
      requestor: r.requestor,
      approvers: [...r.approvers],
      business_justification: r.reason,
      request_status: r.status,
      ...(r.expiresAt ? { expires_at: formatRfc3339(r.expiresAt) } : {}),
    }),
    empty: 'no requests',
  };
}

function statusText(request: AccessRequest, now: Date): string {
  if (!isApproved(request) || request.expiresAt === undefined) return request.status;
  return `${request.status}, ${request.expiresAt > now ? 'ends ' : ''}${formatUntil(request.expiresAt, now)}`;
}
