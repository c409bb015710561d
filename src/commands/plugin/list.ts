/** `plugin list`: ours, zkubectl-NAME and kubectl-NAME on PATH, and which of them another one hides. */
import type { Command } from 'commander';
import { KUBECTL_VERBS } from '../../argv/globals.ts';
import { addCommand, formatOf } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { OUTPUT_FORMATS, printList, type View } from '../../output/view.ts';
import { listExecutables } from '../../platform/files/path-search.ts';
import { externalName } from '../../plugins/external.ts';
import { PLUGINS } from '../../plugins/index.ts';
import { COMMANDS } from '../names.ts';

interface PluginRow {
  /** What is typed after `zkubectl`. */
  readonly name: string;
  readonly kind: 'built-in' | 'zkubectl' | 'kubectl';
  readonly file: string;
  /** What is run instead of it; empty: nothing. */
  readonly shadowedBy: string;
}

export function registerPluginList(parent: Command, ctx: Context, run = runPluginList): void {
  addCommand(parent, 'list', {
    summary: 'all of them, and what hides what',
    description:
      'Lists the plugins that come with zkubectl, and the executables zkubectl-NAME and kubectl-NAME on PATH.',
    examples: ['zkubectl plugin list', 'zkubectl plugin list -o json'],
    formats: OUTPUT_FORMATS,
  }).action(() => run(ctx));
}

export async function runPluginList(ctx: Pick<Context, 'io' | 'globals'>): Promise<void> {
  const format = formatOf(ctx);
  const rows: PluginRow[] = Object.keys(PLUGINS).map(name => ({ name, kind: 'built-in', file: '', shadowedBy: '' }));
  const seen = new Map<string, string>();
  for (const { name: fileName, file } of listExecutables(ctx.io, /^z?kubectl-./)) {
    const kind = fileName.startsWith('zkubectl-') ? 'zkubectl' : 'kubectl';
    const name = fileName
      .slice(kind.length + 1)
      .replaceAll('-', ' ')
      .replaceAll('_', '-');
    rows.push({ name, kind, file, shadowedBy: shadowOf(name, kind, seen.get(fileName), seen) });
    if (!seen.has(fileName)) seen.set(fileName, file);
  }
  await printList(ctx.io, pluginView, rows, { format, color: ctx.globals.color });
}

function shadowOf(
  name: string,
  kind: 'zkubectl' | 'kubectl',
  earlier: string | undefined,
  seen: ReadonlyMap<string, string>,
): string {
  const [first = ''] = name.split(' ');
  if (Object.hasOwn(COMMANDS, first)) return `zkubectl ${first}`;
  if (KUBECTL_VERBS.has(first)) return `kubectl ${first}`;
  if (earlier !== undefined) return earlier;
  const ours = seen.get(externalName(name.split(' ')));
  return kind === 'kubectl' ? (ours ?? '') : '';
}

const pluginView: View<PluginRow> = {
  kind: 'Plugin',
  name: row => row.name,
  columns: [
    { title: 'Name', value: row => row.name },
    { title: 'Kind', value: row => row.kind },
    { title: 'File', value: row => row.file },
    { title: 'Hidden by', value: row => row.shadowedBy },
  ],
  toJson: ({ name, kind, file, shadowedBy }) => ({
    name,
    kind,
    file: file === '' ? null : file,
    shadowed_by: shadowedBy === '' ? null : shadowedBy,
  }),
  empty: 'there are no plugins',
};
