/** The configuration files of zkubectl and upstream. An unknown key or a wrong type is a UsageError with file, line and the nearest key. */
import path from 'node:path';
import { messageOf, UsageError } from '../errors.ts';
import { nearest } from '../lib/nearest.ts';
import { parsePlainYaml, plainToJs } from '../lib/plain-yaml.ts';
import type { PlainMap } from '../lib/plain-yaml-nodes.ts';
import { shellWord } from '../lib/shell-words.ts';
import type { Paths } from '../platform/files/paths.ts';
import { notOwnReason, readText } from '../platform/files/read.ts';
import { CONFIG_KEYS, type ConfigKey, type ConfigPath, GROUPS, keyAt } from './keys.ts';
import type { Setting } from './settings.ts';
import { parseText, parseYamlValue } from './values.ts';

export interface FileValues {
  readonly name: string;
  readonly values: ReadonlyMap<ConfigPath, Setting>;
}

export async function readConfigFile(paths: Paths): Promise<FileValues | undefined> {
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
    throw new UsageError(`configuration refused: ${file} ${whose.text}`, {
      code: 'foreign_config',
      hint: whose.isWritable ? `chmod go-w ${shellWord(file)}` : 'use your own file: ZKUBECTL_CONFIG=FILE zkubectl …',
    });
  try {
    text = readText(file, MAX_CONFIG_BYTES, true);
  } catch (error) {
    const why = error instanceof TypeError ? 'not UTF-8' : messageOf(error);
    throw new UsageError(`cannot read the configuration ${file}: ${why}`, {
      code: 'bad_config',
      cause: error,
      hint: remedy(file),
    });
  }
  // YAML forbids NUL (YAML 1.2 section 5.1), but the parser accepts it.
  const at = text?.indexOf('\0') ?? -1;
  if (text === undefined || at === -1) return text;
  const lines = text.slice(0, at).split('\n');
  const where = `${file}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
  throw new UsageError(`${where}: file contains NUL bytes`, { code: 'bad_config', hint: remedy(file) });
}

function remedy(file: string): string {
  return `correct the file, or move it away: mv ${shellWord(file)} ${shellWord(`${file}.broken`)}`;
}

/** Maps upstream's keys to zkubectl's. Other keys in upstream's file are ignored. */
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
    // The parser's message repeats the position.
    const said = (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
    throw new UsageError(`${file}:${line}:${col}: ${said}`, { code: 'bad_config', hint: remedy(file) });
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

/** Adds https:// to a URL without a scheme, which upstream allows. */
export function withScheme(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `https://${url}`;
}

/** An entry of a configuration file, independent of the parser. */
interface ConfigEntry {
  readonly key: string;
  /** Counted from 1. */
  readonly line: number;
  /** The entries of a section, or a plain value. */
  readonly value: readonly ConfigEntry[] | PlainValue;
}

interface PlainValue {
  readonly plain: unknown;
}

async function parseConfigFile(text: string, file: string): Promise<Map<ConfigPath, Setting>> {
  const plain = parsePlainYaml(text);
  const root = plain === undefined ? await readWithYaml(text, file) : plainEntries(plain);
  const values = new Map<ConfigPath, Setting>();
  const sections = [...new Set(CONFIG_KEYS.map(key => key.path.split('.')[0] ?? '')), GROUPS];
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
      const definition = keyAt(name);
      if (!definition)
        throw unknownKey(
          source,
          name,
          keys.map(k => k.path),
        );
      const value = plainOf(entry.value);
      if (value === null) continue;
      values.set(definition.path, { value: parseYamlValue(definition, value, source, path.dirname(file)), source });
    }
  }
  return values;
}

/** A map within a section is an object. Deeper maps are none of the values that a key takes. */
function plainOf(value: ConfigEntry['value']): unknown {
  if ('plain' in value) return value.plain;
  return Object.fromEntries(value.map(entry => [entry.key, 'plain' in entry.value ? entry.value.plain : {}]));
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
  const key = keyAt(name);
  if (!key) throw new Error(`no such key: ${name}`);
  return key;
}
