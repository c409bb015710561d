/**
 * The configuration at the last login: kubectl works on when config.yaml is broken.
 * Rules: no secrets, as in config.yaml. A file that is refused because others can write it is never replaced.
 */
import path from 'node:path';
import { UsageError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { noteAt } from '../platform/files/notes.ts';
import { type Paths, STATE } from '../platform/files/paths.ts';
import { type Config, configOf } from './config.ts';
import { type ConfigPath, keyAt } from './keys.ts';
import type { ConfigIo, Setting } from './settings.ts';
import { parseYamlValue } from './values.ts';

/** Errors of a file that was edited badly. */
const REPLACEABLE = new Set(['bad_config', 'unknown_key', 'bad_value']);

/** Undefined: the error is another one. `isSaved`: there was a login before. */
export async function lastConfig(
  io: ConfigIo,
  paths: Paths,
  error: unknown,
): Promise<{ config: Config; isSaved: boolean } | undefined> {
  if (!(error instanceof UsageError) || !REPLACEABLE.has(error.code)) return undefined;
  const values = noteOf(paths).read();
  const file = values && { name: paths.configFile, values };
  return { config: configOf(io, file, values === undefined ? error : undefined), isSaved: values !== undefined };
}

/** Saves the values of the file. An error is ignored: the next login saves them again. */
export function saveLastConfig(paths: Paths, { settings }: Config): void {
  const inFile = [...settings].filter(([, { source }]) => source !== 'default' && !source.startsWith('ZKUBECTL_'));
  noteOf(paths).tryWrite({ values: Object.fromEntries(inFile.map(([key, { value }]) => [key, value])) });
}

function noteOf(paths: Paths) {
  return noteAt(path.join(paths.state, STATE.lastConfig), parse);
}

function parse(note: unknown): ReadonlyMap<ConfigPath, Setting> | undefined {
  if (!isRecord(note) || !isRecord(note['values'])) return undefined;
  const { values } = note;
  const source = 'the last login';
  return new Map(
    Object.entries(values).flatMap(([path, value]) => {
      const key = keyAt(path);
      return key === undefined ? [] : [[key.path, { value: parseYamlValue(key, value, source, '/'), source }] as const];
    }),
  );
}
