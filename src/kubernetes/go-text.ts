/** JSON values as Go programs print them: encoding/json, fmt.Sprint. */
import { isRecord } from '../lib/json.ts';

/** Keys are sorted, and `<`, `>`, `&` are escaped. @param indent such as four spaces; undefined: on one line */
export function goJson(value: unknown, indent?: string): string {
  return write(value, indent, '\n').replace(/[<>&\u2028\u2029]/g, char => `\\u${hex(char)}`);
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(4, '0');
}

/** @param end the line break and the indentation of the value's last line */
function write(value: unknown, indent: string | undefined, end: string): string {
  const isList = Array.isArray(value);
  if (!isList && !isRecord(value)) return JSON.stringify(value ?? null);
  const inner = `${end}${indent ?? ''}`;
  const parts = isList
    ? value.map(item => write(item, indent, inner))
    : Object.keys(value)
        .sort()
        .map(key => `${JSON.stringify(key)}:${indent === undefined ? '' : ' '}${write(value[key], indent, inner)}`);
  const [open, close] = isList ? '[]' : '{}';
  if (parts.length === 0) return `${open}${close}`;
  return indent === undefined
    ? `${open}${parts.join(',')}${close}`
    : `${open}${inner}${parts.join(`,${inner}`)}${end}${close}`;
}

/** `text`, `3`, `map[app:cart tier:web]`, `[a b]`, `<nil>` */
export function goSprint(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goSprint).join(' ')}]`;
  if (isRecord(value))
    return `map[${Object.keys(value)
      .sort()
      .map(key => `${key}:${goSprint(value[key])}`)
      .join(' ')}]`;
  return typeof value === 'number' ? goNumber(value) : String(value);
}

/** As Go's %v: a fraction of 1e+06 and above, or below 1e-04, has an exponent of at least two digits. */
function goNumber(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || (size >= 1e-4 && size < 1e6)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Does the JSON contain a number that this file would print differently from Go: too large for JavaScript, `1e6` or `1.0`? Can also match inside a string. */
export function hasUnsafeNumber(json: string): boolean {
  return /[[:,]\s*-?(\d{16,}|\d+(\.\d+)?[eE][+-]?\d+|\d+\.\d*0)\s*[,\]}]/.test(json);
}
