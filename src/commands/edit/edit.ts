/**
 * `edit`: kubectl's, with `diffedit` as its editor: what was changed is shown, and a question comes before it is written (docs/plugins.md).
 * Rule: kubectl does the work; nothing is written before the yes.
 */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { needsYes } from '../../errors.ts';
import { refuseUncertain } from '../../kubectl/guard.ts';
import { argsOf, isSwitchedOn, parseKubectlLine, withoutFlags } from '../../kubectl/line.ts';
import { pinned } from '../../kubectl/pinned-target.ts';
import { quotePosix } from '../../lib/shell-words.ts';
import { type Io, isInteractive } from '../../platform/io.ts';
import { EDIT_VARIABLE, type EditOrder, editorOf } from './diffedit.ts';

export const editCommand: CommandDefinition<readonly string[]> = {
  texts: {
    summary: "kubectl's edit, and the changes shown before they are applied",
    description:
      "kubectl's edit with all its flags (zkubectl kubectl edit --help) and your own editor (KUBE_EDITOR, EDITOR), but what you changed is shown and asked about before it is applied. Values of secrets are not shown. --no-diff: neither shown nor asked.",
    examples: ['zkubectl edit deployment/checkout -n shop', 'zkubectl edit configmap/checkout-config --no-diff'],
  },
  declare: command => {
    command.option('--no-diff', 'neither show the changes nor ask');
  },
  options: args => args,
  run: runEdit,
};

async function runEdit(ctx: Context, args: readonly string[]): Promise<number> {
  const { io } = ctx;
  const given = parseKubectlLine(['edit', ...args], ['yes', 'no-diff']);
  refuseUncertain(given);
  const line = { ...given, flags: withoutFlags(given.flags, '--yes', '--no-diff') };
  const { runKubectl } = await import('../../kubectl/run.ts');
  if (isSwitchedOn(given, '--no-diff')) return runKubectl(ctx, argsOf(line));
  if (!ctx.globals.yes && !isInteractive(io)) throw needsYes('are the changes to be written?', '--yes, or --no-diff');
  const { pinLine } = await import('../../cli/guard-world.ts');
  // The question names a cluster: what is edited must be there.
  const target = await pinLine(ctx, line);
  const order: EditOrder = {
    editor: editorOf(io),
    folder: path.join(target.folder, 'edit'),
    where: target.name,
    yes: ctx.globals.yes,
  };
  try {
    return await runKubectl(ctx, argsOf(pinned(line, target)), {
      // A default in kuberc could lead to another cluster than the one that is named.
      KUBECTL_KUBERC: 'false',
      KUBE_EDITOR: ourselves(io),
      [EDIT_VARIABLE]: JSON.stringify(order),
    });
  } finally {
    target.remove();
  }
}

/** Us as kubectl takes an editor: words between spaces, or, with a quote in it, a line for the shell. */
function ourselves(io: Pick<Io, 'self' | 'platform'>): string {
  const words = [io.self.file, ...io.self.args, 'diffedit'];
  if (words.every(word => /^[\w@%+=:,./\\-]+$/.test(word)) && (io.platform === 'win32' || !words.join().includes('\\')))
    return words.join(' ');
  if (io.platform === 'win32') return words.map(word => `"${word}"`).join(' ');
  return words.map(quotePosix).join(' ');
}
