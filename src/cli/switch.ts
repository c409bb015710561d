/** Switching: writes a cluster's context if needed, makes it the current context, and keeps the previous context in the history. */
import type { Switched } from '../kubeconfig/switch-index.ts';
import type { KubeconfigView } from '../kubeconfig/view.ts';
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
  await remember(ctx, view.currentContext, target.name);
}

/** Makes an existing context the current context. */
export async function switchToContext(ctx: SwitchContext, view: KubeconfigView, name: string): Promise<void> {
  if (ctx.globals.namespace !== undefined) checkNamespaceName(ctx.globals.namespace);
  await ctx.kubeconfig.useContext(view, name);
  if (ctx.globals.namespace !== undefined) await ctx.kubeconfig.setNamespace(view, name, ctx.globals.namespace);
  await remember(ctx, view.currentContext, name);
}

/** The same by the switch index, without parsing the kubeconfig; undefined: the index does not know this kubeconfig. */
export async function switchToKnownContext(ctx: SwitchContext, name: string): Promise<Switched | undefined> {
  const switched = await ctx.kubeconfig.useKnownContext(name);
  if (switched) await remember(ctx, switched.before, name);
  return switched;
}

async function remember(ctx: SwitchContext, before: string, now: string): Promise<void> {
  if (before !== now) (await ctx.history()).push(contextHistory(ctx), before);
}

/** Every kubeconfig has a history of its own. */
export function contextHistory(ctx: Pick<Context, 'kubeconfig'>): string {
  return `contexts ${ctx.kubeconfig.id}`;
}
