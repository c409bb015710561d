/** The flags and arguments that name an account and a role. */
import type { Command } from 'commander';
import { isRoleName } from '../../aws/account-roles.ts';
import { CLUSTER_FLAG } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import { PROFILE_FLAG } from './profile.ts';

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

/** What names an account, its role, and the profile to write. */
export function declareAccount(command: Command): Command {
  return command
    .argument('[ACCOUNT]', "an account's id or name, or an alias")
    .argument('[ROLE]', 'the role in the account')
    .option(...CLUSTER_FLAG)
    .option(...ROLE_FLAG)
    .option(...PROFILE_FLAG);
}
