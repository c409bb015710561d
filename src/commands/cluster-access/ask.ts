/**
 * Sends an access request only once: if the response is lost, the request may exist, and it must not be made twice.
 * Rules: a request is recorded before it is sent; in doubt, the service is searched for it; it is sent again only if it certainly does not exist.
 */
import { decisionOf, type NewRequest } from '../../access/api.ts';
import type { RequestFingerprint } from '../../access/open-requests.ts';
import type { Context } from '../../cli/context.ts';
import { messageOf, UnreachableError, UsageError } from '../../errors.ts';
import { mayHaveArrived } from '../../platform/net/network-errors.ts';
import type { AccessTarget } from './shared.ts';

/** A request that exists although the response was lost. */
export class FoundRequest {
  readonly requestKey: string;
  readonly statusUrl = undefined;
  readonly approvalUrl = undefined;

  constructor(requestKey: string) {
    this.requestKey = requestKey;
  }
}

/** Sends the request. If the response is lost, searches for the request and does not send it again. */
export async function askOnce(
  ctx: Context,
  target: AccessTarget,
  command: RequestFingerprint,
): Promise<NewRequest | FoundRequest> {
  const since = ctx.io.now();
  try {
    target.open.markSent(command, since);
  } catch (error) {
    ctx.messages.debug(`the request could not be recorded before sending: ${messageOf(error)}`);
  }
  try {
    return await target.api.ask(command);
  } catch (error) {
    if (ctx.io.signal.aborted) throw error;
    if (!mayHaveArrived(error)) {
      target.open.clearSent(command);
      throw error;
    }
    ctx.messages.warn(`${messageOf(error)}; checking whether the request was made`);
    const made = await findMade(ctx, target, command, since).catch(error => {
      if (error instanceof UsageError) throw error;
      return undefined;
    });
    if (made) return made;
    throw new UnreachableError(messageOf(error), {
      code: 'unknown_outcome',
      cause: error,
      hint: 'the request may exist: run the same command again; it searches for the request before it makes a new one',
    });
  }
}

/** The allowed clock skew between the service and this machine (milliseconds). */
const CLOCK_SKEW_MS = 120_000;

/**
 * Searches the access service for our own open request with the same account and reason, made after `since`.
 * Not every API returns the type and the incident of a request. So a request that is recorded for another command does not match, and an approved
 * request matches only if the API returns when it was made. Throws UsageError (2) when a request matches but its owner is unknown.
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
      !['rejected', 'expired'].includes(decisionOf(request) ?? '') &&
      !(request.expiresAt && request.expiresAt <= now) &&
      (request.type ?? command.type) === command.type &&
      (request.createdAt === undefined
        ? decisionOf(request) === undefined
        : request.createdAt.getTime() >= since.getTime() - CLOCK_SKEW_MS) &&
      (names.length === 0 || names.includes(request.requestor)),
  );
  if (same && names.length === 0) {
    throw new UsageError(
      `request ${same.requestKey} of ${same.requestor} has the same reason, but your token does not show whether it is yours`,
      { code: 'whose_request', hint: 'if it is not yours, add --force-new-request' },
    );
  }
  return same && new FoundRequest(same.requestKey);
}
