/** Label selectors of the Kubernetes API (metav1.LabelSelector). */
import { isRecord, recordAt, recordsAt } from './json.ts';

/** Does the selector match these labels? An empty selector matches everything, and no selector matches nothing. */
export function selectsLabels(selector: unknown, labels: Readonly<Record<string, unknown>>): boolean {
  if (!isRecord(selector)) return false;
  const own = (key: string): unknown => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  return (
    Object.entries(recordAt(selector, 'matchLabels')).every(([key, value]) => own(key) === value) &&
    recordsAt(selector, 'matchExpressions').every(({ key, operator, values }) => {
      const value = own(String(key));
      const isListed = Array.isArray(values) && values.includes(value);
      switch (operator) {
        case 'In':
          return isListed;
        case 'NotIn':
          return !isListed;
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
