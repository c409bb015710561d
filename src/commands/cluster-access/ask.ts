/**
 * Asking for access once: a request whose answer does not come may have been made all the same, and must not be made twice.
 * Rules: that it is being asked is noted before it is sent; on doubt the service is asked what there is, and only a definite no lets it be sent again.
 */
import { isApproved, isFinal, type NewRequest } from '../../access/api.ts';
import type { RequestFingerprint } from '../../access/open-requests.ts';
import type { Context } from '../../cli/context.ts';
import { messageOf, UnreachableError, UsageError } from '../../errors.ts';
import { mayHaveArrived } from '../../platform/net/network-errors.ts';
import type { AccessTarget } from './shared.ts';

/** A request that was made although its answer did not come. */
export class FoundRequest {
  readonly requestKey: string;
  readonly statusUrl = undefined;
  readonly approvalUrl = undefined;

  constructor(requestKey: string) {
    this.requestKey = requestKey;
  }
}

/** Asks. Where the answer does not come, it looks whether the request was made all the same, and does not send it again. */
export async function askOnce(
  ctx: Context,
  target: AccessTarget,
  command: RequestFingerprint,
): Promise<NewRequest | FoundRequest> {
  const since = ctx.io.now();
  try {
    target.open.markSent(command, since);
  } catch (error) {
    ctx.messages.debug(`that it was asked could not be noted: ${messageOf(error)}`);
  }
  try {
    return await target.api.ask(command);
  } catch (error) {
    if (ctx.io.signal.aborted) throw error;
    if (!mayHaveArrived(error)) {
      target.open.clearSent(command);
      throw error;
    }
    ctx.messages.warn(`${messageOf(error)}; looking whether the request was made`);
    const made = await findMade(ctx, target, command, since).catch(error => {
      if (error instanceof UsageError) throw error;
      return undefined;
    });
    if (made) return made;
    throw new UnreachableError(messageOf(error), {
      code: 'unknown_outcome',
      cause: error,
      hint: 'the request may have been made: run the same command again, which looks for it before it makes another',
    });
  }
}

/** Clocks of a service and of this machine may differ by so much (milliseconds). */
const CLOCK_SKEW_MS = 120_000;

/**
 * A request of ours that is the same, and was made since a time, as the access service knows it.
 * The API tells neither whether it is an emergency nor its incident: so one that is noted for another command is none, nor one that is granted already, but
 * for those of which the API says when they were made. Throws UsageError (2) where there is one, and nobody can tell whose it is.
 */
export async function findMade(
  ctx: Context,
  target: AccessTarget,
  command: RequestFingerprint,
  since: Date,
): Promise<FoundRequest | undefined> {
  const [requests, names] = await Promise.all([
    target.api.list({ accountName: command.accountName }),
    target.requestors(),
  ]);
  const now = ctx.io.now();
  const noted = new Set(target.open.all(now).map(request => request.requestKey));
  const same = requests.findLast(
    request =>
      request.reason === command.reason &&
      request.accountName === command.accountName &&
      !noted.has(request.requestKey) &&
      !isFinal(request) &&
      !(request.expiresAt && request.expiresAt <= now) &&
      (request.createdAt === undefined
        ? !isApproved(request)
        : request.createdAt.getTime() >= since.getTime() - CLOCK_SKEW_MS) &&
      (names.length === 0 || names.includes(request.requestor)),
  );
  if (same && names.length === 0) {
    throw new UsageError(
      `request ${same.requestKey} of ${same.requestor} has the same reason, and the token does not say whether that is you`,
      { code: 'whose_request', hint: 'if it is not yours, make another: --force-new-request' },
    );
  }
  return same && new FoundRequest(same.requestKey);
}
