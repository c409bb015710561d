/** Who the user is, from what is saved: no request. */
import { decodeJwt, userOf } from '../auth/jwt.ts';
import type { Tokens } from '../auth/tokens.ts';
import type { Config } from '../config/config.ts';
import { messageOf } from '../errors.ts';
import type { Io } from '../platform/io.ts';

interface UserWorld {
  readonly io: Pick<Io, 'env'>;
  readonly messages: { debug(line: string): void };
  config(): Promise<Config>;
  tokens(): Promise<Tokens>;
}

/** The name in the login's token, else the one of the operating system. */
export async function localUser(ctx: UserWorld): Promise<string | undefined> {
  try {
    const [tokens, config] = await Promise.all([ctx.tokens(), ctx.config()]);
    const given = tokens.fromEnvironment();
    const stored = given ? undefined : tokens.stored(config.required('auth.client_id'));
    const claims = decodeJwt(given?.token ?? stored?.idToken ?? '');
    const user = claims && userOf(claims);
    if (user !== undefined) return user;
  } catch (error) {
    ctx.messages.debug(`the user is not known: ${messageOf(error)}`);
  }
  return ctx.io.env['USER'] ?? ctx.io.env['USERNAME'];
}
