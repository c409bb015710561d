/** Reads the claims of a JWT without verifying it, for its expiry and for display. Code that relies on a claim must verify the token. */

export interface JwtClaims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | string[];
  /** Seconds since the epoch (RFC 7519 section 4.1.4). */
  readonly exp?: number;
  readonly email?: string;
  readonly groups?: string[];
  readonly [claim: string]: unknown;
}

/** The claims of a JWT (RFC 7519), or undefined for an opaque token. */
export function decodeJwt(token: string): JwtClaims | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? (claims as JwtClaims) : undefined;
  } catch {
    return undefined;
  }
}

/** When a JWT expires, or undefined. */
export function jwtExpiry(token: string): Date | undefined {
  return fromEpoch(decodeJwt(token)?.exp);
}

/** The last second of the year 9999, the latest that RFC 3339 can express. */
const LAST_SECOND = 253_402_300_799;

/** Converts seconds since the epoch. Undefined: not a time, or after the year 9999. */
export function fromEpoch(seconds: unknown): Date | undefined {
  return typeof seconds === 'number' && seconds >= 0 && seconds <= LAST_SECOND ? new Date(seconds * 1000) : undefined;
}

/** The user's name: email, else preferred_username, else sub. */
export function userOf(claims: JwtClaims): string | undefined {
  const name = claims.email ?? claims['preferred_username'] ?? claims.sub;
  return typeof name === 'string' ? name : undefined;
}

/** The names by which an access service may know the user. */
export function requestorsIn(claims: JwtClaims): readonly string[] {
  return [claims.sub, claims.email, claims['preferred_username']].filter(claim => typeof claim === 'string');
}
