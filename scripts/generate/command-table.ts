/** Generates the command table. Completion reads it instead of loading the commands. */
import type { Argument, Command, Option } from 'commander';
import { GLOBAL_FLAGS } from '../../src/cli/command-tree.ts';
import { COMMANDS } from '../../src/commands/index.ts';
import type { ArgumentEntry, CommandEntry, CommandTable, FlagEntry } from '../../src/completion/table.ts';

export function commandTable(program: Command): string {
  const kubectlLike = new Set(
    Object.entries(COMMANDS).flatMap(([name, entry]) => ('load' in entry && entry.takesKubectlFlags ? [name] : [])),
  );
  const table: CommandTable = {
    globals: program.options.filter(isGlobalFlag).map(flagEntry),
    commands: program.commands.map(command => commandEntry(command, kubectlLike)),
  };
  return `${JSON.stringify(table, null, 1)}
`;
}

export function isGlobalFlag(option: Option): boolean {
  return GLOBAL_FLAGS.has(option.long ?? '');
}

function commandEntry(command: Command, kubectlLike: ReadonlySet<string>): CommandEntry {
  const aliases = command.aliases();
  // --output is a global flag, but its formats depend on the command.
  const flags = command.options.filter(
    option => !isGlobalFlag(option) || (option.long === '--output' && choicesOf(option, valueName(option))),
  );
  return {
    name: command.name(),
    summary: command.summary(),
    ...(aliases.length === 0 ? {} : { aliases }),
    flags: flags.map(flagEntry),
    arguments: command.registeredArguments.map(argumentEntry),
    ...(command.commands.length === 0
      ? {}
      : { subcommands: command.commands.map(sub => commandEntry(sub, kubectlLike)) }),
    ...(kubectlLike.has(command.name()) ? { isKubectl: true } : {}),
  };
}

function flagEntry(option: Option): FlagEntry {
  const value = valueName(option);
  const choices = choicesOf(option, value);
  return {
    names: [option.short, option.long].filter(name => name !== undefined),
    help: option.description,
    ...(value === undefined ? {} : { value }),
    ...(option.optional ? { isOptional: true } : {}),
    // Global flags are hidden in the help of each command, because one line lists them all.
    ...(option.hidden && !isGlobalFlag(option) ? { isHidden: true } : {}),
    ...(choices ? { choices } : {}),
  };
}

function argumentEntry(argument: Argument): ArgumentEntry {
  const choices = choicesOf(argument, argument.name());
  return { name: argument.name(), ...(argument.variadic ? { isVariadic: true } : {}), ...(choices ? { choices } : {}) };
}

/** Value names whose help text is only a list of the values: `auto, always or never`. */
const LISTED = new Set(['FORMAT', 'WHEN', 'SHELL', 'KIND', 'TEMPLATE']);

function choicesOf({ argChoices, description }: Option | Argument, name: string | undefined): string[] | undefined {
  if (argChoices) return argChoices;
  return LISTED.has(name ?? '') && /^[a-z-]+(?:(?:, | or )[a-z-]+)*$/.test(description)
    ? description.split(/, | or /)
    : undefined;
}

function valueName(option: Option): string | undefined {
  return /[<[](.+?)(?:\.\.\.)?[>\]]$/.exec(option.flags)?.[1];
}
