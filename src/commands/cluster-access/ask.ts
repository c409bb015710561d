/**
 * Asking for access once: a request whose answer does not come may have been made all the same, and must not be made twice.
 * Rules: that it is being asked is noted before it is sent; on doubt the service is asked what there is, and only a definite no lets it be sent again.
 */
import { isFinal, type NewRequest } from '../../access/api.ts';
import type { SameCommand } from '../../access/open-requests.ts';
import type { Context } from '../../context.ts';
import { messageOf, UnreachableError } from '../../errors.ts';
import { mayHaveArrived } from '../../platform/http.ts';
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
  command: SameCommand,
): Promise<NewRequest | FoundRequest> {
  try {
    target.open.begin(command, ctx.io.now());
  } catch (error) {
    ctx.messages.debug(`that it was asked could not be noted: ${messageOf(error)}`);
  }
  try {
    return await target.api.ask(command);
  } catch (error) {
    if (ctx.io.signal.aborted) throw error;
    if (!mayHaveArrived(error)) {
      target.open.settle(command);
      throw error;
    }
    ctx.messages.warn(`${messageOf(error)}; looking whether the request was made`);
    const made = await findMade(ctx, target, command).catch(() => undefined);
    if (made) return made;
    throw new UnreachableError(messageOf(error), {
      code: 'unknown_outcome',
      cause: error,
      hint: 'the request may have been made: run the same command again, which looks for it before it makes another',
    });
  }
}

/** A request of ours that is the same, as the access service knows it. */
export async function findMade(
  ctx: Context,
  target: AccessTarget,
  command: SameCommand,
): Promise<FoundRequest | undefined> {
  const [requests, names] = await Promise.all([
    target.api.list({ accountName: command.accountName }),
    target.requestors(),
  ]);
  const now = ctx.io.now();
  const same = requests.findLast(
    request =>
      request.reason === command.reason &&
      request.accountName === command.accountName &&
      !isFinal(request) &&
      !(request.expiresAt && request.expiresAt <= now) &&
      (names.length === 0 || names.includes(request.requestor)),
  );
  return same && new FoundRequest(same.requestKey);
}
