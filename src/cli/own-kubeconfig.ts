/** A kubeconfig with one context, for one terminal (`env`) or one command (`on`): switching there does not affect other terminals. */
import { apiServerOf } from '../clusters/api-server.ts';
import { newOwnKubeconfig, sweepOwnKubeconfigs } from '../clusters/own-kubeconfigs.ts';
import { copyOfContext } from '../kubeconfig/context-copy.ts';
import { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import { clusterNameOf, type KubeconfigView, namespaceOf, userName } from '../kubeconfig/view.ts';
import { type ContextTarget, clusterFields, userFields } from '../kubeconfig/written-entries.ts';
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

/** An own kubeconfig that is not written yet. */
export interface FoundTarget extends OwnKubeconfig {
  /** The kubeconfig with the context. For a cluster without a context: what would be written. */
  readonly view: KubeconfigView;
  /** Undefined: the context exists. */
  readonly target: ContextTarget | undefined;
}

/**
 * Finds a context of the kubeconfig, or a cluster of the registry without a context. Throws NotFoundError (3) when neither exists.
 * @param file the file to write later; undefined: a new one
 */
export async function findOwnTarget(ctx: Context, name: string, file?: string): Promise<FoundTarget> {
  const { namespace } = ctx.globals;
  if (namespace !== undefined) checkNamespaceName(namespace);
  const view = await ctx.kubeconfig.load();
  const cluster = view.contexts.has(name) ? undefined : await (await ctx.registry()).cluster(name, 'recent');
  const context = cluster?.alias ?? name;
  const own = { file: file ?? newOwnKubeconfig(ctx.paths.state, context), context };
  if (cluster === undefined || view.contexts.has(context))
    return {
      ...own,
      view,
      target: undefined,
      namespace: namespace ?? namespaceOf(view, context),
      clusterName: clusterNameOf(view, context),
    };
  const target = contextTarget(ctx.io, {
    name: context,
    ...apiServerOf(cluster),
    arguments: ['credentials', context],
  });
  return { ...own, view: viewOf(target), target, namespace: namespace ?? 'default', clusterName: context };
}

function viewOf(target: ContextTarget): KubeconfigView {
  const { name } = target;
  const entry = (key: string, body: Readonly<Record<string, unknown>>) =>
    new Map([[key, { name: key, file: '', body }]]);
  return {
    currentContext: name,
    clusters: entry(name, clusterFields(target, undefined)),
    users: entry(userName(name), userFields(target)),
    contexts: entry(name, { cluster: name, user: userName(name) }),
  };
}

/** Makes the file. Throws what `findOwnTarget` throws. */
export async function makeOwnKubeconfig(ctx: Context, name: string): Promise<OwnKubeconfig> {
  sweepOwnKubeconfigs(ctx.paths.state, ctx.io.now());
  const { view, target, ...own } = await findOwnTarget(ctx, name);
  const { file, context } = own;
  const { namespace } = ctx.globals;
  if (target !== undefined) {
    const kubeconfig = new Kubeconfig(ctx.io, { files: [file], explicit: true }, ctx.paths.state);
    await kubeconfig.writeTarget(await kubeconfig.load(), target, namespace);
  } else {
    writeStateFile(file, await copyOfContext(view, context, file, { namespace }));
  }
  return own;
}
