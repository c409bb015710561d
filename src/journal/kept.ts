/**
 * The objects that a command changed, before and after it, for `undo`.
 * Rules: Secrets are not kept; a value that is secret by its name or form is not kept in readable form. The files are yours alone.
 */
import path from 'node:path';
import { isRecord, recordAt, recordsAt } from '../lib/json.ts';
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

/** The reason in the registry that blocks a cluster's updates. Undefined: they are not blocked. */
export interface KeptBlock {
  /** The cluster's alias. */
  readonly cluster: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface Kept {
  /** The context, and the server that it led to. */
  readonly context: string;
  readonly server: string | undefined;
  readonly objects: readonly KeptObject[];
  /** Texts for what the command changed, but what was not kept. */
  readonly notKept: readonly string[];
  /** False: the objects could not be read after the command. */
  readonly isAfterKnown: boolean;
  readonly block?: KeptBlock | undefined;
  /** The entry that this command, an undo, took back. */
  readonly undoes?: string | undefined;
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

/** The Secrets that the command changed: they are not kept. */
export function notKeptIn(
  before: readonly Record<string, unknown>[],
  after: readonly Record<string, unknown>[],
): string[] {
  const isSecret = (object: Record<string, unknown>) => object['kind'] === 'Secret';
  const versions = (objects: readonly Record<string, unknown>[]) =>
    new Map(objects.filter(isSecret).map(object => [keyOf(object), recordAt(object, 'metadata')]));
  const [were, are] = [versions(before), versions(after)];
  return [...new Map([...were, ...are])]
    .filter(([key]) => were.get(key)?.['resourceVersion'] !== are.get(key)?.['resourceVersion'])
    .map(([, { name, namespace }]) => `secret/${String(name)} in namespace ${String(namespace)}`);
}

function keyOf(object: Record<string, unknown>): string {
  const { name, namespace } = isRecord(object['metadata']) ? object['metadata'] : {};
  return JSON.stringify([object['apiVersion'], object['kind'], namespace ?? '', name]);
}

/** In the place of a secret value, with a mark: equal values have equal marks. */
export const NOT_KEPT = '<not kept>';

/** The annotation of kubectl apply. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

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
  return isSecret ? `${NOT_KEPT} ${sha256Hex(`${salt} ${value}`)}` : value;
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
    const block = recordAt(value, 'block');
    const cluster = text(block['cluster']);
    return {
      context: value['context'],
      notKept: Array.isArray(value['notKept']) ? value['notKept'].map(String) : [],
      isAfterKnown: value['isAfterKnown'] !== false,
      undoes: text(value['undoes']),
      block:
        cluster === undefined ? undefined : { cluster, before: text(block['before']), after: text(block['after']) },
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

export function containsNotKept(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(containsNotKept);
  if (isRecord(value)) return Object.values(value).some(containsNotKept);
  return typeof value === 'string' && value.startsWith(NOT_KEPT);
}

/** Why a deleted object cannot be created again. Undefined: it can. */
export function whyNotRecreated(before: Readonly<Record<string, unknown>>): string | undefined {
  const kind = String(before['kind']);
  if (kind === 'Namespace') return 'what was in the namespace was not kept';
  if (kind === 'CustomResourceDefinition') return 'its objects were not kept';
  if (containsNotKept(before)) return 'it has values that are secret and were not kept';
  const [owner] = recordsAt(recordAt(before, 'metadata'), 'ownerReferences').filter(({ controller }) => controller);
  return owner === undefined ? undefined : `${String(owner['kind'])}/${String(owner['name'])} makes it`;
}

/** Did the command change the object in a way that `undo` can take back? */
export function canBeUndone({ before, after }: Pick<KeptObject, 'before' | 'after'>): boolean {
  if (before !== undefined && after === undefined) return whyNotRecreated(before) === undefined;
  return JSON.stringify(before) !== JSON.stringify(after);
}
