/** What `Tokens` takes: its dependencies, settings and requests. */

import { AuthError } from '../errors.ts';
import type { Io } from '../platform/io.ts';
import type { TokenUse } from './bearer.ts';
import type { FlowSettings, LoginVoice } from './flows.ts';
import type { Issuer } from './oidc.ts';
import type { LoginProgress } from './pages.ts';
import type { NamedScopes, TokenStore } from './token-store.ts';

export interface TokenRequest {
  readonly clientId: string;
  readonly use: TokenUse;
  /** A named token, with scopes of its own. */
  readonly named?: NamedScopes | undefined;
  /** How long the token must still be valid (milliseconds). Default: one minute. */
  readonly minLeftMs?: number;
  /** Renew the token even if it has not expired. */
  readonly forceRefresh?: boolean;
  /** The user ran a login command: log in also without a terminal, and also after a failed login. */
  readonly explicit?: boolean;
  /** One of many logins. */
  readonly progress?: LoginProgress;
  /** The command to suggest when a login is needed but cannot be started automatically. */
  readonly loginCommand: string;
}

export interface TokensSettings {
  readonly issuer: string;
  readonly scopes: readonly string[];
  readonly audience: string | undefined;
  /** The client of the client secret, in interactive flows. */
  readonly platformClientId: string;
  readonly flow: FlowSettings;
  /** May a login start automatically? */
  readonly mayLogin: boolean;
  readonly stateDir: string;
  /** The tokens of clusters come from an exchange of the platform's (RFC 8693), not from a login of their own. */
  readonly exchanges: boolean;
}

export interface TokensParts {
  readonly io: Io;
  readonly store: TokenStore;
  readonly settings: TokensSettings;
  /** Loads the OIDC client. Called only when a request to the issuer is needed. */
  readonly openIssuer: () => Promise<Issuer>;
  readonly say: (line: string) => void;
  readonly waiting: LoginVoice['waiting'];
  readonly warn: (line: string) => void;
  readonly debug: (line: string) => void;
}

/** Does the token come from an exchange? */
export function isExchanged(
  { exchanges, platformClientId }: Pick<TokensSettings, 'exchanges' | 'platformClientId'>,
  { clientId, use }: Pick<TokenRequest, 'clientId' | 'use'>,
): boolean {
  return exchanges && use === 'id' && clientId !== platformClientId;
}

export function loginNeeded(request: TokenRequest): AuthError {
  return new AuthError('you are not logged in', { code: 'not_logged_in', hint: request.loginCommand });
}
