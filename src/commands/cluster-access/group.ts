/** `cluster-access`: its commands. */
import type { Command } from 'commander';
import { addGroup } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { registerApprove } from './approve.ts';
import { registerAccessList } from './list.ts';
import { registerRequest } from './request.ts';

export function registerClusterAccess(parent: Command, ctx: Context): void {
  const group = addGroup(
    parent,
    'cluster-access',
    'ask for, see and approve production access',
    'Write access to a production cluster for a while, once a colleague has approved it.',
  );
  registerRequest(group, ctx);
  registerAccessList(group, ctx);
  registerApprove(group, ctx);
}
