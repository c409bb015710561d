/** Switching: writes a cluster's context if needed, makes it the current context, and keeps the previous context in the history. */
import type { Visit } from '../clusters/history.ts';
import type { Switched } from '../kubeconfig/switch-index.ts';
import { type KubeconfigView, namespaceOf } from '../kubeconfig/view.ts';
import type { ContextTarget } from '../kubeconfig/written-entries.ts';
import { checkNamespaceName } from './checks.ts';
import type { Context } from './context.ts';

export interface SwitchTarget {
  readonly name: string;
  readonly server: string;
  readonly certificateAuthorityData: string | undefined;
  /** Our arguments in the exec entry of this context. */
  readonly arguments: readonly string[];
}

type SwitchContext = Pick<Context, 'io' | 'kubeconfig' | 'history' | 'globals'>;

/** The context to write: kubectl asks this program for its credentials. */
export function contextTarget({ self }: Pick<Context['io'], 'self'>, target: SwitchTarget): ContextTarget {
  return {
    name: target.name,
    server: target.server,
    certificateAuthorityData: target.certificateAuthorityData,
    command: self.file,
    args: [...self.args, ...target.arguments],
  };
}

/** Writes the context of a cluster and makes it the current one. */
export async function switchTo(ctx: SwitchContext, view: KubeconfigView, target: SwitchTarget): Promise<void> {
  if (ctx.globals.namespace !== undefined) checkNamespaceName(ctx.globals.namespace);
  await ctx.kubeconfig.writeTarget(view, contextTarget(ctx.io, target), ctx.globals.namespace);
  await remember(ctx, visitIn(view), target.name);
}

/** Makes an existing context the current context. @param namespace its new namespace; undefined: as it is */
export async function switchToContext(
  ctx: SwitchContext,
  view: KubeconfigView,
  name: string,
  namespace = ctx.globals.namespace,
): Promise<void> {
  if (namespace !== undefined) checkNamespaceName(namespace);
  await ctx.kubeconfig.useContext(view, name);
  if (namespace !== undefined && namespace !== namespaceOf(view, name))
    await ctx.kubeconfig.setNamespace(view, name, namespace);
  await remember(ctx, visitIn(view), name);
}

/** The same by the switch index, without parsing the kubeconfig; undefined: the index does not know this kubeconfig. */
export async function switchToKnownContext(
  ctx: SwitchContext,
  name: string,
  namespace?: string,
): Promise<Switched | undefined> {
  const switched = await ctx.kubeconfig.useKnownContext(name, namespace);
  if (switched) await remember(ctx, { name: switched.before, namespace: switched.namespaceBefore }, name);
  return switched;
}

function visitIn(view: KubeconfigView): Visit {
  const name = view.currentContext;
  return { name, namespace: namespaceOf(view, name) };
}

async function remember(ctx: SwitchContext, before: Visit, now: string): Promise<void> {
  if (before.name !== now) (await ctx.history()).push(contextHistory(ctx), before);
}

/** Every kubeconfig has a history of its own. */
export function contextHistory(ctx: Pick<Context, 'kubeconfig'>): string {
  return `contexts ${ctx.kubeconfig.id}`;
}
