/** Token exchange (RFC 8693): the platform's access token for an ID token of another client. Needs no browser. */
import { genericGrantRequest } from 'openid-client';
import { AuthError } from '../errors.ts';
import { decodeJwt } from './jwt.ts';
import type { ClientIdentity, Issuer } from './oidc.ts';
import { SERVICE } from './oidc-errors.ts';
import type { TokenSet } from './token-store.ts';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TYPE = 'urn:ietf:params:oauth:token-type';

/**
 * Throws AuthError (4) when the issuer refuses, or answers with a token for another client.
 * @param identity the platform's client
 * @param audience the client that the ID token is for
 */
export async function exchangeToken(
  issuer: Issuer,
  identity: ClientIdentity,
  subjectToken: string,
  audience: string,
): Promise<TokenSet> {
  // An issued token of any type is in `access_token` (section 2.2.1).
  const { accessToken: idToken } = await issuer.grant(identity, config =>
    genericGrantRequest(config, TOKEN_EXCHANGE, {
      subject_token: subjectToken,
      subject_token_type: `${TYPE}:access_token`,
      requested_token_type: `${TYPE}:id_token`,
      audience,
    }),
  );
  const claims = decodeJwt(idToken ?? '');
  const audiences: unknown[] = [claims?.['aud']].flat();
  if (claims === undefined || !audiences.includes(audience) || claims.iss !== issuer.url)
    throw new AuthError(`${SERVICE} exchanged the token for one that is not for ${audience}`, {
      code: 'login_invalid',
    });
  return {
    accessToken: undefined,
    accessExpiresAt: undefined,
    idToken,
    idExpiresAt: typeof claims.exp === 'number' ? claims.exp : undefined,
    refreshToken: undefined,
  };
}
