/** Credentials from AWS STS: AssumeRoleWithWebIdentity with the ID token of a cluster (STS API reference). The request is not signed. */
import { UnreachableError, UsageError } from '../errors.ts';
import type { HttpClient } from '../platform/net/http-types.ts';
import type { AwsRole, AwsSource } from './credentials.ts';
import { requestHandler, translate } from './sdk.ts';

const SERVICE = 'AWS STS';

export interface StsOptions {
  readonly http: HttpClient;
  readonly region: string;
  /** `aws.role_arn`, with {account} and {role}. */
  readonly roleArn: string;
  /** `aws.sts_url`; undefined: the region's endpoint. */
  readonly endpoint: string | undefined;
  /** The ID token of a cluster in the account. */
  readonly idToken: (role: AwsRole) => Promise<string>;
  /** The user, for CloudTrail. */
  readonly sessionName: () => Promise<string>;
}

export function createSts(options: StsOptions): AwsSource {
  const { http, region, endpoint } = options;
  return {
    id: options.roleArn,
    credentials: async role => {
      const RoleArn = roleArnOf(options.roleArn, role);
      const [WebIdentityToken, user] = await Promise.all([options.idToken(role), options.sessionName()]);
      const { AssumeRoleWithWebIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
      const client = new STSClient({
        region,
        maxAttempts: 2,
        requestHandler: requestHandler(http, SERVICE, WebIdentityToken),
        ...(endpoint === undefined ? {} : { endpoint }),
        // AssumeRoleWithWebIdentity needs none. Without this, the SDK would look for some.
        credentials: { accessKeyId: '', secretAccessKey: '' },
      });
      const { Credentials } = await client
        .send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: sessionName(user), WebIdentityToken }))
        .catch(translate(SERVICE));
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
      if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration)
        throw new UnreachableError(`${SERVICE} returned an invalid response`, { code: 'bad_answer' });
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiresAt: Expiration,
      };
    },
  };
}

/** Throws UsageError (2) when the template needs a role and none is given. */
export function roleArnOf(template: string, { accountId, role }: AwsRole): string {
  if (template.includes('{role}') && role === undefined)
    throw new UsageError('no role given for the AWS account', {
      code: 'no_role',
      hint: 'add --role ROLE, or set aws.role: zkubectl configure aws.role=ROLE',
    });
  return template.replaceAll('{account}', accountId).replaceAll('{role}', role ?? '');
}

/** A RoleSessionName: 2 to 64 characters of a small set. */
function sessionName(user: string): string {
  const name = user.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
  return name.length < 2 ? `zkubectl-${name}` : name;
}
