/** Bearer tokens (RFC 6750): selects the token for a use and reads its expiry. */
import { fromEpoch, jwtExpiry } from './jwt.ts';
import type { TokenSet } from './token-store.ts';

/** The platform uses the access token. Clusters use the ID token. */
export type TokenUse = 'access' | 'id';

export interface BearerToken {
  readonly token: string;
  readonly expiresAt: Date | undefined;
}

/** Tokens with less than this left are renewed (milliseconds). */
const RENEW_BEFORE_MS = 60_000;

/** Is the token safe in a header? Only visible ASCII is (RFC 6750 section 2.1 allows a subset). */
export function isHeaderSafe(token: string): boolean {
  return /^[!-~]+$/.test(token);
}

export const ODD_CHARACTERS = 'contains characters that a token cannot have, such as a space or a line break';

/** Selects the token for a use. The client-credentials grant may return no ID token; the access token then replaces it. */
export function bearerOf(tokens: TokenSet, use: TokenUse, flow: string): BearerToken | undefined {
  if (use === 'id' && (tokens.idToken !== undefined || flow !== 'client-credentials')) {
    return tokens.idToken === undefined
      ? undefined
      : { token: tokens.idToken, expiresAt: fromEpoch(tokens.idExpiresAt) };
  }
  if (tokens.accessToken === undefined) return undefined;
  const expiresAt = fromEpoch(tokens.accessExpiresAt) ?? jwtExpiry(tokens.accessToken);
  return { token: tokens.accessToken, expiresAt };
}

/** Does the token need no renewal yet? @param minLeftMs how long it must still be valid (milliseconds) */
export function isFresh(token: BearerToken, now: Date, minLeftMs = RENEW_BEFORE_MS): boolean {
  return token.expiresAt === undefined || token.expiresAt.getTime() - now.getTime() >= minLeftMs;
}

export function isAlive(token: BearerToken, now: Date): boolean {
  return token.expiresAt === undefined || token.expiresAt.getTime() > now.getTime();
}
