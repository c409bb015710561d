/**
 * Executables `zkubectl-NAME` on PATH, which are commands too: `zkubectl-a-b` is `zkubectl a b`, and a dash within a word is `_` in the file's name, as
 * for kubectl's plugins.
 * Rules: our own commands and kubectl's win; nothing is run from a relative entry of PATH, nor by a name with a separator; the environment has no token.
 */
import type { Context } from '../cli/context.ts';
import { CliError, messageOf, systemErrorCode, UsageError } from '../errors.ts';
import { clusterNameOf } from '../kubeconfig/view.ts';
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

export function externalName(words: readonly string[]): string {
  return ['zkubectl', ...words.map(word => word.replaceAll('-', '_'))].join('-');
}

/** Runs it with our terminal. It can ask for a token with `$ZKUBECTL_BIN token`. Resolves to its own exit code, or 128 + n when a signal killed it. */
export async function runExternal(ctx: Context, plugin: ExternalPlugin): Promise<number> {
  const { io } = ctx;
  const env: Record<string, string | undefined> = {
    ...withoutSecrets(io.env),
    ...childDepth(io.env),
    ...(await clusterVariables(ctx)),
    ZKUBECTL_BIN: io.self.file,
    KUBECONFIG: ctx.kubeconfig.id,
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

/** What is known of the current context's cluster without asking anybody; less where less is known. */
async function clusterVariables(ctx: Context): Promise<Record<string, string>> {
  try {
    const view = await ctx.kubeconfig.load();
    return await variablesOf(ctx, clusterNameOf(view, ctx.currentContext(view)));
  } catch (error) {
    ctx.messages.debug(`the plugin is not told of a cluster: ${messageOf(error)}`);
    return {};
  }
}

/** How a program that we start is told of a cluster. */
export async function variablesOf(ctx: Pick<Context, 'registry'>, name: string): Promise<Record<string, string>> {
  const known = (await ctx.registry().catch(() => undefined))?.findKnown(name);
  if (known === undefined) return { ZKUBECTL_CLUSTER_ALIAS: name };
  return {
    ZKUBECTL_CLUSTER_ID: known.id,
    ZKUBECTL_CLUSTER_ALIAS: known.alias,
    ZKUBECTL_ENVIRONMENT: known.environment,
  };
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
