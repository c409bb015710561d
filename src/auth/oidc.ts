/**
 * The OpenID Connect issuer, through openid-client: discovery, grants, revocation. Errors are converted here only.
 * Rules: ID tokens are fully validated, including the signature. A network or server error is UnreachableError (6), a refusal is AuthError (4).
 */
import * as client from 'openid-client';
import { AuthError, UnreachableError } from '../errors.ts';
import type { HttpClient } from '../platform/net/http-types.ts';
import { isLoopback, parseServiceUrl } from '../platform/net/service-url.ts';
import { SERVICE, translateOidcError } from './oidc-errors.ts';
import type { TokenKey, TokenSet } from './token-store.ts';

export interface OidcSettings {
  readonly issuer: string;
  readonly http: HttpClient;
  readonly now: () => Date;
  readonly roleHelpUrl?: string | undefined;
  /** The client of `auth.client_id`, for messages. */
  readonly platformClientId?: string | undefined;
  /** `auth.params`: further parameters of the authorization request. */
  readonly params?: Readonly<Record<string, string>>;
}

/** An OAuth client. The secret is for this client only. */
export interface ClientIdentity {
  readonly clientId: string;
  readonly secret?: string | undefined;
}

export interface AuthorizationRequest {
  readonly url: URL;
  /** As sent; it may differ from what URL makes of it. */
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface DeviceAuthorization {
  readonly response: client.DeviceAuthorizationResponse;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | undefined;
  readonly userCode: string;
  readonly expiresInSeconds: number;
}

export class Issuer {
  readonly #settings: OidcSettings;
  #metadata: Promise<client.ServerMetadata> | undefined;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
  }

