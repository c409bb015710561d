/**
 * Executables `zkubectl-NAME` on PATH, which are commands too: `zkubectl-a-b` is `zkubectl a b`, and a dash within a word is `_` in the file's name, as
 * for kubectl's plugins.
 * Rules: our own commands and kubectl's win; nothing is run from a relative entry of PATH, nor by a name with a separator; the environment has no token.
 */
import { CliError, messageOf, systemErrorCode, UsageError } from '../errors.ts';
import { findOnPath } from '../platform/files/path-search.ts';
import type { Io } from '../platform/io.ts';
import { childDepth } from '../platform/process/child-depth.ts';
import { withoutSecrets } from '../platform/process/child-env.ts';
import { exitCodeOf } from '../platform/process/signals.ts';

export interface ExternalPlugin {
  readonly file: string;
  /** What is left of argv after the words that name it. */
  readonly args: readonly string[];
}

const WORD = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const MOST_WORDS = 4;

/** The plugin that the first words of argv name: the longest match. */
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

/** The name of the executable that is a plugin of ours, or of kubectl's. */
export function externalName(words: readonly string[], program: 'zkubectl' | 'kubectl' = 'zkubectl'): string {
  return [program, ...words.map(word => word.replaceAll('-', '_'))].join('-');
}

/** What a plugin is run with, beside our environment. */
export interface PluginSurroundings {
  /** How it is told of the cluster. */
  readonly variables: Readonly<Record<string, string>>;
  readonly kubeconfig: string;
}

/** Runs it with our terminal. It can ask for a token with `$ZKUBECTL_BIN token`. Resolves to its own exit code, or 128 + n when a signal killed it. */
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
    throw new CliError(`${plugin.file} could not be run: ${messageOf(error)}`, {
      code: `plugin_${(systemErrorCode(error) ?? 'failed').toLowerCase()}`,
      cause: error,
    });
  }
}

/** Batch files of Windows can only be started by cmd.exe, which reads its command line once more: what it would take for its own is refused. */
export function startable(
  io: Pick<Io, 'platform' | 'env'>,
  { file, args }: ExternalPlugin,
): { file: string; args: readonly string[] } {
  if (io.platform !== 'win32' || !/\.(cmd|bat)$/i.test(file)) return { file, args };
  const bad = [file, ...args].find(arg => /[%!^&|<>()"\r\n]/.test(arg));
  if (bad !== undefined)
    throw new UsageError(`a batch file cannot be given ${JSON.stringify(bad)}`, { code: 'unsafe_argument' });
  const shell = io.env['ComSpec'] ?? 'C:\\Windows\\System32\\cmd.exe';
  return { file: shell, args: ['/d', '/s', '/c', file, ...args] };
}
