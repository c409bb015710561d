/** The configuration of a command that can go on when the file cannot be read. */
import { type Config, loadConfig } from '../config/config.ts';
import { CliError, messageOf } from '../errors.ts';
import type { Messages } from '../output/messages.ts';
import type { Paths } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';

/** `warn`, `quiet`: the command goes on with the last configuration that worked, or with none. */
export type BrokenConfig = 'fail' | 'warn' | 'quiet';

interface ConfigWorld {
  readonly io: Io;
  readonly paths: Paths;
  readonly messages: Pick<Messages, 'warn' | 'hint'>;
}

/** Throws the error of the file when the command cannot go on. */
export async function loadConfigOr(ctx: ConfigWorld, brokenConfig: BrokenConfig): Promise<Config> {
  const { io, paths } = ctx;
  try {
    return await loadConfig(io, paths);
  } catch (error) {
    if (brokenConfig === 'fail') throw error;
    const { lastConfig } = await import('../config/last-config.ts');
    const last = await lastConfig(io, paths, error);
    if (last === undefined) throw error;
    if (brokenConfig === 'warn') {
      const instead = last.isSaved ? 'using the configuration of the last login' : 'going on without a configuration';
      ctx.messages.warn(`${messageOf(error)}; ${instead}`);
      if (error instanceof CliError && error.hint) ctx.messages.hint(error.hint);
    }
    return last.config;
  }
}
