/** The files that the sandbox writes for its users: the configuration, the CA and the client secret. */

import path from 'node:path';
import { writePrivateFile } from '../platform/files/files.ts';
import type { Certificates } from '../platform/net/certificates.ts';
import { CLUSTER_CLIENT_PREFIX } from './clients.ts';
import type { IssuerState } from './issuer-state.ts';

export interface SandboxInfo {
  readonly issuer: string;
  readonly registry: string;
  readonly access: string;
  readonly caFile: string;
  readonly configFile: string;
  readonly kubeconfig: string;
  readonly clientSecretFile: string;
  readonly clusters: readonly { readonly alias: string; readonly url: string }[];
}

export function writeFiles(
  dir: string,
  urls: { issuer: string; registry: string; access: string },
  clusterPorts: Readonly<Record<string, number>>,
  certificates: Certificates,
  issuer: IssuerState,
): SandboxInfo {
  const file = (name: string) => path.join(dir, name);
  writePrivateFile(file('ca.pem'), certificates.caCert);
  writePrivateFile(file('client-secret'), `${issuer.clientSecret}\n`);
  writePrivateFile(
    file('config.yaml'),
    [
      '# The sandbox overwrites this file at every start.',
      'registry:',
      `  url: ${urls.registry}`,
      'auth:',
      `  issuer: ${urls.issuer}`,
      '  client_id: zkubectl',
      `  cluster_client_id: ${CLUSTER_CLIENT_PREFIX}{alias}`,
      'access:',
      `  url: ${urls.access}`,
      '  incident_url: https://jira.example.org/browse/{incident}',
      'tls:',
      `  ca_file: ${JSON.stringify(file('ca.pem'))}`,
      '',
    ].join('\n'),
  );
  return {
    ...urls,
    caFile: file('ca.pem'),
    configFile: file('config.yaml'),
    kubeconfig: file('kubeconfig'),
    clientSecretFile: file('client-secret'),
    clusters: Object.entries(clusterPorts).map(([alias, port]) => ({ alias, url: `https://127.0.0.1:${port}` })),
  };
}
