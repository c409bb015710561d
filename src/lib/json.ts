/** Types and accessors for JSON values. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Is this an object and not an array? */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object in a field. Empty when the field is not an object. */
export function recordAt(object: unknown, field: string): Record<string, unknown> {
  const value = isRecord(object) ? object[field] : undefined;
  return isRecord(value) ? value : {};
}

/** The objects in a field's array. Empty when the field is not an array. */
export function recordsAt(object: unknown, field: string): Record<string, unknown>[] {
  const value = isRecord(object) ? object[field] : undefined;
  return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
}
