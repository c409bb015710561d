/** Parses and checks configuration values from the environment, a flag or the file. */
import path from 'node:path';
import { UsageError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { parseRedirectUrl } from '../lib/redirect-url.ts';
import type { ConfigKey } from './keys.ts';
import type { ConfigValue } from './settings.ts';

const EXPECTED: Readonly<Record<ConfigKey['type'], string>> = {
  string: 'text',
  url: 'an http(s) URL',
  path: 'a file path',
  words: 'a list of words',
  ports: 'a list of port numbers (0 to 65535)',
  choice: 'one of the values of the key',
  template: 'text with placeholders in braces',
  redirect: 'an http URL on localhost, 127.0.0.1 or [::1]',
  params: 'parameters with text values, as a=b&c=d',
  days: 'a number of days, such as 90d',
  group: 'a selector, or a list of names',
};

function wrongType(key: ConfigKey, source: string): UsageError {
  return new UsageError(`${source}: ${key.path} must be ${EXPECTED[key.type]}`, { code: 'bad_value' });
}

export function parseYamlValue(key: ConfigKey, value: unknown, source: string, baseDir: string): ConfigValue {
  if (key.type === 'group' && Array.isArray(value) && value.length > 0) {
    if (value.every(v => typeof v === 'string' && v !== '')) return value as string[];
    throw wrongType(key, source);
  }
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
  if (key.type === 'params' && isRecord(value)) return checkedParams(key, value, source);
  if (typeof value !== 'string') throw wrongType(key, source);
  return parseText(key, value, source, baseDir);
}

/** Parameters that zkubectl sets itself (RFC 6749, 7636, 8707, OpenID Connect Core). */
const OWN_PARAMETERS = new Set(
  'audience client_id client_secret code_challenge code_challenge_method nonce redirect_uri request request_uri resource response_mode response_type scope state'.split(
    ' ',
  ),
);

function checkedParams(key: ConfigKey, value: Readonly<Record<string, unknown>>, source: string): ConfigValue {
  const entries = Object.entries(value);
  if (entries.length === 0) throw wrongType(key, source);
  return Object.fromEntries(
    entries.map(([name, text]) => {
      if (OWN_PARAMETERS.has(name))
        throw new UsageError(`${source}: ${key.path} must not contain ${name}: zkubectl sets it`, {
          code: 'bad_value',
        });
      if (name === '' || typeof text !== 'string') throw wrongType(key, source);
      return [name, text];
    }),
  );
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
    case 'choice': {
      const choices = key.choices ?? [];
      if (!choices.includes(text)) {
        const [best] = nearest(text, choices, 1);
        throw new UsageError(`${source}: ${key.path} must be one of ${choices.join(', ')}, not ${text}`, {
          code: 'bad_value',
          hint: best === undefined ? undefined : `did you mean ${best}?`,
        });
      }
      return text;
    }
    case 'url':
      if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw wrongType(key, source);
      return text;
    case 'redirect':
      if (parseRedirectUrl(text) === undefined) throw wrongType(key, source);
      return text;
    case 'days':
      if (!/^[1-9]\d{0,4}d$/.test(text)) throw wrongType(key, source);
      return text;
    case 'params':
      return checkedParams(key, Object.fromEntries(new URLSearchParams(text)), source);
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
