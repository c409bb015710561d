/** The outputs of `kubectl get -o` that need no kubectl (k8s.io/cli-runtime, genericclioptions). */
import { isRecord, recordAt, recordsAt } from '../lib/json.ts';
import { kindPrefix } from './api-resources.ts';
import { goJson, goSprint } from './go-text.ts';
import { jsonPathTemplate, relaxedPath, renderTemplate, type Step, type Template, valuesAt } from './json-path.ts';
import { alignedText } from './table.ts';

export type GetOutput =
  | { readonly kind: 'table'; readonly isWide: boolean }
  | { readonly kind: 'name' | 'json' }
  | { readonly kind: 'jsonpath'; readonly template: Template }
  | {
      readonly kind: 'columns';
      readonly columns: readonly { readonly head: string; readonly path: readonly Step[] }[];
      readonly withHeaders: boolean;
    };

/** @param value of `--output`. Undefined: only kubectl has it */
export function outputOf(value: string | undefined, isWithoutHeaders: boolean): GetOutput | undefined {
  if (value === undefined || value === '' || value === 'wide') return { kind: 'table', isWide: value === 'wide' };
  if (value === 'name' || value === 'json') return { kind: value };
  const [, kind, text = ''] = /^(jsonpath|custom-columns)=(.+)$/s.exec(value) ?? [];
  if (kind === 'jsonpath') {
    const template = jsonPathTemplate(text);
    return template && { kind, template };
  }
  if (kind !== 'custom-columns') return undefined;
  const columns = text.split(',').map(part => {
    const at = part.indexOf(':');
    const path = at < 1 ? undefined : relaxedPath(part.slice(at + 1));
    return path && { head: part.slice(0, at), path };
  });
  if (!columns.every(column => column !== undefined)) return undefined;
  return { kind: 'columns', columns, withHeaders: !isWithoutHeaders };
}

/**
 * kubectl's output.
 * @param objects with apiVersion and kind
 * @param isSingle exactly one object was named: it is not shown as a list
 * Throws NotUnderstood.
 */
export function objectsText(
  output: Exclude<GetOutput, { kind: 'table' }>,
  objects: readonly Record<string, unknown>[],
  isSingle: boolean,
): string {
  if (output.kind === 'name') return objects.map(object => `${nameOf(object)}\n`).join('');
  if (output.kind === 'columns') {
    const rows = objects.map(object => output.columns.map(({ path }) => columnText(valuesAt(path, object))));
    return alignedText(output.withHeaders ? [output.columns.map(({ head }) => head), ...rows] : rows);
  }
  const [first] = objects;
  const shown =
    isSingle && first !== undefined
      ? first
      : { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } };
  if (output.kind === 'jsonpath') return renderTemplate(output.template, shown);
  return `${goJson(withoutManagedFields(shown), '    ')}\n`;
}

function columnText(values: readonly unknown[]): string {
  return values.length === 0 ? '<none>' : values.map(goSprint).join(',');
}

function nameOf(object: Record<string, unknown>): string {
  const [version = ''] = String(object['apiVersion']).split('/').reverse();
  const group = String(object['apiVersion']).slice(0, -version.length - 1);
  return `${kindPrefix({ group, kind: String(object['kind']) })}/${String(recordAt(object, 'metadata')['name'])}`;
}

/** As kubectl does, without `--show-managed-fields`. */
export function withoutManagedFields(object: Record<string, unknown>): Record<string, unknown> {
  const { managedFields: _, ...metadata } = recordAt(object, 'metadata');
  return {
    ...object,
    ...(isRecord(object['metadata']) && { metadata }),
    ...(Array.isArray(object['items']) && { items: recordsAt(object, 'items').map(withoutManagedFields) }),
  };
}
