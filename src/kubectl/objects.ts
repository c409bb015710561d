/** Objects as kubectl names them, and their display. */
import { isRecord, recordAt, recordsAt } from '../lib/json.ts';

export interface ObjectName {
  /** `pod`, `deployment.apps`: in kubectl's form. */
  readonly kind: string;
  readonly name: string;
  /** Undefined: not namespaced, like a node, or not printed by an older kubectl. */
  readonly namespace: string | undefined;
}

const DELETED = /^(\S+) "(.+)" (?:force )?deleted(?: from (\S+) namespace)?(?: \(server dry run\))$/s;

/**
 * The objects in the output of `kubectl delete --dry-run=server`, without duplicates.
 * @returns undefined if a line cannot be parsed
 */
export function deletedObjects(stdout: string): ObjectName[] | undefined {
  const objects = new Map<string, ObjectName>();
  if (/^No resources found[^\n]*\n?$/.test(stdout)) return [];
  for (const line of stdout.split('\n')) {
    if (line === '') continue;
    const [, kind, name, namespace] = DELETED.exec(line) ?? [];
    if (kind === undefined || name === undefined) return undefined;
    objects.set(keyOf({ kind, name, namespace }), { kind, name, namespace });
  }
  return [...objects.values()];
}

/** Kinds whose names may contain any character, also a line break (ValidatePathSegmentName): such a name can forge lines of output. */
const FREE_NAMES = /\.(rbac\.authorization|flowcontrol\.apiserver|apiregistration)\.k8s\.io$/;
const PLAIN_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** Can a name in kubectl's output have forged a line? */
export function mayBeForged(objects: readonly ObjectName[]): boolean {
  return objects.some(({ kind, name }) => FREE_NAMES.test(kind) || !PLAIN_NAME.test(name));
}

/** The objects of each of a sequence of JSON documents. Lists are split into their items. Throws SyntaxError. */
export function objectListsIn(text: string): Record<string, unknown>[][] {
  return jsonDocuments(text).map(itemsOf);
}

/** The objects in a sequence of JSON documents, without the lists around them. Throws SyntaxError. */
export function documentsIn(text: string): Record<string, unknown>[] {
  return jsonDocuments(text).flatMap(itemsOf);
}

function itemsOf(document: Record<string, unknown>): Record<string, unknown>[] {
  return Array.isArray(document['items']) ? recordsAt(document, 'items') : [document];
}

/** An object's name. */
export function nameIn(object: Record<string, unknown>): ObjectName {
  const metadata = recordAt(object, 'metadata');
  const group = /^(.*)\//.exec(String(object['apiVersion'] ?? ''))?.[1];
  const kind = String(object['kind'] ?? '').toLowerCase();
  const namespace = metadata['namespace'];
  return {
    kind: group ? `${kind}.${group}` : kind,
    name: String(metadata['name'] ?? ''),
    namespace: typeof namespace === 'string' && namespace !== '' ? namespace : undefined,
  };
}

/** Splits kubectl's indented JSON documents: each ends with a brace at the start of a line. */
function jsonDocuments(text: string): Record<string, unknown>[] {
  return text
    .split(/(?<=^\})\n/m)
    .filter(document => document.trim() !== '')
    .map(document => JSON.parse(document) as unknown)
    .filter(isRecord);
}

export function keyOf({ kind, name, namespace }: ObjectName): string {
  return JSON.stringify([kind, name, namespace ?? '']);
}

/** The maximum number of objects that are listed; the rest is counted. */
const SHOWN = 20;

/**
 * Describes the affected objects for the user.
 * @param place the cluster, such as `foobarlab (production)`
 */
export function describeObjects(
  place: string,
  objects: readonly ObjectName[],
  what = 'these objects are deleted',
): string[] {
  const namespaces = [...new Set(objects.map(object => object.namespace))];
  const [only] = namespaces;
  const isOne = namespaces.length === 1;
  const where = isOne ? (only === undefined ? '' : `, namespace ${only}`) : '';
  const line = ({ kind, name, namespace }: ObjectName) =>
    `  ${kind}/${name}${isOne || namespace === undefined ? '' : ` in namespace ${namespace}`}`;
  return [
    `on ${place}${where}, ${what}:`,
    ...objects.slice(0, SHOWN).map(line),
    ...summaryOf(objects.slice(SHOWN), isOne),
  ];
}

/** The rest, counted by kind and namespace. */
function summaryOf(objects: readonly ObjectName[], isOneNamespace: boolean): string[] {
  if (objects.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { kind, namespace } of objects) {
    const key = isOneNamespace || namespace === undefined ? kind : `${kind} in namespace ${namespace}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [`  and ${objects.length} more:`, ...[...counts].map(([key, count]) => `    ${count} × ${key}`)];
}
