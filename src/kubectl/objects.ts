/** Objects of a cluster as kubectl names them, and how they are shown. */
import { isRecord, recordAt, recordsAt } from '../lib/json.ts';

export interface ObjectName {
  /** `pod`, `deployment.apps`: as kubectl takes it. */
  readonly kind: string;
  readonly name: string;
  /** Undefined: it has none, as a node, or (in what an older kubectl says) it is not said. */
  readonly namespace: string | undefined;
}

const DELETED = /^(\S+) "(.+)" (?:force )?deleted(?: from (\S+) namespace)?(?: \(server dry run\))$/s;

/**
 * The objects that `kubectl delete --dry-run=server` names, each once.
 * @returns undefined where a line of it cannot be read
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

/** Kinds whose names may hold any character, a line break too (ValidatePathSegmentName): what is said of them in lines can be forged. */
const FREE_NAMES = /\.(rbac\.authorization|flowcontrol\.apiserver|apiregistration)\.k8s\.io$/;
const PLAIN_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** May a name in what kubectl has said be another than it seems? */
export function mayBeForged(objects: readonly ObjectName[]): boolean {
  return objects.some(({ kind, name }) => FREE_NAMES.test(kind) || !PLAIN_NAME.test(name));
}

/** The objects in JSON documents that follow each other, lists taken apart. Throws SyntaxError. */
export function objectsInJson(text: string): ObjectName[][] {
  return jsonDocuments(text).map(document => {
    const items = Array.isArray(document['items']) ? recordsAt(document, 'items') : [document];
    return items.map(item => {
      const metadata = recordAt(item, 'metadata');
      const group = /^(.*)\//.exec(String(item['apiVersion'] ?? ''))?.[1];
      const kind = String(item['kind'] ?? '').toLowerCase();
      const namespace = metadata['namespace'];
      return {
        kind: group ? `${kind}.${group}` : kind,
        name: String(metadata['name'] ?? ''),
        namespace: typeof namespace === 'string' && namespace !== '' ? namespace : undefined,
      };
    });
  });
}

/** kubectl prints each document indented: a document ends with a brace at the start of a line. */
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

/** So many objects are shown one by one. */
const SHOWN = 20;

/**
 * Lines for a person: where, and what goes.
 * @param place where that is, such as `foobarlab (production)`
 */
export function describeObjects(place: string, objects: readonly ObjectName[], what = 'this goes'): string[] {
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
