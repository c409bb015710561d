/** Where zkubectl keeps its files (XDG Base Directory Specification; %APPDATA% on Windows). */
import path, { type PlatformPath } from 'node:path';
import { pathOf } from '../../lib/path-of.ts';
import type { Io } from '../io.ts';

export interface Paths {
  readonly configFile: string;
  /** True: the config folder is zkubectl's own. False when ZKUBECTL_CONFIG names the file. */
  readonly ownsConfigDir: boolean;
  /** Upstream's file in the config folder. It is read when our config file does not exist. */
  readonly upstreamConfigFile: string;
  /** May be deleted at any time. Contains no secrets. */
  readonly cache: string;
  /** Tokens, open access requests, context history, locks. */
  readonly state: string;
}

export function pathsOf(io: Pick<Io, 'env' | 'home' | 'platform'>): Paths {
  const path = pathOf(io.platform);
  const config = baseDir(io, 'XDG_CONFIG_HOME', '.config', 'APPDATA');
  const own = io.env['ZKUBECTL_CONFIG'];
  return {
    configFile: own ? path.resolve(own) : path.join(config, 'zkubectl', 'config.yaml'),
    ownsConfigDir: !own,
    upstreamConfigFile: path.join(config, 'zalando-kubectl', 'zalando-kubectl.yaml'),
    cache:
      absolute(path, io.env['ZKUBECTL_CACHE_DIR']) ??
      path.join(baseDir(io, 'XDG_CACHE_HOME', '.cache', 'LOCALAPPDATA'), 'zkubectl'),
    state:
      absolute(path, io.env['ZKUBECTL_STATE_DIR']) ??
      path.join(baseDir(io, 'XDG_STATE_HOME', path.join('.local', 'state'), 'LOCALAPPDATA'), 'zkubectl'),
  };
}

/** As for the XDG variables, a relative path is ignored. */
function absolute(path: PlatformPath, dir: string | undefined): string | undefined {
  return dir && path.isAbsolute(dir) ? dir : undefined;
}

function baseDir(
  io: Pick<Io, 'env' | 'home' | 'platform'>,
  variable: string,
  underHome: string,
  windowsVariable: string,
): string {
  const path = pathOf(io.platform);
  const xdg = io.env[variable];
  // The specification says to ignore relative paths.
  if (xdg && path.isAbsolute(xdg)) return xdg;
  const windows = io.platform === 'win32' ? io.env[windowsVariable] : undefined;
  return windows ? windows : path.join(io.home, underHome);
}

/** The names of the files and folders in the state folder. They are defined only here. */
export const STATE = {
  /** Tokens, a file for each issuer, client, scopes and audience. */
  tokens: 'tokens',
  /** Blocks on automatic login, a file for each issuer. */
  autoLoginBlocks: 'latches',
  locks: 'locks',
  /** The configuration at the last login, for when the file is broken. */
  lastConfig: 'last-config.json',
  /** OAuth clients of the clusters that the user has logged in to. */
  clients: 'clients.json',
  /** Servers that may receive a client's tokens. */
  trustedServers: 'trusted-servers',
  /** Access requests that were still open when the command ended. */
  accessRequests: 'access',
  /** Production access granted to commands on this machine. */
  grants: 'grants',
  /** When the hint about production access was last shown. */
  hints: 'hints',
  /** Previously used contexts and namespaces. */
  history: 'history.json',
  /** Kubeconfigs of `env` and `on`. */
  ownKubeconfigs: 'shells',
  /** What was run on many clusters, a file for each run. */
  runs: 'runs',
  /** What was done on guarded clusters, and access requests: a file a day. */
  journal: 'journal',
  /** Kubeconfigs with the context of a guarded command. */
  pinned: 'pinned',
  /** Indexes of kubeconfigs, for fast switching. */
  kubeconfigIndexes: 'kubeconfigs',
  /** Temporary credentials of AWS accounts. */
  awsCredentials: 'aws-credentials',
  /** The user's names for AWS accounts and roles. */
  awsChoices: 'aws-accounts.json',
  /** Names the key in the system's keyring. */
  keyring: 'keyring.json',
  /** Libraries that the executable writes, to load them. */
  native: 'native',
  /** Files that are open in `diffedit`. */
  edits: 'edit',
} as const;

/** The names of the files and folders in the cache. */
export const CACHE = {
  /** The last working addresses of hosts. */
  addresses: 'addresses',
  /** Namespaces of clusters, for completion. */
  namespaces: 'namespaces',
  /** The resources of API servers. */
  discovery: 'discovery',
  /** The downloaded kubectl. */
  kubectl: 'kubectl',
} as const;

/** The registry's snapshot: with masked values in the cache, complete in the state folder. @param id names the registry */
export function snapshotFile(folder: string, id: string): string {
  return path.join(folder, `registry-${id}.jsonl`);
}

/** When the versions of a registry's clusters were first seen. @param id names the registry */
export function versionsFile(stateDir: string, id: string): string {
  return path.join(stateDir, `versions-${id}.json`);
}

/** The names of a registry's accounts, in the cache. */
export function accountsFile(cacheDir: string, id: string): string {
  return path.join(cacheDir, `accounts-${id}.json`);
}

/** The folder of a lock. */
export function lockDir(stateDir: string, name: string): string {
  return path.join(stateDir, STATE.locks, name);
}

/** Is it a kubeconfig that zkubectl made for a terminal or command? */
export function isOwnKubeconfig(stateDir: string, file: string): boolean {
  return path.dirname(file) === path.join(stateDir, STATE.ownKubeconfigs) && file.endsWith('.yaml');
}
