/** The parser of plain YAML (plain-yaml.ts): one pass over the text, line by line. */
import type { PlainMap, PlainNode, PlainScalar, PlainValue } from './plain-yaml-nodes.ts';
import { isString, KEY, OTHER, PLAIN, QUOTED, WORDS } from './plain-yaml-scalars.ts';

/** Mappings with more keys use a set to find duplicate keys. */
const FEW_KEYS = 16;

interface OpenScalar {
  readonly kind: 'scalar';
  value: PlainValue;
  readonly start: number;
  end: number;
}

interface OpenEntry {
  readonly key: string;
  readonly line: number;
  value: PlainNode;
}

/** An open mapping or list. `column` is the column of its keys or dashes. */
type Frame =
  | {
      readonly column: number;
      readonly map: { readonly kind: 'map'; readonly entries: OpenEntry[] };
      keys?: Set<string>;
    }
  | { readonly column: number; readonly list: { readonly kind: 'list'; readonly items: PlainNode[] } };

const NOTHING: PlainScalar = { kind: 'scalar', value: null, start: 0, end: 0 };

const SPACE = 0x20;
const LINE_FEED = 0x0a;
const DOUBLE_QUOTE = 0x22;
const HASH = 0x23;
const DASH = 0x2d;
const SINGLE_QUOTE = 0x27;

/** Reads the text line by line. Each method returns false (or undefined) when the text is not plain YAML. */
export class PlainParser {
  readonly #text: string;
  readonly #frames: Frame[] = [];
  #at = 0;
  #line = 0;
  /** The entry whose value may follow on the next lines. */
  #waiting: OpenEntry | undefined;
  /** The plain scalar that the next line may continue. */
  #open: OpenScalar | undefined;
  /** Did the last line end with a comment? */
  #hadComment = false;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): PlainMap | undefined {
    const root: Frame = { column: 0, map: { kind: 'map', entries: [] } };
    this.#frames.push(root);
    while (this.#at < this.#text.length) {
      this.#line++;
      if (!this.#readLine()) return undefined;
    }
    return root.map.entries.length > 0 ? root.map : undefined;
  }

  #readLine(): boolean {
    const start = this.#at;
    if (this.#endLine()) {
      this.#open = undefined;
      return true;
    }
    const text = this.#text;
    const column = this.#at - start;
    const hasDash = text.charCodeAt(this.#at) === DASH && text.charCodeAt(this.#at + 1) === SPACE;
    if (hasDash) this.#at += 2;
    const key = this.#match(KEY);
    if (key !== undefined) this.#at++;
    else if (!hasDash) return this.#goOn(column);
    this.#open = undefined;
    if (!(hasDash ? this.#toList(column) : this.#toMap(column))) return false;
    if (key === undefined) {
      // A dash without a value is left to the full parser.
      const item = this.#endLine() ? undefined : this.#value(column);
      if (item !== undefined) this.#items().push(item);
      return item !== undefined;
    }
    if (hasDash) {
      const frame: Frame = { column: column + 2, map: { kind: 'map', entries: [] } };
      this.#items().push(frame.map);
      this.#frames.push(frame);
    }
    const entry: OpenEntry = { key, line: this.#line, value: NOTHING };
    if (!this.#add(entry)) return false;
    if (this.#endLine()) {
      this.#waiting = entry;
      return true;
    }
    const value = this.#value(this.#top().column);
    if (value === undefined) return false;
    entry.value = value;
    return true;
  }

  #top(): Frame {
    const frame = this.#frames.at(-1);
    if (frame === undefined) throw new Error('the root frame must not be removed');
    return frame;
  }

  /** The items of the list that is the top frame. */
  #items(): PlainNode[] {
    const frame = this.#top();
    return 'list' in frame ? frame.list.items : [];
  }

  /** Makes the mapping of a key at this column the top frame. */
  #toMap(column: number): boolean {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined && column > this.#top().column) {
      const frame: Frame = { column, map: { kind: 'map', entries: [] } };
      waiting.value = frame.map;
      this.#frames.push(frame);
      return true;
    }
    let frame = this.#top();
    // A list may have the same column as the mapping that contains it.
    while (frame.column > column || (frame.column === column && 'list' in frame)) {
      this.#frames.pop();
      frame = this.#top();
    }
    return frame.column === column;
  }

