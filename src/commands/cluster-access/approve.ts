/** `cluster-access approve KEY`: shows a colleague's request, asks, and approves or rejects the request. */

import { isApproved } from '../../access/api.ts';
import { confirmOrFail } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { CliError } from '../../errors.ts';
import { printSections } from '../../output/sections.ts';
import { noSuchRequest } from './list.ts';
import { accessTarget } from './shared.ts';

export interface ApproveOptions {
  readonly requestKey: string;
  readonly reject: boolean;
  readonly comment: string;
  readonly accountName: string | undefined;
  readonly clientId: string | undefined;
  readonly cluster: string | undefined;
}

export const approveCommand: CommandDefinition<ApproveOptions> = {
  texts: {
    summary: "approve or reject a colleague's request",
    description: "Shows a colleague's request for production access, asks, and approves or rejects it.",
    examples: [
      'zkubectl cluster-access approve 85625',
      'zkubectl cluster-access approve 85625 --cluster foobarlab --yes',
      'zkubectl cluster-access approve 85625 --reject --comment "use the test cluster"',
    ],
  },
  declare: command => {
    command
      .argument('<KEY>', 'the request key')
      .option('--reject', 'reject the request')
      .option('--comment <TEXT>', 'a comment for the requestor', '')
      .option('--account-name <ACCOUNT>', 'the account, if the registry does not know it')
      .option('--okta-auth-client-id <ID>', "the cluster's OAuth client, if the registry does not know it")
      .option(...CLUSTER_FLAG);
  },
  options: (
    [requestKey = ''],
    flags: { reject?: boolean; comment?: string; accountName?: string; oktaAuthClientId?: string; cluster?: string },
  ) => ({
    requestKey,
    reject: flags.reject ?? false,
    comment: flags.comment ?? '',
    accountName: flags.accountName,
    clientId: flags.oktaAuthClientId,
    cluster: flags.cluster,
  }),
  run: runApprove,
};

export async function runApprove(ctx: Context, options: ApproveOptions): Promise<void> {
  const target = await accessTarget(ctx, options);
  const requests = await target.api.list({ accountName: target.accountName, requestKey: options.requestKey });
  const request = requests.find(r => r.requestKey === options.requestKey);
  if (request === undefined) throw noSuchRequest(options.requestKey, target.accountName);
  if (isApproved(request)) {
    ctx.messages.say(
      `request ${request.requestKey} is already approved${request.approvers.length > 0 ? `, by ${request.approvers.join(', ')}` : ''}`,
    );
    return;
  }
  if (request.status === 'REJECTED' || request.status === 'EXPIRED') {
    throw new CliError(`request ${request.requestKey} is ${request.status.toLowerCase()}: there is nothing to decide`, {
      code: 'already_decided',
    });
  }
  // The request's details go to stderr, like the question: stdout is only for data.
  await printSections(
    {
      ...ctx.io,
      stdout: ctx.io.stderr,
      isTTY: { ...ctx.io.isTTY, stdout: ctx.io.isTTY.stderr },
      columns: ctx.io.columns,
    },
    [
      {
        fields: [
          ['Request', request.requestKey],
          ['Requestor', request.requestor],
          ['Account', request.accountName],
          ['Cluster', target.name],
          ['Role', request.accessRole],
          ['Reason', request.reason],
          ['Status', request.status],
        ],
      },
    ],
    ctx.globals.color,
  );
  const verb = options.reject ? 'reject' : 'approve';
  if (!(await confirmOrFail(ctx, `${verb} this request?`)))
    throw new CliError('not confirmed; the request is unchanged', { code: 'not_confirmed' });
  await target.api.decide({ request, decision: options.reject ? 'REJECTED' : 'APPROVED', comment: options.comment });
  ctx.messages.say(
    `request ${request.requestKey} of ${request.requestor} is ${options.reject ? 'rejected' : 'approved'}`,
  );
}
