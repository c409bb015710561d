/** `completion SHELL`: the script that makes a shell ask this program when TAB is pressed. */

import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { COMPLETION_SHELLS } from '../completion/candidates.ts';
import { completionScript } from '../completion/scripts.ts';
import { UsageError } from '../errors.ts';

export const completionCommand: CommandDefinition<string> = {
  texts: {
    summary: 'print the completion script for your shell',
    description:
      'Prints the completion script for your shell. With the script loaded, TAB completes commands, flags, clusters and namespaces, and everything that kubectl completes. Add the line for your shell to its start-up file (docs/completion.md).',
    examples: [
      'source <(zkubectl completion bash)     # ~/.bashrc',
      'source <(zkubectl completion zsh)      # ~/.zshrc, after compinit',
      'zkubectl completion fish | source      # ~/.config/fish/config.fish',
      'zkubectl completion powershell | Out-String | Invoke-Expression',
    ],
  },
  declare: command => {
    command.argument('<SHELL>', 'bash, zsh, fish or powershell');
  },
  options: ([shell = '']) => shell,
  run: runCompletion,
};

export async function runCompletion(ctx: Pick<Context, 'io'>, shellName: string): Promise<void> {
  const shell = COMPLETION_SHELLS.find(one => one === shellName);
  if (shell === undefined)
    throw new UsageError(`unknown shell: ${shellName}`, {
      code: 'unknown_shell',
      hint: `supported shells: ${COMPLETION_SHELLS.join(', ')}`,
    });
  ctx.io.stdout.write(completionScript(shell));
}
