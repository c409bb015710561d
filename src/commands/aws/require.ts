/** `aws require [ACCOUNT [ROLE]]`: makes sure that a profile works, for scripts. It says nothing when it already does. */
import { Aws, type AwsWish } from '../../cli/aws.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { checkRole, declareAccount } from './flags.ts';
import { isCurrentProfile, profileNameOf, writeProcessProfile } from './profile.ts';

interface AwsRequireOptions extends AwsWish {
  readonly profile: string | undefined;
}

export const awsRequireCommand: CommandDefinition<AwsRequireOptions> = {
  texts: {
    summary: 'make sure that an AWS profile works, for scripts',
    description:
      'Gets credentials, and fails if it cannot. Writes the profile, as aws login does, if there is none for this account and role. Prints nothing on success.',
    examples: ['zkubectl aws require 123456789012 ReadOnly --profile shop && AWS_PROFILE=shop aws s3 ls'],
  },
  declare: command => {
    declareAccount(command);
  },
  options: ([account, role], flags: { cluster?: string; role?: string; profile?: string }) => ({
    account,
    role: checkRole(role ?? flags.role),
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
