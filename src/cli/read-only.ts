/** Read-only sessions: a terminal (`env --read-only`) or a command (`on --read-only`) that reaches its cluster through a proxy. */
import { UsageError } from '../errors.ts';
import { readOnlyKubeconfig } from '../kubeconfig/read-only.ts';
import { type KubeconfigView, readOnlyCluster } from '../kubeconfig/view.ts';
import { writeStateFile } from '../platform/files/files.ts';
import { isOwnKubeconfig } from '../platform/files/paths.ts';
import type { Context } from './context.ts';
import type { OwnKubeconfig } from './own-kubeconfig.ts';

/** Is the current context that of a read-only session? */
export function isReadOnly(view: KubeconfigView): boolean {
  return readOnlyCluster(view.contexts.get(view.currentContext)) !== undefined;
}

/** Logs in, on a terminal, so that the proxy need not. Throws AuthError (4). */
export async function logInFirst(ctx: Context, own: OwnKubeconfig): Promise<void> {
  const { apiTarget } = await import('./api-target.ts');
  const target = await apiTarget(ctx, await ctx.kubeconfigAt(own.file).load(), own.context);
  await target.token?.();
}

/**
 * Starts the proxy and rewrites the own kubeconfig, so that it leads there. Resolves to a function that stops the proxy.
 * A kubeconfig that is read-only already stays as it is.
 */
export async function makeReadOnly(ctx: Context, own: OwnKubeconfig): Promise<() => Promise<void>> {
  const view = await ctx.kubeconfigAt(own.file).load();
  if (isReadOnly(view)) return () => Promise.resolve();
  const [{ apiTarget }, { startReadOnlyProxy }] = await Promise.all([
    import('./api-target.ts'),
    import('../kubernetes/read-only-proxy.ts'),
  ]);
  const proxy = await startReadOnlyProxy(ctx.io, await apiTarget(ctx, view, own.context));
  writeStateFile(own.file, readOnlyKubeconfig({ ...own, ...proxy }));
  return () => proxy.close();
}

/** The cluster of a read-only terminal. Undefined: the terminal is not read-only. */
export async function readOnlyTerminal(ctx: Pick<Context, 'kubeconfig' | 'paths'>): Promise<string | undefined> {
  // Other kubeconfigs are not parsed for this.
  if (!ctx.kubeconfig.files.some(file => isOwnKubeconfig(ctx.paths.state, file))) return undefined;
  const view = await ctx.kubeconfig.load();
  return readOnlyCluster(view.contexts.get(view.currentContext));
}

/** Another cluster would not be read-only. */
export function staysOnItsCluster(): UsageError {
  return new UsageError('this terminal is read-only: it stays on its cluster', {
    code: 'read_only',
    hint: 'eval "$(zkubectl env --exit)", or eval "$(zkubectl env CLUSTER --read-only)" for another cluster',
  });
}
