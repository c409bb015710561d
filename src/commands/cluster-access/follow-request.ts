/** What follows once a request is made: how to approve it, waiting, and how it ends. */

import { type AccessRequest, isApproved } from '../../access/api.ts';
import type { OpenRequest } from '../../access/open-requests.ts';
import { waitForDecision } from '../../access/wait.ts';
import type { Context } from '../../cli/context.ts';
import { CliError, ForbiddenError, UnreachableError, WaitingError } from '../../errors.ts';
import { shellWord } from '../../lib/shell-words.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import { formatSpan } from '../../lib/time.ts';
import type { OutputFormat } from '../../output/view.ts';
import { granted, printRequest } from './granted.ts';
import type { RequestOptions } from './request-options.ts';
import type { AccessTarget } from './shared.ts';

/** Goes on with a request that an earlier run has made. */
export async function resume(
  ctx: Context,
  target: AccessTarget,
  open: OpenRequest,
  options: RequestOptions,
  format: OutputFormat,
): Promise<void> {
  const age = formatSpan(ctx.io.now().getTime() - open.createdAt.getTime());
  ctx.messages.say(`resuming request ${open.requestKey} for ${target.name}, made ${age} ago: ${open.reason}`);
  const now = await statusNow(ctx, target, open);
  if (now === 'unknown') return follow(ctx, target, open, options, format);
  if (now === undefined) {
    target.open.forget(open);
    throw new CliError(`the access service does not know request ${open.requestKey} any more`, {
      code: 'request_gone',
      hint: 'run the same command again: it makes a new one',
    });
  }
  if (isApproved(now) || now.status === 'REJECTED' || now.status === 'EXPIRED')
    return decided(ctx, target, open, now, format);
  await follow(ctx, target, open, options, format);
}

/** One answer that does not come is no reason to give up: waiting asks again. */
async function statusNow(
  ctx: Context,
  target: AccessTarget,
  open: OpenRequest,
): Promise<AccessRequest | undefined | 'unknown'> {
  try {
    return await target.api.status(open);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    ctx.messages.warn(error.message);
    return 'unknown';
  }
}

/** Says how to approve, waits if that is wanted, and ends as the decision says. */
export async function follow(
  ctx: Context,
  target: AccessTarget,
  request: OpenRequest,
  options: RequestOptions,
  format: OutputFormat,
): Promise<void> {
  ctx.messages.say(
    `a colleague approves it with: zkubectl cluster-access approve ${request.requestKey} --cluster ${target.name}${options.accountName === undefined ? '' : ` --account-name ${shellWord(target.accountName)}`}`,
  );
  if (request.approvalUrl) ctx.messages.say(`or here: ${request.approvalUrl}`);
  const isText = format !== 'json' && format !== 'yaml';
  if (isText || !options.waitForApproval) {
    await printRequest(
      ctx,
      { requestKey: request.requestKey, accountName: target.accountName, status: 'PENDING', expiresAt: undefined },
      format,
    );
  }
  if (!options.waitForApproval) {
    throw stillWaiting(request, 'it is not approved yet');
  }
  const decision = await waitForDecision(ctx.io, target.api, {
    ...request,
    timeoutMs: options.timeoutSeconds * 1000,
    onTick: left => ctx.messages.waiting(`for the approval of ${request.requestKey}`, left),
    onTrouble: error => ctx.messages.debug(error.message),
  }).catch(error => {
    if (ctx.io.signal.aborted)
      ctx.messages.hint(`request ${request.requestKey} stays open; the same command again resumes it`);
    throw error;
  });
  ctx.messages.endProgress();
  if (options.notify) await tell(ctx, target, request, decision);
  if (decision === undefined)
    throw stillWaiting(request, `it was not approved within ${formatSpan(options.timeoutSeconds * 1000)}`);
  await decided(ctx, target, request, decision, format);
}

async function tell(
  ctx: Context,
  target: AccessTarget,
  { requestKey }: OpenRequest,
  decision: AccessRequest | undefined,
): Promise<void> {
  const outcome =
    decision === undefined
      ? 'was not approved in time'
      : isApproved(decision)
        ? 'is approved'
        : `is ${decision.status.toLowerCase()}`;
  const { notify } = await import('../../platform/process/notify.ts');
  await notify(ctx.io, escapeForTerminal(`${target.name}: request ${requestKey} ${outcome}`));
}

function stillWaiting(request: OpenRequest, why: string): WaitingError {
  return new WaitingError(`request ${request.requestKey}: ${why}`, {
    code: 'waiting',
    hint: 'run the same command again: it resumes this request',
  });
}

async function decided(
  ctx: Context,
  target: AccessTarget,
  open: OpenRequest,
  request: AccessRequest,
  format: OutputFormat,
): Promise<void> {
  target.open.forget(open);
  if (isApproved(request)) return granted(ctx, target, request, format);
  if (request.status === 'EXPIRED') {
    throw new CliError(`request ${request.requestKey} has expired`, {
      code: 'request_expired',
      hint: 'run the same command again: it makes a new one',
    });
  }
  const by = request.approvers.length > 0 ? ` by ${request.approvers.join(', ')}` : '';
  const comment = request.approverComment ? `: ${request.approverComment}` : '';
  throw new ForbiddenError(`request ${request.requestKey} was rejected${by}${comment}`, { code: 'request_rejected' });
}
