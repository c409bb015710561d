/** What completion knows of the commands without loading them: made from the command tree by `npm run completions`. */
import commands from './generated/commands.json' with { type: 'json' };

export interface FlagEntry {
  /** `-n` and `--namespace`. */
  readonly names: readonly string[];
  readonly help: string;
  /** The name of its value as the help has it, such as CLUSTER; undefined: it takes none. */
  readonly value?: string;
  /** Its value may be left out. */
  readonly isOptional?: true;
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
  /** kubectl's own flags and arguments pass through it. */
  readonly isKubectl?: true;
}

export interface CommandTable {
  /** The flags that every command takes. */
  readonly globals: readonly FlagEntry[];
  readonly commands: readonly CommandEntry[];
}

export const COMMAND_TABLE = commands as CommandTable;
