/**
 * The configuration in force: flag > environment > file > default, each value knowing where it came from.
 * Rules: an unknown key or a wrong type is a UsageError that names file, line and the nearest key; reading changes nothing.
 */
import path from 'node:path';
import { messageOf, UsageError } from '../errors.ts';
import { nearest } from '../lib/nearest.ts';
import { type PlainMap, parsePlainYaml, plainToJs } from '../lib/plain-yaml.ts';
import { shellWord } from '../lib/shell-words.ts';
import { notOwnReason, readText } from '../platform/files/files.ts';
import type { Paths } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';
import { CONFIG_KEYS, type ConfigKey, type ConfigPath, envName, LOGIN_FLOWS, type LoginFlow } from './keys.ts';

export type ConfigValue = string | readonly string[] | readonly number[];

export interface Setting {
  readonly value: ConfigValue;
  /** `flag`, `default`, an environment variable's name, or `file:line`. */
  readonly source: string;
}

export interface Config {
  readonly settings: ReadonlyMap<ConfigPath, Setting>;
  /** The file that was read; undefined when there is none. */
  readonly file: string | undefined;
  text(path: ConfigPath): string | undefined;
  words(path: ConfigPath): readonly string[];
  ports(): readonly number[];
  flow(): LoginFlow;
  /** A value that a command cannot do without. Throws UsageError naming the key and how to set it. */
  required(path: ConfigPath): string;
}

type ConfigIo = Pick<Io, 'env' | 'home' | 'platform' | 'cwd'>;

export async function loadConfig(io: ConfigIo, paths: Paths): Promise<Config> {
  const settings = new Map<ConfigPath, Setting>();
  const file = await readConfigFile(paths);
  for (const key of CONFIG_KEYS) {
    const fromEnv = io.env[envName(key.path)];
    if (fromEnv !== undefined && fromEnv !== '') {
      settings.set(key.path, { value: parseText(key, fromEnv, envName(key.path), io.cwd), source: envName(key.path) });
      continue;
    }
    const inFile = file?.values.get(key.path);
    if (inFile) settings.set(key.path, inFile);
    else if ('fallback' in key) settings.set(key.path, { value: key.fallback, source: 'default' });
  }
  return makeConfig(settings, file?.name);
}

function makeConfig(settings: ReadonlyMap<ConfigPath, Setting>, file: string | undefined): Config {
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
    text,
    words: key => list(key).map(String),
    ports: () => list('auth.redirect_ports').map(Number),
    flow: () => LOGIN_FLOWS.find(flow => flow === text('auth.flow')) ?? 'browser',
    required: key => {
      const value = text(key);
      if (value !== undefined) return value;
      throw new UsageError(`${key} is not configured`, {
        code: 'not_configured',
        hint: `${configureExample(key)}, or set ${envName(key)}; zkubectl configure shows what is in force`,
      });
    },
  };
}

function configureExample(key: ConfigPath): string {
  return `zkubectl configure ${key}=VALUE`;
}

interface FileValues {
  readonly name: string;
  readonly values: ReadonlyMap<ConfigPath, Setting>;
}

async function readConfigFile(paths: Paths): Promise<FileValues | undefined> {
  const text = readConfigText(paths.configFile);
  if (text !== undefined) return { name: paths.configFile, values: await parseConfigFile(text, paths.configFile) };
  const upstream = readConfigText(paths.upstreamConfigFile);
  if (upstream === undefined) return undefined;
  return { name: paths.upstreamConfigFile, values: await parseUpstreamFile(upstream, paths.upstreamConfigFile) };
}

const MAX_CONFIG_BYTES = 1024 * 1024;