  /** An authorization request with PKCE S256 and fresh verifier, state and nonce (RFC 7636, OpenID Connect Core 3.1.2.1). */
  async authorizationRequest(
    identity: ClientIdentity,
    key: TokenKey,
    redirectUri: string,
  ): Promise<AuthorizationRequest> {
    const config = await this.#configuration(identity);
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const nonce = client.randomNonce();
    const challenge = await client.calculatePKCECodeChallenge(verifier);
    const url = await this.#translated(async () =>
      client.buildAuthorizationUrl(config, {
        ...this.#settings.params,
        redirect_uri: redirectUri,
        scope: key.scopes.join(' '),
        code_challenge: challenge,
        code_challenge_method: 'S256',
        state,
        nonce,
        ...audienceOf(key),
      }),
    );
    parseServiceUrl(SERVICE, url.href);
    return { url, redirectUri, state, nonce, verifier };
  }

  /** Exchanges the code of a callback URL. `iss` is checked too (RFC 9207). */
  codeGrant(identity: ClientIdentity, request: AuthorizationRequest, callback: URL): Promise<TokenSet> {
    return this.grant(identity, config => {
      // openid-client derives the redirect URI from the callback, with the path `/` if there is none (RFC 6749 section 4.1.3: it must be identical).
      const fetch = this.#fetch();
      config[client.customFetch] = (url, options) => {
        if (options.body instanceof URLSearchParams) options.body.set('redirect_uri', request.redirectUri);
        return fetch(url, options);
      };
      return client.authorizationCodeGrant(config, callback, {
        pkceCodeVerifier: request.verifier,
        expectedState: request.state,
        expectedNonce: request.nonce,
        idTokenExpected: true,
      });
    });
  }

  /**
   * Refreshes the tokens. Throws InvalidGrantError when the refresh token is no longer valid.
   * @param scopes fewer scopes than the login's (RFC 6749 section 6); undefined: the same
   */
  async refreshGrant(identity: ClientIdentity, refreshToken: string, scopes?: readonly string[]): Promise<TokenSet> {
    const parameters = scopes === undefined ? {} : { scope: scopes.join(' ') };
    const renewed = await this.grant(identity, config => client.refreshTokenGrant(config, refreshToken, parameters));
    // Without rotation, the old refresh token stays valid (RFC 6749 section 6).
    return { ...renewed, refreshToken: renewed.refreshToken ?? refreshToken };
  }

  clientCredentialsGrant(identity: ClientIdentity, key: TokenKey): Promise<TokenSet> {
    const scopes = key.scopes.filter(scope => scope !== 'offline_access');
    return this.grant(identity, config =>
      client.clientCredentialsGrant(config, {
        ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
        ...audienceOf(key),
      }),
    );
  }

  async deviceAuthorization(identity: ClientIdentity, key: TokenKey): Promise<DeviceAuthorization> {
    const config = await this.#configuration(identity);
    const response = await this.#translated(
      () => client.initiateDeviceAuthorization(config, { scope: key.scopes.join(' '), ...audienceOf(key) }),
      identity,
    );
    return {
      response,
      verificationUri: response.verification_uri,
      verificationUriComplete: response.verification_uri_complete,
      userCode: response.user_code,
      expiresInSeconds: response.expires_in,
    };
  }

  /** Polls as in RFC 8628 section 3.5: at the server's interval, plus 5 s after `slow_down`. A connection error doubles the interval. */
  async deviceGrant(identity: ClientIdentity, device: DeviceAuthorization, signal: AbortSignal): Promise<TokenSet> {
    const deadline = this.#settings.now().getTime() + device.expiresInSeconds * 1000;
    let response = device.response;
    for (;;) {
      try {
        return await this.grant(identity, config =>
          client.pollDeviceAuthorizationGrant(config, response, undefined, { signal }),
        );
      } catch (error) {
        const left = (deadline - this.#settings.now().getTime()) / 1000;
        if (!(error instanceof UnreachableError) || signal.aborted || left <= 0) throw error;
        response = { ...response, interval: (response.interval ?? 5) * 2, expires_in: Math.ceil(left) };
      }
    }
  }

  /** Revokes a token (RFC 7009). False: the issuer has no revocation endpoint. */
  async revoke(identity: ClientIdentity, token: string, hint: 'refresh_token' | 'access_token'): Promise<boolean> {
    const config = await this.#configuration(identity);
    if (config.serverMetadata().revocation_endpoint === undefined) return false;
    await this.#translated(() => client.tokenRevocation(config, token, { token_type_hint: hint }));
    return true;
  }

  /** The URL of the issuer. */
  get url(): string {
    return this.#settings.issuer;
  }

  /** Sends a token request with openid-client. Throws AuthError (4), UnreachableError (6). */
  async grant(
    identity: ClientIdentity,
    action: (
      config: client.Configuration,
    ) => Promise<client.TokenEndpointResponse & client.TokenEndpointResponseHelpers>,
  ): Promise<TokenSet> {
    const config = await this.#configuration(identity);
    const tokens = await this.#translated(() => action(config), identity);
    for (const token of [tokens.access_token, tokens.id_token, tokens.refresh_token]) {
      if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
        throw new AuthError(`${SERVICE} sent a token with invalid characters`, { code: 'login_invalid' });
    }
    const expiresIn = tokens.expires_in;
    return {
      accessToken: tokens.access_token,
      accessExpiresAt:
        expiresIn === undefined ? undefined : Math.floor(this.#settings.now().getTime() / 1000) + expiresIn,
      idToken: tokens.id_token,
      idExpiresAt: tokens.claims()?.exp,
      refreshToken: tokens.refresh_token,
    };
  }

  async #configuration(identity: ClientIdentity): Promise<client.Configuration> {
    this.#metadata ??= this.#discover();
    const metadata = await this.#metadata;
    const { clientId, secret } = identity;
    const config = new client.Configuration(metadata, clientId, undefined, clientAuth(metadata, secret));
    this.#prepare(config);
    return config;
  }

  #prepare(config: client.Configuration): void {
    if (isLoopback(new URL(this.#settings.issuer).hostname)) client.allowInsecureRequests(config);
    client.enableNonRepudiationChecks(config);
    config[client.customFetch] = this.#fetch();
  }

  #fetch(): client.CustomFetch {
    return this.#settings.http.fetch(SERVICE) as unknown as client.CustomFetch;
  }

  async #discover(): Promise<client.ServerMetadata> {
    const issuer = parseServiceUrl(SERVICE, this.#settings.issuer);
    const config = await this.#translated(() =>
      client.discovery(issuer, 'discovery', undefined, client.None(), {
        [client.customFetch]: this.#fetch(),
        execute: isLoopback(issuer.hostname) ? [client.allowInsecureRequests] : [],
      }),
    );
    return config.serverMetadata();
  }

  async #translated<T>(action: () => Promise<T>, identity?: ClientIdentity): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw translateOidcError(error, { ...this.#settings, identity });
    }
  }
}

function audienceOf(key: TokenKey): Record<string, string> {
  return key.audience === undefined ? {} : { audience: key.audience };
}

/** Uses client_secret_basic (the default of OpenID Connect Discovery), unless the issuer supports only client_secret_post. */
function clientAuth(metadata: client.ServerMetadata, secret: string | undefined): client.ClientAuth {
  if (secret === undefined) return client.None();
  const methods = metadata.token_endpoint_auth_methods_supported;
  const onlyPost =
    methods !== undefined && !methods.includes('client_secret_basic') && methods.includes('client_secret_post');
  return onlyPost ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
}
