/** `aws alias ACCOUNT ROLE NAME`: a name of the user's own for an account and a role. */
import { awsChoices } from '../../aws/choices.ts';
import { Aws } from '../../cli/aws.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import { accountAndRole } from './flags.ts';
import { checkProfileName } from './profile.ts';

interface AwsAliasOptions {
  readonly account: string;
  readonly role: string;
  readonly name: string;
}

export const awsAliasCommand: CommandDefinition<AwsAliasOptions> = {
  texts: {
    summary: 'save an alias for an account and a role',
    description:
      'Saves an alias for an account and a role. aws login, aws require and aws credentials accept it instead of the account.',
    examples: ['zkubectl aws alias 123456789012 ReadOnly shop'],
  },
  declare: command => {
    command
      .argument('<ACCOUNT>', "the account's id or name")
      .argument('<ROLE>', 'the role in the account')
      .argument('<NAME>', 'the alias');
  },
  options: ([account, role, name = '']) => {
    checkProfileName(name, 'an alias');
    // It would hide the account with this id.
    if (/^\d{12}$/.test(name)) throw new UsageError('an alias cannot be an account id', { code: 'bad_name' });
    return { ...accountAndRole([account ?? '', role ?? '']), name };
  },
  run: async (ctx, { name, ...pair }) => {
    const { role } = await new Aws(ctx).target(pair);
    await awsChoices(ctx.io, ctx.paths.state).change(choices => ({
      ...choices,
      aliases: { ...choices.aliases, [name]: pair },
    }));
    ctx.messages.say(`${name} is now ${role ?? pair.role} in the AWS account ${pair.account}`);
  },
};
