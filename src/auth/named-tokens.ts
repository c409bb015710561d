/**
 * Named tokens, as ztoken and zign have them: an access token of the platform's client, kept under a name, with scopes of its own.
 * Order: ZKUBECTL_TOKEN, the store, OAUTH2_ACCESS_TOKENS, $CREDENTIALS_DIR/NAME-token-secret, a refresh token, a login.
 * A name has one token: the same name with other scopes replaces it.
 */
import { AuthError } from '../errors.ts';
import { type BearerToken, bearerOf, isFresh } from './bearer.ts';
import { namedEnvironmentToken } from './environment-token.ts';
import { fingerprint, subjectOf, type TokenKey, type TokenSet } from './token-store.ts';
import type { Tokens } from './tokens.ts';
import type { TokensParts } from './tokens-parts.ts';

/** ztoken and zign replace tokens that have less than this left (milliseconds). */
const MIN_LEFT_MS = 5 * 60_000;

export interface NamedTokenRequest {
  readonly name: string;
  /** Empty: the scopes of the stored token, else those of the login. */
  readonly scopes: readonly string[];
  readonly forceRefresh: boolean;
}

export interface NamedToken {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly bearer: BearerToken;
}

export interface StoredNamedToken {
  readonly name: string;
  readonly key: TokenKey;
  readonly expiresAt: Date | undefined;
}

export class NamedTokens {
  readonly #tokens: Tokens;
  readonly #parts: TokensParts;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
    this.#parts = tokens.parts;
  }

  /** The stored tokens of this issuer, sorted by name. */
  list(): StoredNamedToken[] {
    return this.all()
      .filter(one => this.#isOwn(one))
      .map(({ key, tokens }) => ({ name: key.name, key, expiresAt: this.#bearerOf(tokens)?.expiresAt }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The stored tokens of this issuer, also another user's. */
  all() {
    return this.#tokens.vault.named().filter(({ key }) => key.issuer === this.#parts.settings.issuer);
  }

  /** Not where another user has logged in since, as far as the tokens say. */
  #isOwn({ key, tokens }: { readonly key: TokenKey; readonly tokens: TokenSet }): boolean {
    const own = subjectOf(tokens);
    const login = subjectOf(this.#tokens.stored(key.clientId));
    return !own || !login || own === login;
  }

  /** Throws AuthError (4) when a login is needed but must not start, UnreachableError (6) when the issuer cannot be reached. */
  async get({ name, scopes, forceRefresh }: NamedTokenRequest): Promise<NamedToken> {
    // It replaces every login, and its scopes are what they are.
    const environment = this.#tokens.fromEnvironment();
    if (environment) return { name, scopes, bearer: environment };
    for (const one of this.all()) if (one.key.name === name && !this.#isOwn(one)) await this.#tokens.logout(one.key);
    const stored = this.list().find(({ key }) => key.name === name && key.audience === this.#parts.settings.audience);
    const wanted = scopes.length > 0 ? scopes : (stored?.key.scopes ?? this.#parts.settings.scopes);
    const key = this.#tokens.keyOf(this.#parts.settings.platformClientId, { name, scopes: wanted });
    const kept = this.#fresh(key);
    if (kept && !forceRefresh) return { name, scopes: key.scopes, bearer: kept };
    const given = namedEnvironmentToken(this.#parts.io, name);
    if (given) return { name, scopes, bearer: given() };
    const bearer = (await this.#narrowed(key, kept)) ?? (await this.#renewed(key, name, forceRefresh));
    for (const old of this.list())
      if (old.name === name && fingerprint(old.key) !== fingerprint(key)) await this.#tokens.logout(old.key);
    return { name, scopes: key.scopes, bearer };
  }

  #renewed(key: TokenKey, name: string, forceRefresh: boolean): Promise<BearerToken> {
    return this.#tokens.get({
      clientId: key.clientId,
      use: 'access',
      named: { name, scopes: key.scopes },
      minLeftMs: MIN_LEFT_MS,
      forceRefresh,
      loginCommand: ['zkubectl token', name, ...key.scopes].join(' '),
    });
  }

  /**
   * A token with these scopes by the platform's refresh token (RFC 6749 section 6), without a browser.
   * Undefined: there is no such refresh token, the token has one of its own, or the issuer refuses the scopes.
   * @param before the token that a parallel process may have replaced
   */
  #narrowed(key: TokenKey, before: BearerToken | undefined): Promise<BearerToken | undefined> {
    const { vault, issuer } = this.#tokens;
    const platform = this.#tokens.keyOf(key.clientId);
    if (vault.read(key)?.refreshToken !== undefined || vault.read(platform)?.refreshToken === undefined)
      return Promise.resolve(undefined);
    return vault.withLock(platform, false, async () => {
      const current = this.#fresh(key);
      if (current && current.token !== before?.token) return current;
      const login = vault.read(platform);
      if (login?.refreshToken === undefined) return undefined;
      const { refreshToken } = login;
      // It asks for a refresh token, and many issuers do not list it among the scopes that they granted.
      const scopes = key.scopes.filter(scope => scope !== 'offline_access');
      try {
        const renewed = await issuer.ask(one =>
          one.refreshGrant(this.#tokens.identity(key.clientId), refreshToken, scopes),
        );
        vault.save(platform, { ...login, refreshToken: renewed.refreshToken });
        const tokens = { accessToken: renewed.accessToken, accessExpiresAt: renewed.accessExpiresAt };
        vault.save(key, tokens);
        return this.#bearerOf(tokens);
      } catch (error) {
        if (!(error instanceof AuthError)) throw error;
        if (error.code === 'login_ended') vault.save(platform, { ...login, refreshToken: undefined });
        this.#parts.debug(`no token by the platform's login: ${error.message}`);
        return undefined;
      }
    });
  }

  #fresh(key: TokenKey): BearerToken | undefined {
    const tokens = this.#tokens.vault.read(key);
    const bearer = tokens && this.#bearerOf(tokens);
    return bearer && isFresh(bearer, this.#parts.io.now(), MIN_LEFT_MS) ? bearer : undefined;
  }

  #bearerOf(tokens: TokenSet): BearerToken | undefined {
    return bearerOf(tokens, 'access', this.#parts.settings.flow.flow);
  }
}
