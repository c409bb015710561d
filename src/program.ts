/**
 * The command tree: one line per command. Loaded for our own commands only.
 * Rule: a run makes the one command that it is about; only the help of the whole program makes all of them.
 */
import { Command, CommanderError, Help, type Option } from 'commander';
import { NO_GLOBALS } from './argv/globals.ts';
import { addCommand, addGlobals, GLOBAL_GROUP, globalsOf } from './cli/command.ts';
import { Context } from './cli/context.ts';
import { ExitCode, UsageError } from './errors.ts';
import type { Io } from './platform/io.ts';
import { PLUGINS } from './plugins/index.ts';
import { type Plugin, PluginContext } from './plugins/plugin.ts';
import { VERSION } from './version.ts';

/** Adds a command, or a group of them, to the tree. */
type Register = (parent: Command, context: Context) => void;

interface CommandGroup {
  readonly title: string;
  readonly commands: Readonly<Record<string, () => Promise<Register>>>;
}

const GROUPS: readonly CommandGroup[] = [
  {
    title: 'Log in and switch:',
    commands: {
      login: async () => (await import('./commands/login.ts')).registerLogin,
      use: async () => (await import('./commands/use.ts')).registerUse,
      current: async () => (await import('./commands/current.ts')).registerCurrent,
      ns: async () => (await import('./commands/ns.ts')).registerNs,
      env: async () => (await import('./commands/env.ts')).registerEnv,
      on: async () => (await import('./commands/on.ts')).registerOn,
      whoami: async () => (await import('./commands/whoami.ts')).registerWhoami,
      token: async () => (await import('./commands/token.ts')).registerToken,
      logout: async () => (await import('./commands/logout.ts')).registerLogout,
      credentials: async () => (await import('./commands/credentials.ts')).registerCredentials,
    },
  },
  {
    title: 'Clusters:',
    commands: {
      list: async () => (await import('./commands/list.ts')).registerList,
      show: async () => (await import('./commands/show.ts')).registerShow,
      'cluster-update': async () => (await import('./commands/cluster-update/group.ts')).registerClusterUpdate,
    },
  },
  {
    title: 'Production access:',
    commands: {
      emergency: async () => (await import('./commands/cluster-access/request.ts')).registerEmergency,
      'cluster-access': async () => (await import('./commands/cluster-access/group.ts')).registerClusterAccess,
    },
  },
  {
    title: 'Around kubectl:',
    commands: Object.fromEntries(Object.entries(PLUGINS).map(([name, load]) => [name, pluginRegistrar(load)])),
  },
  {
    title: 'This program:',
    commands: {
      plugin: async () => (await import('./commands/plugin/group.ts')).registerPluginGroup,
      completion: async () => (await import('./commands/completion.ts')).registerCompletion,
      doctor: async () => (await import('./commands/doctor/doctor.ts')).registerDoctor,
      configure: async () => (await import('./commands/configure.ts')).registerConfigure,
      sandbox: async () => (await import('./commands/sandbox/group.ts')).registerSandbox,
    },
  },
];

/** A plugin as a command: the flag --cluster, its own, and the exit code it gives. */
function pluginRegistrar(load: () => Promise<Plugin>): () => Promise<Register> {
  return async () => {
    const plugin = await load();
    return (parent, context) => {
      const command = addCommand(parent, plugin.name, plugin.texts);
      if (!plugin.verbatim && !plugin.isLocal)
        command.option('--cluster <CLUSTER>', "another cluster than the current context's");
      plugin.declare?.(command);
      command.action(async () => {
        const flags = command.opts<{ cluster?: string }>();
        const target = new PluginContext(context, plugin.isLocal ? undefined : flags.cluster);
        context.exitCode = (await plugin.run(target, command.args, flags)) ?? ExitCode.ok;
      });
    };
  };
}

/** Other names of commands. */
const ALIASES: Readonly<Record<string, string>> = { 'list-clusters': 'list' };

/**
 * Parses argv and runs the command. Resolves to the exit code; throws what the command throws.
 * @param command the one that argv is about; undefined: help or version of the whole program
 */
export async function runProgram(argv: readonly string[], command: string | undefined, io: Io): Promise<number> {
  const context = new Context(io, NO_GLOBALS);
  const program = await createProgram(context, command);
  let failure: unknown;
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    failure = error;
    if (error instanceof CommanderError) return commanderResult(error, program);
    throw error;
  } finally {
    await context.close(failure);
  }
}

/** The tree: with one command to run it, or whole, for help and for what is generated from it. */
export async function createProgram(context: Context, only?: string): Promise<Command> {
  const { io } = context;
  const program = new Command('zkubectl')
    .usage('COMMAND [FLAGS]   or any kubectl command')
    .description('One command for many Kubernetes clusters: log in, list, switch, kubectl, emergency access.')
    .version(VERSION, '--version', 'the version of this program')
    .helpOption('-h, --help', 'this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({
      showGlobalOptions: false,
      subcommandTerm: termOf,
      groupItems: globalsLast,
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
    .hook('preAction', (_, command) => {
      context.globals = globalsOf(command);
    })
    .addHelpText(
      'after',
      '\nBefore or after any of them: --context, -n/--namespace, --kubeconfig, -o/--output, --offline, --yes, --color, --debug; COMMAND --help explains.\nAnything else is kubectl: zkubectl get pods. zkubectl kubectl … always means kubectl.\n\nExamples:\n  zkubectl login foobarlab\n  zkubectl list -l environment=production\n  zkubectl get pods -n shop\n  zkubectl emergency -i INC-1234 checkout is down\n',
    );
  addGlobals(program, undefined, true);

  const wanted = only === undefined ? undefined : (ALIASES[only] ?? only);
  for (const { title, commands } of GROUPS) {
    const registers = await Promise.all(
      Object.entries(commands).flatMap(([name, load]) => (wanted === undefined || wanted === name ? [load()] : [])),
    );
    program.commandsGroup(title);
    for (const register of registers) register(program, context);
  }
  return program;
}

/** What a command does comes before what all of them take. */
function globalsLast<T extends Command | Option>(
  this: Help,
  all: T[],
  visible: T[],
  getGroup: (item: T) => string,
): Map<string, T[]> {
  const groups = Help.prototype.groupItems.call(this, all, visible, getGroup as never) as Map<string, T[]>;
  const globals = groups.get(GLOBAL_GROUP);
  groups.delete(GLOBAL_GROUP);
  return globals ? groups.set(GLOBAL_GROUP, globals) : groups;
}

/** A command in a list: its name and arguments; that it has flags goes without saying. */
function termOf(command: Command): string {
  const words = command.registeredArguments.map(argument => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(' ');
}

/** Help and version are no errors; what commander finds wrong is wrong usage (2). */
function commanderResult(error: CommanderError, program: Command): number {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return ExitCode.ok;
  if (error.code === 'commander.help') {
    const [group = program] = program.commands;
    const names = group
      .createHelp()
      .visibleCommands(group)
      .map(command => command.name());
    throw new UsageError(`which command of ${group.name()}?`, {
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
          ? 'a cluster is given by --cluster CLUSTER; add --help to see more'
          : 'add --help to see its flags'
        : suggestion.replace(/^\(D/, 'd').replace(/\)$/, ''),
  });
}
