/** A person of the drill: runs this program with a home of their own in the sandbox. */
import type { Context } from '../../cli/context.ts';
import { InterruptedError } from '../../errors.ts';
import type { SpawnResult } from '../../platform/io.ts';
import { withoutSecrets } from '../../platform/process/child-env.ts';
import { exitCodeOf, exitCodeOfSignal } from '../../platform/process/signals.ts';
import type { SandboxInfo } from '../../sandbox/sandbox-files.ts';
import { foreignVariables, personHome, personVariables } from './person.ts';

export interface ActorOptions {
  readonly name: string;
  /** The folder of the sandbox. */
  readonly dir: string;
  readonly info: SandboxInfo;
  /** The kubectl to use: nothing is downloaded for each person. */
  readonly kubectl: string;
}

export class Actor {
  readonly #ctx: Context;
  readonly #env: Record<string, string | undefined>;

  constructor(ctx: Context, { name, dir, info, kubectl }: ActorOptions) {
    this.#ctx = ctx;
    const foreign = Object.fromEntries(foreignVariables(ctx.io.env).map(variable => [variable, undefined]));
    this.#env = {
      ...withoutSecrets(ctx.io.env),
      ...foreign,
      ...Object.fromEntries(personVariables(ctx, dir, info, name)),
      // kubectl's own cache, too, is in the sandbox.
      HOME: personHome(dir, name),
      ZKUBECTL_KUBECTL_PATH: kubectl,
    };
  }

  /** Runs a command on the terminal. Resolves to its exit code, or 128 + n for signal n. */
  async run(line: readonly string[]): Promise<number> {
    return exitCodeOf(await this.#spawn(line, 'inherit'));
  }

  async quietly(line: readonly string[]): Promise<SpawnResult> {
    return this.#spawn(line, 'capture');
  }

  async #spawn(line: readonly string[], stdio: 'inherit' | 'capture'): Promise<SpawnResult> {
    const { io } = this.#ctx;
    const result = await io.spawn(io.self.file, [...io.self.args, ...line], { env: this.#env, stdio });
    io.signal.throwIfAborted();
    // A child handles the signals that come while it runs. These two end the drill; after Ctrl-C, the step can be tried again.
    const code = exitCodeOf(result);
    if (['SIGTERM', 'SIGHUP'].some(signal => code === exitCodeOfSignal(signal as NodeJS.Signals)))
      throw new InterruptedError('interrupted; the drill is over');
    return result;
  }
}
