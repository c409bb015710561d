/** Commands and groups as parts of commander's tree: their texts, the global flags, help with examples. */
import type { Command } from 'commander';
import type { Globals } from '../argv/globals.ts';
import { UsageError } from '../errors.ts';
import type { ColorMode } from '../output/style.ts';
import { type OutputFormat, parseOutputFormat } from '../output/view.ts';
import type { CommandDefinition } from './definition.ts';

export const GLOBAL_GROUP = 'Global flags:';

/** The long names of the flags that every command takes. */
export const GLOBAL_FLAGS: ReadonlySet<string> = new Set([
  '--context',
  '--namespace',
  '--kubeconfig',
  '--output',
  '--offline',
  '--yes',
  '--color',
  '--debug',
]);

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
    .helpOption('-h, --help', 'this help')
    .addHelpText('after', `\nExamples:\n${texts.examples.map(example => `  ${example}\n`).join('')}`);
  addGlobals(command, formats);
  definition.declare?.(command);
  return command;
}

/** Adds a command that only has subcommands. */
export function addGroup(parent: Command, name: string, summary: string, description: string): Command {
  const group = parent
    .command(name)
    .summary(summary)
    .description(description)
    .helpOption('-h, --help', 'this help')
    .helpCommand(false);
  addGlobals(group);
  return group;
}

/** The global flags, which may stand before or after the command. `hidden`: the help says of them in another place. */
export function addGlobals(command: Command, formats?: readonly OutputFormat[], hidden = false): void {
  const option = (flags: string, description: string) =>
    command.addOption(command.createOption(flags, description).helpGroup(GLOBAL_GROUP).hideHelp(hidden));
  option('--context <CONTEXT>', 'a context of the kubeconfig instead of the current one');
  option('-n, --namespace <NAMESPACE>', 'a namespace instead of the current one');
  option('--kubeconfig <FILE>', 'a kubeconfig instead of KUBECONFIG and ~/.kube/config');
  command.addOption(
    command
      .createOption('-o, --output <FORMAT>', formats ? `${formats.join(', ')}` : 'the format of data')
      .helpGroup(formats ? 'Options:' : GLOBAL_GROUP)
      .hideHelp(hidden),
  );
  option('--offline', 'ask nobody: what is known on this machine has to do');
  option('--yes', 'answer every question with yes');
  option('--color <WHEN>', 'auto, always or never');
  option('--debug', 'requests, timings and causes on stderr; never a secret');
}

/**
 * The global flags of a command line, from the command and those above it. Throws UsageError (2).
 * @param formats the command's own formats of `-o`; undefined: it takes none
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
  throw new UsageError(`${name} prints no data: it takes no --output`, { code: 'no_output', hint: 'leave -o out' });
}

function parseColor(word: string): ColorMode {
  if (word === 'auto' || word === 'always' || word === 'never') return word;
  throw new UsageError(`--color is auto, always or never, not ${word}`, { code: 'bad_flag' });
}
