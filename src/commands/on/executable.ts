/** The program of `on`. */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import { UsageError } from '../../errors.ts';
import { isRecord } from '../../lib/json.ts';
import { findOnPath } from '../../platform/files/path-search.ts';
import { isExecutableFile } from '../../platform/files/stat.ts';

/** A command, with its program found once: what is checked is what runs. */
export interface PinnedCommand {
  readonly program: { readonly file: string; readonly args: readonly string[] };
  readonly args: readonly string[];
  /** Is it kubectl or zkubectl, whose words are known? */
  readonly isOurs: boolean;
}

/** Throws UsageError (2) when there is no such command. */
export async function pinned(ctx: Context, words: readonly string[]): Promise<PinnedCommand> {
  const [name = '', ...args] = words;
  return { program: await executableOf(ctx, name), args, isOurs: name === 'kubectl' || name === 'zkubectl' };
}

/**
 * `kubectl` is the binary that zkubectl uses. Other commands are searched for as a shell does, except in relative entries of PATH.
 * Throws UsageError (2) when there is no such command.
 */
export async function executableOf(ctx: Context, name: string): Promise<{ file: string; args: readonly string[] }> {
  if (name === 'kubectl') return { file: await ctx.kubectl(), args: [] };
  if (name === 'zkubectl') return ctx.io.self;
  const file = /[\\/]/.test(name) ? path.resolve(ctx.io.cwd, name) : findOnPath(ctx.io, name, ['.exe', '.cmd', '.bat']);
  if (file !== undefined && isExecutableFile(file)) return { file, args: [] };
  throw new UsageError(`command not found: ${name}`, { code: 'no_such_command', hint: 'check the name and PATH' });
}

/** The answer of `kubectl version --client -o json`. Empty: it cannot be read. */
export async function kubectlVersion(ctx: Context): Promise<Readonly<Record<string, unknown>>> {
  const args = ['version', '--client', '-o', 'json'];
  const { stdout } = await ctx.io.spawn(await ctx.kubectl(), args, { stdio: 'capture' });
  try {
    const version: unknown = JSON.parse(stdout);
    return isRecord(version) ? version : {};
  } catch {
    return {};
  }
}
