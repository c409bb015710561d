/**
 * `edit`: kubectl edit with `diffedit` as its editor: shows the changes and asks before they are applied (docs/plugins.md).
 * Rule: kubectl does the work; nothing is written before the confirmation.
 */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { guardPolicy } from '../../cli/guard-policy.ts';
import { refuseInReadOnly } from '../../cli/read-only.ts';
import { isGuarded } from '../../clusters/guarded.ts';
import { ExitCode, needsYes } from '../../errors.ts';
import { placeOf } from '../../kubectl/confirm.ts';
import { refuseUncertain } from '../../kubectl/guard.ts';
import {
  argsOf,
  isSwitchedOn,
  type KubectlLine,
  parseKubectlLine,
  valueOfFlag,
  withoutFlags,
} from '../../kubectl/line.ts';
import { type PinnedTarget, pinned } from '../../kubectl/pinned-target.ts';
import { quotePosix } from '../../lib/shell-words.ts';
import { readText } from '../../platform/files/read.ts';
import { exists } from '../../platform/files/stat.ts';
import { type Io, isInteractive } from '../../platform/io.ts';
import { CANCELLED, EDIT_VARIABLE, type EditOrder, editorOf, FIRST, WRITTEN } from './diffedit.ts';

export const editCommand: CommandDefinition<readonly string[]> = {
  texts: {
    summary: 'edit a resource; review the changes before they are applied',
    description:
      'Runs kubectl edit with all its flags (zkubectl kubectl edit --help) and your editor (KUBE_EDITOR, EDITOR). It shows your changes and asks before they are applied, unless --no-diff is given. Values of secrets are not shown.',
    examples: ['zkubectl edit deployment/checkout -n shop', 'zkubectl edit configmap/checkout-config --no-diff'],
  },
  declare: command => {
    command.option('--no-diff', 'do not show the changes and do not ask');
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
  await refuseInReadOnly(ctx);
  if (isSwitchedOn(given, '--no-diff')) return runKubectl(ctx, argsOf(line));
  if (!ctx.globals.yes && !isInteractive(io)) throw needsYes('write the changes?', '--yes, or --no-diff');
  const { pinLine } = await import('../../cli/guard-world.ts');
  // The question names a cluster, so kubectl must use exactly this cluster.
  const target = await pinLine(ctx, line);
  const { ask, environments } = guardPolicy(await ctx.config());
  const isAsked = ask !== 'off' && isGuarded(target.environment, environments);
  const order: EditOrder = {
    editor: editorOf(io),
    folder: path.join(target.folder, 'edit'),
    where: target.name,
    ...(isAsked ? { guarded: placeOf(target) } : {}),
    yes: ctx.globals.yes,
  };
  try {
    const code = await runKubectl(ctx, argsOf(pinned(line, target)), {
      // A default in kuberc could select another cluster.
      KUBECTL_KUBERC: 'false',
      KUBE_EDITOR: ourselves(io),
      [EDIT_VARIABLE]: JSON.stringify(order),
    });
    if (code !== 0 && exists(path.join(order.folder, CANCELLED))) return ExitCode.interrupted;
    await keepEdit(ctx, order.folder);
    if (code !== 0) await hintIfForbidden(ctx, line, target);
    return code;
  } finally {
    target.remove();
  }
}

/** For undo: what was edited, without what others have changed while the editor was open. */
async function keepEdit(ctx: Context, folder: string): Promise<void> {
  const { objectsInYaml } = await import('../../kubectl/guard-documents.ts');
  const [before = [], after = []] = [FIRST, WRITTEN].map(name => {
    try {
      return objectsInYaml(readText(path.join(folder, name)) ?? '');
    } catch {
      return [];
    }
  });
  if (before.length > 0 && before.length === after.length) (await ctx.journal()).didChange(before, after);
}

/** kubectl edit keeps its stderr, because the editor has the terminal: ask what kubectl was told. */
async function hintIfForbidden(ctx: Context, line: KubectlLine, target: PinnedTarget): Promise<void> {
  const [first = '', second] = line.words;
  const resource = first.includes('/') || second === undefined ? first : `${first}/${second}`;
  if (resource === '') return;
  const namespace = valueOfFlag(line, '--namespace');
  const question = ['auth', 'can-i', 'patch', resource, ...(namespace === undefined ? [] : ['-n', namespace])];
  const { captureKubectl } = await import('../../kubectl/run.ts');
  const { stdout } = await captureKubectl(ctx, argsOf(pinned(parseKubectlLine(question), target)));
  const { hintAccess } = await import('../../kubectl/access-hint.ts');
  if (/^no\b/.test(stdout)) await hintAccess(ctx, () => Promise.resolve(target.name));
}

/** This program as the value of KUBE_EDITOR: words separated by spaces, or, if it contains quotes, a shell command. */
function ourselves(io: Pick<Io, 'self' | 'platform'>): string {
  const words = [io.self.file, ...io.self.args, 'diffedit'];
  if (words.every(word => /^[\w@%+=:,./\\-]+$/.test(word)) && (io.platform === 'win32' || !words.join().includes('\\')))
    return words.join(' ');
  if (io.platform === 'win32') return words.map(word => `"${word}"`).join(' ');
  return words.map(quotePosix).join(' ');
}