/** The text of a configuration file. Throws UsageError when it cannot be read. */
export function readConfigText(file: string): string | undefined {
  let text: string | undefined;
  const whose = notOwnReason(file);
  if (whose !== undefined)
    throw new UsageError(`the configuration is not believed: ${file} ${whose}`, {
      code: 'foreign_config',
      hint: whose.startsWith('may')
        ? `chmod go-w ${shellWord(file)}`
        : 'use one of your own: ZKUBECTL_CONFIG=FILE zkubectl …',
    });
  try {
    text = readText(file, MAX_CONFIG_BYTES, true);
  } catch (error) {
    throw new UsageError(`cannot read the configuration: ${messageOf(error)}`, { code: 'bad_config', cause: error });
  }
  // YAML has none (YAML 1.2 section 5.1), and its parser does not mind.
  const at = text?.indexOf('\0') ?? -1;
  if (text === undefined || at === -1) return text;
  const lines = text.slice(0, at).split('\n');
  const where = `${file}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
  throw new UsageError(`${where}: it contains NUL bytes`, { code: 'bad_config' });
}

/** Upstream's keys and ours. Others in that file belong to upstream and are not looked at. */
export const UPSTREAM_KEYS: Readonly<Record<string, ConfigPath>> = {
  cluster_registry: 'registry.url',
  okta_auth: 'auth.issuer',
  privileged_access_api: 'access.url',
};

async function parseYaml(text: string, file: string) {
  const { LineCounter, parseDocument } = await import('../platform/libraries/yaml.ts');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new UsageError(`${file}:${line}:${col}: ${error.message.split('\n')[0]}`, { code: 'bad_config' });
  }
  return { document, lineOf: (offset: number | undefined) => lines.linePos(offset ?? 0).line };
}

async function parseUpstreamFile(text: string, file: string): Promise<Map<ConfigPath, Setting>> {
  const { isMap, isScalar } = await import('../platform/libraries/yaml.ts');
  const { document, lineOf } = await parseYaml(text, file);
  const values = new Map<ConfigPath, Setting>();
  if (!isMap(document.contents)) return values;
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const ours = Object.hasOwn(UPSTREAM_KEYS, name) ? UPSTREAM_KEYS[name] : undefined;
    if (ours === undefined || !isScalar(value) || typeof value.value !== 'string' || value.value === '') continue;
    const source = `${file}:${lineOf(value.range?.[0])}`;
    values.set(ours, { value: parseText(keyOf(ours), withScheme(value.value), source, path.dirname(file)), source });
  }
  return values;
}

/** Upstream allows addresses without their scheme. */
export function withScheme(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `https://${url}`;
}

/** What a configuration file says, whoever read it. */
interface ConfigEntry {
  readonly key: string;
  /** Counted from 1. */
  readonly line: number;
  /** Entries where it is a section, else a plain value. */
  readonly value: readonly ConfigEntry[] | PlainValue;
}

interface PlainValue {
  readonly plain: unknown;
}

async function parseConfigFile(text: string, file: string): Promise<Map<ConfigPath, Setting>> {
  const plain = parsePlainYaml(text);
  const root = plain === undefined ? await readWithYaml(text, file) : plainEntries(plain);
  const values = new Map<ConfigPath, Setting>();
  const sections = [...new Set(CONFIG_KEYS.map(key => key.path.split('.')[0] ?? ''))];
  for (const section of root) {
    const at = `${file}:${section.line}`;
    if (!sections.includes(section.key)) throw unknownKey(at, section.key, sections);
    if ('plain' in section.value) {
      if (section.value.plain === null) continue;
      throw new UsageError(`${at}: ${section.key} must be a section with keys`, { code: 'bad_config' });
    }
    const keys = CONFIG_KEYS.filter(key => key.path.startsWith(`${section.key}.`));
    for (const entry of section.value) {
      const name = `${section.key}.${entry.key}`;
      const source = `${file}:${entry.line}`;
      const definition = keys.find(k => k.path === name);
      if (!definition)
        throw unknownKey(
          source,
          name,
          keys.map(k => k.path),
        );
      // What is a section within a section can be no value.
      const value = 'plain' in entry.value ? entry.value.plain : {};
      if (value === null) continue;
      values.set(definition.path, { value: parseYamlValue(definition, value, source, path.dirname(file)), source });
    }
  }
  return values;
}

function plainEntries(map: PlainMap): ConfigEntry[] {
  return map.entries.map(({ key, line, value }) => ({
    key,
    line,
    value: value.kind === 'map' ? plainEntries(value) : { plain: plainToJs(value) },
  }));
}

