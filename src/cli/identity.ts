/** Who the platform's token says somebody is. */
import type { BearerToken } from '../auth/bearer.ts';
import { decodeJwt, type JwtClaims } from '../auth/jwt.ts';
import type { Context } from './context.ts';

/** The claims of the platform's ID token where there is one, else of the bearer itself; none for an opaque one. */
export async function platformClaims(ctx: Pick<Context, 'tokens' | 'config'>, bearer: BearerToken): Promise<JwtClaims> {
  const tokens = await ctx.tokens();
  // A token from the environment replaces every login: what is stored is somebody else's.
  if (tokens.fromEnvironment() !== undefined) return decodeJwt(bearer.token) ?? {};
  const stored = tokens.stored((await ctx.config()).required('auth.client_id'));
  return decodeJwt(stored?.idToken ?? '') ?? decodeJwt(bearer.token) ?? {};
}

/** The name that people know somebody by. */
export function userOf(claims: JwtClaims): string | undefined {
  const name = claims.email ?? claims['preferred_username'] ?? claims.sub;
  return typeof name === 'string' ? name : undefined;
}
