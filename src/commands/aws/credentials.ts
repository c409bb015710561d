/** `aws credentials`: the document that AWS's `credential_process` wants (AWS SDKs and Tools Reference Guide, "Process credential provider"). */
import { Aws, type AwsWish } from '../../cli/aws.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { formatRfc3339 } from '../../lib/time.ts';
import { ACCOUNT_FLAG, checkRole, ROLE_FLAG } from './flags.ts';

interface AwsCredentialsOptions extends AwsWish {
  readonly forceRefresh: boolean;
}

export const awsCredentialsCommand: CommandDefinition<AwsCredentialsOptions> = {
  texts: {
    summary: 'print credentials, for credential_process',
    description:
      'Prints temporary credentials as JSON, in the format of the credential_process setting of AWS profiles. They are valid for five minutes or more. zkubectl aws login writes such a profile.',
    examples: [
      'zkubectl aws credentials --cluster foobarlab',
      'zkubectl aws credentials --account 123456789012 --role ReadOnly',
    ],
  },
  declare: command => {
    command
      .option(...CLUSTER_FLAG)
      .option(...ACCOUNT_FLAG)
      .option(...ROLE_FLAG)
      .option('-r, --refresh', 'get new credentials, also when the stored ones are valid');
  },
  options: (_, flags: { cluster?: string; account?: string; role?: string; refresh?: boolean }) => ({
    cluster: flags.cluster,
    account: flags.account,
    role: checkRole(flags.role),
    forceRefresh: flags.refresh ?? false,
  }),
  run: async (ctx, { forceRefresh, ...wish }) => {
    const aws = new Aws(ctx);
    const credentials = await aws.credentials(await aws.target(wish), forceRefresh);
    const document = {
      Version: 1,
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: formatRfc3339(credentials.expiresAt),
    };
    ctx.io.stdout.write(`${JSON.stringify(document)}\n`);
  },
};
