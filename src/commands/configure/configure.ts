/** `configure`: writes keys to config.yaml and keeps its comments; without arguments, shows every value in force and its source. */

import path from 'node:path';
import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { type CommandDefinition, type CommandFlags, collect } from '../../cli/definition.ts';
import { loadConfig } from '../../config/config.ts';
import { readConfigText, UPSTREAM_KEYS, withScheme } from '../../config/file.ts';
import { CONFIG_KEYS, type ConfigPath, envName, GROUPS, keyAt } from '../../config/keys.ts';
import { configSchema } from '../../config/schema.ts';
import type { ConfigValue, Setting } from '../../config/settings.ts';
import { parseText } from '../../config/values.ts';
import { CliError, messageOf, UsageError } from '../../errors.ts';
import { isRecord, type Json } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { printList, type View } from '../../output/view.ts';
import { ensurePrivateDir, makeDirs, writeFileAtomic } from '../../platform/files/files.ts';
import { withLock } from '../../platform/files/lock.ts';
import { lockDir } from '../../platform/files/paths.ts';
import { settingsOfDomain } from './domain.ts';
import { storeChange } from './store-change.ts';

const SCHEMA_FILE = 'config.schema.json';
/** Read by the YAML language server, which many editors use. */
const SCHEMA_LINE = `# yaml-language-server: $schema=./${SCHEMA_FILE}\n`;

export interface ConfigureOptions {
  /** The values by key, as the user typed them. */
  readonly set: ReadonlyMap<ConfigPath, string>;
  readonly unset: readonly ConfigPath[];
  /** Take the values that this domain publishes. */
  readonly domain: string | undefined;
}

/** Upstream's flags, and the upstream keys that they set. */
const UPSTREAM_FLAGS = {
  clusterRegistry: 'cluster_registry',
  oktaAuth: 'okta_auth',
  privilegedAccessApi: 'privileged_access_api',
} as const;

export const configureCommand: CommandDefinition<ConfigureOptions> = {
  texts: {
    summary: 'write the configuration, or show the values in force',
    description: `Writes KEY=VALUE into config.yaml, keeping its comments. Without arguments, shows every value in force and its source.\n\nKeys:\n${CONFIG_KEYS.map(
      key => `  ${key.path.padEnd(24)} ${key.help}`,
    ).join('\n')}`,
    examples: [
      'zkubectl configure',
      'zkubectl configure registry.url=https://cluster-registry.example.org auth.issuer=https://id.example.org',
      'zkubectl configure --domain example.org',
      'zkubectl configure auth.redirect_ports=8000,18000 --unset kubectl.path',
    ],
  },
  formats: ['table', 'json', 'yaml', 'tsv', 'name'],
  declare: command => {
    command
      .argument('[KEY=VALUE...]', 'values to write')
      .option('--unset <KEY>', 'a key to remove; may be repeated', collect)
      .option('--domain <DOMAIN>', 'take the values from the TXT record _zalando-kubectl._autoconfig.DOMAIN')
      .option('--cluster-registry <URL>', 'registry.url')
      .option('--okta-auth <URL>', 'auth.issuer')
      .option('--privileged-access-api <URL>', 'access.url');
  },
  options: (pairs, flags) => parseOptions(pairs, flags),
  run: runConfigure,
};

function parseOptions(
  pairs: readonly string[],
  flags: CommandFlags & { readonly unset?: readonly string[]; readonly domain?: string },
): ConfigureOptions {
  const set = new Map<ConfigPath, string>();
  for (const [flag, upstream] of Object.entries(UPSTREAM_FLAGS)) {
    const key = UPSTREAM_KEYS[upstream];
    const value = flags[flag];
    if (key !== undefined && typeof value === 'string') set.set(key, withScheme(value));
  }
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1)
      throw new UsageError(`invalid argument ${pair}: not KEY=VALUE`, {
        code: 'bad_usage',
        hint: 'zkubectl configure auth.client_id=zkubectl',
      });
    set.set(keyNamed(pair.slice(0, at)), pair.slice(at + 1));
  }
  return { set, unset: (flags.unset ?? []).map(keyNamed), domain: flags.domain };
}

function keyNamed(name: string): ConfigPath {
  const key = keyAt(name) ?? CONFIG_KEYS.find(k => envName(k.path) === name);
  if (key) return key.path;
  const [best] = nearest(
    name,
    CONFIG_KEYS.map(k => k.path),
    1,
  );
  throw new UsageError(`unknown key: ${name}`, {
    code: 'unknown_key',
    hint: best === undefined ? 'zkubectl configure --help' : `did you mean ${best}?`,
  });
}

