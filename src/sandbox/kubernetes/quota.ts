/** ResourceQuotas: how many objects, and how much CPU and memory, a namespace may have (kubernetes.io, "Resource Quotas"). */
import type { Fields, KubeObject, ResourceType } from './resource-types.ts';
import { needResource, RESOURCES } from './resources.ts';
import type { ObjectStore } from './store.ts';

const QUOTAS = needResource('', 'resourcequotas');
const PODS = needResource('', 'pods');
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Why a quota of the namespace forbids the new object. Undefined: none does. */
export function quotaRefusal(store: ObjectStore, type: ResourceType, object: KubeObject): string | undefined {
  for (const quota of store.list(QUOTAS, object.metadata.namespace)) {
    const hard = (quota.spec?.['hard'] ?? {}) as Record<string, string>;
    const used = usedBy(store, quota);
    const exceeded: { name: string; wanted: number }[] = [];
    for (const [name, limit] of Object.entries(hard)) {
      const wanted = usageOf(name, type, object);
      if (wanted === undefined)
        return `failed quota: ${quota.metadata.name}: must specify ${name} for: ${unspecified(name, object).join(',')}`;
      if (wanted > 0 && (used[name] ?? 0) + wanted > amountOf(limit)) exceeded.push({ name, wanted });
    }
    if (exceeded.length === 0) continue;
    const part = (value: (entry: (typeof exceeded)[number]) => string) =>
      exceeded.map(entry => `${entry.name}=${value(entry)}`).join(',');
    return `exceeded quota: ${quota.metadata.name}, requested: ${part(e => quantityText(e.name, e.wanted))}, used: ${part(e => quantityText(e.name, used[e.name] ?? 0))}, limited: ${part(e => String(hard[e.name]))}`;
  }
  return undefined;
}

/** Writes `status.hard` and `status.used` of every quota. */
export function reconcileQuotas(store: ObjectStore): void {
  for (const quota of store.list(QUOTAS)) {
    const used = Object.entries(usedBy(store, quota)).map(([name, amount]) => [name, quantityText(name, amount)]);
    store.update(QUOTAS, { ...quota, status: { hard: quota.spec?.['hard'] ?? {}, used: Object.fromEntries(used) } });
  }
}

function usedBy(store: ObjectStore, quota: KubeObject): Record<string, number> {
  const names = Object.keys((quota.spec?.['hard'] ?? {}) as Fields);
  const isCounted = (pod: KubeObject) => !['Succeeded', 'Failed'].includes(String(pod.status?.['phase']));
  return Object.fromEntries(
    names.map(name => {
      const type = countedType(name) ?? PODS;
      const objects = store.list(type, quota.metadata.namespace).filter(object => type !== PODS || isCounted(object));
      return [name, objects.reduce((sum, object) => sum + (usageOf(name, type, object) ?? 0), 0)];
    }),
  );
}

/** How much of a quota's resource an object uses. Undefined: the object must say it and does not. */
function usageOf(name: string, type: ResourceType, object: KubeObject): number | undefined {
  const counted = countedType(name);
  if (counted !== undefined) return counted === type ? 1 : 0;
  if (type !== PODS) return 0;
  const { kind, resource } = computeOf(name);
  if (resource === undefined) return 0;
  const amounts = containersOf(object).map(container => container['resources']?.[kind]?.[resource]);
  if (amounts.some(amount => amount === undefined)) return undefined;
  return amounts.reduce((sum, amount) => sum + amountOf(String(amount)), 0);
}

function unspecified(name: string, object: KubeObject): string[] {
  const { kind, resource = '' } = computeOf(name);
  return containersOf(object)
    .filter(container => container['resources']?.[kind]?.[resource] === undefined)
    .map(container => String(container['name']));
}

/** `pods`, `services`, `count/deployments.apps` → the type that is counted. */
function countedType(name: string): ResourceType | undefined {
  const [plural = '', ...group] = name.replace(/^count\//, '').split('.');
  return RESOURCES.find(type => type.plural === plural && type.group === group.join('.'));
}

/** `requests.cpu`, `cpu`, `limits.memory`. Undefined: the sandbox does not know the resource. */
function computeOf(name: string): { kind: 'requests' | 'limits'; resource: string | undefined } {
  const [, prefix, resource] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(name) ?? [];
  return { kind: prefix === 'limits' ? 'limits' : 'requests', resource };
}

function containersOf(pod: KubeObject): Fields[] {
  return (pod.spec?.['containers'] ?? []) as Fields[];
}

/** A quantity as a number: `100m`, `1Gi` (kubernetes.io, "Quantity"). */
function amountOf(quantity: string): number {
  const [, digits = '0', unit = ''] = /^([\d.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  return Number(digits) * (UNITS[unit] ?? 1);
}

function quantityText(name: string, amount: number): string {
  if (name.endsWith('cpu') && !Number.isInteger(amount)) return `${Math.round(amount * 1000)}m`;
  if (name.endsWith('memory') && amount >= 2 ** 20 && amount % 2 ** 20 === 0) return `${amount / 2 ** 20}Mi`;
  return String(amount);
}
