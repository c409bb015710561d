/** `current`: shows cluster, namespace, environment and the time left of production access. Makes no request, so that a prompt can run it. */

import { createGrantMemory } from '../access/grants.ts';
import { formatOf } from '../cli/checks.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { isGuarded } from '../clusters/guarded.ts';
import { clusterNameOf, namespaceOf, readOnlyCluster } from '../kubeconfig/view.ts';
import { escapeForTerminal } from '../lib/terminal-text.ts';
import { formatRfc3339 } from '../lib/time.ts';
import { styleFor } from '../output/style.ts';
import type { OutputFormat } from '../output/view.ts';
import { isOwnKubeconfig } from '../platform/files/paths.ts';

const FORMATS: readonly OutputFormat[] = ['table', 'json', 'yaml', 'name'];
const MINUTE_MS = 60_000;

export const currentCommand: CommandDefinition<undefined> = {
  texts: {
    summary: 'show the current cluster, namespace and environment',
    description:
      'Shows the current cluster, namespace and environment on one line, and the minutes left of the production access that this machine knows of. It makes no network request and is fast enough for a shell prompt (docs/prompt.md).',
    examples: ['zkubectl current', 'zkubectl current -o json'],
  },
  formats: FORMATS,
  options: () => undefined,
  run: runCurrent,
};

export async function runCurrent(
  ctx: Pick<Context, 'io' | 'globals' | 'kubeconfig' | 'currentContext' | 'knownCluster' | 'paths'>,
): Promise<void> {
  const { io } = ctx;
  const format = formatOf(ctx);
  const view = await ctx.kubeconfig.load();
  const context = ctx.currentContext(view);
  const cluster = clusterNameOf(view, context);
  const namespace = ctx.globals.namespace ?? namespaceOf(view, context);
  const environment = (await ctx.knownCluster(cluster))?.environment;
  const now = io.now();
  const isIsolated = ctx.kubeconfig.files.some(file => isOwnKubeconfig(ctx.paths.state, file));
  const readOnly = readOnlyCluster(view.contexts.get(context)) !== undefined;
  const accessUntil = createGrantMemory(ctx.paths.state).find(cluster, now);
  if (format !== 'table') {
    const json = {
      cluster,
      context,
      namespace,
      environment: environment ?? null,
      accessExpiresAt: accessUntil ? formatRfc3339(accessUntil) : null,
      isolated: isIsolated,
      readOnly,
    };
    const { printThing } = await import('../output/sections.ts');
    await printThing(io, { kind: 'Current', name: cluster, json, sections: [] }, { format, color: ctx.globals.color });
    return;
  }
  const style = await styleFor(io, 'stdout', ctx.globals.color);
  const paint = isGuarded(environment) ? style.red : (text: string) => text;
  const words = [paint(escapeForTerminal(cluster)), escapeForTerminal(namespace)];
  if (environment !== undefined) words.push(paint(escapeForTerminal(environment)));
  if (accessUntil) words.push(style.yellow(minutesText(accessUntil.getTime() - now.getTime())));
  if (readOnly) words.push(style.green('read-only'));
  if (isIsolated) words.push(style.dim('(this terminal)'));
  io.stdout.write(`${words.join(' ')}\n`);
}

/** Whole minutes that are left, never more than there are: `14m` for 14 min 59 s. */
function minutesText(leftMs: number): string {
  return leftMs < MINUTE_MS ? '<1m' : `${Math.floor(leftMs / MINUTE_MS)}m`;
}
