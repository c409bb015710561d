/** A merged kubeconfig: its contexts, and the cluster of each context. */
import { NotFoundError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import type { Entry } from './entries.ts';

export interface LocatedEntry extends Entry {
  readonly file: string;
}

/** The merged kubeconfig. */
export interface KubeconfigView {
  readonly currentContext: string;
  readonly clusters: ReadonlyMap<string, LocatedEntry>;
  readonly contexts: ReadonlyMap<string, LocatedEntry>;
  readonly users: ReadonlyMap<string, LocatedEntry>;
}

export function userName(name: string): string {
  return `zkubectl-${name}`;
}

/** Returns the context. Throws NotFoundError (3) with the nearest names. */
export function requireContext(view: KubeconfigView, name: string): LocatedEntry {
  const entry = view.contexts.get(name);
  if (entry) return entry;
  const near = nearest(name, view.contexts.keys());
  throw new NotFoundError(`no context exists with the name ${name}`, {
    code: 'no_such_context',
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'list the contexts: kubectl config get-contexts',
  });
}

/** Returns the named context, else the current one. Throws NotFoundError (3) when there is none. */
export function meantContext(view: KubeconfigView, named: string | undefined): string {
  const name = named || view.currentContext;
  if (name === '') {
    throw new NotFoundError('current-context is not set', {
      code: 'no_current_context',
      hint: 'zkubectl use CLUSTER, or zkubectl login CLUSTER',
    });
  }
  requireContext(view, name);
  return name;
}

/**
 * The cluster name of a context: the argument of `credentials` (alias or URL) in the exec entry of the context's user.
 * If the user has no such entry: what the context of a read-only session names, else the context's name.
 */
export function clusterNameOf(view: KubeconfigView, context: string): string {
  const entry = view.contexts.get(context);
  const user = view.users.get(String(entry?.body['user'] ?? ''));
  const next = credentialsEntry(user)?.args[1] ?? readOnlyCluster(entry);
  return next === undefined || next.startsWith('-') ? context : next;
}

/** The name of our extension of a context (client-go: `extensions`). */
export const READ_ONLY_EXTENSION = 'zkubectl.read-only';

/** The cluster of a read-only session's context. Undefined: it is not such a context. */
export function readOnlyCluster(entry: Pick<LocatedEntry, 'body'> | undefined): string | undefined {
  const extensions = entry?.body['extensions'];
  if (!Array.isArray(extensions)) return undefined;
  const ours: unknown = extensions.find(item => isRecord(item) && item['name'] === READ_ONLY_EXTENSION);
  const note = isRecord(ours) ? ours['extension'] : undefined;
  return isRecord(note) && typeof note['cluster'] === 'string' ? note['cluster'] : undefined;
}

/** An exec entry that runs `credentials` (client.authentication.k8s.io). */
export interface CredentialsEntry {
  readonly command: string;
  /** From `credentials` on. */
  readonly args: readonly string[];
  readonly providesClusterInfo: boolean;
  /** The entry sets environment variables. */
  readonly hasEnv: boolean;
}

/** Undefined: the user has no such entry. */
export function credentialsEntry(user: Pick<LocatedEntry, 'body'> | undefined): CredentialsEntry | undefined {
  const exec = user?.body['exec'];
  if (!isRecord(exec) || !Array.isArray(exec['args'])) return undefined;
  const args = exec['args'].map(String);
  const at = args.indexOf('credentials');
  if (at === -1) return undefined;
  const env = exec['env'];
  return {
    command: String(exec['command'] ?? ''),
    args: args.slice(at),
    providesClusterInfo: exec['provideClusterInfo'] === true,
    hasEnv: Array.isArray(env) && env.length > 0,
  };
}

/** The context's namespace, `default` when it has none. */
export function namespaceOf(view: KubeconfigView, context: string): string {
  const namespace = view.contexts.get(context)?.body['namespace'];
  return typeof namespace === 'string' && namespace !== '' ? namespace : 'default';
}

/** The address of a context's API server. */
export function serverOf(view: KubeconfigView, context: string): string | undefined {
  const { server } = view.clusters.get(String(view.contexts.get(context)?.body['cluster'] ?? ''))?.body ?? {};
  return typeof server === 'string' ? server : undefined;
}
