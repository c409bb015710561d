/**
 * main(argv, io) → exit code. The only place that catches everything.
 * Rules: imports only what pass-through and `credentials` need; stdout carries only data.
 */
import { parseCredentialsFast } from './argv/credentials-arguments.ts';
import { NO_GLOBALS } from './argv/globals.ts';
import type { Context } from './cli/context.ts';
import { isEvaluated, loadCommand } from './commands/index.ts';
import { CliError, ExitCode, UsageError } from './errors.ts';
import { kubectlArgv } from './kubectl/leading-flags.ts';
import { Messages } from './output/messages.ts';
import { listExecutables } from './platform/files/path-search.ts';
import type { Io } from './platform/io.ts';
import { type Route, routeOf } from './route.ts';
import { VERSION } from './version.ts';

export { ownArgv } from './platform/process/entry-point.ts';
export { createSystemIo, finish } from './platform/system.ts';

export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await run(routeOf(argv, io), io);
  } catch (error) {
    const debug = argv.includes('--debug') || Boolean(io.env['ZKUBECTL_DEBUG']);
    const messages = new Messages(io, { debug, color: colorOf(argv) });
    messages.endProgress();
    // After a signal, reports the signal and not the error that it caused.
    const reason: unknown = io.signal.aborted ? io.signal.reason : error;
    if (reason instanceof CliError) {
      messages.error(reason);
      return reason.exitCode;
    }
    messages.bug(reason);
    return ExitCode.bug;
  }
}

function colorOf(argv: readonly string[]): 'auto' | 'always' | 'never' {
  const text = argv.join('\n');
  if (/(^|\n)--color[=\n]never(\n|$)/.test(text)) return 'never';
  return /(^|\n)--color[=\n]always(\n|$)/.test(text) ? 'always' : 'auto';
}

async function run(route: Route, io: Io): Promise<number> {
  switch (route.kind) {
    case 'version':
      io.stdout.write(`${VERSION}\n`);
      return ExitCode.ok;
    case 'help-all': {
      const { printAllCommands } = await import('./program.ts');
      await printAllCommands(io, route.argv);
      return ExitCode.ok;
    }
    case 'complete': {
      const { runComplete } = await import('./completion/complete.ts');
      return runComplete(route.word, route.argv, io);
    }
    case 'kubectl':
      return runKubectl(route, io);
    case 'kubectl-like': {
      const [definition, { readKubectlLike }, { Context }] = await Promise.all([
        loadCommand(route.command),
        import('./cli/kubectl-like.ts'),
        import('./cli/context.ts'),
      ]);
      const { args, globals } = readKubectlLike(route.command, route.argv, route.wordIndex);
      const context = new Context(io, globals, {}, 'fail', route.argv);
      return closing(context, () => definition.run(context, definition.options(args, {}, route.argv)));
    }
    case 'command':
      if (route.renamed !== undefined)
        new Messages(io, { debug: false, color: colorOf(route.argv) }).hint(
          `this command is now: zkubectl ${route.renamed}`,
        );
      return runEvaluated(route.command, route.argv, io);
  }
}

/** Runs a command. If a shell evaluates its output and it fails, what it writes fails there too. */
async function runEvaluated(command: string | undefined, argv: readonly string[], io: Io): Promise<number> {
  try {
    return await runCommand(command, argv, io);
  } catch (error) {
    if (command !== undefined && isEvaluated(command, argv)) {
      const { writeFailedEval } = await import('./cli/failed-eval.ts');
      writeFailedEval(io, argv, error);
    }
    throw error;
  }
}

async function runCommand(command: string | undefined, argv: readonly string[], io: Io): Promise<number> {
  if (command === 'credentials') {
    const { credentialsCommand } = await import('./commands/credentials.ts');
    const options = parseCredentialsFast(argv);
    if (options) {
      const { Context } = await import('./cli/context.ts');
      const context = new Context(io, NO_GLOBALS, credentialsCommand.login?.(options, io), 'warn');
      return closing(context, () => credentialsCommand.run(context, options));
    }
  }
  const { parseCommandLine } = await import('./program.ts');
  const parsed = await parseCommandLine(argv, command, io);
  if (parsed === undefined) return ExitCode.ok;
  const { definition, options, globals } = parsed;
  const { Context } = await import('./cli/context.ts');
  const context = new Context(io, globals, definition.login?.(options, io), definition.brokenConfig, argv);
  return closing(context, () => definition.run(context, options));
}

async function runKubectl(route: Extract<Route, { kind: 'kubectl' }>, io: Io): Promise<number> {
  const { argv, wordIndex } = route;
  const { Context } = await import('./cli/context.ts');
  const { args, debug, offline, yes } = kubectlArgv(argv, wordIndex);
  const context = new Context(
    io,
    { ...NO_GLOBALS, debug, offline },
    {},
    'warn',
    route.isPlain ? ['kubectl', ...argv] : argv,
  );
  if (route.mayBePlugin) {
    const { findExternal } = await import('./kubectl/external-plugins.ts');
    const typed = argv.slice(wordIndex);
    const plugin = findExternal(io, typed);
    if (plugin) {
      const { runTypedPlugin } = await import('./cli/typed-plugin.ts');
      const before = args.slice(0, args.length - typed.length);
      return closing(context, () => runTypedPlugin(context, plugin, { yes, typed, before }));
    }
  }
  // Only a command of kubectl's is worth a download.
  if (route.mayBePlugin)
    await context.kubectl(false).catch(error => throwUnknownCommand(error, argv[wordIndex] ?? '', route.nearest));
  const { runTyped } = await import('./cli/typed-kubectl.ts');
  const code = await closing(context, () => runTyped(context, args, { yes, isPlain: route.isPlain }));
  // A kubectl plugin that ran and failed was what was meant.
  if (code !== 0 && route.nearest !== undefined && !hasKubectlPlugin(argv[wordIndex] ?? '', io))
    new Messages(io, { debug: false, color: colorOf(argv) }).hint(`did you mean zkubectl ${route.nearest}?`);
  return code;
}

function throwUnknownCommand(error: unknown, word: string, nearest: string | undefined): never {
  if (!(error instanceof CliError) || error.code !== 'no_kubectl') throw error;
  throw new UsageError(`unknown command "${word}"`, {
    code: 'unknown_command',
    hint: nearest === undefined ? 'list the commands: zkubectl --help' : `did you mean zkubectl ${nearest}?`,
  });
}

/** Is there an executable `kubectl-WORD`, or `kubectl-WORD-…`? */
function hasKubectlPlugin(word: string, io: Io): boolean {
  const name = `kubectl-${word.replaceAll('-', '_')}`;
  return listExecutables(io, /^kubectl-/).some(plugin => plugin.name === name || plugin.name.startsWith(`${name}-`));
}

/** Runs a command and closes its context, also when the command fails. */
async function closing(context: Pick<Context, 'close'>, run: () => Promise<number> | Promise<void>): Promise<number> {
  try {
    const code = (await run()) ?? ExitCode.ok;
    await context.close({ code });
    return code;
  } catch (error) {
    await context.close({ error });
    throw error;
  }
}
