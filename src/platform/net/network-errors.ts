/** Messages for network errors. The system's error code stays in `cause`. */
import { ForbiddenError, messageOf, systemErrorCode, UnreachableError, UsageError } from '../../errors.ts';
import type { HttpRequest } from './http-types.ts';

/** Errors before a connection exists: no request was sent. */
const NEVER_SENT = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEOUT',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Could the server have processed a request that failed with this error? */
export function mayHaveArrived(error: unknown): boolean {
  const code = systemErrorCode(error);
  return error instanceof UnreachableError && !(code !== undefined && (NEVER_SENT.has(code) || isTlsCode(code)));
}

/** Describes a network error. */
export function describeNetworkError(error: unknown): string {
  const code = systemErrorCode(error);
  switch (code) {
    case 'ENOTFOUND':
      return 'no such host (DNS)';
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
      return 'no DNS server answered';
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'connection lost';
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'connection timed out';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to host';
    case undefined:
      return messageOf(error);
    default:
      return isTlsCode(code)
        ? `TLS failed: ${messageOf(rootCause(error))} (${code})`
        : `${messageOf(rootCause(error))} (${code})`;
  }
}

function rootCause(error: unknown): unknown {
  let e = error;
  while (e instanceof Error && e.cause instanceof Error) e = e.cause;
  return e;
}

function isTlsCode(code: string): boolean {
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code);
}

function hintForNetworkError(code: string | undefined): string {
  if (code !== undefined && isTlsCode(code)) return 'trust a corporate CA: zkubectl configure tls.ca_file=FILE';
  return 'check the network, VPN, proxy and the configured address: zkubectl configure';
}

/** The default time limit of a call, including retries (milliseconds). */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** The UnreachableError for a failed request. The system's error code stays in `cause`. */
export function unreachable(
  request: Pick<HttpRequest, 'service' | 'url' | 'timeoutMs'>,
  error: unknown,
  deadline: AbortSignal,
): Error {
  if (error instanceof UnreachableError || error instanceof UsageError || error instanceof ForbiddenError) return error;
  const host = URL.canParse(request.url) ? new URL(request.url).host : request.url;
  const seconds = Math.round((request.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1000);
  const why = deadline.aborted ? `no answer within ${seconds} s` : describeNetworkError(error);
  return new UnreachableError(`cannot reach ${request.service} at ${host}: ${why}`, {
    code: 'unreachable',
    cause: error,
    hint: hintForNetworkError(systemErrorCode(error)),
  });
}
