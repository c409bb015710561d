/** `aws require [ACCOUNT [ROLE]]`: makes sure that a profile works, for scripts. It says nothing when it already does. */
import { Aws, type AwsWish } from '../../cli/aws.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { checkRole } from './flags.ts';
import { isCurrentProfile, PROFILE_FLAG, profileNameOf, writeProcessProfile } from './profile.ts';

interface AwsRequireOptions extends AwsWish {
  readonly profile: string | undefined;
}

export const awsRequireCommand: CommandDefinition<AwsRequireOptions> = {
  texts: {
    summary: 'log in to an AWS account unless it is done',
    description:
      'Does what aws login does, unless the profile is already there. In both cases it gets credentials, so that a script fails here and not later.',
    examples: ['zkubectl aws require 123456789012 ReadOnly && aws s3 ls'],
  },
  declare: command => {
    command
      .argument('[ACCOUNT]', "an account's id or name, or an alias")
      .argument('[ROLE]', 'the role in the account')
      .option(...CLUSTER_FLAG)
      .option(...PROFILE_FLAG);
  },
  options: ([account, role], flags: { cluster?: string; profile?: string }) => ({
    account,
    role: checkRole(role),
    cluster: flags.cluster,
    profile: flags.profile,
  }),
  run: async (ctx, { profile, ...wish }) => {
    const aws = new Aws(ctx);
    const target = await aws.target(wish);
    await aws.credentials(target);
    const name = profileNameOf(profile, target);
    if (!isCurrentProfile(ctx, name, target)) await writeProcessProfile(ctx, name, target);
  },
};
