/**
 * The objects that a command changed, before and after it, for `undo`.
 * Rules: Secrets are not kept; a value that is secret by its name or form is not kept in readable form. The files are yours alone.
 */
import path from 'node:path';
import { isRecord, recordsAt } from '../lib/json.ts';
import { removeFile, writeStateFile } from '../platform/files/files.ts';
import { sha256Hex, uniqueHex } from '../platform/files/hash.ts';
import { STATE } from '../platform/files/paths.ts';
import { readOwnText } from '../platform/files/read.ts';
import { isSecretValue } from './masked-command.ts';

export interface KeptObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Undefined: it has none. */
  readonly namespace: string | undefined;
  /** Undefined: it was not there. */
  readonly before: Readonly<Record<string, unknown>> | undefined;
  readonly after: Readonly<Record<string, unknown>> | undefined;
}

export interface Kept {
  /** The context, and the server that it led to. */
  readonly context: string;
  readonly server: string | undefined;
  readonly objects: readonly KeptObject[];
}

/** Larger ones are not kept: nobody undoes them in one step. */
const MAX_BYTES = 8 * 1024 * 1024;

export function keptFile(stateDir: string, id: string): string {
  return path.join(stateDir, STATE.journal, 'undo', `${id.replace(/[^0-9a-f]/g, '')}.json`);
}

/** Pairs objects by name. Secrets are left out. @param salt makes the marks of secret values; it is not kept */
export function keptObjects(
  before: readonly Record<string, unknown>[],
  after: readonly Record<string, unknown>[],
  salt = uniqueHex(),
): KeptObject[] {
  const pairs = new Map<string, { before?: Record<string, unknown>; after?: Record<string, unknown> }>();
  const add = (object: Record<string, unknown>, side: 'before' | 'after') => {
    if (object['kind'] === 'Secret') return;
    const key = keyOf(object);
    pairs.set(key, { ...pairs.get(key), [side]: cleaned(object, '', salt) as Record<string, unknown> });
  };
  for (const object of before) add(object, 'before');
  for (const object of after) add(object, 'after');
  return [...pairs.values()].flatMap(pair => {
    const object = pair.before ?? pair.after;
    if (object === undefined) return [];
    const { name, namespace } = isRecord(object['metadata']) ? object['metadata'] : {};
    return [
      {
        apiVersion: String(object['apiVersion']),
        kind: String(object['kind']),
        name: String(name),
        namespace: typeof namespace === 'string' && namespace !== '' ? namespace : undefined,
        before: pair.before,
        after: pair.after,
      },
    ];
  });
}

function keyOf(object: Record<string, unknown>): string {
  const { name, namespace } = isRecord(object['metadata']) ? object['metadata'] : {};
  return JSON.stringify([object['apiVersion'], object['kind'], namespace ?? '', name]);
}

/** In the place of a secret value: equal values have equal marks. */
const MARK = '<not kept> ';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function cleaned(value: unknown, name: string, salt: string): unknown {
  if (Array.isArray(value)) return value.map(item => cleaned(item, name, salt));
  if (isRecord(value)) {
    // An environment variable has its name beside its value.
    const own = typeof value['name'] === 'string' && 'value' in value ? value['name'] : undefined;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, cleaned(inner, key === 'value' && own ? own : key, salt)]),
    );
  }
  if (typeof value !== 'string') return value;
  const isSecret = name === LAST_APPLIED ? hasSecret(value, salt) : isSecretValue(name, value);
  return isSecret ? `${MARK}${sha256Hex(`${salt} ${value}`)}` : value;
}

/** Is there a secret value in the JSON of an object? */
function hasSecret(text: string, salt: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(cleaned(value, '', salt)) !== JSON.stringify(value);
  } catch {
    return true;
  }
}

/** Throws when it cannot be written. */
export function writeKept(stateDir: string, id: string, kept: Kept): void {
  const text = JSON.stringify(kept);
  if (Buffer.byteLength(text) <= MAX_BYTES) writeStateFile(keptFile(stateDir, id), text);
}

/** Undefined: nothing was kept. */
export function readKept(stateDir: string, id: string): Kept | undefined {
  try {
    const value: unknown = JSON.parse(readOwnText(keptFile(stateDir, id), MAX_BYTES, true) ?? '');
    if (!isRecord(value) || typeof value['context'] !== 'string') return undefined;
    const text = (field: unknown) => (typeof field === 'string' ? field : undefined);
    const object = (field: unknown) => (isRecord(field) ? field : undefined);
    return {
      context: value['context'],
      server: text(value['server']),
      objects: recordsAt(value, 'objects').map(({ apiVersion, kind, name, namespace, before, after }) => ({
        ...{ apiVersion: String(apiVersion), kind: String(kind), name: String(name), namespace: text(namespace) },
        ...{ before: object(before), after: object(after) },
      })),
    };
  } catch {
    return undefined;
  }
}

export function removeKept(stateDir: string, id: string): void {
  removeFile(keptFile(stateDir, id));
}
