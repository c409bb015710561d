/** What an HTTP status means for the user: one meaning for every service that is ours to call. */
import { AuthError, CliError, ForbiddenError, NotFoundError, UnreachableError } from '../../errors.ts';
import { isRecord } from '../../lib/json.ts';
import { oneLine } from '../../lib/one-line.ts';
import type { HttpResponse } from './http-types.ts';

/** What the service says about an error: `title` and `detail` of problem JSON (RFC 9457). */
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
    // Not JSON: the status has to do.
  }
  return '';
}

/** One meaning for each HTTP status, for every service that is ours to call. */
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
    return new ForbiddenError(`${service} at ${host} said no (${tail})`, {
      code: 'forbidden',
      hint: 'you lack the rights there: zkubectl whoami shows who you are',
    });
  }
  if (status === 404)
    return new NotFoundError(`${service} at ${host} does not know that (${tail})`, {
      code: 'not_found',
      hint: hints.notFound,
    });
  if (status === 429) {
    return new UnreachableError(`${service} at ${host} has too much to do (${tail})`, {
      code: 'too_many_requests',
      hint: 'wait a minute, then try again',
    });
  }
  if (status >= 500) {
    return new UnreachableError(`${service} at ${host} is in trouble (${tail})`, {
      code: 'server_error',
      hint: 'try again in a minute',
    });
  }
  return new CliError(`${service} at ${host} refused the request (${tail})`, { code: 'refused' });
}
