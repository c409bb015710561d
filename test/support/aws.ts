/** The far ends of `aws`: the service behind zaws, AWS STS and AWS KMS, on loopback. */
import { type FakeAnswer, type FakeService, fakeService } from './fake-service.ts';

export const ACCOUNT = '123456789012';

const ROLES = [
  { account_id: ACCOUNT, account_name: 'foo', role_name: 'ReadOnly' },
  { account_id: ACCOUNT, account_name: 'foo', role_name: 'PowerUser' },
  { account_id: '210987654321', account_name: 'bar', role_name: 'ReadOnly' },
];

/** The service behind zaws. Each answer has new credentials. @param refuse an answer instead of the usual one */
export function accountRolesService(
  refuse: (path: string) => FakeAnswer | undefined = () => undefined,
): Promise<FakeService> {
  return fakeService(({ url }, count) => {
    const refusal = refuse(url);
    if (refusal) return refusal;
    if (url.startsWith('/aws-account-roles/')) return { json: { account_roles: ROLES } };
    return {
      json: {
        access_key_id: `ASIAEXAMPLE${count}`,
        secret_access_key: 'aws-secret-canary',
        session_token: 'aws-session-canary',
      },
    };
  });
}

/** AWS STS: AssumeRoleWithWebIdentity, in the form of the Query protocol. `TOKEN` in a message is the token of the request. */
export function sts(
  now: () => Date,
  refusal?: { status: number; code: string; message: string },
  secret = 'aws-secret-canary',
): Promise<FakeService> {
  return fakeService(({ body }) =>
    refusal
      ? {
          status: refusal.status,
          headers: { 'content-type': 'text/xml' },
          body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${refusal.code}</Code><Message>${refusal.message.replace('TOKEN', new URLSearchParams(body).get('WebIdentityToken') ?? '')}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
        }
      : {
          headers: { 'content-type': 'text/xml' },
          body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIASTS</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>aws-session-canary</SessionToken><Expiration>${new Date(now().getTime() + 3_600_000).toISOString()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`,
        },
  );
}
