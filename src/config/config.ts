/**
 * The effective configuration: flag > environment > file > default. Each value has its source.
 * Rules: an unknown key or a wrong type is a UsageError with file, line and the nearest key. Reading changes nothing.
 */

import { UsageError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { DEFAULT_REDIRECT, parseRedirectUrl, type RedirectTarget } from '../lib/redirect-url.ts';
import type { Paths } from '../platform/files/paths.ts';
import { type FileValues, readConfigFile, UPSTREAM_KEYS, withScheme } from './file.ts';
import { CONFIG_KEYS, type ConfigPath, envName, GROUPS, keyAt, LOGIN_FLOWS, type LoginFlow } from './keys.ts';
import type { ConfigIo, Setting } from './settings.ts';
import { parseText } from './values.ts';

export interface Config {
  readonly settings: ReadonlyMap<ConfigPath, Setting>;
  /** The configuration file. Undefined: there is none. */
  readonly file: string | undefined;
  /** The error of a file that cannot be read, if nothing replaces it. */
  readonly broken: unknown;
  text(path: ConfigPath): string | undefined;
  words(path: ConfigPath): readonly string[];
  ports(): readonly number[];
  redirect(): RedirectTarget;
  /** The clusters of each group: a selector, or names. By the group's name, without `@`. */
  groups(): ReadonlyMap<string, string | readonly string[]>;
  /** The number of a setting such as `90d`. */
  days(path: ConfigPath): number;
  params(path: ConfigPath): Readonly<Record<string, string>>;
  flow(): LoginFlow;
  /** A required value. Throws UsageError with the key and the command that sets it. */
  required(path: ConfigPath): string;
}

export async function loadConfig(io: ConfigIo, paths: Paths): Promise<Config> {
  return configOf(io, await readConfigFile(paths));
}

/** The configuration for the values of a file. @param broken the error of a file that cannot be read: then a missing value throws it */
export function configOf(io: ConfigIo, file: FileValues | undefined, broken?: unknown): Config {
  const settings = new Map<ConfigPath, Setting>();
  for (const key of CONFIG_KEYS) {
    const fromEnv = io.env[envName(key.path)];
    if (fromEnv !== undefined && fromEnv !== '') {
      settings.set(key.path, { value: parseText(key, fromEnv, envName(key.path), io.cwd), source: envName(key.path) });
      continue;
    }
    const upstream = upstreamVariable(io, key.path);
    if (upstream) {
      settings.set(key.path, {
        value: parseText(key, withScheme(upstream.value), upstream.name, io.cwd),
        source: upstream.name,
      });
      continue;
    }
    const inFile = file?.values.get(key.path);
    if (inFile) settings.set(key.path, inFile);
    else if ('fallback' in key) settings.set(key.path, { value: key.fallback, source: 'default' });
  }
  for (const [path, setting] of groupsOf(io, file)) settings.set(path, setting);
  return makeConfig(settings, file?.name, broken);
}

/** The groups of the file, and those of variables: `ZKUBECTL_GROUPS_SHOP` is the group `shop`. */
function groupsOf({ env, cwd }: ConfigIo, file: FileValues | undefined): Map<ConfigPath, Setting> {
  const prefix = `${GROUPS}.`;
  const groups = new Map([...(file?.values ?? [])].filter(([path]) => path.startsWith(prefix)));
  for (const [name, text] of Object.entries(env)) {
    const known = [...groups.keys()].find(path => envName(path) === name);
    const key = keyAt(known ?? `${prefix}${/^ZKUBECTL_GROUPS_(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ''}`);
    if (key && text) groups.set(key.path, { value: parseText(key, text, name, cwd), source: name });
  }
  return groups;
}

/** `ZALANDO_KUBECTL_CLUSTER_REGISTRY` and the like, as upstream reads them. */
function upstreamVariable({ env }: ConfigIo, path: ConfigPath): { name: string; value: string } | undefined {
  const key = Object.keys(UPSTREAM_KEYS).find(name => UPSTREAM_KEYS[name] === path);
  const name = `ZALANDO_KUBECTL_${key?.toUpperCase()}`;
  const value = key === undefined ? undefined : env[name];
  return value ? { name, value } : undefined;
}

function makeConfig(settings: ReadonlyMap<ConfigPath, Setting>, file: string | undefined, broken: unknown): Config {
  const text = (key: ConfigPath) => {
    const value = settings.get(key)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const list = (key: ConfigPath) => {
    const value = settings.get(key)?.value;
    return Array.isArray(value) ? value : [];
  };
  return {
    settings,
    file,
    broken,
    text,
    words: key => list(key).map(String),
    ports: () => list('auth.redirect_ports').map(Number),
    redirect: () => parseRedirectUrl(text('auth.redirect_url') ?? '') ?? DEFAULT_REDIRECT,
    groups: () =>
      new Map(
        [...settings]
          .filter(([path]) => path.startsWith(`${GROUPS}.`))
          .map(([path, { value }]) => [path.slice(GROUPS.length + 1), value as string | readonly string[]]),
      ),
    days: key => Number((text(key) ?? '').replace(/d$/, '')),
    params: key => {
      const value = settings.get(key)?.value;
      return isRecord(value) ? (value as Readonly<Record<string, string>>) : {};
    },
    flow: () => LOGIN_FLOWS.find(flow => flow === text('auth.flow')) ?? 'browser',
    required: key => {
      const value = text(key);
      if (value !== undefined) return value;
      if (broken !== undefined) throw broken;
      throw new UsageError(`${key} is not configured`, {
        code: 'not_configured',
        hint: `${configureExample(key)}, or set ${envName(key)}; show all values: zkubectl configure`,
      });
    },
  };
}

function configureExample(key: ConfigPath): string {
  return `zkubectl configure ${key}=VALUE`;
}
