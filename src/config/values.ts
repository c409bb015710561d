/** Parses and checks configuration values from the environment, a flag or the file. */
import path from 'node:path';
import { UsageError } from '../errors.ts';
import { nearest } from '../lib/nearest.ts';
import { type ConfigKey, LOGIN_FLOWS } from './keys.ts';
import type { ConfigValue } from './settings.ts';

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

export function parseYamlValue(key: ConfigKey, value: unknown, source: string, baseDir: string): ConfigValue {
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

/** Parses a value given as text, from the environment, a flag or the file. `baseDir` is the base of relative paths. */
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

/** A name without a slash is looked up on PATH. A program is never run from the current directory. */
function kubectlPath(text: string, source: string, baseDir: string): string {
  if (path.isAbsolute(text) || !/[\\/]/.test(text)) return text;
  if (!source.startsWith('ZKUBECTL_')) return path.resolve(baseDir, text);
  throw new UsageError(`${source}: kubectl.path must be absolute, or a name on PATH`, { code: 'bad_value' });
}
