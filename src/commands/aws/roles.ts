/** `aws roles` (zaws: `list`): the AWS accounts and roles of the user. */
import type { AccountRole } from '../../aws/account-roles.ts';
import { Aws } from '../../cli/aws.ts';
import { formatOf } from '../../cli/checks.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { OUTPUT_FORMATS, printList, type View } from '../../output/view.ts';

export const awsRolesCommand: CommandDefinition = {
  texts: {
    summary: 'list your AWS accounts and roles',
    description:
      'Lists the AWS accounts and roles that you may use, with your aliases. It needs the service of aws.url.',
    examples: ['zkubectl aws roles', 'zkubectl aws roles -o json'],
  },
  formats: OUTPUT_FORMATS,
  options: () => undefined,
  run: async ctx => {
    const aws = new Aws(ctx);
    const roles = await aws.roles();
    const { aliases, default: usual } = aws.choices;
    const isPair = (role: AccountRole, pair: { account: string; role: string } | undefined) =>
      pair?.role === role.roleName && (pair.account === role.accountId || pair.account === role.accountName);
    const view: View<AccountRole> = {
      kind: 'AwsRole',
      name: role => `${role.accountName}/${role.roleName}`,
      columns: [
        { title: 'Account', value: role => role.accountName },
        { title: 'Id', value: role => role.accountId },
        { title: 'Role', value: role => role.roleName },
        { title: 'Alias', value: role => aliasesOf(role).join(', ') },
        { title: 'Default', value: role => (isPair(role, usual) ? 'yes' : '') },
      ],
      toJson: role => ({
        account_id: role.accountId,
        account_name: role.accountName,
        role_name: role.roleName,
        aliases: aliasesOf(role),
        isDefault: isPair(role, usual),
      }),
      empty: 'you have no roles in AWS accounts',
    };
    function aliasesOf(role: AccountRole): string[] {
      return Object.entries(aliases).flatMap(([name, pair]) => (isPair(role, pair) ? [name] : []));
    }
    await printList(ctx.io, view, roles, { format: formatOf(ctx), color: ctx.globals.color });
  },
};
