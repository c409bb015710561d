/** What went wrong on the way to a server, in words. The system's code stays in the cause. */
import { ForbiddenError, messageOf, systemErrorCode, UnreachableError, UsageError } from '../../errors.ts';
import type { HttpRequest } from './http-types.ts';

/** Errors of the way there: nothing was sent. */
const NEVER_SENT = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEOUT',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** May a request that has failed so have been carried out all the same? */
export function mayHaveArrived(error: unknown): boolean {
  const code = systemErrorCode(error);
  return error instanceof UnreachableError && !(code !== undefined && (NEVER_SENT.has(code) || isTlsCode(code)));
}

/** A network error's code in plain words. */
export function describeNetworkError(error: unknown): string {
  const code = systemErrorCode(error);
  switch (code) {
    case 'ENOTFOUND':
      return 'its name is not known (DNS)';
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
      return 'DNS does not answer';
    case 'ECONNREFUSED':
      return 'the connection was refused';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was lost';
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'the connection timed out';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to its network';
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
  if (code !== undefined && isTlsCode(code)) return 'a corporate CA goes into tls.ca_file (zkubectl configure --help)';
  return 'check the network, VPN and proxy, and the address: zkubectl configure';
}

/** Total time of a call, unless it says another (milliseconds). */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** What went wrong on the way, in words; the system's error code stays in the cause. */
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
