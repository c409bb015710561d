/**
 * Parses the command lines of our own commands with commander; loaded only for these.
 * Rule: a run declares only the command that it needs; only the help of the whole program declares all commands.
 */
import { Command, CommanderError } from 'commander';
import type { Globals } from './argv/globals.ts';
import {
  addCommand,
  addGlobals,
  addGroup,
  describeCommand,
  describeGlobals,
  GLOBAL_FLAGS_LINE,
  globalsOf,
} from './cli/command-tree.ts';
import type { CommandDefinition } from './cli/definition.ts';
import { COMMANDS } from './commands/index.ts';
import { UsageError } from './errors.ts';
import { parseOutputFormat, printObject } from './output/view.ts';
import type { Io } from './platform/io.ts';
import { VERSION } from './version.ts';

/** A parsed command line of one of our commands. */
export interface ParsedCommand {
  readonly definition: CommandDefinition;
  readonly options: unknown;
  readonly globals: Globals;
}

/**
 * Reads a command line. Throws UsageError (2).
 * @param command the command in argv; undefined: help or version of the whole program
 * @returns undefined when help or the version was printed
 */
export async function parseCommandLine(
  argv: readonly string[],
  command: string | undefined,
  io: Io,
): Promise<ParsedCommand | undefined> {
  let parsed: ParsedCommand | undefined;
  const program = await createProgram(io, command, (definition, chosen) => {
    const globals = globalsOf(chosen, definition.formats);
    parsed = { definition, globals, options: definition.options(chosen.args, chosen.opts(), argv) };
  });
  try {
    program.parse(await normalized(argv, command), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return commanderResult(error, program);
    throw error;
  }
  return parsed;
}

async function normalized(argv: readonly string[], command: string | undefined): Promise<string[]> {
  const entry = command === undefined ? undefined : COMMANDS[command];
  const definition = entry && 'load' in entry ? await entry.load() : undefined;
  return definition?.normalize?.(argv) ?? [...argv];
}

/** Called with the command that the command line selects. */
type OnChosen = (definition: CommandDefinition, command: Command) => void;

/** The command tree: with one command to run it, or with all commands for the help and the generated docs. */
export async function createProgram(
  io: Pick<Io, 'stdout' | 'columns'>,
  only?: string,
  onChosen: OnChosen = () => undefined,
): Promise<Command> {
  const program = new Command('zkubectl')
    .usage('COMMAND [FLAGS]   or any kubectl command')
    .description('One command for many Kubernetes clusters: log in, list, switch, kubectl, emergency access.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({
      showGlobalOptions: false,
      subcommandTerm: termOf,
      commandUsage: usageOf,
      // Wrap the texts beside terms also where a terminal is narrow.
      minWidthToWrap: 20,
      get helpWidth() {
        return Math.max(40, Math.min(io.columns, 110));
      },
    })
    .configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: () => undefined,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      `\n${GLOBAL_FLAGS_LINE}\n\nAny other command is kubectl's: zkubectl get pods. zkubectl kubectl … always runs kubectl.\nzkubectl help --all lists every command with its subcommands.\n\nExamples:\n  zkubectl login foobarlab\n  zkubectl list -l environment=production\n  zkubectl get pods -n shop\n  zkubectl emergency -i INC-1234 checkout is down\n`,
    );
  addGlobals(program);

  const wanted = Object.keys(COMMANDS).filter(name => only === undefined || only === name);
  const loaded = await Promise.all(wanted.map(async name => [name, await loadEntry(name)] as const));
  for (const [name, addTo] of loaded) addTo(program.commandsGroup(COMMANDS[name]?.group ?? ''), onChosen);
  return program;
}

