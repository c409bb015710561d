/** Maps HTTP statuses to errors and exit codes, in the same way for every service. */
import { AuthError, CliError, ForbiddenError, NotFoundError, UnreachableError } from '../../errors.ts';
import { isRecord } from '../../lib/json.ts';
import { oneLine } from '../../lib/one-line.ts';
import type { HttpResponse } from './http-types.ts';

/** The service's own error text: `title` and `detail` of problem JSON (RFC 9457). */
export function problemText(response: HttpResponse): string {
  try {
    const body: unknown = JSON.parse(response.body.toString('utf8'));
    if (isRecord(body)) {
      const parts = [body['title'], body['detail'] ?? body['message'] ?? body['error']].filter(
        v => typeof v === 'string' && v !== '',
      );
      if (parts.length > 0) return oneLine(parts.join(': '));
    }
  } catch {
    // The body is not JSON: only the status is shown.
  }
  return '';
}

/** The error for an HTTP status. */
export function statusError(
  service: string,
  host: string,
  response: HttpResponse,
  hints: { notFound: string; login: string },
): CliError {
  const { status } = response;
  const said = problemText(response);
  const tail = `HTTP ${status}${said ? `: ${said}` : ''}`;
  if (status === 401)
    return new AuthError(`${service} at ${host} does not accept your login (${tail})`, {
      code: 'unauthorized',
      hint: hints.login,
    });
  if (status === 403) {
    return new ForbiddenError(`${service} at ${host} denied the request (${tail})`, {
      code: 'forbidden',
      hint: 'show your user and groups: zkubectl whoami',
    });
  }
  if (status === 404)
    return new NotFoundError(`${service} at ${host}: not found (${tail})`, {
      code: 'not_found',
      hint: hints.notFound,
    });
  if (status === 429) {
    return new UnreachableError(`${service} at ${host}: rate limited (${tail})`, {
      code: 'too_many_requests',
      hint: 'try again in 1 minute',
    });
  }
  if (status >= 500) {
    return new UnreachableError(`${service} at ${host} failed (${tail})`, {
      code: 'server_error',
      hint: 'try again in 1 minute',
    });
  }
  return new CliError(`${service} at ${host} rejected the request (${tail})`, { code: 'refused' });
}
