/** The credentials of `encrypt` and `decrypt` for the account of a cluster. */
import type { AwsCredentials } from '../../aws/credentials.ts';
import { Aws } from '../../cli/aws.ts';
import type { Context } from '../../cli/context.ts';

/** Undefined: no source of credentials is configured, so the AWS SDK looks for its own (environment, profiles, SSO, the pod's role). */
export async function credentialsOf(
  ctx: Context,
  { alias }: { readonly alias: string },
  role: string | undefined,
): Promise<AwsCredentials | undefined> {
  const aws = new Aws(ctx);
  if ((await aws.sourceId()) !== undefined) return aws.credentials(await aws.target({ cluster: alias, role }));
  if (role !== undefined)
    ctx.messages.warn(
      `--role ${role} has no effect without aws.url or aws.role_arn: the AWS credentials of the environment are used`,
    );
  return undefined;
}
