/** `options`: lists the flags that every command takes. */
import { GLOBAL_OPTIONS } from '../cli/command-tree.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';

export const optionsCommand: CommandDefinition<undefined> = {
  texts: {
    summary: 'list the flags that every command takes',
    description: "Lists the flags that every command takes. To list kubectl's own flags: zkubectl kubectl options.",
    examples: ['zkubectl options', 'zkubectl kubectl options'],
  },
  options: () => undefined,
  run: runOptions,
};

async function runOptions(ctx: Pick<Context, 'io'>): Promise<void> {
  const width = Math.max(...GLOBAL_OPTIONS.map(({ flags }) => flags.length));
  const lines = GLOBAL_OPTIONS.map(({ flags, description }) => `  ${flags.padEnd(width)}  ${description}\n`);
  ctx.io.stdout.write(
    `You can use these flags before or after any command:\n\n${lines.join('')}\nkubectl's own flags: zkubectl kubectl options\n`,
  );
}
