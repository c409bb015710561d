/** `aws login [ACCOUNT [ROLE]]`: gets credentials, and writes a profile for the AWS CLI and SDKs. */
import { Aws, type AwsWish } from '../../cli/aws.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { formatUntil } from '../../lib/time.ts';
import { checkRole, declareAccount } from './flags.ts';
import { profileNameOf, writeProcessProfile, writeStaticProfile } from './profile.ts';

interface AwsLoginOptions extends AwsWish {
  readonly profile: string | undefined;
  readonly isStatic: boolean;
}

export const awsLoginCommand: CommandDefinition<AwsLoginOptions> = {
  texts: {
    summary: 'log in to an AWS account and write a profile',
    description:
      "Gets credentials for an account, and writes a profile into ~/.aws/config that runs zkubectl aws credentials. The profile contains no secret, and works while you are logged in. Without an account: the default of aws set-default, else the account of the current context's cluster. Other profiles and comments are kept.",
    examples: [
      'zkubectl aws login --cluster foobarlab',
      'zkubectl aws login 123456789012 ReadOnly --profile shop',
      'zkubectl aws login --cluster foobarlab --static --profile default',
    ],
  },
  declare: command => {
    declareAccount(command).option(
      '--static',
      'write the credentials themselves, as zaws did; they expire, usually after an hour',
    );
  },
  options: ([account, role], flags: { cluster?: string; role?: string; profile?: string; static?: boolean }) => ({
    account,
    role: checkRole(role ?? flags.role),
    cluster: flags.cluster,
    profile: flags.profile,
    isStatic: flags.static ?? false,
  }),
  run: async (ctx, { profile, isStatic, ...wish }) => {
    const aws = new Aws(ctx);
    const target = await aws.target(wish);
    const name = profileNameOf(profile, target);
    const credentials = await aws.credentials(target);
    const file = isStatic
      ? await writeStaticProfile(ctx, name, credentials)
      : await writeProcessProfile(ctx, name, target);
    const role = target.role === undefined ? '' : ` as ${target.role}`;
    ctx.messages.say(`logged in to the AWS account ${target.accountId}${role}; the profile ${name} is in ${file}`);
    if (isStatic) ctx.messages.say(`the credentials in it expire ${formatUntil(credentials.expiresAt, ctx.io.now())}`);
    if (name !== 'default') ctx.messages.hint(`export AWS_PROFILE=${name}`);
  },
};
