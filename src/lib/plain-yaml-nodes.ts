/** The node types of plain YAML (plain-yaml.ts). */

export type PlainValue = string | number | boolean | null;

export interface PlainScalar {
  readonly kind: 'scalar';
  readonly value: PlainValue;
  /** The range in the text, including quotes. `start` and `end` are 0 for an implicit null. */
  readonly start: number;
  readonly end: number;
}

export interface PlainEntry {
  readonly key: string;
  /** Counted from 1. */
  readonly line: number;
  readonly value: PlainNode;
}

export interface PlainMap {
  readonly kind: 'map';
  readonly entries: readonly PlainEntry[];
}

export interface PlainList {
  readonly kind: 'list';
  readonly items: readonly PlainNode[];
}

export type PlainNode = PlainScalar | PlainMap | PlainList;
