/** Follows a request after it is made: says how to approve it, waits, and handles the decision. */

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

/** Resumes a request that an earlier run made. */
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
    throw new CliError(`the access service no longer knows request ${open.requestKey}`, {
      code: 'request_gone',
      hint: 'to make a new request, run the same command again',
    });
  }
  if (isApproved(now) || now.status === 'REJECTED' || now.status === 'EXPIRED')
    return decided(ctx, target, open, now, format);
  await follow(ctx, target, open, options, format);
}

/** The current status. One failed request is only a warning, because the wait loop asks again. */
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

/** Says how to approve, waits (unless --no-wait-for-approval is given), and handles the decision. */
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
    throw stillWaiting(request, 'not approved yet');
  }
  const decision = await waitForDecision(ctx.io, target.api, {
    ...request,
    timeoutMs: options.timeoutSeconds * 1000,
    onTick: left => ctx.messages.waiting(`for the approval of ${request.requestKey}`, left),
    onTrouble: error => ctx.messages.debug(error.message),
  }).catch(error => {
    if (ctx.io.signal.aborted)
      ctx.messages.hint(`request ${request.requestKey} stays open; to resume it, run the same command again`);
    throw error;
  });
  ctx.messages.endProgress();
  if (options.notify) await tell(ctx, target, request, decision);
  if (decision === undefined)
    throw stillWaiting(request, `not approved within ${formatSpan(options.timeoutSeconds * 1000)}`);
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
    hint: 'to resume this request, run the same command again',
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
      hint: 'to make a new request, run the same command again',
    });
  }
  const by = request.approvers.length > 0 ? ` by ${request.approvers.join(', ')}` : '';
  const comment = request.approverComment ? `: ${request.approverComment}` : '';
  throw new ForbiddenError(`request ${request.requestKey} was rejected${by}${comment}`, { code: 'request_rejected' });
}
