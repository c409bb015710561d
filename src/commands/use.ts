/** `use [CLUSTER|-]`: switches the current context. Writes the context of a cluster that has no context yet, without a login. */

import { parseClusterName } from '../argv/cluster-name.ts';
import { checkNamespaceName } from '../cli/checks.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { pickCluster } from '../cli/pick-cluster.ts';
import { readOnlyTerminal, staysOnItsCluster } from '../cli/read-only.ts';
import { contextHistory, switchTo, switchToContext, switchToKnownContext } from '../cli/switch.ts';
import { apiServerOf } from '../clusters/api-server.ts';
import { NotFoundError, UsageError } from '../errors.ts';
import { type KubeconfigView, namespaceOf, requireContext } from '../kubeconfig/view.ts';
import { isInteractive } from '../platform/io.ts';

export interface UseOptions {
  readonly cluster: string | undefined;
  /** Go back so many switches. Undefined: `cluster` is meant. */
  readonly back: number | undefined;
}

/** Commander would take `-2` for a flag. No cluster and no context has such a name. */
const BACK = '\0back ';

export const useCommand: CommandDefinition<UseOptions> = {
  texts: {
    summary: 'switch to a cluster; - switches back',
    description:
      'Switches the current context. If a cluster of the registry has no context yet, its context is written, without a login. Without CLUSTER, you choose from a list on a terminal.',
    examples: ['zkubectl use foobarlab', 'zkubectl use -', 'zkubectl use -2', 'zkubectl use foobarlab -n shop'],
  },
  declare: command => {
    command.argument('[CLUSTER|-]', 'alias, id or context; - for the previous context, -2 for the one before it');
  },
  normalize: argv => argv.map(arg => (/^-[1-9]\d?$/.test(arg) ? `${BACK}${arg.slice(1)}` : arg)),
  options: ([cluster]) => ({
    cluster,
    back: cluster === '-' ? 1 : cluster?.startsWith(BACK) ? Number(cluster.slice(BACK.length)) : undefined,
  }),
  run: runUse,
};

export async function runUse(ctx: Context, options: UseOptions): Promise<void> {
  if ((await readOnlyTerminal(ctx)) !== undefined) throw staysOnItsCluster();
  if (options.back !== undefined) return goBack(ctx, options.back);
  const name = await wantedName(ctx, options.cluster);
  if (ctx.globals.namespace === undefined) {
    const known = await switchToKnownContext(ctx, name);
    if (known) return say(ctx, name, known.namespace);
  }
  const view = await ctx.kubeconfig.load();
  const { namespace } = ctx.globals;
  if (view.contexts.has(name)) {
    if (namespace !== undefined) {
      checkNamespaceName(namespace);
      const { checkNamespaceQuickly } = await import('../cli/quick-namespace-check.ts');
      await checkNamespaceQuickly(ctx, view, name, namespace);
    }
    await switchToContext(ctx, view, name);
    return report(ctx, view, name);
  }
  const registry = await ctx.registry().catch(error => {
    // Without a registry, the name can only be a context. Without contexts too, the missing configuration is the problem.
    if (error instanceof UsageError && error.code === 'not_configured' && view.contexts.size > 0) return undefined;
    throw error;
  });
  if (registry === undefined) {
    requireContext(view, name);
    return;
  }
  const cluster = await registry.cluster(name, 'recent');
  await ctx.credentials.noteContext(cluster);
  if (parseClusterName(name).kind === 'id' && view.contexts.has(cluster.alias)) {
    await switchToContext(ctx, view, cluster.alias);
    return report(ctx, view, cluster.alias);
  }
  await switchTo(ctx, view, {
    name: cluster.alias,
    ...apiServerOf(cluster),
    arguments: ['credentials', cluster.alias],
  });
  report(ctx, view, cluster.alias);
}

/** Goes back to a context, and to the namespace that it had. */
async function goBack(ctx: Context, back: number): Promise<void> {
  const visit = (await ctx.history()).previous(contextHistory(ctx), back);
  if (visit === undefined) {
    throw new NotFoundError(back === 1 ? 'there is no previous context' : `there are no ${back} previous contexts`, {
      code: 'no_previous',
      hint: 'zkubectl use CLUSTER',
    });
  }
  if (ctx.globals.namespace === undefined) {
    const known = await switchToKnownContext(ctx, visit.name, visit.namespace);
    if (known) return say(ctx, visit.name, known.namespace);
  }
  const view = await ctx.kubeconfig.load();
  requireContext(view, visit.name);
  const namespace = ctx.globals.namespace ?? visit.namespace ?? namespaceOf(view, visit.name);
  await switchToContext(ctx, view, visit.name, namespace);
  say(ctx, visit.name, namespace);
}

async function wantedName(ctx: Context, name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  if (!isInteractive(ctx.io))
    throw new UsageError('no cluster given', {
      code: 'no_cluster',
      hint: 'zkubectl use CLUSTER, or zkubectl use - for the previous context',
    });
  return pickCluster(ctx, 'switch to which cluster?');
}

/** @param view the kubeconfig before the switch; its namespaces are still right unless -n is given */
function report(ctx: Context, view: KubeconfigView, name: string): void {
  say(ctx, name, ctx.globals.namespace ?? namespaceOf(view, name));
}

function say(ctx: Context, name: string, namespace: string): void {
  ctx.messages.say(`switched to ${name}, namespace ${namespace}`);
}
