/** A kubeconfig with one context in it, for one terminal (`env`) or one command (`on`): what is switched there moves nobody else. */
import path from 'node:path';
import { apiServerOf } from '../api-server.ts';
import type { Context } from '../context.ts';
import { clusterNameOf, Kubeconfig, type KubeconfigView, type LocatedEntry, namespaceOf } from '../kube/kubeconfig.ts';
import { newOwnKubeconfig, sweepOwnKubeconfigs } from '../kube/own-kubeconfigs.ts';
import { writePrivate } from '../platform/files.ts';
import { checkNamespaceName } from './shared.ts';
import { contextTarget } from './switch.ts';

export interface OwnKubeconfig {
  readonly file: string;
  readonly context: string;
  readonly namespace: string;
  /** The alias, or what else the context says it is. */
  readonly clusterName: string;
}

/**
 * Makes the file for a context of the kubeconfig, or for a cluster of the registry that has none yet.
 * Throws NotFoundError (3) where there is neither.
 */
export async function makeOwnKubeconfig(ctx: Context, name: string): Promise<OwnKubeconfig> {
  const { namespace } = ctx.globals;
  if (namespace !== undefined) checkNamespaceName(namespace);
  sweepOwnKubeconfigs(ctx.paths.state, ctx.io.now());
  const view = await ctx.kubeconfig.load();
  const cluster = view.contexts.has(name) ? undefined : await (await ctx.registry()).find(name);
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
    const { KubeconfigDocument } = await import('../kube/kubeconfig-document.ts');
    const document = new KubeconfigDocument(file, undefined);
    copyContext(view, context, namespace, document);
    writePrivate(file, document.toString());
  }
  return {
    file,
    context,
    namespace: namespace ?? (isNew ? 'default' : namespaceOf(view, context)),
    clusterName: isNew ? context : clusterNameOf(view, context),
  };
}

type Document = Pick<import('../kube/kubeconfig-document.ts').KubeconfigDocument, 'setEntry' | 'setCurrentContext'>;

/** The context with its cluster and user; what is relative to the file they stand in becomes absolute. */
function copyContext(view: KubeconfigView, name: string, namespace: string | undefined, document: Document): void {
  const context = view.contexts.get(name);
  const cluster = view.clusters.get(String(context?.body['cluster'] ?? ''));
  const user = view.users.get(String(context?.body['user'] ?? ''));
  if (cluster) document.setEntry('clusters', cluster.name, absolute(cluster, ['certificate-authority']));
  if (user) document.setEntry('users', user.name, absolute(user, ['client-certificate', 'client-key', 'tokenFile']));
  document.setEntry('contexts', name, { ...context?.body, ...(namespace === undefined ? {} : { namespace }) });
  document.setCurrentContext(name);
}

function absolute({ body, file }: LocatedEntry, fields: readonly string[]): Record<string, unknown> {
  const resolve = (value: unknown) =>
    typeof value === 'string' && value !== '' ? path.resolve(path.dirname(file), value) : value;
  const copy: Record<string, unknown> = { ...body };
  for (const field of fields) if (field in copy) copy[field] = resolve(copy[field]);
  const exec = copy['exec'];
  // client-go: a command with a separator in it is relative to the file, one without is looked for on PATH.
  if (typeof exec === 'object' && exec !== null && 'command' in exec && /[\\/]/.test(String(exec.command)))
    copy['exec'] = { ...exec, command: resolve(exec.command) };
  return copy;
}
