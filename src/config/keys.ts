/** The configuration keys. The parser, `configure`, the environment variables and the docs all use this definition. */

export type ConfigType =
  | 'string'
  | 'url'
  | 'path'
  | 'words'
  | 'ports'
  | 'choice'
  | 'template'
  | 'redirect'
  | 'params'
  | 'days'
  | 'group';

export interface ConfigKey {
  /** Dotted path in config.yaml. The environment variable is derived from it. */
  readonly path: string;
  readonly type: ConfigType;
  readonly help: string;
  readonly fallback?: string | readonly string[] | readonly number[];
  /** The values of a choice. */
  readonly choices?: readonly string[];
}

export const LOGIN_FLOWS = ['browser', 'device', 'paste', 'client-credentials'] as const;
/** How the token of a cluster is made. */
export const CLUSTER_TOKENS = ['login', 'exchange'] as const;
/** Where secrets are kept. */
export const SECRET_STORES = ['file', 'keyring'] as const;
/** When the guard asks. */
export const GUARD_ASKS = ['off', 'effect', 'always'] as const;
/** The APIs of access services. */
export const ACCESS_APIS = ['privileged-access-api', 'emergency-access-service'] as const;
export type LoginFlow = (typeof LOGIN_FLOWS)[number];

export const CONFIG_KEYS = [
  { path: 'registry.url', type: 'url', help: 'Cluster Registry, REST' },
  { path: 'registry.file', type: 'path', help: 'clusters in a YAML file, instead of registry.url' },
  { path: 'registry.token_command', type: 'string', help: "prints the registry's bearer token; left out: the login's" },
  { path: 'registry.token_file', type: 'path', help: "file with the registry's bearer token" },
  { path: 'auth.issuer', type: 'url', help: 'OpenID Connect issuer' },
  { path: 'auth.client_id', type: 'string', help: 'platform client: registry, zkubectl token', fallback: 'zkubectl' },
  {
    path: 'auth.cluster_client_id',
    type: 'template',
    help: 'one client per cluster, with {alias} or {id}; left out: auth.client_id',
  },
  {
    path: 'auth.scopes',
    type: 'words',
    help: 'scopes to request',
    fallback: ['openid', 'email', 'groups', 'offline_access'],
  },
  { path: 'auth.audience', type: 'string', help: 'audience parameter, if the issuer requires it' },
  { path: 'auth.flow', type: 'choice', choices: LOGIN_FLOWS, help: LOGIN_FLOWS.join(', '), fallback: 'browser' },
  {
    path: 'auth.cluster_tokens',
    type: 'choice',
    choices: CLUSTER_TOKENS,
    help: "login, or exchange: the platform's token is exchanged for a cluster's (RFC 8693)",
    fallback: 'login',
  },
  {
    path: 'auth.store',
    type: 'choice',
    choices: SECRET_STORES,
    help: "where tokens are kept: file (readable for you alone), keyring (encrypted with a key of the system's keyring)",
    fallback: 'file',
  },
  {
    path: 'auth.redirect_url',
    type: 'redirect',
    help: 'redirect URI as registered at the issuer; left out: http://127.0.0.1:PORT/callback',
  },
  {
    path: 'auth.redirect_ports',
    type: 'ports',
    help: 'loopback ports to try in order; 0: any free port',
    fallback: [0],
  },
  { path: 'auth.params', type: 'params', help: 'further parameters of the authorization request, as a=b&c=d' },
  { path: 'auth.role_help_url', type: 'url', help: 'where to request a role; shown when a login is refused' },
  { path: 'access.url', type: 'url', help: 'access service' },
  {
    path: 'access.api',
    type: 'choice',
    choices: ACCESS_APIS,
    help: `the API of the access service: ${ACCESS_APIS.join(', ')}`,
    fallback: 'privileged-access-api',
  },
  { path: 'access.incident_url', type: 'template', help: 'URL of an incident, with {incident}' },
  { path: 'aws.url', type: 'url', help: 'service that gives credentials for AWS accounts, as for zaws' },
  {
    path: 'aws.user_claim',
    type: 'string',
    help: "claim of the platform's token that names you to that service",
    fallback: 'https://identity.zalando.com/managed-id',
  },
  {
    path: 'aws.role_arn',
    type: 'template',
    help: 'role to assume by AWS STS, with {account} and {role}; instead of aws.url',
  },
  { path: 'aws.role', type: 'string', help: 'role in AWS accounts where --role is not given' },
  { path: 'aws.sts_url', type: 'url', help: "endpoint of AWS STS; left out: that of the cluster's region" },
  { path: 'docker.registries', type: 'words', help: "image registries that take the platform's token: hosts" },
  { path: 'dashboard.url', type: 'template', help: 'URL of the web view of a cluster, with {alias}' },
  {
    path: 'fleet.waves',
    type: 'words',
    help: 'channels, in the order in which they are changed',
    fallback: ['dev', 'alpha', 'beta', 'stable'],
  },
  {
    path: 'guard.environments',
    type: 'words',
    help: 'environments where the guard asks; default: names that contain prod, prd or live',
  },
  {
    path: 'guard.ask',
    type: 'choice',
    choices: GUARD_ASKS,
    help: 'when the guard asks: off (never), effect (before something is destroyed), always (before every write)',
    fallback: 'effect',
  },
  { path: 'journal.keep', type: 'days', help: 'how long the journal is kept, such as 90d', fallback: '90d' },
  { path: 'kubectl.path', type: 'path', help: 'the kubectl to run; left out: PATH, then a download' },
  { path: 'kubectl.mirror', type: 'url', help: 'base URL for kubectl downloads', fallback: 'https://dl.k8s.io' },
  {
    path: 'about.url',
    type: 'url',
    help: 'where about --check asks for the newest version: JSON with a field version',
    fallback: 'https://registry.npmjs.org/zkubectl/latest',
  },
  { path: 'tls.ca_file', type: 'path', help: "PEM certificates, added to the system's" },
] as const satisfies readonly ConfigKey[];

/** The keys of groups are `groups.NAME`, with names of the user's choice. */
export const GROUPS = 'groups';

export type ConfigPath = (typeof CONFIG_KEYS)[number]['path'] | `${typeof GROUPS}.${string}`;

/** The key at a path. Undefined: there is none. */
export function keyAt(path: string): (ConfigKey & { readonly path: ConfigPath }) | undefined {
  const name = /^groups\.([A-Za-z0-9][A-Za-z0-9._-]*)$/.exec(path)?.[1];
  if (name !== undefined)
    return {
      path: `${GROUPS}.${name}`,
      type: 'group',
      help: `the clusters of @${name}: a selector, or a list of names`,
    };
  return CONFIG_KEYS.find(key => key.path === path);
}

/** `auth.client_id` → `ZKUBECTL_AUTH_CLIENT_ID` */
export function envName(path: string): string {
  return `ZKUBECTL_${path.replaceAll('.', '_').toUpperCase()}`;
}
