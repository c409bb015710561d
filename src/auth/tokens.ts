/**
 * Provides tokens: from the environment, the store, a renewal, or a login, in that order.
 * Rules: a valid token needs no lock and no network. Parallel processes make one renewal. The rotated refresh token is stored before
 * the new token is returned. After a failed automatic login, no other starts until `zkubectl login` succeeds.
 */
import { AuthError, messageOf, UnreachableError } from '../errors.ts';
import { type AutoLoginBlock, createAutoLoginBlock } from './auto-login-block.ts';
import { type BearerToken, bearerOf, isAlive, isFresh, isHeaderSafe, ODD_CHARACTERS, type TokenUse } from './bearer.ts';
import { clientSecret, environmentToken } from './environment-token.ts';
import type { LoginSession } from './flows.ts';
import type { ClientIdentity } from './oidc.ts';
import { PatientIssuer } from './patient-issuer.ts';
import type { NamedScopes, TokenKey, TokenSet } from './token-store.ts';
import { TokenVault } from './token-vault.ts';
import { isExchanged, loginNeeded, type TokenRequest, type TokensParts } from './tokens-parts.ts';

export class Tokens {
  readonly parts: TokensParts;
  readonly #autoLoginBlock: AutoLoginBlock;
  readonly issuer: PatientIssuer;
  readonly vault: TokenVault;
  #session: LoginSession | undefined;

  constructor(parts: TokensParts) {
    this.parts = parts;
    this.vault = new TokenVault(parts);
    this.issuer = new PatientIssuer(parts.openIssuer, () => parts.io.now());
    this.#autoLoginBlock = createAutoLoginBlock(parts.settings.stateDir, parts.settings.issuer);
  }

  /** The key under which this client's tokens are stored. */
  keyOf(clientId: string, named?: NamedScopes): TokenKey {
    const { issuer, scopes, audience } = this.parts.settings;
    return { issuer, clientId, scopes, audience, ...named };
  }

  /** The token from the environment, if any. It replaces every login. */
  fromEnvironment(): BearerToken | undefined {
    return environmentToken(this.parts.io);
  }

  stored(clientId: string): TokenSet | undefined {
    return this.parts.store.read(this.keyOf(clientId));
  }

  /** The client's stored token, if it needs no renewal. */
  fresh(clientId: string, use: TokenUse): BearerToken | undefined {
    const stored = this.stored(clientId);
    const bearer = stored && bearerOf(stored, use, this.parts.settings.flow.flow);
    return bearer && isHeaderSafe(bearer.token) && isFresh(bearer, this.parts.io.now()) ? bearer : undefined;
  }

  /**
   * Returns a bearer token, valid for at least one more minute if possible.
   * Throws AuthError (4) when a login is needed but must not start, UnreachableError (6) when the issuer cannot be reached.
   */
  async get(request: TokenRequest): Promise<BearerToken> {
    const token = await this.#get(request);
    if (!isHeaderSafe(token.token))
      throw new AuthError(`the login service sent a token for ${request.clientId} that ${ODD_CHARACTERS}`, {
        code: 'bad_token',
        hint: 'report it to the operators of the login service; the token is not shown here',
      });
    // Only a successful explicit login allows automatic logins again.
    if (request.explicit) this.#autoLoginBlock.clear();
    return token;
  }

  async #get(request: TokenRequest): Promise<BearerToken> {
    const fromEnv = environmentToken(this.parts.io);
    if (fromEnv) return fromEnv;
    const key = this.keyOf(request.clientId, request.named);
    const now = this.parts.io.now();
    const stored = this.parts.store.read(key);
    const valid = stored && bearerOf(stored, request.use, this.parts.settings.flow.flow);
    if (valid && !request.forceRefresh && isFresh(valid, now, request.minLeftMs)) return valid;
    if (key.issuer === '') await this.issuer.open();
    // No login of its own, and no refresh token: only the platform's token is needed.
    if (isExchanged(this.parts.settings, request))
      return this.vault.withLock(key, true, () => this.#exchange(key, request, valid));
    const machine = this.parts.settings.flow.flow === 'client-credentials';
    const interactive = request.explicit || this.parts.settings.mayLogin;
    if (!machine && stored?.refreshToken === undefined && !interactive) {
      if (valid && isAlive(valid, now)) return valid;
      throw loginNeeded(request);
    }
    if (!machine && stored?.refreshToken === undefined) this.#checkAutoLogin(request);
    return this.vault.withLock(key, interactive, () => this.#renewOrLogin(key, request, interactive, valid));
  }

  /** Closes the login session. Must be called when the command ends. */
  async close(error?: unknown): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close(error);
  }

  /** Revokes and deletes a client's tokens. Resolves to the result of the revocation. */
  logout(key: TokenKey): Promise<'revoked' | 'not supported' | 'failed' | 'nothing'> {
    // Take the lock: otherwise a running renewal could store new tokens after the deletion.
    return this.vault.withLock(key, false, async () => {
      const tokens = this.parts.store.read(key);
      this.parts.store.remove(key);
      if (tokens === undefined) return 'nothing';
      const token = tokens.refreshToken ?? tokens.accessToken;
      if (token === undefined || key.issuer !== this.parts.settings.issuer) return 'not supported';
      try {
        const issuer = await this.issuer.open();
        const hint = tokens.refreshToken === undefined ? 'access_token' : 'refresh_token';
        return (await issuer.revoke(this.identity(key.clientId), token, hint)) ? 'revoked' : 'not supported';
      } catch (error) {
        this.parts.debug(`revocation: ${messageOf(error)}`);
        return 'failed';
      }
    });
  }

