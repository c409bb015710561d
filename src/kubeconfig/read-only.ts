/** The kubeconfig of a read-only session: its server is a proxy on this machine. */
import { READ_ONLY_EXTENSION } from './view.ts';

export interface ReadOnlyContext {
  readonly context: string;
  readonly namespace: string;
  /** The name that `clusterNameOf` gives. */
  readonly clusterName: string;
  readonly server: string;
  /** PEM. */
  readonly caCert: string;
  readonly token: string;
}

/** The text of the file, as JSON: no name is read as a number there. */
export function readOnlyKubeconfig({
  context,
  namespace,
  clusterName,
  server,
  caCert,
  token,
}: ReadOnlyContext): string {
  const certificateAuthorityData = Buffer.from(caCert).toString('base64');
  const extension = { name: READ_ONLY_EXTENSION, extension: { cluster: clusterName } };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [{ name: context, cluster: { server, 'certificate-authority-data': certificateAuthorityData } }],
    users: [{ name: 'read-only', user: { token } }],
    contexts: [{ name: context, context: { cluster: context, user: 'read-only', namespace, extensions: [extension] } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
