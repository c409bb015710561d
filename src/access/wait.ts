/** Polls for a decision: first after 1 s, then with growing pauses of up to 10 s. */
import { UnreachableError } from '../errors.ts';
import type { Io } from '../platform/io.ts';
import { tickUntil } from '../platform/terminal/countdown.ts';
import { type AccessApi, type AccessRequest, decisionOf } from './api.ts';

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 10_000;
const GROWTH = 1.5;

export interface WaitOptions {
  readonly requestKey: string;
  readonly accountName: string;
  readonly statusUrl?: string | undefined;
  readonly reason?: string | undefined;
  readonly timeoutMs: number;
  /** Called about once a second with the time left, in milliseconds. */
  readonly onTick: (leftMs: number) => void;
  /** Called with every answer that is not a decision. */
  readonly onWaiting: (request: AccessRequest) => void;
  /** Called when a poll fails. Polling continues. */
  readonly onTrouble: (error: UnreachableError) => void;
}

/**
 * Waits until the request is granted or final. Undefined: the timeout passed first.
 * A failed poll does not end the wait.
 */
export async function waitForDecision(
  io: Pick<Io, 'now' | 'sleep' | 'signal'>,
  api: Pick<AccessApi, 'status'>,
  options: WaitOptions,
): Promise<AccessRequest | undefined> {
  const deadline = io.now().getTime() + options.timeoutMs;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    const left = deadline - io.now().getTime();
    if (left <= 0) return undefined;
    const until = io.now().getTime() + Math.min(pause, left);
    await tickUntil(io, until, () => options.onTick(deadline - io.now().getTime()), io.signal);
    pause = Math.min(pause * GROWTH, MAX_PAUSE_MS);
    try {
      const request = await api.status(options);
      if (request !== undefined && decisionOf(request) !== undefined) return request;
      if (request !== undefined) options.onWaiting(request);
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      options.onTrouble(error);
    }
  }
}
