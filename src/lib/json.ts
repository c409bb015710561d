/** JSON values, as they are read and as they are printed. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** An object that is not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The record in a field; empty where there is none. */
export function recordAt(object: unknown, field: string): Record<string, unknown> {
  const value = isRecord(object) ? object[field] : undefined;
  return isRecord(value) ? value : {};
}

/** The records in a field that is a list; none where it is not. */
export function recordsAt(object: unknown, field: string): Record<string, unknown>[] {
  const value = isRecord(object) ? object[field] : undefined;
  return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
}