async function readWithYaml(text: string, file: string): Promise<ConfigEntry[]> {
  const { isMap, isScalar, isSeq } = await import('../platform/libraries/yaml.ts');
  const { document, lineOf } = await parseYaml(text, file);
  const entriesOf = (node: unknown): ConfigEntry['value'] => {
    if (!isMap(node)) {
      const plain: unknown = isScalar(node) ? node.value : isSeq(node) ? node.toJSON() : node;
      return { plain: plain ?? null };
    }
    return node.items.map(({ key, value }) => ({
      key: isScalar(key) ? String(key.value) : '',
      line: lineOf(isScalar(key) ? key.range?.[0] : 0),
      value: entriesOf(value),
    }));
  };
  const root = entriesOf(document.contents);
  if (!('plain' in root)) return [...root];
  if (root.plain === null) return [];
  throw new UsageError(`${file}:1: expected sections such as "registry:"`, { code: 'bad_config' });
}

function unknownKey(at: string, name: string, known: readonly string[]): UsageError {
  const [best] = nearest(name, known, 1);
  return new UsageError(`${at}: unknown key ${name}`, {
    code: 'unknown_key',
    hint: best === undefined ? `the keys are ${known.join(', ')}` : `did you mean ${best}?`,
  });
}

function keyOf(name: ConfigPath): ConfigKey {
  const key = CONFIG_KEYS.find(k => k.path === name);
  if (!key) throw new Error(`no such key: ${name}`);
  return key;
}

const EXPECTED: Readonly<Record<ConfigKey['type'], string>> = {
  string: 'text',
  url: 'an http(s) URL',
  path: 'a file path',
  words: 'a list of words',
  ports: 'a list of port numbers (0 to 65535)',
  flow: `one of ${LOGIN_FLOWS.join(', ')}`,
  template: 'text with placeholders in braces',
};

function wrongType(key: ConfigKey, source: string): UsageError {
  return new UsageError(`${source}: ${key.path} must be ${EXPECTED[key.type]}`, { code: 'bad_value' });
}

function parseYamlValue(key: ConfigKey, value: unknown, source: string, baseDir: string): ConfigValue {
  if (key.type === 'words') {
    if (Array.isArray(value) && value.every(v => typeof v === 'string' && v !== '')) return value as string[];
    if (typeof value === 'string') return parseText(key, value, source, baseDir);
    throw wrongType(key, source);
  }
  if (key.type === 'ports') {
    const list = Array.isArray(value) ? value : [value];
    if (list.length > 0 && list.every(isPort)) return list;
    throw wrongType(key, source);
  }
  if (typeof value !== 'string') throw wrongType(key, source);
  return parseText(key, value, source, baseDir);
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65535;
}

/** A value as text, from the environment, a flag or the file. Relative paths are relative to `baseDir`. */
export function parseText(key: ConfigKey, text: string, source: string, baseDir: string): ConfigValue {
  switch (key.type) {
    case 'words': {
      const words = text.split(/[\s,]+/).filter(Boolean);
      if (words.length === 0) throw wrongType(key, source);
      return words;
    }
    case 'ports': {
      const ports = text
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(Number);
      if (ports.length === 0 || !ports.every(isPort)) throw wrongType(key, source);
      return ports;
    }
    case 'flow':
      if (!LOGIN_FLOWS.some(flow => flow === text)) {
        const [best] = nearest(text, LOGIN_FLOWS, 1);
        throw new UsageError(`${source}: ${key.path} must be ${EXPECTED.flow}, not ${text}`, {
          code: 'bad_value',
          hint: best === undefined ? undefined : `did you mean ${best}?`,
        });
      }
      return text;
    case 'url':
      if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw wrongType(key, source);
      return text;
    case 'path':
      if (key.path === 'kubectl.path') return kubectlPath(text, source, baseDir);
      return path.resolve(baseDir, text);
    default:
      if (text === '') throw wrongType(key, source);
      return text;
  }
}

/** A bare name is looked up on PATH; nothing is ever run from the current directory. */
function kubectlPath(text: string, source: string, baseDir: string): string {
  if (path.isAbsolute(text) || !/[\\/]/.test(text)) return text;
  if (!source.startsWith('ZKUBECTL_')) return path.resolve(baseDir, text);
  throw new UsageError(`${source}: kubectl.path must be absolute, or a name on PATH`, { code: 'bad_value' });
}
