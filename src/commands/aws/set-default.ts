/** `aws set-default ACCOUNT ROLE`: what the other commands use when no account is named. */
import { awsChoices } from '../../aws/choices.ts';
import { Aws } from '../../cli/aws.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { accountAndRole } from './flags.ts';

export const awsSetDefaultCommand: CommandDefinition<{ readonly account: string; readonly role: string }> = {
  texts: {
    summary: 'set the account and role to use by default',
    description:
      "Sets the account and role that aws login, aws require and aws credentials use when no account and no cluster is given. Without a default, they use the account of the current context's cluster.",
    examples: ['zkubectl aws set-default 123456789012 ReadOnly'],
  },
  declare: command => {
    command.argument('<ACCOUNT>', "the account's id or name").argument('<ROLE>', 'the role in the account');
  },
  options: accountAndRole,
  run: async (ctx, pair) => {
    const { accountId } = await new Aws(ctx).target(pair);
    await awsChoices(ctx.io, ctx.paths.state).change(choices => ({ ...choices, default: pair }));
    ctx.messages.say(
      `the default is now ${pair.role} in the AWS account ${pair.account === accountId ? accountId : `${pair.account} (${accountId})`}`,
    );
  },
};
