/** `sandbox down`: stops the sandbox. */

import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { CliError } from '../../errors.ts';
import { endProcess } from '../../platform/process/processes.ts';
import { deleteSandbox, runningSandbox, sandboxDir } from './shared.ts';

const END_TIMEOUT_MS = 10_000;
const POLL_MS = 25;

export interface SandboxDownOptions {
  readonly dir?: string | undefined;
  readonly delete: boolean;
}

export const sandboxDownCommand: CommandDefinition<SandboxDownOptions> = {
  texts: {
    summary: 'stop the sandbox',
    description: 'Stops the sandbox. Its state is kept for the next start, unless --delete is given.',
    examples: ['zkubectl sandbox down', 'zkubectl sandbox down --delete'],
  },
  declare: command => {
    command.option('--delete', 'delete its folder too').option('--dir <DIR>', 'the folder of the sandbox');
  },
  options: (_, flags: { dir?: string; delete?: boolean }) => ({ dir: flags.dir, delete: flags.delete ?? false }),
  run: runSandboxDown,
};

export async function runSandboxDown(ctx: Context, options: SandboxDownOptions): Promise<void> {
  const dir = sandboxDir(ctx, options.dir);
  const running = runningSandbox(dir);
  if (running) {
    endProcess(running.pid);
    for (let waited = 0; runningSandbox(dir); waited += POLL_MS) {
      if (waited > END_TIMEOUT_MS)
        throw new CliError(`the sandbox did not stop (process ${running.pid})`, {
          code: 'sandbox_stuck',
          hint: `kill ${running.pid}`,
        });
      await ctx.io.sleep(POLL_MS, ctx.io.signal);
    }
  }
  const what = running ? 'the sandbox is down' : 'no sandbox was running';
  ctx.messages.say(options.delete && deleteSandbox(dir) ? `${what}; its folder is deleted` : what);
}
