/**
 * Applies the four patch types that kubectl sends: JSON patch (RFC 6902), merge patch (RFC 7386), strategic merge patch and server-side apply.
 * Server-side apply is a strategic merge here: the sandbox has no field managers, so it detects no conflicts.
 */
import { applyPatch, type Operation } from 'rfc6902';
import { isRecord } from '../../lib/json.ts';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export class PatchError extends Error {}

/** Returns a patched copy. Throws PatchError when the patch cannot be applied. */
export function patched(original: Record<string, unknown>, patch: unknown, type: PatchType): Record<string, unknown> {
  // A copy through JSON: a part that the object refers to twice must change in one place only.
  const copy = JSON.parse(JSON.stringify(original)) as Record<string, unknown>;
  if (type === 'json') {
    if (!Array.isArray(patch)) throw new PatchError('a JSON patch must be an array');
    const failure = applyPatch(copy, patch as Operation[]).find(result => result !== null);
    if (failure) throw new PatchError(failure.message);
    return copy;
  }
  if (!isRecord(patch)) throw new PatchError('the patch is not an object');
  return type === 'merge' ? mergePatch(copy, patch) : strategicMerge(copy, patch);
}

/** RFC 7386 */
function mergePatch(target: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  for (const [key, value] of ownEntries(patch)) {
    if (value === null) delete target[key];
    else if (isRecord(value)) target[key] = mergePatch(isRecord(target[key]) ? target[key] : {}, value);
    else target[key] = value;
  }
  return target;
}

function ownEntries(value: Record<string, unknown>): [string, unknown][] {
  return Object.entries(value).filter(([key]) => key !== '__proto__');
}

/** The merge keys of lists of objects (patchMergeKey in the Kubernetes API types). Other lists are replaced. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  env: 'name',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  conditions: 'type',
  addresses: 'type',
  ownerReferences: 'uid',
  secrets: 'name',
};

function mergeKeyOf(field: string, list: readonly unknown[]): string | undefined {
  if (field !== 'ports') return MERGE_KEYS[field];
  // The merge key is containerPort for a container's ports, and port for a Service's ports.
  return list.some(item => isRecord(item) && 'containerPort' in item) ? 'containerPort' : 'port';
}

const PRIMITIVE_MERGE_LISTS = new Set(['finalizers']);

function strategicMerge(target: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  if (patch['$patch'] === 'replace') {
    const { $patch: _, ...rest } = patch;
    return rest;
  }
  if (patch['$patch'] === 'delete') return {};
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained)) for (const key of Object.keys(target)) if (!retained.includes(key)) delete target[key];
  for (const [key, value] of ownEntries(patch)) {
    const deletion = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key)?.[1];
    if (deletion !== undefined) {
      const list = target[deletion];
      if (Array.isArray(list) && Array.isArray(value)) target[deletion] = list.filter(item => !value.includes(item));
    } else if (key.startsWith('$')) {
      // $setElementOrder and $retainKeys are handled together with their field.
    } else if (value === null) {
      delete target[key];
    } else if (Array.isArray(value)) {
      target[key] = mergeList(
        key,
        Array.isArray(target[key]) ? target[key] : [],
        value,
        patch[`$setElementOrder/${key}`],
      );
    } else if (isRecord(value)) {
      target[key] = strategicMerge(isRecord(target[key]) ? target[key] : {}, value);
    } else {
      target[key] = value;
    }
  }
  return target;
}

function mergeList(field: string, current: unknown[], patch: unknown[], order: unknown): unknown[] {
  const key = mergeKeyOf(field, [...current, ...patch]);
  if (key === undefined) {
    return PRIMITIVE_MERGE_LISTS.has(field) ? [...new Set([...current, ...patch])] : patch;
  }
  if (patch.some(item => isRecord(item) && item['$patch'] === 'replace')) {
    return patch.filter(item => !(isRecord(item) && '$patch' in item));
  }
  let result = [...current];
  for (const item of patch) {
    if (!isRecord(item)) continue;
    const index = result.findIndex(existing => isRecord(existing) && existing[key] === item[key]);
    if (item['$patch'] === 'delete') result = result.filter((_, i) => i !== index);
    else if (index === -1) result.push(strategicMerge({}, item));
    else result[index] = strategicMerge(result[index] as Record<string, unknown>, item);
  }
  if (Array.isArray(order)) {
    const positions = new Map(order.map((item, i) => [isRecord(item) ? item[key] : item, i]));
    const position = (item: unknown) =>
      (isRecord(item) ? positions.get(item[key]) : undefined) ?? Number.MAX_SAFE_INTEGER;
    result.sort((a, b) => position(a) - position(b));
  }
  return result;
}
