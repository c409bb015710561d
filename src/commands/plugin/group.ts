/** `plugin`: its commands. */
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { addGroup } from '../shared.ts';
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
