/** `token list`: the named tokens, without the tokens themselves. */
import { NamedTokens, type StoredNamedToken } from '../../auth/named-tokens.ts';
import { formatOf } from '../../cli/checks.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { formatRfc3339, formatUntil } from '../../lib/time.ts';
import { OUTPUT_FORMATS, printList, type View } from '../../output/view.ts';

export const tokenListCommand: CommandDefinition = {
  texts: {
    summary: 'list the named tokens',
    description: 'Lists the named tokens with their scopes and expiry. It prints no token.',
    examples: ['zkubectl token list', 'zkubectl token list -o json'],
  },
  formats: OUTPUT_FORMATS,
  options: () => undefined,
  run: async ctx => {
    const tokens = new NamedTokens(await ctx.tokens()).list();
    await printList(ctx.io, viewAt(ctx.io.now()), tokens, { format: formatOf(ctx), color: ctx.globals.color });
  },
};

function viewAt(now: Date): View<StoredNamedToken> {
  return {
    kind: 'NamedToken',
    name: token => token.name,
    columns: [
      { title: 'Name', value: token => token.name },
      {
        title: 'Expires',
        value: ({ expiresAt }) =>
          expiresAt === undefined ? 'no expiry' : expiresAt > now ? formatUntil(expiresAt, now) : 'expired',
      },
      { title: 'Scopes', value: token => token.key.scopes.join(' ') },
    ],
    toJson: ({ name, key, expiresAt }) => ({
      name,
      scope: key.scopes.join(' '),
      expiresAt: expiresAt ? formatRfc3339(expiresAt) : null,
    }),
    empty: 'no named tokens; to get one: zkubectl token NAME SCOPE',
  };
}
