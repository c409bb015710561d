/** `token delete NAME…`: deletes named tokens, and revokes them if the issuer supports it. */
import { NamedTokens } from '../../auth/named-tokens.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { NotFoundError, UsageError } from '../../errors.ts';
import { nearest } from '../../lib/nearest.ts';

export const tokenDeleteCommand: CommandDefinition<readonly string[]> = {
  texts: {
    summary: 'revoke and delete named tokens',
    description: 'Deletes named tokens from this machine, and revokes them if the issuer supports it.',
    examples: ['zkubectl token delete deploy'],
  },
  declare: command => {
    command.argument('<NAME...>', 'the tokens to delete');
  },
  options: names => {
    if (names.length === 0) throw new UsageError('no name given', { code: 'no_name', hint: 'zkubectl token list' });
    return names;
  },
  run: async (ctx, names) => {
    const tokens = await ctx.tokens();
    const stored = new NamedTokens(tokens).list();
    for (const name of names)
      if (!stored.some(token => token.name === name))
        throw new NotFoundError(`there is no token named ${name}; nothing was deleted`, {
          code: 'no_such_token',
          hint:
            nearest(
              name,
              stored.map(token => token.name),
              1,
            ).map(best => `did you mean ${best}?`)[0] ?? 'zkubectl token list',
        });
    for (const { name, key } of stored.filter(token => names.includes(token.name))) {
      const outcome = await tokens.logout(key);
      ctx.messages.say(
        outcome === 'revoked'
          ? `revoked and deleted the token ${name}`
          : `deleted the token ${name}; it was not revoked, and stays valid until it expires`,
      );
      if (outcome === 'failed') ctx.messages.warn('the issuer could not be reached');
    }
  },
};
