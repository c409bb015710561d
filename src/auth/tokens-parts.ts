/** What the tokens of a run are made of, and what is asked of them. */

import type { Io } from '../platform/io.ts';
import type { TokenUse } from './bearer.ts';
import type { FlowSettings, LoginVoice } from './flows.ts';
import type { Issuer } from './oidc.ts';
import type { TokenStore } from './token-store.ts';

export interface TokenRequest {
  readonly clientId: string;
  readonly use: TokenUse;
  /** Renew whatever the expiry says. */
  readonly forceRefresh?: boolean;
  /** A login that the user asked for by name: also without a terminal, and whatever an earlier one came to. */
  readonly explicit?: boolean;
  /** What to run when a login is needed and none may be started. */
  readonly loginCommand: string;
}

export interface TokensSettings {
  readonly issuer: string;
  readonly scopes: readonly string[];
  readonly audience: string | undefined;
  /** The client that the client secret belongs to, in flows of a person. */
  readonly platformClientId: string;
  readonly flow: FlowSettings;
  /** May a login be started by itself? */
  readonly mayLogin: boolean;
  readonly stateDir: string;
}

export interface TokensParts {
  readonly io: Io;
  readonly store: TokenStore;
  readonly settings: TokensSettings;
  /** Loads the OIDC client; only called when something must be asked of the issuer. */
  readonly openIssuer: () => Promise<Issuer>;
  readonly say: (line: string) => void;
  readonly waiting: LoginVoice['waiting'];
  readonly warn: (line: string) => void;
  readonly debug: (line: string) => void;
}
