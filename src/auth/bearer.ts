/** Bearer tokens (RFC 6750): which of a set of tokens serves a use, and how long it lasts. */
import { fromEpoch, jwtExpiry } from './jwt.ts';
import type { TokenSet } from './token-store.ts';

/** The platform's token is an access token, a cluster's an ID token. */
export type TokenUse = 'access' | 'id';

export interface BearerToken {
  readonly token: string;
  readonly expiresAt: Date | undefined;
}

/** Tokens with less than this left are renewed (milliseconds). */
const RENEW_BEFORE_MS = 60_000;

/** May stand in a header: visible ASCII alone (RFC 6750 section 2.1 allows less). */
export function isHeaderSafe(token: string): boolean {
  return /^[!-~]+$/.test(token);
}

export const ODD_CHARACTERS = 'has characters which no token has, such as a line break or a space';

/** The token of a set that serves a use. A machine's grant may come without an ID token: then its access token stands for it. */
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

export function isFresh(token: BearerToken, now: Date): boolean {
  return token.expiresAt === undefined || token.expiresAt.getTime() - now.getTime() >= RENEW_BEFORE_MS;
}

export function isAlive(token: BearerToken, now: Date): boolean {
  return token.expiresAt === undefined || token.expiresAt.getTime() > now.getTime();
}
