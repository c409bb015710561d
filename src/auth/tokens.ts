/**
 * Provides tokens: from the environment, the store, a renewal, or a login, in that order.
 * Rules: a valid token needs no lock and no network. Parallel processes make one renewal. The rotated refresh token is stored before
 * the new token is returned. After a failed automatic login, no other starts until `zkubectl login` succeeds.
 */
import { AuthError, messageOf, UnreachableError } from '../errors.ts';
import { withLockOr } from '../platform/files/lock.ts';
import { type AutoLoginBlock, createAutoLoginBlock } from './auto-login-block.ts';
import { type BearerToken, bearerOf, isAlive, isFresh, isHeaderSafe, ODD_CHARACTERS, type TokenUse } from './bearer.ts';
import { clientSecret, environmentToken } from './environment-token.ts';
import type { LoginSession } from './flows.ts';
import type { ClientIdentity } from './oidc.ts';
import { PatientIssuer } from './patient-issuer.ts';
import type { TokenKey, TokenSet } from './token-store.ts';
import { isExchanged, loginNeeded, type TokenRequest, type TokensParts } from './tokens-parts.ts';

const LOCK_TIMEOUT_MS = 30_000;
const LOGIN_LOCK_TIMEOUT_MS = 300_000;

export class Tokens {
  readonly #parts: TokensParts;
  readonly #autoLoginBlock: AutoLoginBlock;
  readonly #issuer: PatientIssuer;
  #session: LoginSession | undefined;

  constructor(parts: TokensParts) {
    this.#parts = parts;
    this.#issuer = new PatientIssuer(parts.openIssuer, () => parts.io.now());
    this.#autoLoginBlock = createAutoLoginBlock(parts.settings.stateDir, parts.settings.issuer);
  }

  /** The key under which this client's tokens are stored. */
  keyOf(clientId: string): TokenKey {
    const { issuer, scopes, audience } = this.#parts.settings;
    return { issuer, clientId, scopes, audience };
  }

