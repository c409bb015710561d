/** Makes a kubeconfig with only one context, its cluster and its user. */
import path from 'node:path';
import type { KubeconfigView, LocatedEntry } from './view.ts';

export interface ContextCopyOptions {
  /** Instead of the context's own namespace. */
  readonly namespace?: string | undefined;
  /** Further entries to copy, named by command line flags. */
  readonly clusters?: readonly string[];
  readonly users?: readonly string[];
  /** Write JSON, so that a name is never read as a number. Default: YAML. */
  readonly isJson?: boolean;
}

/**
 * Returns the text of a kubeconfig with only this context, as the current one. Paths relative to the source file become absolute.
 * @param file where the text will be written
 */
export async function copyOfContext(
  view: KubeconfigView,
  name: string,
  file: string,
  { namespace, clusters = [], users = [], isJson = false }: ContextCopyOptions = {},
): Promise<string> {
  const { KubeconfigDocument } = await import('./document.ts');
  const document = new KubeconfigDocument(file, isJson ? '{}' : undefined);
  const context = view.contexts.get(name)?.body;
  for (const wanted of new Set([String(context?.['cluster'] ?? ''), ...clusters])) {
    const cluster = view.clusters.get(wanted);
    if (cluster) document.setEntry('clusters', cluster.name, absolute(cluster, ['certificate-authority']));
  }
  for (const wanted of new Set([String(context?.['user'] ?? ''), ...users])) {
    const user = view.users.get(wanted);
    if (user) document.setEntry('users', user.name, absolute(user, ['client-certificate', 'client-key', 'tokenFile']));
  }
  document.setEntry('contexts', name, { ...context, ...(namespace === undefined ? {} : { namespace }) });
  document.setCurrentContext(name);
  return document.toString();
}

function absolute({ body, file }: LocatedEntry, fields: readonly string[]): Record<string, unknown> {
  const resolve = (value: unknown) =>
    typeof value === 'string' && value !== '' ? path.resolve(path.dirname(file), value) : value;
  const copy: Record<string, unknown> = { ...body };
  for (const field of fields) if (field in copy) copy[field] = resolve(copy[field]);
  const exec = copy['exec'];
  // As in client-go: a command with a path separator is relative to the file; a plain name is looked up on PATH.
  if (typeof exec === 'object' && exec !== null && 'command' in exec && /[\\/]/.test(String(exec.command)))
    copy['exec'] = { ...exec, command: resolve(exec.command) };
  return copy;
}