  async #renewOrLogin(
    key: TokenKey,
    request: TokenRequest,
    interactive: boolean,
    before: BearerToken | undefined,
  ): Promise<BearerToken> {
    const { store, settings, io } = this.parts;
    // Another process may have renewed the token while this one waited for the lock.
    const stored = store.read(key);
    const current = stored && bearerOf(stored, request.use, settings.flow.flow);
    const renewedMeanwhile = current?.token !== before?.token;
    if (current && isFresh(current, io.now(), request.minLeftMs) && (!request.forceRefresh || renewedMeanwhile))
      return current;
    if (stored?.refreshToken !== undefined) {
      try {
        const { refreshToken } = stored;
        const renewed = await this.issuer.ask(issuer => issuer.refreshGrant(this.identity(key.clientId), refreshToken));
        // A refresh response may omit the ID token (OpenID Connect Core 12.2). Keep the old ID token until it expires.
        const merged =
          renewed.idToken === undefined
            ? { ...renewed, idToken: stored.idToken, idExpiresAt: stored.idExpiresAt }
            : renewed;
        this.vault.save(key, merged);
        const bearer = bearerOf(merged, request.use, settings.flow.flow);
        if (bearer && isAlive(bearer, io.now())) return bearer;
      } catch (error) {
        const ended = error instanceof AuthError && error.code === 'login_ended';
        if (!ended) {
          if (error instanceof UnreachableError && !request.forceRefresh && current && isAlive(current, io.now()))
            return current;
          throw error;
        }
        this.vault.save(key, { ...stored, refreshToken: undefined });
        this.parts.debug(messageOf(error));
      }
    }
    if (settings.flow.flow === 'client-credentials') return this.#loginNow(key, request);
    if (!interactive) {
      if (current && !request.forceRefresh && isAlive(current, io.now())) return current;
      throw loginNeeded(request);
    }
    this.#checkAutoLogin(request);
    return this.#loginNow(key, request);
  }

  async #exchange(key: TokenKey, request: TokenRequest, before: BearerToken | undefined): Promise<BearerToken> {
    const { store, settings, io } = this.parts;
    const stored = store.read(key);
    const current = stored && bearerOf(stored, request.use, settings.flow.flow);
    const exchangedMeanwhile = current?.token !== before?.token;
    if (current && isFresh(current, io.now(), request.minLeftMs) && (!request.forceRefresh || exchangedMeanwhile))
      return current;
    const platform = { ...request, clientId: settings.platformClientId, use: 'access' as const };
    const subject = await this.get(platform);
    const { exchangeToken } = await import('./token-exchange.ts');
    const identity = this.identity(settings.platformClientId);
    const tokens = await this.issuer.ask(issuer => exchangeToken(issuer, identity, subject.token, key.clientId));
    this.vault.save(key, tokens);
    const bearer = bearerOf(tokens, 'id', settings.flow.flow);
    if (bearer) return bearer;
    throw new AuthError(`the login service sent no ID token for ${key.clientId}`, { code: 'no_token' });
  }

  async #loginNow(key: TokenKey, request: TokenRequest): Promise<BearerToken> {
    const { settings } = this.parts;
    try {
      const session = await this.#openSession();
      const scopes = request.named ? withLoginScopes(key.scopes, settings) : key.scopes;
      const tokens = await session.login(this.identity(key.clientId), { ...key, scopes }, request.progress);
      this.vault.save(key, tokens);
      const bearer = bearerOf(tokens, request.use, settings.flow.flow);
      if (bearer) return bearer;
      throw new AuthError(
        `the login service sent no ${request.use === 'id' ? 'ID' : 'access'} token for ${key.clientId}`,
        {
          code: 'no_token',
          hint: 'check auth.scopes (an ID token needs openid): zkubectl configure',
        },
      );
    } catch (error) {
      // Only a failed interactive login blocks automatic logins. An interrupt or a failed client-credentials request does not.
      if (error instanceof AuthError && settings.flow.flow !== 'client-credentials')
        this.#autoLoginBlock.set(this.parts.io.now());
      throw error;
    }
  }

  #checkAutoLogin({ explicit, loginCommand }: TokenRequest): void {
    if (!explicit) this.#autoLoginBlock.check(loginCommand);
  }

  /** The client, with its secret if this is the client that has one. */
  identity(clientId: string): ClientIdentity {
    const { platformClientId, flow } = this.parts.settings;
    const applies = clientId === platformClientId || flow.flow === 'client-credentials';
    return { clientId, secret: applies ? clientSecret(this.parts.io) : undefined };
  }

  async #openSession(): Promise<LoginSession> {
    if (this.#session === undefined) {
      const [{ startLogin }, issuer] = await Promise.all([import('./flows.ts'), this.issuer.open()]);
      this.#session = startLogin(this.parts.io, this.parts, issuer, this.parts.settings.flow);
    }
    return this.#session;
  }
}

/** The scopes of a named token, with those that a login of a user needs. */
function withLoginScopes(scopes: readonly string[], settings: TokensParts['settings']): readonly string[] {
  if (settings.flow.flow === 'client-credentials') return scopes;
  const needed = settings.scopes.filter(scope => scope === 'openid' || scope === 'offline_access');
  return [...new Set([...needed, ...scopes])];
}
