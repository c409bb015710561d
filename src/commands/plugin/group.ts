/** `plugin`: its commands. */
import type { Command } from 'commander';
import { addGroup } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { registerPluginList } from './list.ts';

export function registerPluginGroup(parent: Command, ctx: Context): void {
  const group = addGroup(
    parent,
    'plugin',
    'the plugins there are',
    'Commands around kubectl: ours, and those on PATH.',
  );
  registerPluginList(group, ctx);
}
