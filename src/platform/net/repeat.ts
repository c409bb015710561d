/** Retries idempotent requests after a temporary status or error, within one deadline. */
import { InterruptedError, systemErrorCode } from '../../errors.ts';
import type { HttpIo, HttpRequest } from './http-types.ts';
import { unreachable } from './network-errors.ts';

const MAX_ATTEMPTS = 3;
const MAX_RETRY_AFTER_MS = 5_000;
const RETRY_STATUS = new Set([429, 502, 503, 504]);
/**
 * The connection was lost before or during the response, so a GET is retried. A refused connection, an unknown host and a DNS timeout are not
 * retried: they usually fail again.
 */
const RETRY_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

interface Repetition {
  /** May the request be retried? True only for requests that change nothing. */
  readonly repeatable: boolean;
  readonly deadline: AbortSignal;
  /** Aborted at the deadline, or when the user interrupts. */
  readonly signal: AbortSignal;
  readonly target: Pick<HttpRequest, 'service' | 'url' | 'timeoutMs'>;
}

/** Sends a request and retries it after a temporary status or error. Throws the last error, converted by `unreachable`. */
export async function repeating<T extends { readonly status: number }>(
  io: HttpIo,
  { repeatable, deadline, signal, target }: Repetition,
  send: () => Promise<T>,
  retryAfter: (response: T) => string | string[] | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const last = attempt === MAX_ATTEMPTS || !repeatable;
    try {
      const response = await send();
      if (last || !RETRY_STATUS.has(response.status)) return response;
      const isInTime = await io.sleep(retryDelay(attempt, retryAfter(response)), signal).then(
        () => true,
        () => false,
      );
      // No time is left for a retry: return this response.
      if (!isInTime && deadline.aborted && !io.signal.aborted) return response;
    } catch (error) {
      if (io.signal.aborted) throw interruption(io.signal);
      const code = systemErrorCode(error);
      if (last || deadline.aborted || code === undefined || !RETRY_CODES.has(code))
        throw unreachable(target, error, deadline);
      await io.sleep(retryDelay(attempt), signal).catch(() => undefined);
    }
  }
}

function interruption(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new InterruptedError();
}

/** The delay before a retry: Retry-After in seconds (RFC 9110 section 10.2.3), capped; else exponential with jitter. */
function retryDelay(attempt: number, retryAfter?: string | string[]): number {
  const seconds = typeof retryAfter === 'string' && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  if (seconds !== undefined) return Math.min(seconds * 1000, MAX_RETRY_AFTER_MS);
  return 150 * 2 ** attempt * (0.5 + Math.random() / 2);
}
