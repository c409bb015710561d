/** `use X -n NAMESPACE`: whether the namespace exists, where the cluster can say so quickly. */
import { resourceServerIn } from '../clusters/trusted-servers.ts';
import { CliError, messageOf, NotFoundError } from '../errors.ts';
import { credentialsEntry, type KubeconfigView } from '../kubeconfig/view.ts';
import { namesOfList } from '../kubernetes/namespaces.ts';
import { nearest } from '../lib/nearest.ts';
import type { Context } from './context.ts';

/** Longer, nobody waits for it (milliseconds). */
const QUICK_MS = 2_000;

/**
 * Throws NotFoundError (3) with the nearest names when the cluster has no such namespace. Without a login, without an answer and with --offline,
 * nothing is known, and nothing is said.
 */
export async function checkNamespaceQuickly(
  ctx: Context,
  view: KubeconfigView,
  context: string,
  namespace: string,
): Promise<void> {
  const ask = ctx.globals.offline ? undefined : await questions(ctx, view, context);
  if (ask === undefined) return;
  const answer = await ask(`/${encodeURIComponent(namespace)}`);
  if (answer?.status !== 404) return;
  const names = namesOfList((await ask(''))?.body.toString('utf8') ?? '') ?? [];
  const near = nearest(namespace, names);
  throw new NotFoundError(`there is no namespace ${namespace} in ${context}`, {
    code: 'no_such_namespace',
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'add --offline to set it all the same',
  });
}

/** Sends GETs below /api/v1/namespaces. Undefined: the context is not ours, or nobody is logged in to it. */
async function questions(ctx: Context, view: KubeconfigView, context: string) {
  const body = view.contexts.get(context)?.body ?? {};
  const name = credentialsEntry(view.users.get(String(body['user'] ?? '')))?.args[1];
  const cluster = view.clusters.get(String(body['cluster'] ?? ''));
  const server = resourceServerIn(cluster?.body, cluster?.file);
  if (name === undefined || server === undefined || server.isInsecure || server.isProxied) return undefined;
  const token = await ctx.credentials.freshFor(name, server);
  if (token === undefined) return undefined;
  const ca = server.ca && Buffer.from(server.ca, 'base64').toString('utf8');
  const http = await ctx.network.httpTrusting({ ca, servername: server.servername });
  return async (path: string) => {
    try {
      return await http.send({
        service: 'the API server',
        url: `${server.server.replace(/\/+$/, '')}/api/v1/namespaces${path}`,
        headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
        timeoutMs: QUICK_MS,
      });
    } catch (error) {
      if (!(error instanceof CliError) || ctx.io.signal.aborted) throw error;
      ctx.messages.debug(`the namespace was not checked: ${messageOf(error)}`);
      return undefined;
    }
  };
}
