/** `cluster-update`: its commands. */
import type { Command } from 'commander';
import { addGroup } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { registerBlock, registerUnblock } from './block.ts';
import { registerUpdateStatus } from './status.ts';

export function registerClusterUpdate(parent: Command, ctx: Context): void {
  const group = addGroup(
    parent,
    'cluster-update',
    'see, block and allow updates of a cluster',
    "A cluster's updates: where they stand, and holding them back.",
  );
  registerUpdateStatus(group, ctx);
  registerBlock(group, ctx);
  registerUnblock(group, ctx);
}
