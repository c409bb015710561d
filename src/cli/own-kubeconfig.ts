/** A kubeconfig with one context, for one terminal (`env`) or one command (`on`): switching there does not affect other terminals. */
import { apiServerOf } from '../clusters/api-server.ts';
import { newOwnKubeconfig, sweepOwnKubeconfigs } from '../clusters/own-kubeconfigs.ts';
import { copyOfContext } from '../kubeconfig/context-copy.ts';
import { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import { clusterNameOf, namespaceOf } from '../kubeconfig/view.ts';
import { writeStateFile } from '../platform/files/files.ts';
import { checkNamespaceName } from './checks.ts';
import type { Context } from './context.ts';
import { contextTarget } from './switch.ts';

export interface OwnKubeconfig {
  readonly file: string;
  readonly context: string;
  readonly namespace: string;
  /** The alias, or the cluster's name in the context. */
  readonly clusterName: string;
}

/**
 * Makes the file for a context of the kubeconfig, or for a cluster of the registry without a context.
 * Throws NotFoundError (3) when neither exists.
 */
export async function makeOwnKubeconfig(ctx: Context, name: string): Promise<OwnKubeconfig> {
  const { namespace } = ctx.globals;
  if (namespace !== undefined) checkNamespaceName(namespace);
  sweepOwnKubeconfigs(ctx.paths.state, ctx.io.now());
  const view = await ctx.kubeconfig.load();
  const cluster = view.contexts.has(name) ? undefined : await (await ctx.registry()).cluster(name, 'recent');
  const context = cluster?.alias ?? name;
  const file = newOwnKubeconfig(ctx.paths.state, context);
  const isNew = cluster !== undefined && !view.contexts.has(context);
  if (isNew) {
    const own = new Kubeconfig(ctx.io, { files: [file], explicit: true }, ctx.paths.state);
    const target = contextTarget(ctx.io, {
      name: cluster.alias,
      ...apiServerOf(cluster),
      arguments: ['credentials', cluster.alias],
    });
    await own.writeTarget(await own.load(), target, namespace);
  } else {
    writeStateFile(file, await copyOfContext(view, context, file, { namespace }));
  }
  return {
    file,
    context,
    namespace: namespace ?? (isNew ? 'default' : namespaceOf(view, context)),
    clusterName: isNew ? context : clusterNameOf(view, context),
  };
}
