/** The cluster and user entries that zkubectl writes into a kubeconfig. */
import type { EntryChange, EntryList } from './entries.ts';
import { type KubeconfigView, userName } from './view.ts';

/** A cluster that gets a context. */
export interface ContextTarget {
  /** The alias, or the host of a URL. The name of the context and cluster entries. */
  readonly name: string;
  readonly server: string;
  readonly certificateAuthorityData: string | undefined;
  /** The command that kubectl runs for credentials, and its arguments. */
  readonly command: string;
  readonly args: readonly string[];
}

/** These fields describe the old server; drop them when the server changes. */
const OF_ANOTHER_SERVER: EntryChange = {
  'certificate-authority-data': undefined,
  'certificate-authority': undefined,
  'insecure-skip-tls-verify': undefined,
  'proxy-url': undefined,
  'tls-server-name': undefined,
};

/** @param before the current server of the entry, if it exists */
export function clusterFields(target: ContextTarget, before: unknown): EntryChange {
  const ca = target.certificateAuthorityData;
  const reset = before === undefined || before === target.server ? {} : OF_ANOTHER_SERVER;
  if (ca === undefined) return { ...reset, server: target.server };
  return {
    ...reset,
    server: target.server,
    'certificate-authority-data': ca,
    // Together with certificate-authority-data, kubectl rejects either field or skips TLS verification.
    'certificate-authority': undefined,
    'insecure-skip-tls-verify': undefined,
  };
}

const INSTALL_HINT = 'zkubectl is no longer at the path in this kubeconfig. Install it again, then run: zkubectl login';

export function userFields(target: ContextTarget): EntryChange {
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: target.command,
      args: [...target.args],
      installHint: INSTALL_HINT,
      interactiveMode: 'IfAvailable',
      provideClusterInfo: true,
    },
    token: undefined,
    'auth-provider': undefined,
  };
}

/** The cluster, user and context of a target. @param view the kubeconfig before the write */
export function entriesOf(
  view: KubeconfigView,
  target: ContextTarget,
  namespace: string | undefined,
): [EntryList, string, EntryChange][] {
  const user = userName(target.name);
  return [
    ['clusters', target.name, clusterFields(target, view.clusters.get(target.name)?.body['server'])],
    ['users', user, userFields(target)],
    ['contexts', target.name, { cluster: target.name, user, ...(namespace === undefined ? {} : { namespace }) }],
  ];
}
