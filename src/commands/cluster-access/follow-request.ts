/** Follows a request after it is made: says how to approve it, waits, and handles the decision. */

import { type AccessRequest, decisionOf, isBeingSetUp } from '../../access/api.ts';
import type { OpenRequest } from '../../access/open-requests.ts';
import { waitForDecision } from '../../access/wait.ts';
import type { Context } from '../../cli/context.ts';
import { CliError, ExitCode, ForbiddenError, UnreachableError, WaitingError } from '../../errors.ts';
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
): Promise<number> {
  const age = formatSpan(ctx.io.now().getTime() - open.createdAt.getTime());
  if (!options.isOneOfMany)
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
  if (decisionOf(now) !== undefined) return decided(ctx, target, open, now, format);
  return follow(ctx, target, open, options, format, now);
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

type Waiting = Pick<AccessRequest, 'status' | 'approvers'>;

/**
 * Says how to approve, waits (unless --no-wait-for-approval is given), and handles the decision. Throws WaitingError (8) when there is none in time.
 * @param last the last answer of the service, if there is one
 */
export async function follow(
  ctx: Context,
  target: AccessTarget,
  request: OpenRequest,
  options: RequestOptions,
  format: OutputFormat,
  last: Waiting = { status: 'PENDING', approvers: [] },
): Promise<number> {
  const print = (status: string) =>
    printRequest(ctx, { ...request, accountName: target.accountName, status, expiresAt: undefined }, format);
  let now = last;
  if (isBeingSetUp(now)) sayBeingSetUp(ctx, request, now);
  else if (!options.isOneOfMany) {
    ctx.messages.say(
      `a colleague approves it with: zkubectl cluster-access approve ${request.requestKey} --cluster ${target.name}${options.accountName === undefined ? '' : ` --account-name ${shellWord(target.accountName)}`}`,
    );
    if (request.approvalUrl) ctx.messages.say(`or here: ${request.approvalUrl}`);
  }
  const isText = format !== 'json' && format !== 'yaml';
  if (isText || !options.waitForApproval) await print(now.status);
  if (!options.waitForApproval) {
    if (options.isOneOfMany) return ExitCode.ok;
    ctx.messages.hint(
      `when it is approved, the next kubectl through zkubectl has the rights; to wait for it, run the same command without --no-wait-for-approval`,
    );
    return ExitCode.ok;
  }
  const onWaiting = (answer: AccessRequest) => {
    if (isBeingSetUp(answer) && !isBeingSetUp(now)) sayBeingSetUp(ctx, request, answer);
    now = answer;
  };
  const decision = await waitForDecision(ctx.io, target.api, {
    ...request,
    timeoutMs: options.timeoutSeconds * 1000,
    onTick: left =>
      ctx.messages.waiting(
        isBeingSetUp(now) ? `for access to ${target.name}` : `for the approval of ${request.requestKey}`,
        left,
      ),
    onWaiting,
    onTrouble: error => ctx.messages.debug(error.message),
  }).catch(error => {
    if (ctx.io.signal.aborted)
      ctx.messages.hint(`request ${request.requestKey} stays open; to resume it, run the same command again`);
    throw error;
  });
  ctx.messages.endProgress();
  if (options.notify) await tell(ctx, target, request, decision);
  if (decision !== undefined) return decided(ctx, target, request, decision, format);
  if (!isText) await print(now.status);
  const span = formatSpan(options.timeoutSeconds * 1000);
  throw new WaitingError(
    `request ${request.requestKey}: ${isBeingSetUp(now) ? `approved, but the access was not ready within ${span}` : `not approved within ${span}`}`,
    { code: 'waiting', hint: 'to resume this request, run the same command again' },
  );
}

function sayBeingSetUp(ctx: Context, { requestKey }: OpenRequest, { approvers }: Waiting): void {
  const by = approvers.length > 0 ? ` by ${approvers.join(', ')}` : '';
  ctx.messages.say(`request ${requestKey} is approved${by}; the access is being set up`);
}

async function tell(
  ctx: Context,
  target: AccessTarget,
  { requestKey }: OpenRequest,
  decision: AccessRequest | undefined,
): Promise<void> {
  const outcome = decision === undefined ? 'was not approved in time' : `is ${decisionOf(decision)}`;
  const { notify } = await import('../../platform/process/notify.ts');
  await notify(ctx.io, escapeForTerminal(`${target.name}: request ${requestKey} ${outcome}`));
}

async function decided(
  ctx: Context,
  target: AccessTarget,
  open: OpenRequest,
  request: AccessRequest,
  format: OutputFormat,
): Promise<number> {
  target.open.forget(open);
  if (decisionOf(request) === 'granted') {
    await granted(ctx, target, request, format);
    return ExitCode.ok;
  }
  if (format === 'json' || format === 'yaml') await printRequest(ctx, request, format);
  if (decisionOf(request) === 'expired') {
    throw new CliError(`request ${request.requestKey} has expired`, {
      code: 'request_expired',
      hint: 'to make a new request, run the same command again',
    });
  }
  const by = request.approvers.length > 0 ? ` by ${request.approvers.join(', ')}` : '';
  const comment = request.approverComment ? `: ${request.approverComment}` : '';
  throw new ForbiddenError(`request ${request.requestKey} was rejected${by}${comment}`, { code: 'request_rejected' });
}
