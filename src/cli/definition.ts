/** The definition of a command: one file, one export. Parsing and running are separate; running returns the exit code. */
import type { Command } from 'commander';
import type { OutputFormat } from '../output/view.ts';
import type { Io } from '../platform/io.ts';
import type { BrokenConfig } from './broken-config.ts';
import type { Context } from './context.ts';
import type { LoginOverrides } from './make-tokens.ts';

export interface CommandTexts {
  /** Verb first, no full stop: `list the clusters of the registry`. */
  readonly summary: string;
  readonly description: string;
  /** At least one example; each works as it is. */
  readonly examples: readonly string[];
}

/** Flags as commander reads them: `--no-wait` is `wait: false`. */
export type CommandFlags = Readonly<Record<string, unknown>>;

export interface CommandDefinition<Options = unknown> {
  readonly texts: CommandTexts;
  /** The formats of `-o`; undefined: the command prints no data, and `-o` is refused (2). */
  readonly formats?: readonly OutputFormat[];
  /** Rewrites the command line before it is parsed. */
  normalize?(argv: readonly string[]): string[];
  /** Declares the command's own arguments and flags. The global flags are already declared. */
  declare?(command: Command): void;
  /**
   * Makes the options from the parsed command line. Throws UsageError (2).
   * @param args the arguments that were given
   * @param argv the whole command line
   */
  options(args: readonly string[], flags: CommandFlags, argv: readonly string[]): Options;
  /** What to do when the configuration cannot be read. Default: it is the error of the command. */
  readonly brokenConfig?: BrokenConfig;
  /** How this run logs in, if not by default. */
  login?(options: Options, io: Io): LoginOverrides;
  /** Resolves to the exit code; undefined means 0. */
  run(ctx: Context, options: Options): Promise<number> | Promise<void>;
}

/** The flag that selects a cluster other than the current context's. */
export const CLUSTER_FLAG = ['--cluster <CLUSTER>', "the cluster to use instead of the current context's"] as const;

/** Adds flags that upstream's zkubectl has. The help does not list them. */
export function addUpstreamFlags(command: Command, ...flags: readonly string[]): void {
  for (const flag of flags) command.addOption(command.createOption(flag).hideHelp());
}

/** Collects the values of a flag that may be given more than once. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
