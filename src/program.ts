/** The command tree: one line per command. Loaded for our own commands only. */
import { Command, CommanderError, Help, type Option } from 'commander';
import { registerApprove } from './commands/cluster-access/approve.ts';
import { registerAccessList } from './commands/cluster-access/list.ts';
import { registerEmergency, registerRequest } from './commands/cluster-access/request.ts';
import { registerBlock, registerUnblock } from './commands/cluster-update/block.ts';
import { registerUpdateStatus } from './commands/cluster-update/status.ts';
import { registerConfigure } from './commands/configure.ts';
import { registerCredentials } from './commands/credentials.ts';
import { registerList } from './commands/list.ts';
import { registerLogin } from './commands/login.ts';
import { registerLogout } from './commands/logout.ts';
import { registerNs } from './commands/ns.ts';
import { registerSandboxDown } from './commands/sandbox/down.ts';
import { registerSandboxEnv } from './commands/sandbox/env.ts';
import { registerSandboxSignIn } from './commands/sandbox/sign-in.ts';
import { registerSandboxStatus } from './commands/sandbox/status.ts';
import { registerSandboxUp } from './commands/sandbox/up.ts';
import { addGlobals, addGroup, GLOBAL_GROUP, globalsOf } from './commands/shared.ts';
import { registerShow } from './commands/show.ts';
import { registerToken } from './commands/token.ts';
import { registerUse } from './commands/use.ts';
import { registerWhoami } from './commands/whoami.ts';
import { Context } from './context.ts';
import { ExitCode, UsageError } from './errors.ts';
import { NO_GLOBALS } from './globals.ts';
import type { Io } from './platform/io.ts';
import { VERSION } from './version.ts';

/** Parses argv and runs the command. Resolves to the exit code; throws what the command throws. */
export async function runProgram(argv: readonly string[], io: Io): Promise<number> {
  const context = new Context(io, NO_GLOBALS);
  const program = createProgram(context);
  let failure: unknown;
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return ExitCode.ok;
  } catch (error) {
    failure = error;
    if (error instanceof CommanderError) return commanderResult(error);
    throw error;
  } finally {
    await context.close(failure);
  }
}

/** The whole tree, for running and for what is generated from it. */
export function createProgram(context: Context): Command {
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
      helpWidth: Math.max(40, Math.min(io.columns, 110)),
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

  program.commandsGroup('Log in and switch:');
  registerLogin(program, context);
  registerUse(program, context);
  registerNs(program, context);
  registerWhoami(program, context);
  registerToken(program, context);
  registerLogout(program, context);
  registerCredentials(program, context);

  program.commandsGroup('Clusters:');
  registerList(program, context);
  registerShow(program, context);
  const update = addGroup(
    program,
    'cluster-update',
    'see, block and allow updates of a cluster',
    "A cluster's updates: where they stand, and holding them back.",
  );
  registerUpdateStatus(update, context);
  registerBlock(update, context);
  registerUnblock(update, context);

  program.commandsGroup('Production access:');
  registerEmergency(program, context);
  const access = addGroup(
    program,
    'cluster-access',
    'ask for, see and approve production access',
    'Write access to a production cluster for a while, once a colleague has approved it.',
  );
  registerRequest(access, context);
  registerAccessList(access, context);
  registerApprove(access, context);

  program.commandsGroup('This program:');
  registerConfigure(program, context);
  const sandbox = addGroup(
    program,
    'sandbox',
    'a company to rehearse in, on this machine',
    'An issuer, a registry, an access service and clusters on loopback: to try zkubectl and to rehearse emergencies.',
  );
  registerSandboxUp(sandbox, context);
  registerSandboxEnv(sandbox, context);
  registerSandboxStatus(sandbox, context);
  registerSandboxDown(sandbox, context);
  registerSandboxSignIn(sandbox, context);
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
function commanderResult(error: CommanderError): number {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return ExitCode.ok;
  if (error.code === 'commander.help')
    throw new UsageError('which of its commands?', { code: 'no_subcommand', hint: 'add --help to see them' });
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
