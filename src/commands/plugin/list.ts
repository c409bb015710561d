/** `plugin list`: lists the built-in plugins and zkubectl-NAME and kubectl-NAME on PATH, and what shadows them. */

import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { externalName } from '../../kubectl/external-plugins.ts';
import { KUBECTL_VERBS } from '../../kubectl/verbs.ts';
import { OUTPUT_FORMATS, printList, type View } from '../../output/view.ts';
import { listExecutables } from '../../platform/files/path-search.ts';

interface PluginRow {
  /** What is typed after `zkubectl`. */
  readonly name: string;
  readonly kind: 'built-in' | 'zkubectl' | 'kubectl';
  readonly file: string;
  /** The command that runs instead; empty: the plugin is not shadowed. */
  readonly shadowedBy: string;
}

/** The built-in commands. */
export interface BuiltIn {
  /** Every word that names a command. */
  readonly words: readonly string[];
  /** The commands that wrap kubectl. */
  readonly aroundKubectl: readonly string[];
}

export const pluginListCommand = (builtIn: BuiltIn): CommandDefinition<BuiltIn> => ({
  texts: {
    summary: 'list all plugins, and what shadows them',
    description:
      'Lists the plugins that come with zkubectl, and the executables zkubectl-NAME and kubectl-NAME on PATH.',
    examples: ['zkubectl plugin list', 'zkubectl plugin list -o json'],
  },
  formats: OUTPUT_FORMATS,
  options: () => builtIn,
  run: runPluginList,
});

async function runPluginList(ctx: Pick<Context, 'io' | 'globals'>, builtIn: BuiltIn): Promise<void> {
  const format = formatOf(ctx);
  const rows: PluginRow[] = builtIn.aroundKubectl.map(name => ({ name, kind: 'built-in', file: '', shadowedBy: '' }));
  const seen = new Map<string, string>();
  for (const { name: fileName, file } of listExecutables(ctx.io, /^z?kubectl-./)) {
    const kind = fileName.startsWith('zkubectl-') ? 'zkubectl' : 'kubectl';
    const name = fileName
      .slice(kind.length + 1)
      .replaceAll('-', ' ')
      .replaceAll('_', '-');
    rows.push({ name, kind, file, shadowedBy: shadowOf(builtIn, name, kind, seen) });
    if (!seen.has(fileName)) seen.set(fileName, file);
  }
  await printList(ctx.io, pluginView, rows, { format, color: ctx.globals.color });
}

function shadowOf(
  { words }: BuiltIn,
  name: string,
  kind: 'zkubectl' | 'kubectl',
  seen: ReadonlyMap<string, string>,
): string {
  const [first = ''] = name.split(' ');
  if (words.includes(first)) return `zkubectl ${first}`;
  if (KUBECTL_VERBS.has(first)) return `kubectl ${first}`;
  const earlier = seen.get(externalName(name.split(' '), kind));
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
    { title: 'Shadowed by', value: row => row.shadowedBy },
  ],
  toJson: ({ name, kind, file, shadowedBy }) => ({
    name,
    kind,
    file: file === '' ? null : file,
    shadowedBy: shadowedBy === '' ? null : shadowedBy,
  }),
  empty: 'there are no plugins',
};
