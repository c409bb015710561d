/**
 * The service behind zaws: the roles of a user, and credentials for one of them.
 * `GET /aws-account-roles/{user}`, `GET /aws-accounts/{id}/roles/{role}/credentials`, the platform's token as bearer.
 */
import { isRecord } from '../lib/json.ts';
import { escapeForTerminal } from '../lib/terminal-text.ts';
import { jsonService, type ServiceOptions } from '../platform/net/json-service.ts';
import { type AwsSource, isText } from './credentials.ts';

export interface AccountRole {
  readonly accountId: string;
  readonly accountName: string;
  readonly roleName: string;
}

export interface AccountRoles extends AwsSource {
  /** Sorted by account name, then role. */
  roles(): Promise<AccountRole[]>;
}

/** The answer has no expiry, so the shortest default of AWS is assumed (milliseconds; STS API reference, AssumeRole: one hour). */
const SESSION_MS = 3_600_000;

export interface AccountRolesOptions extends ServiceOptions {
  readonly now: () => Date;
  /** The user whose roles are listed. */
  readonly user: () => Promise<string>;
}

export function createAccountRoles({ now, user, ...options }: AccountRolesOptions): AccountRoles {
  const { root, call, badAnswer } = jsonService(options, {
    service: 'the AWS credentials service',
    setting: 'aws.url',
    notFound: 'check aws.url and aws.user_claim (zkubectl configure), the account and the role',
  });
  return {
    id: options.url,
    roles: async () => {
      const answer = await call('GET', `${root}/aws-account-roles/${encodeURIComponent(await user())}`);
      const items = isRecord(answer) ? answer['account_roles'] : undefined;
      if (!Array.isArray(items)) throw badAnswer();
      const roles = items.map(parseRole);
      if (roles.includes(undefined)) throw badAnswer();
      return roles.filter(role => role !== undefined).sort(byNameThenRole);
    },
    credentials: async ({ accountId, role = '' }) => {
      const before = now();
      const path = `/aws-accounts/${encodeURIComponent(accountId)}/roles/${encodeURIComponent(role)}/credentials`;
      const answer = await call('GET', root + path);
      if (!isRecord(answer)) throw badAnswer();
      const { access_key_id, secret_access_key, session_token, expiration } = answer;
      if (!isText(access_key_id) || !isText(secret_access_key) || !isText(session_token)) throw badAnswer();
      const end = new Date(typeof expiration === 'string' ? expiration : Number.NaN);
      return {
        accessKeyId: access_key_id,
        secretAccessKey: secret_access_key,
        sessionToken: session_token,
        expiresAt: Number.isNaN(end.getTime()) ? new Date(before.getTime() + SESSION_MS) : end,
      };
    },
  };
}

function parseRole(value: unknown): AccountRole | undefined {
  if (!isRecord(value)) return undefined;
  const { account_id, account_name, role_name } = value;
  if (typeof account_id !== 'string' || typeof account_name !== 'string' || typeof role_name !== 'string')
    return undefined;
  // They become names in the user's AWS configuration.
  if (!/^\d{12}$/.test(account_id) || !isRoleName(role_name)) return undefined;
  return { accountId: account_id, accountName: escapeForTerminal(account_name), roleName: role_name };
}

/** An IAM role name, with a path (IAM API reference, Role). */
export function isRoleName(name: string): boolean {
  // `..` would be another path of the service.
  return /^[\w+=,.@/-]{1,512}$/.test(name) && !name.split('/').some(part => /^\.{0,2}$/.test(part));
}

function byNameThenRole(a: AccountRole, b: AccountRole): number {
  return a.accountName.localeCompare(b.accountName) || a.roleName.localeCompare(b.roleName);
}