/** Loads the definition of a command, or the definitions of a group's subcommands. */
async function loadEntry(name: string): Promise<(program: Command, onChosen: OnChosen) => void> {
  const entry = COMMANDS[name];
  if (entry === undefined) throw new Error(`there is no command ${name}`);
  const add = (parent: Command, definition: CommandDefinition, word: string, onChosen: OnChosen) => {
    const command = addCommand(parent, word, definition);
    return command.action(() => onChosen(definition, command));
  };
  const subcommands = await Promise.all(
    Object.entries(entry.subcommands ?? {}).map(async ([word, load]) => [word, await load()] as const),
  );
  const addAll = (parent: Command, onChosen: OnChosen) => {
    for (const [word, definition] of subcommands) add(parent, definition, word, onChosen);
  };
  if ('load' in entry) {
    const definition = await entry.load();
    return (program, onChosen) => {
      const command = add(program, definition, name, onChosen).aliases([...(entry.aliases ?? [])]);
      addAll(command.helpCommand(false), onChosen);
    };
  }
  return (program, onChosen) => {
    const examples = subcommands.flatMap(([, definition]) => definition.texts.examples.slice(0, 1));
    addAll(addGroup(program, name, entry.summary, entry.description, examples), onChosen);
  };
}

/** Prints every command: a line for each, or the whole tree as JSON or YAML, for tools. */
export async function printAllCommands(io: Io, argv: readonly string[]): Promise<void> {
  const program = await createProgram(io);
  const at = argv.findIndex(arg => /^(-o|--output)/.test(arg));
  const typed = at === -1 ? 'table' : (/^(?:--output|-o)=?(.+)$/.exec(argv[at] ?? '')?.[1] ?? argv[at + 1] ?? '');
  const format = parseOutputFormat(typed, ['table', 'json', 'yaml']);
  if (format === 'json' || format === 'yaml') {
    const commands = program.commands.map(command => describeCommand(command));
    const fields = {
      version: VERSION,
      description: program.description(),
      globalFlags: describeGlobals(program),
      commands,
    };
    return printObject(io, 'CommandTree', fields, format);
  }
  const lines = (command: Command, parents: string): [string, string][] => {
    const name = `${parents}${termOf(command)}`;
    return [[name, command.summary()], ...command.commands.flatMap(sub => lines(sub, `${parents}${command.name()} `))];
  };
  const all = program.commands.flatMap(command => lines(command, 'zkubectl '));
  const width = Math.max(...all.map(([name]) => name.length));
  io.stdout.write(all.map(([name, summary]) => `${name.padEnd(width)}  ${summary}\n`).join(''));
}

/** `zkubectl cluster-access approve [KEY...] [FLAGS]`: commander writes `[options]` first. */
function usageOf(command: Command): string {
  const names: string[] = [];
  for (let c: Command | null = command; c; c = c.parent) names.unshift(c.name());
  const usage = command
    .usage()
    .replace(/^\[options\] ?/, '')
    .replace('[command]', 'COMMAND');
  if (command.parent === null) return `${names.join(' ')} ${usage}`;
  return [...names, usage, '[FLAGS]'].filter(Boolean).join(' ');
}

/** A command in a list: its name and arguments, without commander's [options]. */
function termOf(command: Command): string {
  const words = command.registeredArguments.map(argument => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(' ');
}

/** Help and version are not errors; every other commander error becomes a UsageError (2). */
function commanderResult(error: CommanderError, program: Command): undefined {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return undefined;
  if (error.code === 'commander.help') {
    const [group = program] = program.commands;
    const names = group
      .createHelp()
      .visibleCommands(group)
      .map(command => command.name());
    throw new UsageError(`no subcommand given for ${group.name()}`, {
      code: 'no_subcommand',
      hint: `zkubectl ${group.name()} ${names.join('|')}`,
    });
  }
  const [message, suggestion] = error.message.replace(/^error: /, '').split('\n');
  throw new UsageError(message ?? error.message, {
    code: error.code,
    hint:
      suggestion === undefined
        ? error.code === 'commander.excessArguments'
          ? 'to select a cluster, use --cluster CLUSTER; add --help to see more'
          : 'add --help to see its flags'
        : suggestion.replace(/^\(D/, 'd').replace(/\)$/, ''),
  });
}
