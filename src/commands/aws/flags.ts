/** The flags and arguments that name an account and a role. */
import { isRoleName } from '../../aws/account-roles.ts';
import { UsageError } from '../../errors.ts';

export const ACCOUNT_FLAG = ['--account <ACCOUNT>', "an account's id or name, or an alias"] as const;
export const ROLE_FLAG = ['--role <ROLE>', 'the role in the account'] as const;

/** Throws UsageError (2) when it is no name of a role. */
export function checkRole(role: string | undefined): string | undefined {
  if (role === undefined || isRoleName(role)) return role;
  throw new UsageError(`${role} cannot be the name of a role`, { code: 'bad_role' });
}

/** The arguments ACCOUNT and ROLE. Throws UsageError (2) when one is missing. */
export function accountAndRole([account = '', role = '']: readonly string[]): { account: string; role: string } {
  if (account === '') throw new UsageError('no account given', { code: 'bad_usage', hint: 'zkubectl aws roles' });
  return { account, role: checkRole(role) ?? '' };
}
