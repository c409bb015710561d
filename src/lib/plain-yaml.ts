/**
 * A fast parser for the subset of YAML that kubectl and `configure` write: block mappings and lists, comments, and scalars with the same meaning in
 * YAML 1.1 and 1.2. It saves start-up time: every command reads a configuration, and most commands read a kubeconfig.
 * Rule: for any other or invalid text it returns undefined, and the full parser (`yaml`) reads or rejects the text. Both parsers give the same
 * result for the subset (test/unit/plain-yaml.test.ts compares them).
 */

import type { PlainMap, PlainNode } from './plain-yaml-nodes.ts';
import { PlainParser } from './plain-yaml-parser.ts';
import { READABLE } from './plain-yaml-scalars.ts';

/** Parses a text as a mapping. Undefined: not plain YAML. */
export function parsePlainYaml(text: string): PlainMap | undefined {
  return READABLE.test(text) ? new PlainParser(text).parse() : undefined;
}

/** The value of a key. Undefined: no such key. */
export function plainGet(map: PlainMap, key: string): PlainNode | undefined {
  return map.entries.find(entry => entry.key === key)?.value;
}

const OWN = { enumerable: true, configurable: true, writable: true } as const;

/** Converts a node to JavaScript values. */
export function plainToJs(node: PlainNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainToJs);
  const value: Record<string, unknown> = {};
  for (const { key, value: child } of node.entries) {
    // Define the property: assigning to a key named __proto__ would set the prototype.
    if (key === '__proto__') Object.defineProperty(value, key, { ...OWN, value: plainToJs(child) });
    else value[key] = plainToJs(child);
  }
  return value;
}