export async function runConfigure(ctx: Context, given: ConfigureOptions): Promise<void> {
  if (given.set.size === 0 && given.unset.length === 0 && given.domain === undefined) return showConfig(ctx);
  const published = given.domain === undefined ? [] : await settingsOfDomain(ctx, given.domain);
  // A value on the command line wins over the domain's.
  const options = { ...given, set: new Map([...published, ...given.set]) };
  // Checks all new values before it writes anything.
  for (const [name, value] of options.set) {
    const key = keyAt(name);
    if (key) parseText(key, value, 'configure', ctx.io.cwd);
  }
  const change = await storeChange(ctx, options);
  const file = ctx.paths.configFile;
  let removedKeys: readonly ConfigPath[] = [];
  await withLock(ctx.io, lockDir(ctx.paths.state, 'config'), { timeoutMs: 10_000 }, async () => {
    const text = readConfigText(file);
    const { text: updated, removed } = await updatedText(ctx, text, options);
    removedKeys = removed;
    try {
      // Makes only our own folder private: ZKUBECTL_CONFIG may name a folder that others use too.
      if (ctx.paths.ownsConfigDir) ensurePrivateDir(path.dirname(file));
      else makeDirs(path.dirname(file));
      // A new file in our own folder also gets the JSON Schema, by which editors check it.
      const withSchema = text === undefined && ctx.paths.ownsConfigDir && updated !== '';
      if (withSchema) writeFileAtomic(path.join(path.dirname(file), SCHEMA_FILE), configSchema(), { mode: 0o600 });
      writeFileAtomic(file, withSchema ? `${SCHEMA_LINE}${updated}` : updated, { mode: 0o600, forceMode: true });
    } catch (error) {
      throw new CliError(`the configuration could not be written: ${messageOf(error)}`, {
        code: 'config_not_writable',
        cause: error,
      });
    }
  });
  await change?.();
  if (options.set.size > 0) ctx.messages.say(`wrote ${[...options.set.keys()].join(', ')} to ${file}`);
  if (removedKeys.length > 0) ctx.messages.say(`removed ${removedKeys.join(', ')} from ${file}`);
  const missing = options.unset.filter(name => !removedKeys.includes(name));
  if (missing.length > 0) ctx.messages.say(`not set in ${file}: ${missing.join(', ')}`);
  for (const name of options.set.keys()) {
    if (ctx.io.env[envName(name)]) ctx.messages.warn(`${envName(name)} is set and overrides ${name} in the file`);
  }
}

/** The new text of the file, and which of the keys to remove were in it. */
async function updatedText(
  ctx: Context,
  text: string | undefined,
  options: ConfigureOptions,
): Promise<{ text: string; removed: readonly ConfigPath[] }> {
  const { parseDocument, isMap } = await import('../../platform/libraries/yaml.ts');
  const values = new Map<ConfigPath, unknown>();
  if (text === undefined) for (const [key, value] of await upstreamValues(ctx)) values.set(key, value);
  else await loadConfig({ ...ctx.io, env: {} }, ctx.paths);
  const document = parseDocument(text ?? '');
  for (const [name, value] of options.set) values.set(name, plainValue(ctx, name, value));
  for (const [name, value] of values) {
    // The name of a group may have dots.
    const [section = '', key = ''] = splitKey(name);
    if (!isMap(document.get(section))) document.set(section, document.createNode({}));
    document.setIn([section, key], value);
  }
  const removed: ConfigPath[] = [];
  for (const name of options.unset) {
    const keys = splitKey(name);
    if (document.hasIn(keys)) {
      document.deleteIn(keys);
      removed.push(name);
    }
    const section = document.get(keys[0] ?? '');
    if (isMap(section) && section.items.length === 0) document.delete(keys[0] ?? '');
  }
  const isEmpty = !isMap(document.contents) || document.contents.items.length === 0;
  const updated = isEmpty ? (text?.trim() === '' ? text : '') : document.toString({ lineWidth: 0 });
  return { text: updated, removed };
}

/** `auth.client_id` → section and key. */
function splitKey(path: ConfigPath): [string, string] {
  const at = path.indexOf('.');
  return [path.slice(0, at), path.slice(at + 1)];
}

/** The value to write: a YAML list for a list, a map for parameters, else the text as typed. */
function plainValue(ctx: Context, name: ConfigPath, text: string): unknown {
  const key = keyAt(name);
  if (key?.type === 'words' || key?.type === 'ports' || key?.type === 'params')
    return parseText(key, text, 'configure', ctx.io.cwd);
  // The typed path is relative to the working directory, but the config file's paths are relative to that file: make it absolute.
  if (key?.type === 'path') return String(parseText(key, text, 'configure', ctx.io.cwd));
  return text;
}

/** The settings of upstream's file. They are copied when our file is created, because upstream's file is not read once ours exists. */
async function upstreamValues(ctx: Context): Promise<[ConfigPath, unknown][]> {
  const config = await loadConfig({ ...ctx.io, env: {} }, ctx.paths);
  return [...config.settings]
    .filter(([, setting]) => setting.source !== 'default')
    .map(([key, { value }]) => [key, value]);
}

interface Row {
  readonly key: string;
  readonly setting: Setting | undefined;
}

const settingView: View<Row> = {
  kind: 'Setting',
  name: row => row.key,
  columns: [
    { title: 'Key', value: row => row.key },
    { title: 'Value', value: row => (row.setting ? textOf(row.setting.value) : '-') },
    { title: 'Source', value: row => row.setting?.source ?? 'not set' },
  ],
  toJson: row => ({
    key: row.key,
    value: (row.setting?.value as Json) ?? null,
    source: row.setting?.source ?? null,
  }),
  empty: 'nothing is configured',
};

function textOf(value: ConfigValue): string {
  if (Array.isArray(value)) return value.join(', ');
  return isRecord(value) ? String(new URLSearchParams(value as Record<string, string>)) : String(value);
}

async function showConfig(ctx: Context): Promise<void> {
  const format = formatOf(ctx);
  const config = await ctx.config();
  const groups = [...config.groups().keys()].map(name => keyAt(`${GROUPS}.${name}`)).filter(key => key !== undefined);
  const rows = [...CONFIG_KEYS, ...groups].map(({ path: key }) => ({ key, setting: config.settings.get(key) }));
  if (config.file === undefined)
    ctx.messages.say(`no configuration file yet; zkubectl configure KEY=VALUE creates ${ctx.paths.configFile}`);
  await printList(ctx.io, settingView, rows, { format, color: ctx.globals.color });
}
