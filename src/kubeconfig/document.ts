/**
 * One kubeconfig file as a YAML document. It edits YAML nodes instead of objects, which keeps comments, order and unknown fields.
 * Errors give file, line and column. Nothing is written then.
 */
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Tags,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { UsageError } from '../errors.ts';
import { BODY, type Entry, type EntryChange, type EntryList } from './entries.ts';

/**
 * kubectl reads YAML 1.1, in which a plain `no` or `0b11` is not a string. Timestamps stay strings, because JSON has no timestamp type.
 */
const LIKE_KUBECTL = {
  version: '1.1',
  customTags: (tags: Tags) => tags.filter(tag => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:timestamp'),
} as const;

const EMPTY = 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: ""\n';

export class KubeconfigDocument {
  readonly #document: Document;
  readonly #text: string;
  readonly #fail: (problem: string, offset?: number) => never;

  /** @param text the file's content; undefined for a file that does not exist yet */
  constructor(file: string, text: string | undefined) {
    this.#text = text ?? '';
    const lines = new LineCounter();
    const source = text === undefined || text.trim() === '' ? EMPTY : text;
    this.#fail = (problem, offset = 0) => {
      const { line, col } = lines.linePos(offset);
      throw new UsageError(`cannot parse the kubeconfig: ${file}:${line || 1}:${col || 1}: ${problem}`, {
        code: 'bad_kubeconfig',
        hint: 'fix the file, or use another: --kubeconfig FILE; nothing was changed',
      });
    };
    this.#document = parseDocument(source, { ...LIKE_KUBECTL, lineCounter: lines, uniqueKeys: true });
    const [error] = this.#document.errors;
    if (error) this.#fail(error.message.split('\n')[0] ?? error.message, error.pos[0]);
    if (source.includes('\0')) this.#fail('file contains NUL bytes', source.indexOf('\0'));
    if (this.#document.contents === null) this.#document.contents = parseDocument(EMPTY).contents;
    if (!isMap(this.#document.contents)) this.#fail('expected a mapping at the top');
    for (const list of ['clusters', 'contexts', 'users'] as const) {
      const node: unknown = this.#root().get(list, true);
      if (isMap(node) || (isScalar(node) && node.value !== null)) this.#fail(`${list} is not a list`, node.range?.[0]);
    }
  }

  #root(): YAMLMap {
    return this.#document.contents as unknown as YAMLMap;
  }

  get currentContext(): string {
    const value = this.#root().get('current-context');
    return typeof value === 'string' ? value : '';
  }

  entries(list: EntryList): Entry[] {
    const seq = this.#root().get(list, true);
    if (!isSeq(seq)) return [];
    return seq.items.flatMap(item => {
      const name = isMap(item) ? item.get('name') : undefined;
      if (!isMap(item) || typeof name !== 'string') return [];
      let body: unknown;
      try {
        const node = item.get(BODY[list], true);
        body = isMap(node)
          ? node.toJS(this.#document, { maxAliasCount: 100 })
          : (item.toJS(this.#document, { maxAliasCount: 100 }) as Record<string, unknown>)[BODY[list]];
      } catch (error) {
        this.#fail(error instanceof Error ? error.message : String(error), item.range?.[0]);
      }
      return [{ name, body: typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {} }];
    });
  }

  setCurrentContext(name: string): void {
    setValue(this.#root(), 'current-context', name, this.#document);
  }

  /** Changes an entry, or adds it at the end of its list. */
  setEntry(list: EntryList, name: string, change: EntryChange): void {
    const item = this.#entryNode(list, name);
    const body: unknown = item.get(BODY[list], true);
    const map = isMap(body) ? body : (this.#document.createNode({}) as YAMLMap);
    if (map !== body) item.set(BODY[list], map);
    for (const [field, value] of Object.entries(change)) {
      if (value === undefined) map.delete(field);
      else setValue(map, field, value, this.#document);
    }
  }

  #entryNode(list: EntryList, name: string): YAMLMap {
    const found: unknown = this.#root().get(list, true);
    const seq = isSeq(found) ? found : (this.#document.createNode([]) as YAMLSeq);
    if (seq !== found) this.#root().set(list, seq);
    const existing = seq.items.find(item => isMap(item) && item.get('name') === name);
    if (isMap(existing)) return existing;
    // Write an empty list `[]` in block style from now on, unless the whole file is JSON.
    if (seq.items.length === 0) seq.flow = this.#root().flow === true;
    const item = this.#document.createNode({ [BODY[list]]: {}, name }) as YAMLMap;
    seq.add(item);
    return item;
  }

  /** The document as text, written anew: the caller keeps the text that was read where nothing has changed. */
  toString(): string {
    if (isJson(this.#text))
      return `${JSON.stringify(this.#document.toJS({ maxAliasCount: 100 }), null, jsonIndent(this.#text))}\n`;
    return this.#document.toString({
      lineWidth: 0,
      indent: this.#indent(),
      flowCollectionPadding: !/[{[][^\s\]}]/.test(this.#text),
      indentSeq: /^(clusters|contexts|users):[ \t]*(#.*)?\r?\n(?:[ \t]*(#.*)?\r?\n)*[ \t]+-/m.test(this.#text),
    });
  }

  #indent(): number {
    const match = /^[A-Za-z-]+:[ \t]*\r?\n(?:- .*:[ \t]*\r?\n)?( +)[A-Za-z-]/m.exec(this.#text);
    const width = match?.[1]?.length ?? 2;
    return width === 4 && !/^- /m.test(this.#text) ? 4 : 2;
  }
}

/** Sets a field. For an existing scalar, only the value changes, so that its comment stays. */
function setValue(map: YAMLMap, field: string, value: unknown, document: Document): void {
  const node: unknown = map.get(field, true);
  const current = isScalar(node) ? node.value : isMap(node) || isSeq(node) ? node.toJS(document) : undefined;
  if (node !== undefined && JSON.stringify(current) === JSON.stringify(value)) return;
  if (isScalar(node) && typeof value === 'string' && node.anchor === undefined) {
    // A block scalar cannot hold every string, for example only spaces.
    if (node.value === '' || node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') node.type = 'PLAIN';
    node.value = value;
  } else map.set(field, document.createNode(value));
}

function isJson(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function jsonIndent(text: string): string {
  return /^\s*\{\r?\n([ \t]+)/.exec(text)?.[1] ?? '';
}
