/** The flags that select clusters, for every command that takes a selection. */
import type { Command } from 'commander';
import type { CommandFlags } from '../cli/definition.ts';
import { UsageError } from '../errors.ts';
import type { SelectionWords } from './selection.ts';

export const SELECTION_ARGUMENT = 'aliases, ids, patterns such as shop-*, @GROUP, @failed; - reads names from stdin';

export function declareSelection(command: Command, all = 'every ready cluster'): void {
  command
    .option('-l, --selector <SELECTOR>', "a label selector over the clusters' fields and config items")
    .option('--environment <ENVIRONMENT>', 'only this environment')
    .option('--channel <CHANNEL>', 'only this channel')
    .option('--except <CLUSTERS>', 'leave these out; may be repeated', (value: string, before: string[] = []) => [
      ...before,
      value,
    ])
    .option('--pick <NUMBER>', 'only so many of them, at random')
    .option('--all', all);
}

/** Throws UsageError (2). */
export function selectionWords(names: readonly string[], flags: CommandFlags): SelectionWords {
  const text = (name: string) => (typeof flags[name] === 'string' ? String(flags[name]) : undefined);
  const except = flags['except'];
  return {
    names,
    selector: text('selector'),
    environment: text('environment'),
    channel: text('channel'),
    except: Array.isArray(except) ? except.map(String) : [],
    pick: countOf('--pick', text('pick')),
    all: flags['all'] === true,
  };
}

/** A whole number of at least 1. Throws UsageError (2). */
export function countOf(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new UsageError(`${flag} is a number of at least 1, not ${value}`, { code: 'bad_flag' });
}
