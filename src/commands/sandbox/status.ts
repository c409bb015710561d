/** `sandbox status`: shows the addresses and files of the running sandbox. */

import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { printThing, type Section } from '../../output/sections.ts';
import { OUTPUT_FORMATS } from '../../output/view.ts';
import { requireRunning, sandboxDir } from './shared.ts';

export const sandboxStatusCommand: CommandDefinition<{ dir?: string }> = {
  texts: {
    summary: "show the sandbox's addresses and files",
    description: 'Shows the addresses and files of the running sandbox. Exit code 3: no sandbox is running.',
    examples: ['zkubectl sandbox status', 'zkubectl sandbox status -o json'],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command.option('--dir <DIR>', 'the folder of the sandbox');
  },
  options: (_, flags) => flags,
  run: runSandboxStatus,
};

export async function runSandboxStatus(ctx: Context, options: { dir?: string }): Promise<void> {
  const format = formatOf(ctx);
  const dir = sandboxDir(ctx, options.dir);
  const { pid, info } = requireRunning(dir);
  const sections: Section[] = [
    {
      fields: [
        ['Process', String(pid)],
        ['Folder', dir],
        ['Issuer', info.issuer],
        ['Registry', info.registry],
        ['Access', info.access],
        ['Configuration', info.configFile],
        ['Kubeconfig', info.kubeconfig],
        ['CA', info.caFile],
      ],
    },
    { title: 'Clusters', fields: info.clusters.map(cluster => [cluster.alias, cluster.url] as const) },
  ];
  const json = { pid, dir, ...info, clusters: info.clusters.map(cluster => ({ ...cluster })) };
  await printThing(ctx.io, { kind: 'Sandbox', name: dir, json, sections }, { format, color: ctx.globals.color });
}
