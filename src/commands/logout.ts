/** `logout [CLUSTER] [--all]`: deletes the tokens, and revokes them if the issuer supports it. */

import { parseClusterName } from '../argv/cluster-name.ts';
import { NamedTokens } from '../auth/named-tokens.ts';
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
    summary: 'revoke and delete tokens',
    description:
      'Deletes the tokens of the platform with the named tokens, the tokens of a cluster, or all tokens, and revokes them if the issuer supports it. The kubeconfig is not changed.',
    examples: ['zkubectl logout', 'zkubectl logout foobarlab', 'zkubectl logout --all'],
  },
  declare: command => {
    command
      .argument('[CLUSTER]', "delete this cluster's tokens; default: the platform's")
      .option('--all', 'delete every token on this machine');
  },
  options: ([cluster], flags: { all?: boolean }) => ({ cluster, all: flags.all ?? false }),
  run: runLogout,
};

export async function runLogout(ctx: Context, options: LogoutOptions): Promise<void> {
  if (options.all && options.cluster !== undefined) {
    throw new UsageError('CLUSTER and --all cannot be used together', {
      code: 'bad_usage',
      hint: 'zkubectl logout --all',
    });
  }
  const tokens = await ctx.tokens();
  const stored = tokens.vault.keys();
  const keys = options.all ? stored : await keysOf(ctx, options.cluster);
  // Credentials of AWS accounts come from the platform's login.
  if (options.all || options.cluster === undefined) {
    const { clearCredentials } = await import('../aws/credentials.ts');
    clearCredentials(ctx.paths.state);
  }
  const outcomes: string[] = [];
  for (const key of keys) outcomes.push(await tokens.logout(key));
  const gone = outcomes.filter(outcome => outcome !== 'nothing').length;
  const unreadable = options.all ? tokens.vault.removeAll() : 0;
  if (unreadable > 0)
    ctx.messages.warn(
      `${unreadable} ${unreadable === 1 ? 'set' : 'sets'} of tokens could not be read: deleted, but not revoked; they stay valid until they expire`,
    );
  if (gone === 0 && unreadable === 0) {
    ctx.messages.say('not logged in: there is no token to delete');
  } else if (gone > 0) {
    const revoked = outcomes.filter(outcome => outcome === 'revoked').length;
    ctx.messages.say(
      `logged out: ${gone === 1 ? 'the tokens were' : `${gone} sets of tokens were`} deleted, ${revoked === gone ? 'and revoked' : `${revoked} of ${gone} revoked`}`,
    );
    if (outcomes.includes('failed'))
      ctx.messages.warn(
        'tokens not revoked: the login service could not be reached; they stay valid until they expire',
      );
  }
  const rest = tokens.vault.keys().length;
  if (rest > 0)
    ctx.messages.hint(
      `${rest} other ${rest === 1 ? 'login is' : 'logins are'} kept; to log out everywhere: zkubectl logout --all`,
    );
}

async function keysOf(ctx: Context, name: string | undefined): Promise<TokenKey[]> {
  const config = await ctx.config();
  const tokens = await ctx.tokens();
  // Named tokens come from the platform's login.
  if (name === undefined)
    return [tokens.keyOf(config.required('auth.client_id')), ...new NamedTokens(tokens).all().map(({ key }) => key)];
  // Logging out must work without the registry, so it uses the saved data first.
  const parsed = parseClusterName(name);
  const wanted = parsed.kind === 'url' ? parsed.argument : name;
  const { clientId, source } = await ctx.credentials.knownClient(wanted);
  if (source !== 'assumption' || tokens.stored(clientId) !== undefined) return [tokens.keyOf(clientId)];
  return [tokens.keyOf(await ctx.credentials.clientOfCluster(await ctx.cluster(wanted)))];
}
