/** Where zkubectl keeps its files (XDG Base Directory Specification; %APPDATA% on Windows). */
import path from 'node:path';
import type { Io } from '../io.ts';

export interface Paths {
  readonly configFile: string;
  /** The folder of the configuration is ours alone; false when ZKUBECTL_CONFIG names a file anywhere. */
  readonly ownsConfigDir: boolean;
  /** Upstream's file in the same config folder, read when ours does not exist. */
  readonly upstreamConfigFile: string;
  /** May be deleted at any time; nothing secret in it. */
  readonly cache: string;
  /** Tokens, open access requests, context history, locks. */
  readonly state: string;
}

export function pathsOf(io: Pick<Io, 'env' | 'home' | 'platform'>): Paths {
  const config = baseDir(io, 'XDG_CONFIG_HOME', '.config', 'APPDATA');
  const own = io.env['ZKUBECTL_CONFIG'];
  return {
    configFile: own ? path.resolve(own) : path.join(config, 'zkubectl', 'config.yaml'),
    ownsConfigDir: !own,
    upstreamConfigFile: path.join(config, 'zalando-kubectl', 'zalando-kubectl.yaml'),
    cache: path.join(baseDir(io, 'XDG_CACHE_HOME', '.cache', 'LOCALAPPDATA'), 'zkubectl'),
    state: path.join(baseDir(io, 'XDG_STATE_HOME', path.join('.local', 'state'), 'LOCALAPPDATA'), 'zkubectl'),
  };
}

function baseDir(
  io: Pick<Io, 'env' | 'home' | 'platform'>,
  variable: string,
  underHome: string,
  windowsVariable: string,
): string {
  const xdg = io.env[variable];
  // The specification has relative paths ignored.
  if (xdg && path.isAbsolute(xdg)) return xdg;
  const windows = io.platform === 'win32' ? io.env[windowsVariable] : undefined;
  return windows ? windows : path.join(io.home, underHome);
}

/** What the state folder holds: the one place that names it. */
export const STATE = {
  /** Tokens, a file for each issuer, client, scopes and audience. */
  tokens: 'tokens',
  /** Automatic logins that are blocked, a file for each issuer. */
  autoLoginBlocks: 'latches',
  locks: 'locks',
  /** OAuth clients of clusters that somebody has logged in to. */
  clients: 'clients.json',
  /** Servers that may have the tokens of a client. */
  trustedServers: 'trusted-servers',
  /** Access requests that were open when their command ended. */
  accessRequests: 'access',
  /** Production access that was granted here. */
  grants: 'grants',
  /** When the hint about production access was last given. */
  hints: 'hints',
  /** Contexts and namespaces that were in use before. */
  history: 'history.json',
  /** Kubeconfigs of `env` and `on`. */
  ownKubeconfigs: 'shells',
  /** Copies of the context that a guarded command is about. */
  pinned: 'pinned',
  /** What was found in kubeconfigs, for switching. */
  kubeconfigIndexes: 'kubeconfigs',
  /** Files that `diffedit` has open. */
  edits: 'edit',
} as const;

/** What the cache holds. */
export const CACHE = {
  /** Addresses at which hosts were last reached. */
  addresses: 'addresses',
  /** Namespaces of clusters, for completion. */
  namespaces: 'namespaces',
  /** A kubectl that was downloaded. */
  kubectl: 'kubectl',
} as const;

/** The registry as it was last seen: masked in the cache, whole in the state folder. @param id names the registry */
export function snapshotFile(folder: string, id: string): string {
  return path.join(folder, `registry-${id}.jsonl`);
}

/** The names of a registry's accounts, in the cache. */
export function accountsFile(cacheDir: string, id: string): string {
  return path.join(cacheDir, `accounts-${id}.json`);
}

/** The folder of a lock. */
export function lockDir(stateDir: string, name: string): string {
  return path.join(stateDir, STATE.locks, name);
}
