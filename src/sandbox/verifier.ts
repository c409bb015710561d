/** Verifies bearer tokens for the sandbox's services with the issuer's JWKS. */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { Problem } from './http.ts';

export interface Claims {
  readonly sub: string;
  readonly email: string | undefined;
  readonly groups: readonly string[];
  readonly audience: readonly string[];
}

export class Verifier {
  readonly #keys: ReturnType<typeof createLocalJWKSet>;
  readonly #issuer: () => string;
  readonly #now: () => Date;

  constructor(jwks: JSONWebKeySet, issuer: () => string, now: () => Date) {
    this.#keys = createLocalJWKSet(jwks);
    this.#issuer = issuer;
    this.#now = now;
  }

  /** The claims of a JWT with a valid signature, issuer, expiry and (if given) one of the audiences. Undefined: the token is not valid. */
  async jwt(token: string, audience?: string[]): Promise<Claims | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer: this.#issuer(),
        algorithms: ['RS256'],
        currentDate: this.#now(),
        requiredClaims: ['exp', 'sub', 'aud'],
        ...(audience === undefined ? {} : { audience }),
      });
      const groups = payload['groups'];
      return {
        sub: payload.sub ?? '',
        email: typeof payload['email'] === 'string' ? payload['email'] : undefined,
        groups: Array.isArray(groups) ? groups.filter((g): g is string => typeof g === 'string') : [],
        audience: [payload.aud ?? []].flat(),
      };
    } catch {
      return undefined;
    }
  }

  /** The subject of an issuer's token of any type. Throws a 401 problem. */
  async person(bearer: string | undefined): Promise<string> {
    if (bearer === undefined) throw new Problem(401, 'Unauthorized', 'a bearer token is required');
    const subject = (await this.jwt(bearer))?.sub;
    if (subject === undefined) throw new Problem(401, 'Unauthorized', 'the token is invalid or expired');
    return subject;
  }
}
