/** The commands and flags for completion, so that the commands need not be loaded. Generated from the command tree by `npm run completions`. */
import commands from './generated/commands.json' with { type: 'json' };

export interface FlagEntry {
  /** `-n` and `--namespace`. */
  readonly names: readonly string[];
  readonly help: string;
  /** The name of its value in the help, such as CLUSTER. Undefined: the flag takes no value. */
  readonly value?: string;
  /** The value is optional. */
  readonly isOptional?: true;
  /** The flag works, but is not proposed. */
  readonly isHidden?: true;
  readonly choices?: readonly string[];
}

export interface ArgumentEntry {
  readonly name: string;
  readonly isVariadic?: true;
  readonly choices?: readonly string[];
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly flags: readonly FlagEntry[];
  readonly arguments: readonly ArgumentEntry[];
  readonly subcommands?: readonly CommandEntry[];
  /** The command also takes kubectl's flags and arguments. */
  readonly isKubectl?: true;
}

export interface CommandTable {
  /** The flags that every command takes. */
  readonly globals: readonly FlagEntry[];
  readonly commands: readonly CommandEntry[];
}

export const COMMAND_TABLE = commands as CommandTable;
