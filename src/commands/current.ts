/** `current`: where the next kubectl goes: cluster, namespace, environment, and how long production access lasts. Asks nobody, so that a prompt can show it. */
import type { Command } from 'commander';
import { createGrantMemory } from '../access/grants.ts';
import { addCommand, formatOf } from '../cli/command.ts';
import type { Context } from '../cli/context.ts';
import { isGuarded } from '../clusters/guarded.ts';
import { messageOf } from '../errors.ts';
import { clusterNameOf, namespaceOf } from '../kubeconfig/view.ts';
import { escapeForTerminal } from '../lib/terminal-text.ts';
import { formatRfc3339 } from '../lib/time.ts';
import { styleFor } from '../output/style.ts';
import type { OutputFormat } from '../output/view.ts';

const FORMATS: readonly OutputFormat[] = ['table', 'json', 'yaml', 'name'];
const MINUTE_MS = 60_000;

export function registerCurrent(parent: Command, ctx: Context, run = runCurrent): void {
  addCommand(parent, 'current', {
    summary: 'where you are: cluster, namespace, environment',
    description:
      'Shows the current cluster and namespace on one line, with its environment and the minutes that production access still lasts, as far as this machine knows. It asks nobody and is quick enough for a prompt (docs/prompt.md).',
    examples: ['zkubectl current', 'zkubectl current -o json'],
    formats: FORMATS,
  }).action(() => run(ctx));
}

export async function runCurrent(
  ctx: Pick<Context, 'io' | 'globals' | 'kubeconfig' | 'currentContext' | 'registry' | 'paths' | 'messages'>,
): Promise<void> {
  const { io } = ctx;
  const format = formatOf(ctx, FORMATS);
  const view = await ctx.kubeconfig.load();
  const context = ctx.currentContext(view);
  const cluster = clusterNameOf(view, context);
  const namespace = ctx.globals.namespace ?? namespaceOf(view, context);
  const environment = await knownEnvironment(ctx, cluster);
  const now = io.now();
  const accessUntil = createGrantMemory(ctx.paths.state).find(cluster, now);
  if (format !== 'table') {
    const json = {
      cluster,
      context,
      namespace,
      environment: environment ?? null,
      access_expires_at: accessUntil ? formatRfc3339(accessUntil) : null,
    };
    const { printThing } = await import('../output/sections.ts');
    await printThing(io, { kind: 'Current', name: cluster, json, sections: [] }, { format, color: ctx.globals.color });
    return;
  }
  const style = await styleFor(io, 'stdout', ctx.globals.color);
  const paint = isGuarded(environment) ? style.red : (text: string) => text;
  const words = [paint(escapeForTerminal(cluster)), escapeForTerminal(namespace)];
  if (environment !== undefined) words.push(paint(escapeForTerminal(environment)));
  if (accessUntil) words.push(style.yellow(`${Math.ceil((accessUntil.getTime() - now.getTime()) / MINUTE_MS)}m`));
  io.stdout.write(`${words.join(' ')}\n`);
}

/** From the registry's snapshot; undefined where that does not say. */
async function knownEnvironment(
  ctx: Pick<Context, 'registry' | 'messages'>,
  cluster: string,
): Promise<string | undefined> {
  try {
    return (await ctx.registry()).findKnown(cluster)?.environment;
  } catch (error) {
    ctx.messages.debug(`the environment is not known: ${messageOf(error)}`);
    return undefined;
  }
}
