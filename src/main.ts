/**
 * main(argv, io) → exit code. Decides whose command it is: ours or kubectl's. The only place that catches everything.
 * Rules: nothing is imported here that pass-through and `credentials` can do without; stdout carries data alone.
 */

import {
  beforeDashes,
  firstWordIndex,
  GUARDED_VERBS,
  hasUnknownFlag,
  KUBECTL_VERBS,
  kubectlArgv,
  NO_GLOBALS,
} from './argv/globals.ts';
import { resolvePrefix } from './argv/prefix.ts';
import { COMMANDS } from './commands/names.ts';
import { CliError, ExitCode, UsageError } from './errors.ts';
import { nearest } from './lib/nearest.ts';
import { Messages } from './output/messages.ts';
import { findOnPath } from './platform/files/path-search.ts';
import type { Io } from './platform/io.ts';
import type { ExternalPlugin } from './plugins/external.ts';
import { PLUGINS } from './plugins/index.ts';
import { VERSION } from './version.ts';

export { createSystemIo, finish } from './platform/system.ts';

export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await route(argv, io);
  } catch (error) {
    const debug = argv.includes('--debug') || Boolean(io.env['ZKUBECTL_DEBUG']);
    const messages = new Messages(io, { debug, color: colorOf(argv) });
    messages.endProgress();
    // A signal tears down whatever was going on; how that failed is of no interest.
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

async function route(argv: readonly string[], io: Io): Promise<number> {
  if (argv.length === 1 && argv[0] === '--version') {
    io.stdout.write(`${VERSION}\n`);
    return ExitCode.ok;
  }
  if (/^__complete(NoDesc|For)?$/.test(argv[0] ?? '')) {
    const { runComplete } = await import('./completion/complete.ts');
    return runComplete(argv[0] ?? '', argv.slice(1), io);
  }
  const index = firstWordIndex(argv);
  const word = index === undefined ? undefined : argv[index];
  if (index === undefined || word === undefined) {
    if (argv.some(arg => arg.startsWith('-') && !isOurTopLevelFlag(arg)) && !argv.includes('--version'))
      return passThrough(argv, 0, io);
    const asked = argv.some(arg => arg === '--version' || arg === '--help' || arg === '-h');
    return runOurs(asked ? argv : [...argv, '--help'], undefined, io);
  }
  if (word === 'kubectl') return passThrough([...argv.slice(0, index), ...argv.slice(index + 1)], index, io, true);
  if (word === 'help') {
    const topic = argv[index + 1];
    if (topic !== undefined && !topic.startsWith('-') && resolveCommand(topic, io) === undefined)
      return passThrough(argv, index, io);
    const ours = topic === undefined || topic.startsWith('-') ? undefined : resolveCommand(topic, io);
    return runOurs([...argv.slice(0, index), ...(ours === undefined ? [] : [ours]), '--help'], ours, io);
  }
  refuseHiddenVerb(argv, index);
  const command = resolveCommand(word, io);
  if (command === undefined) {
    const external = KUBECTL_VERBS.has(word) ? undefined : await findExternalPlugin(argv.slice(index), io);
    if (external) return runExternalPlugin(external, argv, index, io);
    const code = await passThrough(argv, index, io);
    const [best] = code === 0 || KUBECTL_VERBS.has(word) ? [] : nearest(word, Object.keys(COMMANDS), 1);
    if (best !== undefined)
      new Messages(io, { debug: false, color: colorOf(argv) }).hint(`did you mean zkubectl ${best}?`);
    return code;
  }
  const load = asksForHelp(argv) ? undefined : PLUGINS[command];
  const plugin = await load?.();
  if (plugin?.verbatim) {
    const { prepareVerbatim } = await import('./plugins/verbatim.ts');
    const { context, run } = prepareVerbatim(plugin, argv, index, io);
    return closing(context, run);
  }
  const rest = [...argv];
  rest[index] = command;
  if (command === 'credentials') {
    const { parseHotCredentials, runCredentials } = await import('./commands/credentials.ts');
    const hot = parseHotCredentials(rest);
    if (hot) {
      const { Context } = await import('./cli/context.ts');
      const context = new Context(io, NO_GLOBALS);
      return closing(context, () => runCredentials(context, hot));
    }
  }
  return runOurs(expandSubcommand(rest, index, command), command, io);
}

/** A flag that we do not know may take the word after it for its value, and kubectl then finds a guarded verb where we do not look for it. */
function refuseHiddenVerb(argv: readonly string[], wordIndex: number): void {
  const hidden = beforeDashes(argv)
    .slice(wordIndex + 1)
    .find(word => GUARDED_VERBS.has(word));
  if (hidden === undefined || !hasUnknownFlag(argv.slice(0, wordIndex))) return;
  throw new UsageError(`the flags of ${hidden} must stand after it`, {
    code: 'hidden_verb',
    hint: `zkubectl ${hidden} …, and then its flags`,
  });
}

function asksForHelp(argv: readonly string[]): boolean {
  return beforeDashes(argv).some(arg => arg === '--help' || arg === '-h');
}

async function findExternalPlugin(argv: readonly string[], io: Io): Promise<ExternalPlugin | undefined> {
  const { findExternal } = await import('./plugins/external.ts');
  return findExternal(io, argv);
}

async function runExternalPlugin(
  plugin: ExternalPlugin,
  argv: readonly string[],
  wordIndex: number,
  io: Io,
): Promise<number> {
  const [{ Context }, { runExternal }] = await Promise.all([
    import('./cli/context.ts'),
    import('./plugins/external.ts'),
  ]);
  const { args, debug, offline } = kubectlArgv(argv, wordIndex);
  // Like kubectl: a flag there would be for us, and the plugin would go by the current context all the same.
  const [flag] = args.slice(0, args.length - (argv.length - wordIndex));
  if (flag !== undefined) {
    throw new UsageError(`${flag} cannot stand before the name of a plugin`, {
      code: 'flag_before_plugin',
      hint: 'give it after the name, where the plugin takes it',
    });
  }
  const context = new Context(io, { ...NO_GLOBALS, debug, offline });
  return closing(context, () => runExternal(context, plugin));
}

function isOurTopLevelFlag(arg: string): boolean {
  return /^(-h|--help|--version|--debug|--offline|--yes|--color(=.*)?|--context(=.*)?|--kubeconfig(=.*)?|--namespace(=.*)?|-n.*|-o.*|--output(=.*)?)$/.test(
    arg,
  );
}

/** Our command that a word means; undefined: kubectl's. Throws UsageError when it could be several of ours. */
function resolveCommand(word: string, io: Io): string | undefined {
  if (Object.hasOwn(COMMANDS, word)) return word;
  if (KUBECTL_VERBS.has(word) || !/^[a-z]/.test(word)) return undefined;
  const { name, ambiguous } = resolvePrefix(word, Object.keys(COMMANDS));
  if (name === undefined && ambiguous.length === 0) return undefined;
  // A kubectl plugin of exactly this name is no prefix of ours.
  for (const program of ['kubectl', 'zkubectl'])
    if (findOnPath(io, `${program}-${word.replaceAll('-', '_')}`) !== undefined) return undefined;
  if (name !== undefined) return name;
  throw new UsageError(`"${word}" could be ${ambiguous.join(', ')}`, {
    code: 'ambiguous_command',
    hint: 'type one more letter',
  });
}

function expandSubcommand(argv: string[], index: number, command: string): string[] {
  const subcommands = COMMANDS[command] ?? [];
  const offset = firstWordIndex(argv.slice(index + 1));
  if (subcommands.length === 0 || offset === undefined) return argv;
  const at = index + 1 + offset;
  const word = argv[at] ?? '';
  const { name, ambiguous } = resolvePrefix(word, subcommands);
  if (name === undefined) {
    const [best] = nearest(word, subcommands, 1);
    throw new UsageError(
      ambiguous.length > 0 ? `"${command} ${word}" could be ${ambiguous.join(', ')}` : `there is no ${command} ${word}`,
      {
        code: 'unknown_subcommand',
        hint: best === undefined ? `zkubectl ${command} --help` : `did you mean zkubectl ${command} ${best}?`,
      },
    );
  }
  const expanded = [...argv];
  expanded[at] = name;
  return expanded;
}

async function runOurs(argv: readonly string[], command: string | undefined, io: Io): Promise<number> {
  const { runProgram } = await import('./program.ts');
  return runProgram(withoutEquals(argv), command, io);
}

/** `-n=shop` is `-nshop`, as for kubectl. */
function withoutEquals(argv: readonly string[]): string[] {
  const end = beforeDashes(argv).length;
  return argv.map((arg, i) => (i < end ? arg.replace(/^(-[nolitc])=/, '$1') : arg));
}

/** @param isPlain kubectl itself is meant: nothing is guarded */
async function passThrough(argv: readonly string[], wordIndex: number, io: Io, isPlain = false): Promise<number> {
  const [{ Context }, { runKubectlWithHint }, { runTyped }] = await Promise.all([
    import('./cli/context.ts'),
    import('./cli/kubectl.ts'),
    import('./cli/typed-kubectl.ts'),
  ]);
  const { args, debug, offline, yes } = kubectlArgv(argv, wordIndex);
  const context = new Context(io, { ...NO_GLOBALS, debug, offline });
  return closing(context, () => (isPlain ? runKubectlWithHint(context, args) : runTyped(context, args, yes)));
}

/** Runs a command and ends what its context has opened, however it went. */
async function closing(
  context: { close(error?: unknown): Promise<void> },
  run: () => Promise<number | undefined>,
): Promise<number> {
  try {
    const code = (await run()) ?? ExitCode.ok;
    await context.close();
    return code;
  } catch (error) {
    await context.close(error);
    throw error;
  }
}
