/** Creates the tokens of this run from configuration and flags. */

import type { Globals } from '../argv/globals.ts';
import { Tokens } from '../auth/tokens.ts';
import type { Config } from '../config/config.ts';
import type { LoginFlow } from '../config/keys.ts';
import { UnreachableError } from '../errors.ts';
import type { Messages } from '../output/messages.ts';
import type { Paths } from '../platform/files/paths.ts';
import { type Io, isInteractive } from '../platform/io.ts';
import type { HttpClient } from '../platform/net/http-types.ts';
import { tokenStoreOf } from './secret-store.ts';

/** How this run logs in, where flags override the configuration. */
export interface LoginOverrides {
  readonly flow?: LoginFlow | undefined;
  readonly openBrowser?: boolean | undefined;
  /** Whether a login may start automatically. Default: only on a terminal. */
  readonly mayLogin?: boolean | undefined;
}

interface TokensParts {
  readonly io: Io;
  readonly paths: Pick<Paths, 'state'>;
  readonly globals: Pick<Globals, 'offline'>;
  readonly messages: Pick<Messages, 'say' | 'waiting' | 'warn' | 'debug'>;
  config(): Promise<Config>;
  http(): Promise<HttpClient>;
}

export async function makeTokens(ctx: TokensParts, login: LoginOverrides): Promise<Tokens> {
  const config = await ctx.config();
  const { io, messages } = ctx;
  return new Tokens({
    io,
    store: await tokenStoreOf(ctx),
    settings: {
      issuer: config.text('auth.issuer') ?? '',
      scopes: config.words('auth.scopes'),
      audience: config.text('auth.audience'),
      platformClientId: config.required('auth.client_id'),
      flow: {
        flow: login.flow ?? config.flow(),
        redirect: config.redirect(),
        redirectPorts: config.ports(),
        openBrowser: login.openBrowser ?? true,
      },
      mayLogin: login.mayLogin ?? isInteractive(io),
      stateDir: ctx.paths.state,
      exchanges: config.text('auth.cluster_tokens') === 'exchange',
    },
    openIssuer: async () => {
      if (ctx.globals.offline)
        throw new UnreachableError('cannot contact the login service: --offline is set', {
          code: 'offline',
          hint: 'run the command without --offline',
        });
      const issuer = config.required('auth.issuer');
      const [{ Issuer }, http] = await Promise.all([import('../auth/oidc.ts'), ctx.http()]);
      return new Issuer({
        issuer,
        http,
        now: () => io.now(),
        roleHelpUrl: config.text('auth.role_help_url'),
        platformClientId: config.text('auth.client_id'),
        params: config.params('auth.params'),
      });
    },
    say: line => messages.say(line),
    waiting: (what, leftMs) => messages.waiting(what, leftMs),
    warn: line => messages.warn(line),
    debug: line => messages.debug(line),
  });
}
