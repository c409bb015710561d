/** Commands and groups as parts of commander's tree: their texts, the global flags, help with examples. */
import type { Command, Option } from 'commander';
import type { Globals } from '../argv/globals.ts';
import { UsageError } from '../errors.ts';
import type { JsonObject } from '../lib/json.ts';
import type { ColorMode } from '../output/style.ts';
import { type OutputFormat, parseOutputFormat } from '../output/view.ts';
import type { CommandDefinition } from './definition.ts';

/** The flags that every command takes, before or after its name. */
export const GLOBAL_OPTIONS: readonly { readonly flags: string; readonly description: string }[] = [
  { flags: '--context <CONTEXT>', description: 'use this context of the kubeconfig instead of the current one' },
  { flags: '-n, --namespace <NAMESPACE>', description: 'use this namespace instead of the current one' },
  { flags: '--kubeconfig <FILE>', description: 'use this kubeconfig instead of KUBECONFIG and ~/.kube/config' },
  { flags: '-o, --output <FORMAT>', description: 'the output format, for commands that print data' },
  { flags: '--offline', description: 'make no network requests; use only saved data' },
  { flags: '--yes', description: 'answer every question with yes' },
  { flags: '--color <WHEN>', description: 'use colour: auto, always or never' },
  { flags: '--debug', description: 'show requests, timings and causes on stderr; never secrets' },
];

/** commander keeps the examples only as a part of the help text. */
const EXAMPLES = new WeakMap<Command, readonly string[]>();

/** The long names of GLOBAL_OPTIONS. */
export const GLOBAL_FLAGS: ReadonlySet<string> = new Set(
  GLOBAL_OPTIONS.flatMap(({ flags }) => /--[a-z]+/.exec(flags) ?? []),
);

/** The line about the global flags in the help of every command. */
export const GLOBAL_FLAGS_LINE = 'Use "zkubectl options" for a list of global flags (they apply to all commands).';

/** Adds a command with its texts, its own flags and the global ones. */
export function addCommand(
  parent: Command,
  name: string,
  definition: Pick<CommandDefinition, 'texts' | 'formats' | 'declare'>,
): Command {
  const { texts, formats } = definition;
  const command = parent
    .command(name)
    .summary(texts.summary)
    .description(texts.description)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', afterHelp(texts.examples));
  addGlobals(command, formats);
  definition.declare?.(command);
  EXAMPLES.set(command, texts.examples);
  return command;
}

function afterHelp(examples: readonly string[]): string {
  return `\n${GLOBAL_FLAGS_LINE}\n\nExamples:\n${[...new Set(examples)].map(example => `  ${example}\n`).join('')}`;
}

/** Adds a command that only has subcommands. */
export function addGroup(
  parent: Command,
  name: string,
  summary: string,
  description: string,
  examples: readonly string[],
): Command {
  const group = parent
    .command(name)
    .summary(summary)
    .description(description)
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', afterHelp(examples));
  addGlobals(group);
  return group;
}

/** Adds the global flags. The help hides them, except -o of a command that has formats. */
export function addGlobals(command: Command, formats?: readonly OutputFormat[]): void {
  for (const { flags, description } of GLOBAL_OPTIONS) {
    const isFormat = formats !== undefined && flags.startsWith('-o');
    command.addOption(command.createOption(flags, isFormat ? formats.join(', ') : description).hideHelp(!isFormat));
  }
}

/**
 * The global flags of a command line, from the command and its parents. Throws UsageError (2).
 * @param formats the command's formats for `-o`; undefined: the command has no `-o`
 */
export function globalsOf(command: Command, formats: readonly OutputFormat[] | undefined): Globals {
  const options = command.optsWithGlobals<Record<string, unknown>>();
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  return {
    context: text('context'),
    namespace: text('namespace'),
    kubeconfig: text('kubeconfig'),
    output: formatOf(command.name(), text('output'), formats),
    debug: options['debug'] === true,
    offline: options['offline'] === true,
    yes: options['yes'] === true,
    color: parseColor(text('color') ?? 'auto'),
  };
}

function formatOf(
  name: string,
  word: string | undefined,
  formats: readonly OutputFormat[] | undefined,
): OutputFormat | undefined {
  if (word === undefined) return undefined;
  if (formats !== undefined) return parseOutputFormat(word, formats);
  throw new UsageError(`--output is not supported: ${name} prints no data`, { code: 'no_output', hint: 'remove -o' });
}

/** A command as JSON, for tools: its texts, arguments, flags without the global ones, and subcommands. */
export function describeCommand(command: Command, parents = ''): JsonObject {
  const name = `${parents}${command.name()}`;
  const flags = command.options.filter(option => !option.hidden && option.long !== '--help');
  return {
    name,
    aliases: [...command.aliases()],
    summary: command.summary(),
    description: command.description(),
    arguments: command.registeredArguments.map(argument => ({
      name: argument.name(),
      description: argument.description,
      isRequired: argument.required,
      isVariadic: argument.variadic,
    })),
    flags: flags.map(describeFlag),
    examples: [...(EXAMPLES.get(command) ?? [])],
    subcommands: command.commands.map(sub => describeCommand(sub, `${name} `)),
  };
}

function describeFlag(option: Option): JsonObject {
  return {
    names: [option.short, option.long].filter(name => name !== undefined),
    value: /[<[](.+?)(?:\.\.\.)?[>\]]$/.exec(option.flags)?.[1] ?? null,
    description: option.description,
    choices: option.argChoices ?? null,
  };
}

/** The global flags as JSON, for tools. */
export function describeGlobals(program: Command): JsonObject[] {
  return program.options.filter(option => GLOBAL_FLAGS.has(option.long ?? '')).map(describeFlag);
}

function parseColor(word: string): ColorMode {
  if (word === 'auto' || word === 'always' || word === 'never') return word;
  throw new UsageError(`--color is auto, always or never, not ${word}`, { code: 'bad_flag' });
}
