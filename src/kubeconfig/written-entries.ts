/** The cluster and the user that we write into a kubeconfig. */
import type { EntryChange } from './entries.ts';

/** A cluster that gets a context. */
export interface ContextTarget {
  /** The alias, or the host of a URL: names the context and the cluster. */
  readonly name: string;
  readonly server: string;
  readonly certificateAuthorityData: string | undefined;
  /** The command that kubectl runs for credentials, and its arguments. */
  readonly command: string;
  readonly args: readonly string[];
}

/** What stands beside another server is about that one. */
const OF_ANOTHER_SERVER: EntryChange = {
  'certificate-authority-data': undefined,
  'certificate-authority': undefined,
  'insecure-skip-tls-verify': undefined,
  'proxy-url': undefined,
  'tls-server-name': undefined,
};

/** @param before the server that the entry has, where there is one */
export function clusterFields(target: ContextTarget, before: unknown): EntryChange {
  const ca = target.certificateAuthorityData;
  const reset = before === undefined || before === target.server ? {} : OF_ANOTHER_SERVER;
  if (ca === undefined) return { ...reset, server: target.server };
  return {
    ...reset,
    server: target.server,
    'certificate-authority-data': ca,
    // Either of these beside certificate-authority-data makes kubectl refuse, or trust anybody.
    'certificate-authority': undefined,
    'insecure-skip-tls-verify': undefined,
  };
}

const INSTALL_HINT =
  'zkubectl is not where it was when it wrote this kubeconfig. Install it again, then run: zkubectl login';

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
