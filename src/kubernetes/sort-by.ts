/** The order of `kubectl get --sort-by` (k8s.io/kubectl, sorting.go). Objects with equal values stay in the server's order. */
import { NotUnderstood, type Step, valuesAt } from './json-path.ts';

/** Objects without the field come first, in reverse order. Throws NotUnderstood: kubectl would fail. @param path undefined: the server's order */
export function sortedBy<T>(
  items: readonly T[],
  path: readonly Step[] | undefined,
  objectOf: (item: T) => unknown,
): T[] {
  if (path === undefined) return [...items];
  const keyed = items.map(item => ({ item, value: valuesAt(path, objectOf(item))[0] ?? undefined }));
  const values = keyed.map(({ value }) => value).filter(value => value !== undefined);
  if (items.length > 0 && values.length === 0) throw new NotUnderstood('no such field');
  const types = new Set(values.map(value => typeof value));
  if (types.size > 1 || ![undefined, 'string', 'number'].includes([...types][0])) throw new NotUnderstood('no order');
  const without = keyed.filter(({ value }) => value === undefined).reverse();
  const sorted = keyed.filter(({ value }) => value !== undefined).sort((a, b) => order(a.value, b.value));
  return [...without, ...sorted].map(({ item }) => item);
}

function order(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  const [quantityA, quantityB] = [quantityOf(left), quantityOf(right)];
  if (quantityA !== undefined && quantityB !== undefined) return quantityA - quantityB;
  return left < right ? -1 : left > right ? 1 : 0;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity: `100m`, `2Gi`, `1e3`. */
function quantityOf(text: string): number | undefined {
  const [, number, exponent, unit = ''] = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([A-Za-z]*))$/.exec(text) ?? [];
  const factor = exponent === undefined ? UNITS[unit] : 10 ** Number(exponent);
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
