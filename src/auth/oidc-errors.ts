/** Converts the errors of openid-client into CliErrors (RFC 6749 section 5.2, RFC 6750 section 3.1). */
import * as client from 'openid-client';
import { AuthError, CliError, messageOf, UnreachableError } from '../errors.ts';
import { oneLine } from '../lib/one-line.ts';

/** The name of the service in messages. */
export const SERVICE = 'the login service';

/** Settings that the error messages mention. */
interface RefusalSettings {
  readonly issuer: string;
  /** The client that sent the request. */
  readonly identity?: { readonly clientId: string; readonly secret?: string | undefined } | undefined;
  /** The client of `auth.client_id`. */
  readonly platformClientId?: string | undefined;
  readonly roleHelpUrl?: string | undefined;
}

/** The refresh token is no longer valid (RFC 6749 section 5.2, `invalid_grant`): a new login is needed. */
export class InvalidGrantError extends AuthError {}

/** The only place that converts the errors of openid-client. */
export function translateOidcError(error: unknown, settings: RefusalSettings): Error {
  for (let e = error, depth = 0; e instanceof Error && depth < 6; e = e.cause, depth++)
    if (e instanceof CliError) return e;
  const host = new URL(settings.issuer).host;
  if (error instanceof client.ResponseBodyError)
    return refusal(error.error, error.error_description, error.status, error, settings);
  if (error instanceof client.AuthorizationResponseError) {
    return refusal(error.error, error.error_description, 400, error, settings);
  }
  // RFC 6749 section 5.2: with 401 and a challenge, the error may stand in the header alone.
  if (error instanceof client.WWWAuthenticateChallengeError && error.status === 401) {
    const { error: code = 'invalid_client', error_description: description } = error.cause[0]?.parameters ?? {};
    return refusal(code, description, 401, error, settings);
  }
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Response || (typeof cause === 'object' && cause !== null && 'status' in cause)) {
    const status = Number((cause as { status: unknown }).status);
    return new UnreachableError(`${SERVICE} at ${host} sent an unexpected response (HTTP ${status})`, {
      code: 'bad_answer',
      hint: 'check auth.issuer: zkubectl configure; or try again later',
      cause: error,
    });
  }
  if ((error as { code?: unknown }).code === 'OAUTH_PARSE_ERROR') {
    return new UnreachableError(`${SERVICE} at ${host} sent a response that cannot be parsed`, {
      code: 'bad_answer',
      hint: 'try again later',
      cause: error,
    });
  }
  if (error instanceof DOMException && error.name === 'AbortError') return error;
  return new AuthError(`${SERVICE} at ${host} sent a response that failed validation: ${oneLine(messageOf(error))}`, {
    code: 'login_invalid',
    hint: 'check auth.issuer and the clock of this machine, then zkubectl login; nothing was stored',
    cause: error,
  });
}

function refusal(
  code: string,
  description: string | undefined,
  status: number,
  cause: unknown,
  settings: RefusalSettings,
): Error {
  const host = new URL(settings.issuer).host;
  const said = oneLine(description ? `${code}: ${description}` : code);
  if (status >= 500 || code === 'server_error' || code === 'temporarily_unavailable' || status === 429) {
    return new UnreachableError(`${SERVICE} at ${host} is unavailable (HTTP ${status}): ${said}`, {
      code: 'login_unavailable',
      hint: 'try again later; you are still logged in',
      cause,
    });
  }
  if (code === 'invalid_grant') {
    return new InvalidGrantError(`your login is no longer valid (${said})`, {
      code: 'login_ended',
      hint: 'zkubectl login',
      cause,
    });
  }
  if (/not assigned/i.test(description ?? '')) {
    return new AuthError(`you have no role for this cluster (${said})`, {
      code: 'no_role',
      hint:
        settings.roleHelpUrl === undefined
          ? 'ask the owners of the cluster for a role'
          : `ask for a role: ${settings.roleHelpUrl}`,
      cause,
    });
  }
  if (code === 'expired_token') {
    return new AuthError('the login was not confirmed in time', { code, hint: 'run it again: zkubectl login', cause });
  }
  const { identity, platformClientId } = settings;
  if (identity !== undefined && (code === 'invalid_client' || code === 'unauthorized_client')) {
    const key = identity.clientId === platformClientId ? 'auth.client_id' : 'auth.cluster_client_id';
    const secret = identity.secret === undefined ? '' : ', or its secret (ZKUBECTL_AUTH_CLIENT_SECRET, …_FILE)';
    return new AuthError(`${SERVICE} at ${host} refused the client ${identity.clientId}: ${said}`, {
      code: 'client_refused',
      hint: `check the client (${key})${secret}: zkubectl configure`,
      cause,
    });
  }
  return new AuthError(`${SERVICE} at ${host} refused the login: ${said}`, {
    code: 'login_refused',
    hint: 'zkubectl login',
    cause,
  });
}
