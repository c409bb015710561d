/**
 * Plugins: executables `zkubectl-NAME` on PATH. `zkubectl-a-b` is the command `zkubectl a b`. A dash in a word is `_` in the file name, as
 * for kubectl's plugins.
 * Rules: commands of zkubectl and kubectl win. Relative PATH entries and names with a path separator are never used. Plugins get no token.
 */
import { CliError, messageOf, systemErrorCode, UsageError } from '../errors.ts';
import { findOnPath } from '../platform/files/path-search.ts';
import { readHead } from '../platform/files/read.ts';
import type { Io } from '../platform/io.ts';
import { childDepth } from '../platform/process/child-depth.ts';
import { withoutSecrets } from '../platform/process/child-env.ts';
import { exitCodeOf } from '../platform/process/signals.ts';

export interface ExternalPlugin {
  readonly file: string;
  /** The arguments after the plugin's name. */
  readonly args: readonly string[];
}

const WORD = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const MOST_WORDS = 4;

/** Finds the plugin for the first words of argv. The longest match wins. */
export function findExternal(
  io: Pick<Io, 'env' | 'platform' | 'self'>,
  argv: readonly string[],
): ExternalPlugin | undefined {
  const end = argv.findIndex(word => !WORD.test(word));
  const words = argv.slice(0, Math.min(end === -1 ? argv.length : end, MOST_WORDS));
  for (let length = words.length; length > 0; length--) {
    const file = findOnPath(io, externalName(words.slice(0, length)), ['.exe', '.cmd', '.bat']);
    if (file !== undefined) return { file, args: argv.slice(length) };
  }
  return undefined;
}

/** The file name of a plugin of zkubectl or kubectl. */
export function externalName(words: readonly string[], program: 'zkubectl' | 'kubectl' = 'zkubectl'): string {
  return [program, ...words.map(word => word.replaceAll('-', '_'))].join('-');
}

/** A plugin declares itself in this many bytes from its start. */
const HEAD_BYTES = 4096;
const GUARDED = /zkubectl[.\s_-]*guard/i;

/**
 * Does the plugin's file say `zkubectl.guard: write`: it changes a cluster? A mention of `zkubectl.guard` is enough, whatever its form: a plugin
 * that is asked about by mistake is better than one that is not. A file that cannot be read says nothing: it cannot run either.
 */
export function declaresWrites(file: string): boolean {
  try {
    return GUARDED.test(readHead(file, HEAD_BYTES));
  } catch {
    return false;
  }
}

/** Additions to the environment of a plugin. */
export interface PluginSurroundings {
  /** The variables that describe the cluster. */
  readonly variables: Readonly<Record<string, string>>;
  readonly kubeconfig: string;
}

/** Runs a plugin on the terminal. It can get a token with `$ZKUBECTL_BIN token`. Resolves to its exit code, or 128 + n for signal n. */
export async function runExternal(
  io: Pick<Io, 'env' | 'platform' | 'self' | 'spawn'>,
  plugin: ExternalPlugin,
  { variables, kubeconfig }: PluginSurroundings,
): Promise<number> {
  const env: Record<string, string | undefined> = {
    ...withoutSecrets(io.env),
    ...childDepth(io.env),
    ...variables,
    ZKUBECTL_BIN: io.self.file,
    KUBECONFIG: kubeconfig,
  };
  const { file, args } = startable(io, plugin);
  try {
    return exitCodeOf(await io.spawn(file, args, { env }));
  } catch (error) {
    throw new CliError(`cannot run ${plugin.file}: ${messageOf(error)}`, {
      code: `plugin_${(systemErrorCode(error) ?? 'failed').toLowerCase()}`,
      cause: error,
    });
  }
}

/** On Windows, only cmd.exe can run a batch file, and it parses the command line again. Arguments with cmd.exe metacharacters are refused. */
export function startable(
  io: Pick<Io, 'platform' | 'env'>,
  { file, args }: ExternalPlugin,
): { file: string; args: readonly string[] } {
  if (io.platform !== 'win32' || !/\.(cmd|bat)$/i.test(file)) return { file, args };
  const bad = [file, ...args].find(arg => /[%!^&|<>()"\r\n]/.test(arg));
  if (bad !== undefined)
    throw new UsageError(`cannot pass ${JSON.stringify(bad)} to a batch file`, { code: 'unsafe_argument' });
  const shell = io.env['ComSpec'] ?? 'C:\\Windows\\System32\\cmd.exe';
  return { file: shell, args: ['/d', '/s', '/c', file, ...args] };
}
