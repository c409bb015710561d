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
