/** `logout [CLUSTER] [--all]`: revoke where the issuer can, forget the tokens. */

import { parseClusterName } from '../argv/cluster-name.ts';
import type { TokenKey } from '../auth/token-store.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { UsageError } from '../errors.ts';

export interface LogoutOptions {
  readonly cluster: string | undefined;
  readonly all: boolean;
}

export const logoutCommand: CommandDefinition<LogoutOptions> = {
  texts: {
    summary: 'revoke and forget tokens',
    description:
      "Forgets the platform's token, a cluster's, or all of them, and revokes them where the issuer can. Contexts stay.",
    examples: ['zkubectl logout', 'zkubectl logout foobarlab', 'zkubectl logout --all'],
  },
  declare: command => {
    command
      .argument('[CLUSTER]', "a cluster's tokens; left out: the platform's")
      .option('--all', 'every token on this machine');
  },
  options: ([cluster], flags: { all?: boolean }) => ({ cluster, all: flags.all ?? false }),
  run: runLogout,
};

export async function runLogout(ctx: Context, options: LogoutOptions): Promise<void> {
  if (options.all && options.cluster !== undefined) {
    throw new UsageError('either a cluster or --all', { code: 'bad_usage', hint: 'zkubectl logout --all' });
  }
  const tokens = await ctx.tokens();
  const stored = ctx.tokenStore.all().map(entry => entry.key);
  const keys = options.all ? stored : await keysOf(ctx, options.cluster);
  const outcomes: string[] = [];
  for (const key of keys) outcomes.push(await tokens.logout(key));
  const gone = outcomes.filter(outcome => outcome !== 'nothing').length;
  if (gone === 0) {
    ctx.messages.say('there was no token to forget');
  } else {
    const revoked = outcomes.filter(outcome => outcome === 'revoked').length;
    ctx.messages.say(
      `logged out: ${gone === 1 ? 'the tokens were' : `${gone} sets of tokens were`} forgotten, ${revoked === gone ? 'and revoked' : `${revoked} of ${gone} revoked`}`,
    );
    if (outcomes.includes('failed'))
      ctx.messages.warn('the login service could not be reached to revoke them: they end when they expire');
  }
  const rest = ctx.tokenStore.all().length;
  if (rest > 0)
    ctx.messages.hint(
      `${rest} other ${rest === 1 ? 'login is' : 'logins are'} kept; zkubectl logout --all ends them too`,
    );
}

async function keysOf(ctx: Context, name: string | undefined): Promise<TokenKey[]> {
  const config = await ctx.config();
  const tokens = await ctx.tokens();
  if (name === undefined) return [tokens.keyOf(config.required('auth.client_id'))];
  // Logging out must work without the registry: what is known here has to do.
  const parsed = parseClusterName(name);
  const wanted = parsed.kind === 'url' ? parsed.argument : name;
  const { clientId, source } = await ctx.credentials.knownClient(wanted);
  if (source !== 'assumption' || tokens.stored(clientId) !== undefined) return [tokens.keyOf(clientId)];
  return [tokens.keyOf(await ctx.credentials.clientOfCluster(await ctx.cluster(wanted)))];
}
