/** A fake issuer controlled by the test: it can change tokens, reject requests or delay responses. */
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { type FakeAnswer, type FakeService, fakeService } from './fake-service.ts';

export type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

export function newKeys(): Promise<Keys> {
  return generateKeyPair('RS256', { extractable: true });
}

export interface Tampering {
  claims?: Record<string, unknown>;
  /** Sign with this key instead of the key in the JWKS. */
  key?: Keys;
  unsecured?: boolean;
  callbackIss?: string;
  /** Answers at the token endpoint instead of tokens. */
  code?: FakeAnswer;
  noIdToken?: boolean;
  discovery?: (url: string) => FakeAnswer;
  /** The token endpoint waits for this promise before it responds. */
  gate?: (body: string, count: number) => Promise<void>;
}

export interface FakeIssuer {
  readonly service: FakeService;
  /** Signs in: follows the redirect of an authorization request. */
  browse(url: string): Promise<void>;
  /** The bodies of requests to the token endpoint. */
  readonly tokenRequests: string[];
}

export async function fakeIssuer(keys: Keys, tampering: Tampering = {}): Promise<FakeIssuer> {
  let nonce = '';
  let audience = 'zkubectl';
  const tokenRequests: string[] = [];
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'good', alg: 'RS256', use: 'sig' };
  const service: FakeService = await fakeService(async request => {
    const base = service.url;
    if (request.url.startsWith('/.well-known/')) {
      return (
        tampering.discovery?.(base) ?? {
          json: {
            issuer: base,
            authorization_endpoint: `${base}/auth`,
            token_endpoint: `${base}/token`,
            jwks_uri: `${base}/jwks`,
            response_types_supported: ['code'],
            id_token_signing_alg_values_supported: ['RS256'],
            authorization_response_iss_parameter_supported: true,
          },
        }
      );
    }
    if (request.url === '/jwks') return { json: { keys: [jwk] } };
    if (request.url.startsWith('/auth?')) {
      const { searchParams } = new URL(request.url, base);
      nonce = searchParams.get('nonce') ?? '';
      audience = searchParams.get('client_id') ?? audience;
      const location = new URL(searchParams.get('redirect_uri') ?? '');
      location.search = new URLSearchParams({
        code: 'canary-code',
        state: searchParams.get('state') ?? '',
        iss: tampering.callbackIss ?? base,
      }).toString();
      return { status: 302, headers: { location: location.href } };
    }
    if (request.url !== '/token') return { status: 404 };
    const count = tokenRequests.push(request.body);
    await tampering.gate?.(request.body, count);
    if (tampering.code) return tampering.code;
    const now = Math.floor(Date.now() / 1000);
    const aud = new URLSearchParams(request.body).get('client_id') ?? audience;
    const claims = { iss: base, aud, sub: 'alice', nonce, iat: now, exp: now + 600, ...tampering.claims };
    const idToken = tampering.unsecured
      ? new UnsecuredJWT(claims).encode()
      : await new SignJWT(claims)
          .setProtectedHeader({ alg: 'RS256', kid: 'good' })
          .sign((tampering.key ?? keys).privateKey);
    return {
      json: {
        access_token: `canary-access-${count}`,
        refresh_token: `canary-refresh-${count}`,
        token_type: 'Bearer',
        expires_in: 600,
        ...(tampering.noIdToken ? {} : { id_token: idToken }),
      },
    };
  });
  return {
    service,
    tokenRequests,
    browse: async url => {
      await fetch(url);
    },
  };
}
