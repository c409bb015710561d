/**
 * `edit`: kubectl's, with `diffedit` as its editor: what was changed is shown, and a question comes before it is written (docs/plugins.md).
 * Rule: kubectl does the work; nothing is written before the yes.
 */
import path from 'node:path';
import { needsYes } from '../errors.ts';
import { beforeDashes } from '../globals.ts';
import { hasFlag, readKubectlFlags } from '../kubectl-flags.ts';
import { removeDir } from '../platform/files.ts';
import { uniqueHex } from '../platform/hash.ts';
import { type Io, isInteractive } from '../platform/io.ts';
import { quotePosix } from '../shell-words.ts';
import { EDIT_VARIABLE, type EditOrder, editorOf } from './diffedit.ts';
import type { Plugin, PluginContext } from './plugin.ts';

export const editPlugin: Plugin = {
  name: 'edit',
  texts: {
    summary: "kubectl's edit, and the changes shown before they are applied",
    description:
      "kubectl's edit with all its flags (zkubectl kubectl edit --help) and your own editor (KUBE_EDITOR, EDITOR), but what you changed is shown and asked about before it is applied. Values of secrets are not shown. --no-diff: neither shown nor asked.",
    examples: ['zkubectl edit deployment/checkout -n shop', 'zkubectl edit configmap/checkout-config --no-diff'],
  },
  verbatim: true,
  declare: command => command.option('--no-diff', 'neither show the changes nor ask'),
  run: runEdit,
};

/** Flags of kubectl's that lead to another server or namespace than the context does. */
const PAST_THE_CONTEXT = ['--server', '--cluster', '--user', '--kuberc', '--filename'];

async function runEdit(ctx: PluginContext, args: readonly string[]): Promise<number> {
  const { io } = ctx;
  const flags = beforeDashes(args);
  const rest = args.filter((arg, i) => i > flags.length || (arg !== '--yes' && arg !== '--no-diff'));
  const { runKubectl } = await import('../commands/kubectl.ts');
  if (flags.includes('--no-diff')) return runKubectl(ctx.base, ['edit', ...rest]);
  if (!ctx.globals.yes && !isInteractive(io)) throw needsYes('are the changes to be written?', '--yes, or --no-diff');
  const { clusterName, namespace } = await ctx.target();
  const line = readKubectlFlags(rest);
  const past = PAST_THE_CONTEXT.filter(flag => hasFlag(line, flag));
  const folder = path.join(ctx.base.paths.state, 'edit', uniqueHex());
  const order: EditOrder = {
    editor: editorOf(io),
    folder,
    where: past.length > 0 ? `where ${past.join(', ')} leads` : `${clusterName}, namespace ${namespace}`,
    yes: ctx.globals.yes,
  };
  try {
    return await runKubectl(ctx.base, ['edit', ...rest], {
      KUBE_EDITOR: ourselves(io),
      [EDIT_VARIABLE]: JSON.stringify(order),
    });
  } finally {
    removeDir(folder);
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
