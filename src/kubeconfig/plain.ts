/**
 * Reads and switches a kubeconfig in the simple form that kubectl and zkubectl write, without the YAML parser. Most starts need no more.
 * Rule: for any other text the result is undefined. KubeconfigDocument then reads the text or reports the error.
 */
import { parsePlainYaml, plainGet, plainToJs } from '../lib/plain-yaml.ts';
import type { PlainMap, PlainNode } from '../lib/plain-yaml-nodes.ts';
import { isPlainString } from '../lib/plain-yaml-scalars.ts';
import { BODY, type Entry, type EntryList } from './entries.ts';

export interface PlainKubeconfig {
  readonly text: string;
  readonly currentContext: string;
  /** The offset of the current context's name in the text, after any quote. Undefined: not set, or not a string. */
  readonly currentContextAt: number | undefined;
  entries(list: EntryList): Entry[];
  /** The text with another current context and no other change. Undefined: not possible here. */
  withCurrentContext(name: string): string | undefined;
}

export function readPlainKubeconfig(text: string): PlainKubeconfig | undefined {
  const root = plainRoot(text);
  return (
    root && {
      text,
      currentContext: textOf(plainGet(root, 'current-context')) ?? '',
      currentContextAt: textStart(text, plainGet(root, 'current-context')),
      entries: list => entriesOf(plainGet(root, list), list),
      withCurrentContext: name => withCurrentContext(text, root, name),
    }
  );
}

function withCurrentContext(text: string, root: PlainMap, name: string): string | undefined {
  const node = plainGet(root, 'current-context');
  if (node?.kind !== 'scalar' || typeof node.value !== 'string' || !isPlainString(name)) return undefined;
  if (node.value === name) return text;
  const quote = node.value === '' ? '' : (/^["']/.exec(text.slice(node.start, node.start + 1))?.[0] ?? '');
  return `${text.slice(0, node.start)}${quote}${name}${quote}${text.slice(node.end)}`;
}

function textStart(text: string, node: PlainNode | undefined): number | undefined {
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
  const isQuoted = /["']/.test(text.charAt(node.start));
  return isQuoted ? node.start + 1 : node.start;
}

function plainRoot(text: string): PlainMap | undefined {
  const root = parsePlainYaml(text);
  if (root === undefined) return undefined;
  for (const list of ['clusters', 'contexts', 'users'] as const) {
    const node = plainGet(root, list);
    if (node?.kind === 'map' || (node?.kind === 'scalar' && node.value !== null)) return undefined;
  }
  return root;
}

function entriesOf(node: PlainNode | undefined, list: EntryList): Entry[] {
  if (node?.kind !== 'list') return [];
  return node.items.flatMap(item => {
    if (item.kind !== 'map') return [];
    const name = textOf(plainGet(item, 'name'));
    if (name === undefined) return [];
    return [
      {
        name,
        // Computed on access: only one or two bodies of hundreds are used.
        get body() {
          const body = plainGet(item, BODY[list]);
          return body?.kind === 'map' ? (plainToJs(body) as Record<string, unknown>) : {};
        },
      },
    ];
  });
}

function textOf(node: PlainNode | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}
