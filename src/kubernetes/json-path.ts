/**
 * The JSONPath templates of kubectl (k8s.io/client-go/util/jsonpath): texts, paths, filters, range.
 * Rule: a template that is not fully understood is an error, and so is a value on which kubectl would fail. kubectl then runs instead.
 */
import { isRecord } from '../lib/json.ts';
import { goJson, goSprint } from './go-text.ts';
import { type Operand, parseJsonPath, type Step, type Template } from './json-path-parser.ts';

/** Only kubectl can say what happens here. */
export class NotUnderstood extends Error {}

export type { Step, Template } from './json-path-parser.ts';

/** `{.metadata.name}`. Undefined: not understood. */
export function jsonPathTemplate(text: string): Template | undefined {
  return parseJsonPath(text);
}

/** `.metadata.name`, `metadata.name` or `{.metadata.name}`, as in --sort-by and custom-columns. Undefined: not understood. */
export function relaxedPath(text: string): readonly Step[] | undefined {
  const [, inBraces, bare] = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(text) ?? [];
  const path = inBraces ?? bare;
  const [part, ...others] = (path === undefined ? undefined : parseJsonPath(`{.${path}}`)) ?? [];
  return part?.kind === 'path' && others.length === 0 ? part.steps : undefined;
}

/** The output for an object or a list. Throws NotUnderstood. */
export function renderTemplate(template: Template, value: unknown): string {
  return template
    .map(part => {
      if (part.kind === 'text') return part.text;
      const found = valuesAt(part.steps, value);
      if (part.kind === 'range') return found.map(item => renderTemplate(part.parts, item)).join('');
      return found.map(textOf).join(' ');
    })
    .join('');
}

function textOf(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? goJson(value) : goSprint(value);
}

/** The values at a path. A field that is not there has none. Throws NotUnderstood. */
export function valuesAt(steps: readonly Step[], value: unknown): unknown[] {
  let values = [value];
  for (const step of steps) values = allAt(step, values);
  return values;
}

function allAt(step: Step, values: readonly unknown[]): unknown[] {
  if (step.kind === 'union') return step.steps.flatMap(one => allAt(one, values));
  return values.flatMap(item => (item === null ? [] : take(step, item)));
}

function take(step: Exclude<Step, { kind: 'union' }>, value: unknown): unknown[] {
  if (step.kind === 'field') return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
  if (step.kind === 'wildcard') {
    if (Array.isArray(value)) return value;
    // Go has no order of keys; kubectl's output differs from run to run.
    return isRecord(value)
      ? Object.keys(value)
          .sort()
          .map(key => value[key])
      : [];
  }
  if (!Array.isArray(value)) throw new NotUnderstood('not a list');
  const list = value as unknown[];
  if (step.kind === 'filter') return list.filter(item => passes(step, item));
  const index = (at: number) => (at < 0 ? at + list.length : at);
  if (step.kind === 'index') {
    const at = index(step.at);
    if (at < 0 || at >= list.length) throw new NotUnderstood('array index out of bounds');
    return [list[at]];
  }
  const [from, to] = [index(step.from), step.to === undefined ? list.length : index(step.to)];
  if (from === to) return [];
  if (from < 0 || from >= list.length || to < 0 || to > list.length || from > to)
    throw new NotUnderstood('array index out of bounds');
  return list.slice(from, to).filter((_, i) => i % step.step === 0);
}

function passes({ left, operator, right }: Extract<Step, { kind: 'filter' }>, item: unknown): boolean {
  const [lefts, rights] = [operandValues(left, item), right === undefined ? [] : operandValues(right, item)];
  if (operator === 'exists') return lefts.length > 0;
  if (lefts.length === 0 || rights.length === 0) return false;
  const [a] = lefts;
  const [b] = rights;
  const isComparable = lefts.length === 1 && rights.length === 1 && typeof a === typeof b && typeof a !== 'object';
  const isOrdered = typeof a !== 'boolean' || operator === '==' || operator === '!=';
  // Go compares no integer with a fraction.
  const isOneKind = typeof a !== 'number' || Number.isInteger(a) === Number.isInteger(b);
  if (!isComparable || !isOrdered || !isOneKind) throw new NotUnderstood('cannot be compared');
  const order = (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
  if (operator === '==') return order === 0;
  if (operator === '!=') return order !== 0;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function operandValues(operand: Operand, item: unknown): unknown[] {
  return operand.kind === 'literal' ? [operand.value] : valuesAt(operand.steps, item);
}
