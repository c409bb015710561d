/**
 * Read-only sessions: a terminal (`env --read-only`) or a command (`on --read-only`) that reaches its cluster through a proxy.
 * Rules: the session's kubeconfig never has a credential of the user. A terminal stays read-only when its proxy or kubeconfig is gone.
 */
import { CliError, UsageError } from '../errors.ts';
import { readOnlyKubeconfig } from '../kubeconfig/read-only.ts';
import { type KubeconfigView, readOnlyCluster } from '../kubeconfig/view.ts';
import { writeStateFile } from '../platform/files/files.ts';
import { isOwnKubeconfig } from '../platform/files/paths.ts';
import type { Context } from './context.ts';
import type { FoundTarget } from './own-kubeconfig.ts';

/** The cluster of a read-only session, in its environment: also children that outlive the session know it. */
export const READ_ONLY_VARIABLE = 'ZKUBECTL_ENV_READ_ONLY';

/** Is the current context that of a read-only session? */
export function isReadOnly(view: KubeconfigView): boolean {
  return readOnlyCluster(view.contexts.get(view.currentContext)) !== undefined;
}

/** Logs in, on a terminal, so that the proxy need not. Throws AuthError (4). */
export async function logInFirst(ctx: Context, { view, context }: FoundTarget): Promise<void> {
  const { apiTarget } = await import('./api-target.ts');
  const target = await apiTarget(ctx, view, context);
  await target.token?.();
}

/**
 * Starts the proxy and writes the kubeconfig that leads there. Resolves to a function that stops the proxy.
 * @param found a context that is not read-only already
 */
export async function makeReadOnly(ctx: Context, found: FoundTarget): Promise<() => Promise<void>> {
  const [{ apiTarget }, { startReadOnlyProxy }] = await Promise.all([
    import('./api-target.ts'),
    import('../kubernetes/read-only-proxy.ts'),
  ]);
  const proxy = await startReadOnlyProxy(ctx.io, await apiTarget(ctx, found.view, found.context));
  writeStateFile(found.file, readOnlyKubeconfig({ ...found, ...proxy }));
  return () => proxy.close();
}

/** The cluster of a read-only terminal. Undefined: the terminal is not read-only. */
export async function readOnlyTerminal(ctx: Pick<Context, 'io' | 'kubeconfig' | 'paths'>): Promise<string | undefined> {
  const named = ctx.io.env[READ_ONLY_VARIABLE];
  if (named) return named;
  // Other kubeconfigs are not parsed for this.
  if (!ctx.kubeconfig.files.some(file => isOwnKubeconfig(ctx.paths.state, file))) return undefined;
  const view = await ctx.kubeconfig.load();
  return readOnlyCluster(view.contexts.get(view.currentContext));
}

/** Throws CliError (1), as kubectl would later, before a question is asked or an editor is opened. */
export async function refuseInReadOnly(ctx: Pick<Context, 'io' | 'kubeconfig' | 'paths'>): Promise<void> {
  if ((await readOnlyTerminal(ctx)) === undefined) return;
  throw new CliError('this terminal is read-only: nothing was sent', {
    code: 'read_only',
    hint: 'eval "$(zkubectl env --exit)"',
  });
}

/** Another cluster would not be read-only. */
export function staysOnItsCluster(): UsageError {
  return new UsageError('this terminal is read-only: it stays on its cluster', {
    code: 'read_only',
    hint: 'eval "$(zkubectl env --exit)", or eval "$(zkubectl env CLUSTER --read-only)" for another cluster',
  });
}
