/**
 * A reader for the plain part of YAML that kubectl and `configure` write: block mappings and lists, scalars that mean the same in YAML 1.1 and 1.2,
 * comments. It is there for speed: every start reads a configuration, and most read a kubeconfig.
 * Rule: whatever is beyond that part, or wrong, is undefined, and for the real parser (`yaml`) to read or to refuse. What is read here is exactly what
 * that one reads (test/unit/plain-yaml.test.ts compares them).
 */

import type { PlainMap, PlainNode } from './plain-yaml-nodes.ts';
import { PlainParser } from './plain-yaml-parser.ts';
import { READABLE } from './plain-yaml-scalars.ts';

/** The mapping that a text is; undefined: not plain enough. */
export function parsePlainYaml(text: string): PlainMap | undefined {
  return READABLE.test(text) ? new PlainParser(text).parse() : undefined;
}

/** The value of a key, where there is one. */
export function plainGet(map: PlainMap, key: string): PlainNode | undefined {
  return map.entries.find(entry => entry.key === key)?.value;
}

const OWN = { enumerable: true, configurable: true, writable: true } as const;

/** A node as plain values. */
export function plainToJs(node: PlainNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainToJs);
  const value: Record<string, unknown> = {};
  for (const { key, value: child } of node.entries) {
    // By definition, not by assignment: a key may be called __proto__.
    if (key === '__proto__') Object.defineProperty(value, key, { ...OWN, value: plainToJs(child) });
    else value[key] = plainToJs(child);
  }
  return value;
}