  /** The token from the environment, if any. It replaces every login. */
  fromEnvironment(): BearerToken | undefined {
    return environmentToken(this.#parts.io);
  }

  stored(clientId: string): TokenSet | undefined {
    return this.#parts.store.read(this.keyOf(clientId));
  }

  /** The client's stored token, if it needs no renewal. */
  fresh(clientId: string, use: TokenUse): BearerToken | undefined {
    const stored = this.stored(clientId);
    const bearer = stored && bearerOf(stored, use, this.#parts.settings.flow.flow);
    return bearer && isHeaderSafe(bearer.token) && isFresh(bearer, this.#parts.io.now()) ? bearer : undefined;
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
    const fromEnv = environmentToken(this.#parts.io);
    if (fromEnv) return fromEnv;
    const key = this.keyOf(request.clientId);
    const now = this.#parts.io.now();
    const stored = this.#parts.store.read(key);
    const valid = stored && bearerOf(stored, request.use, this.#parts.settings.flow.flow);
    if (valid && !request.forceRefresh && isFresh(valid, now)) return valid;
    if (key.issuer === '') await this.#issuer.open();
    // No login of its own, and no refresh token: only the platform's token is needed.
    if (isExchanged(this.#parts.settings, request))
      return this.#withTokenLock(key, true, () => this.#exchange(key, request, valid));
    const machine = this.#parts.settings.flow.flow === 'client-credentials';
    const interactive = request.explicit || this.#parts.settings.mayLogin;
    if (!machine && stored?.refreshToken === undefined && !interactive) {
      if (valid && isAlive(valid, now)) return valid;
      throw loginNeeded(request);
    }
    if (!machine && stored?.refreshToken === undefined) this.#checkAutoLogin(request);
    return this.#withTokenLock(key, interactive, () => this.#renewOrLogin(key, request, interactive, valid));
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
    return this.#withTokenLock(key, false, async () => {
      const tokens = this.#parts.store.read(key);
      this.#parts.store.remove(key);
      if (tokens === undefined) return 'nothing';
      const token = tokens.refreshToken ?? tokens.accessToken;
      if (token === undefined || key.issuer !== this.#parts.settings.issuer) return 'not supported';
      try {
        const issuer = await this.#issuer.open();
        const hint = tokens.refreshToken === undefined ? 'access_token' : 'refresh_token';
        return (await issuer.revoke(this.#identity(key.clientId), token, hint)) ? 'revoked' : 'not supported';
      } catch (error) {
        this.#parts.debug(`revocation: ${messageOf(error)}`);
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
    const { store, settings, io } = this.#parts;
    // Another process may have renewed the token while this one waited for the lock.
    const stored = store.read(key);
    const current = stored && bearerOf(stored, request.use, settings.flow.flow);
    const renewedMeanwhile = current?.token !== before?.token;
    if (current && isFresh(current, io.now()) && (!request.forceRefresh || renewedMeanwhile)) return current;
    if (stored?.refreshToken !== undefined) {
      try {
        const { refreshToken } = stored;
        const renewed = await this.#issuer.ask(issuer =>
          issuer.refreshGrant(this.#identity(key.clientId), refreshToken),
        );
        // A refresh response may omit the ID token (OpenID Connect Core 12.2). Keep the old ID token until it expires.
        const merged =
          renewed.idToken === undefined
            ? { ...renewed, idToken: stored.idToken, idExpiresAt: stored.idExpiresAt }
            : renewed;
        this.#save(key, merged);
        const bearer = bearerOf(merged, request.use, settings.flow.flow);
        if (bearer && isAlive(bearer, io.now())) return bearer;
      } catch (error) {
        const ended = error instanceof AuthError && error.code === 'login_ended';
        if (!ended) {
          if (error instanceof UnreachableError && !request.forceRefresh && current && isAlive(current, io.now()))
            return current;
          throw error;
        }
        this.#save(key, { ...stored, refreshToken: undefined });
        this.#parts.debug(messageOf(error));
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
    const { store, settings, io } = this.#parts;
    const stored = store.read(key);
    const current = stored && bearerOf(stored, request.use, settings.flow.flow);
    const exchangedMeanwhile = current?.token !== before?.token;
    if (current && isFresh(current, io.now()) && (!request.forceRefresh || exchangedMeanwhile)) return current;
    const platform = { ...request, clientId: settings.platformClientId, use: 'access' as const };
    const subject = await this.get(platform);
    const { exchangeToken } = await import('./token-exchange.ts');
    const identity = this.#identity(settings.platformClientId);
    const tokens = await this.#issuer.ask(issuer => exchangeToken(issuer, identity, subject.token, key.clientId));
    this.#save(key, tokens);
    const bearer = bearerOf(tokens, 'id', settings.flow.flow);
    if (bearer) return bearer;
    throw new AuthError(`the login service sent no ID token for ${key.clientId}`, { code: 'no_token' });
  }

  async #loginNow(key: TokenKey, request: TokenRequest): Promise<BearerToken> {
    const { settings } = this.#parts;
    try {
      const session = await this.#openSession();
      const tokens = await session.login(this.#identity(key.clientId), key, request.progress);
      this.#save(key, tokens);
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
        this.#autoLoginBlock.set(this.#parts.io.now());
      throw error;
    }
  }

  #checkAutoLogin({ explicit, loginCommand }: TokenRequest): void {
    if (!explicit) this.#autoLoginBlock.check(loginCommand);
  }

  /** Stores the tokens. If that fails, warns and continues: the token can still be used. */
  #save(key: TokenKey, tokens: TokenSet): void {
    try {
      this.#parts.store.write(key, tokens);
    } catch (error) {
      this.#parts.warn(`cannot store the token: ${messageOf(error)}`);
    }
  }

  #identity(clientId: string): ClientIdentity {
    const { platformClientId, flow } = this.#parts.settings;
    const applies = clientId === platformClientId || flow.flow === 'client-credentials';
    return { clientId, secret: applies ? clientSecret(this.#parts.io) : undefined };
  }

  async #openSession(): Promise<LoginSession> {
    if (this.#session === undefined) {
      const [{ startLogin }, issuer] = await Promise.all([import('./flows.ts'), this.#issuer.open()]);
      this.#session = startLogin(this.#parts.io, this.#parts, issuer, this.#parts.settings.flow);
    }
    return this.#session;
  }

  async #withTokenLock<T>(key: TokenKey, interactive: boolean, action: () => Promise<T>): Promise<T> {
    const { io, store, warn } = this.#parts;
    const options = {
      timeoutMs: interactive ? LOGIN_LOCK_TIMEOUT_MS : LOCK_TIMEOUT_MS,
      onWait: (pid: number) => warn(`waiting for process ${pid}, which is renewing this token`),
    };
    return withLockOr(io, store.lockDir(key), options, action, error => {
      // If the state folder is not writable, no token can be stored, so no lock is needed: get the token without storing it.
      warn(`cannot lock the token: ${messageOf(error.cause)}`);
      return action();
    });
  }
}
