/** The user that the platform's token identifies. */
import type { BearerToken } from '../auth/bearer.ts';
import { decodeJwt, type JwtClaims, requestorsIn } from '../auth/jwt.ts';
import { subjectOf } from '../auth/token-store.ts';
import type { Context } from './context.ts';

/** The claims of the platform's ID token if there is one, else of the bearer token; empty for an opaque token. */
export async function platformClaims(ctx: Pick<Context, 'tokens' | 'config'>, bearer: BearerToken): Promise<JwtClaims> {
  const tokens = await ctx.tokens();
  // A token from the environment replaces every login: the stored token may belong to another user.
  if (tokens.fromEnvironment() !== undefined) return decodeJwt(bearer.token) ?? {};
  const stored = tokens.stored((await ctx.config()).required('auth.client_id'));
  return decodeJwt(stored?.idToken ?? '') ?? decodeJwt(bearer.token) ?? {};
}

/** The names by which the access service may know the user; empty when the token contains none. @param clusterName undefined: the platform's token */
export async function requestors(ctx: Context, clusterName: string | undefined): Promise<readonly string[]> {
  const claims =
    clusterName === undefined
      ? await platformClaims(ctx, await ctx.platformToken())
      : (decodeJwt((await ctx.credentials.bearerFor(clusterName, undefined)).token) ?? {});
  return requestorsIn(claims);
}

/**
 * Who is logged in to the platform, by the stored tokens: no network, no renewal. A function, because a logout may come meanwhile.
 * Empty: the tokens do not say. Undefined: nobody.
 */
export async function storedUser(ctx: Pick<Context, 'tokens' | 'config'>): Promise<() => string | undefined> {
  const [tokens, config] = await Promise.all([ctx.tokens(), ctx.config()]);
  const clientId = config.text('auth.client_id') ?? '';
  return () => subjectOf(tokens.stored(clientId));
}