  /** Makes the list of a dash at this column the top frame. */
  #toList(column: number): boolean {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined && column >= this.#top().column) {
      const frame: Frame = { column, list: { kind: 'list', items: [] } };
      waiting.value = frame.list;
      this.#frames.push(frame);
      return true;
    }
    while (this.#top().column > column) this.#frames.pop();
    const frame = this.#top();
    return frame.column === column && 'list' in frame;
  }

  /** False for a duplicate key, or a key that is not a string in every YAML version. */
  #add(entry: OpenEntry): boolean {
    const { key } = entry;
    const frame = this.#top();
    if (!('map' in frame) || key === '__proto__') return false;
    if (!isString(key)) return false;
    const { entries } = frame.map;
    if (entries.length >= FEW_KEYS) {
      frame.keys ??= new Set(entries.map(other => other.key));
      if (frame.keys.has(key)) return false;
      frame.keys.add(key);
    } else {
      for (const other of entries) if (other.key === key) return false;
    }
    entries.push(entry);
    return true;
  }

  /** Reads the value at the current position and the rest of its line. `column` is that of the frame. Undefined: not plain YAML. */
  #value(column: number): PlainNode | undefined {
    const start = this.#at;
    const first = this.#text.charCodeAt(start);
    const isQuoted = first === DOUBLE_QUOTE || first === SINGLE_QUOTE;
    const plain = isQuoted ? undefined : this.#match(PLAIN);
    if (plain !== undefined) {
      if (!Object.hasOwn(WORDS, plain) && !isString(plain)) return undefined;
      const value = Object.hasOwn(WORDS, plain) ? (WORDS[plain] ?? null) : plain;
      const scalar: OpenScalar = { kind: 'scalar', value, start, end: this.#at };
      return this.#endOpen(scalar) ? scalar : undefined;
    }
    const text = this.#match(isQuoted ? QUOTED : OTHER);
    if (text === undefined) return undefined;
    const end = this.#at;
    const value = isQuoted ? this.#unfold(text.slice(1, -1), column) : text;
    if (value === undefined || !this.#endLine()) return undefined;
    if (isQuoted) return { kind: 'scalar', value, start, end };
    if (text === '[]') return { kind: 'list', items: [] };
    return text === '{}' ? { kind: 'map', entries: [] } : { kind: 'scalar', value: Number(text), start, end };
  }

  /** Reads a line that continues the plain scalar of the line before. */
  #goOn(column: number): boolean {
    const scalar = this.#open;
    this.#open = undefined;
    if (scalar === undefined || column <= this.#top().column) return false;
    const words = this.#match(PLAIN);
    if (words === undefined) return false;
    // A continued `true` is a string.
    const before = typeof scalar.value === 'string' ? scalar.value : this.#text.slice(scalar.start, scalar.end);
    scalar.value = `${before} ${words}`;
    scalar.end = this.#at;
    return this.#endOpen(scalar);
  }

  /** Ends a line with a plain scalar. The next line may continue the scalar, unless a comment ends it. */
  #endOpen(scalar: OpenScalar): boolean {
    if (!this.#endLine()) return false;
    this.#open = this.#hadComment ? undefined : scalar;
    return true;
  }

  /** The text between quotes, with line breaks folded to spaces. Undefined: not plain YAML. */
  #unfold(text: string, column: number): string | undefined {
    if (!text.includes('\n')) return text;
    const lines = text.split('\n');
    for (const [i, line] of lines.entries()) {
      if (line.trim() === '' || (i > 0 && line.length - line.trimStart().length <= column)) return undefined;
    }
    this.#line += lines.length - 1;
    const last = lines.length - 1;
    return lines.map((line, i) => (i === 0 ? line.trimEnd() : i === last ? line.trimStart() : line.trim())).join(' ');
  }

  /** Skips blanks and a comment up to the next line. False when other text follows; the position is then at this text. */
  #endLine(): boolean {
    const text = this.#text;
    let at = this.#at;
    while (text.charCodeAt(at) === SPACE) at++;
    const char = text.charCodeAt(at);
    const before = text.charCodeAt(at - 1);
    const hasBlank = at === 0 || before === SPACE || before === LINE_FEED;
    this.#hadComment = char === HASH && hasBlank;
    if (at < text.length && char !== LINE_FEED && !this.#hadComment) {
      this.#at = at;
      return false;
    }
    const end = char === LINE_FEED ? at : text.indexOf('\n', at);
    this.#at = end === -1 ? text.length : end + 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    const start = this.#at;
    pattern.lastIndex = start;
    if (!pattern.test(this.#text)) return undefined;
    this.#at = pattern.lastIndex;
    return this.#text.slice(start, this.#at);
  }
}
