/**
 * What takes an object back to how it was before a command: a three-way comparison of the object before, after and now.
 * Rules: only what the command changed is restored; never status, identity, owners or generated fields. A field that somebody has changed since is a
 * conflict. A value that was not kept cannot come back.
 */
import { containsNotKept, NOT_KEPT } from '../journal/kept.ts';
import { isRecord, recordAt, recordsAt } from '../lib/json.ts';

/** A JSON Pointer's parts (RFC 6901). */
export type Path = readonly (string | number)[];

export interface Change {
  readonly path: Path;
  /** Undefined: the field was not there. */
  readonly before: unknown;
  readonly after: unknown;
}

export interface Conflict extends Change {
  readonly now: unknown;
  /** A list around the field has other items or another order now: it cannot be restored, also not by force. */
  readonly isMoved: boolean;
  /** Who has changed it, by managedFields. Undefined: not said. */
  readonly manager: string | undefined;
}

export interface UndoPlan {
  /** To be undone. */
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
  /** Fields whose old value was not kept, because it is secret. */
  readonly lost: readonly Path[];
}

type Object = Readonly<Record<string, unknown>>;

/** The fields that the server or a controller sets. */
export const GENERATED_METADATA = new Set([
  ...['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'selfLink', 'managedFields', 'ownerReferences'],
  ...['deletionTimestamp', 'deletionGracePeriodSeconds', 'name', 'namespace', 'generateName'],
]);
const GENERATED_ANNOTATIONS = new Set(['deployment.kubernetes.io/revision']);

/** What a command has changed. */
export function changesBetween(before: Object, after: Object): Change[] {
  return differences(ownPart(before), ownPart(after), []);
}

/** @param now the object as it is */
export function planUndo(before: Object, after: Object, now: Object): UndoPlan {
  const changes: Change[] = [];
  const conflicts: Conflict[] = [];
  const lost: Path[] = [];
  const present = ownPart(now);
  for (const change of changesBetween(before, after)) {
    const current = valueAt(present, change.path);
    const isMoved = !hasSameLists(ownPart(after), present, change.path);
    if (!isMoved && isSame(current, change.before)) continue;
    if (containsNotKept(change.before)) lost.push(change.path);
    else if (!isMoved && isAsKept(current, change.after)) changes.push(change);
    else conflicts.push({ ...change, now: current, isMoved, manager: managerOf(now, change.path) });
  }
  return { changes, conflicts, lost };
}

/** Without status and generated fields. */
function ownPart(object: Object): Object {
  const { status: _, metadata: __, ...rest } = object;
  const metadata = Object.entries(recordAt(object, 'metadata')).filter(([name]) => !GENERATED_METADATA.has(name));
  const annotations = Object.entries(recordAt(recordAt(object, 'metadata'), 'annotations'));
  const own = annotations.filter(([name]) => !GENERATED_ANNOTATIONS.has(name));
  const kept = {
    ...Object.fromEntries(metadata),
    ...(annotations.length > 0 && { annotations: Object.fromEntries(own) }),
  };
  return { ...rest, metadata: kept };
}

function differences(before: unknown, after: unknown, path: Path): Change[] {
  if (isSame(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap(name => differences(before[name], after[name], [...path, name]));
  }
  if (Array.isArray(before) && Array.isArray(after) && isAligned(before, after))
    return before.flatMap((item, i) => differences(item, after[i], [...path, i]));
  return [{ path, before, after }];
}

/** Lists of objects with the same names in the same order are compared item by item; other lists as a whole. */
function isAligned(before: readonly unknown[], after: readonly unknown[]): boolean {
  const name = (item: unknown) => (isRecord(item) ? item['name'] : undefined);
  return (
    before.length === after.length &&
    before.every((item, i) => name(item) !== undefined && name(item) === name(after[i]))
  );
}

/** Do the lists around a field have the same items in the same order? Then an index means the same item. */
function hasSameLists(then: Object, now: Object, path: Path): boolean {
  return path.every((part, i) => {
    if (typeof part !== 'number') return true;
    const [before, present] = [valueAt(then, path.slice(0, i)), valueAt(now, path.slice(0, i))];
    return Array.isArray(before) && Array.isArray(present) && isAligned(before, present);
  });
}

/** Is the value the kept one? In the place of a secret value that was not kept, any text may be. */
export function isAsKept(now: unknown, kept: unknown): boolean {
  if (typeof kept === 'string' && kept.startsWith(NOT_KEPT)) return typeof now === 'string';
  if (Array.isArray(now) && Array.isArray(kept))
    return now.length === kept.length && now.every((item, i) => isAsKept(item, kept[i]));
  if (isRecord(now) && isRecord(kept)) {
    const keys = Object.keys(now);
    return (
      keys.length === Object.keys(kept).length &&
      keys.every(key => Object.hasOwn(kept, key) && isAsKept(now[key], kept[key]))
    );
  }
  return now === kept;
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => {
    if (Array.isArray(inner)) return typeof part === 'number' ? inner[part] : undefined;
    return isRecord(inner) && Object.hasOwn(inner, part) ? inner[part] : undefined;
  }, value);
}

/** Equal JSON, whatever the order of keys. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && isSame(a[key], b[key]));
  }
  return a === b;
}

/** The latest manager of a field (metadata.managedFields, FieldsV1). */
function managerOf(object: Object, path: Path): string | undefined {
  const owners = recordsAt(recordAt(object, 'metadata'), 'managedFields').filter(entry =>
    owns(entry['fieldsV1'], path),
  );
  const latest = owners.sort((a, b) => (String(a['time']) < String(b['time']) ? 1 : -1))[0];
  return latest && String(latest['manager']);
}

function owns(fields: unknown, [part, ...rest]: Path): boolean {
  if (part === undefined) return true;
  if (!isRecord(fields)) return false;
  if (typeof part === 'string') return Object.hasOwn(fields, `f:${part}`) && owns(fields[`f:${part}`], rest);
  // Items are known by their keys: any of them may be the one.
  return Object.entries(fields).some(([name, inner]) => name.startsWith('k:') && owns(inner, rest));
}

export interface JsonPatchOperation {
  readonly op: 'test' | 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** A JSON Patch (RFC 6902) for the object and the values that were shown. If they have changed, the patch fails. */
export function patchOf(changes: readonly Change[], now: Object): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: recordAt(now, 'metadata')['uid'] },
  ];
  const made = new Set<string>();
  for (const { path, before } of changes) {
    const pointer = pointerOf(path);
    const current = valueAt(now, path);
    const isThere = current !== undefined;
    if (isThere) operations.push({ op: 'test', path: pointer, value: current });
    operations.push(...namesOnTheWay(now, path));
    if (before === undefined) {
      if (isThere) operations.push({ op: 'remove', path: pointer });
      continue;
    }
    // The objects around the field may be gone.
    for (let depth = 1; depth < path.length; depth++) {
      const outer = path.slice(0, depth);
      const key = pointerOf(outer);
      if (valueAt(now, outer) !== undefined || made.has(key)) continue;
      made.add(key);
      operations.push({ op: 'add', path: key, value: {} });
    }
    operations.push({ op: isThere ? 'replace' : 'add', path: pointer, value: before });
  }
  return operations;
}

/** Each item of a list on the way to a field must have the name that was shown. */
function namesOnTheWay(now: Object, path: Path): JsonPatchOperation[] {
  return path.flatMap((part, i) => {
    const name = typeof part === 'number' ? valueAt(now, [...path.slice(0, i + 1), 'name']) : undefined;
    return name === undefined
      ? []
      : [{ op: 'test' as const, path: pointerOf([...path.slice(0, i + 1), 'name']), value: name }];
  });
}

export function pointerOf(path: Path): string {
  return path.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** `.spec.template.spec.containers[0].image`, for people. */
export function pathText(path: Path): string {
  return path
    .map(part => (typeof part === 'number' ? `[${part}]` : /^[\w-]+$/.test(part) ? `.${part}` : `["${part}"]`))
    .join('');
}
