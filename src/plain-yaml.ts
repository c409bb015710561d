/**
 * A reader for the plain part of YAML that kubectl and `configure` write: block mappings and lists, scalars that mean the same in YAML 1.1 and 1.2,
 * comments. It is there for speed: every start reads a configuration, and most read a kubeconfig.
 * Rule: whatever is beyond that part, or wrong, is undefined, and for the real parser (`yaml`) to read or to refuse. What is read here is exactly what
 * that one reads (test/unit/plain-yaml.test.ts compares them).
 */

export interface PlainScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** Where it stands in the text, quotes included; both 0 for a null that is not written. */
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

/** The mapping that a text is; undefined: not plain enough. */
export function parsePlainYaml(text: string): PlainMap | undefined {
  if (!READABLE.test(text)) return undefined;
  const parser = new PlainParser(text);
  try {
    return parser.parse();
  } catch (error) {
    if (error === NOT_PLAIN) return undefined;
    throw error;
  }
}

/** The value of a key, where there is one. */
export function plainGet(map: PlainMap, key: string): PlainNode | undefined {
  return map.entries.find(entry => entry.key === key)?.value;
}

/** A node as plain values. */
export function plainToJs(node: PlainNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainToJs);
  const value: Record<string, unknown> = {};
  for (const entry of node.entries) value[entry.key] = plainToJs(entry.value);
  return value;
}

/** Is this text, written without quotes, that very string in every YAML? */
export function isPlainString(text: string): boolean {
  return PLAIN_STRING.test(text) && !NO_STRINGS.has(text.toLowerCase());
}

/** Printable characters and line feeds alone: no tabs, carriage returns, byte order marks or line separators. */
const READABLE = /^[\n\x20-\x7e\u00a1-\u1fff\u3000-\ud7ff]*$/;
const KEY = /[A-Za-z_][A-Za-z0-9_./-]{0,200}/y;
/** Begins with a letter or slash; a colon stands before no space; no comment sign. */
const PLAIN_STRING = /^[A-Za-z/](?:[A-Za-z0-9_./@=+,%$()~^!*?&<>;|{}-]|:(?=[^ ])| (?=[^ #]))*$/;
const PLAIN_VALUE = /[A-Za-z/](?:[A-Za-z0-9_./@=+,%$()~^!*?&<>;|{}-]|:(?=[^ \n])| (?=[^ #\n]))*/y;
const QUOTED_VALUE = /"[^"\\\n]*"|'[^'\n]*'/y;
const INTEGER_VALUE = /(?:0|[1-9][0-9]{0,8})(?=\n|$| )/y;
const EMPTY_VALUE = /\[\]|\{\}/y;
const LINE_END = / *(?: #[^\n]*)?(?:\n|$)/y;
/** Words that are null, true or false in YAML 1.1 or 1.2. */
const NO_STRINGS = new Set(['null', 'true', 'false', 'yes', 'no', 'y', 'n', 'on', 'off']);

const NOT_PLAIN = Symbol('not plain');

class PlainParser {
  readonly #text: string;
  #at = 0;
  #line = 1;
  /** Columns before the line's first character; -1 at the end of the text. */
  #indent = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): PlainMap {
    this.#skipToContent();
    if (this.#indent !== 0 || this.#isDash()) throw NOT_PLAIN;
    const map = this.#map(0);
    if (!this.#isAtEnd()) throw NOT_PLAIN;
    return map;
  }

  /** Goes to the first character of the next line with content. */
  #skipToContent(): void {
    const text = this.#text;
    for (;;) {
      let at = this.#at;
      while (text[at] === ' ') at++;
      const char = text[at];
      if (char === undefined) {
        this.#at = at;
        this.#indent = -1;
        return;
      }
      if (char === '\n' || char === '#') {
        const end = text.indexOf('\n', at);
        this.#at = end === -1 ? text.length : end + 1;
        this.#line++;
        continue;
      }
      this.#indent = at - this.#at;
      this.#at = at;
      return;
    }
  }

  /** The mapping whose keys stand at this column; we are on its first key. */
  #map(column: number): PlainMap {
    const entries: PlainEntry[] = [];
    const seen = new Set<string>();
    do {
      const key = this.#match(KEY);
      if (key === undefined || this.#text[this.#at] !== ':') throw NOT_PLAIN;
      if (seen.has(key) || key === '__proto__' || NO_STRINGS.has(key.toLowerCase())) throw NOT_PLAIN;
      seen.add(key);
      const line = this.#line;
      this.#at++;
      entries.push({ key, line, value: this.#value(column, true) });
    } while (this.#indent === column && !this.#isDash());
    if (this.#indent > column) throw NOT_PLAIN;
    return { kind: 'map', entries };
  }

  /** The list whose dashes stand at this column; we are on its first dash. */
  #list(column: number): PlainList {
    const items: PlainNode[] = [];
    do {
      this.#at++;
      if (this.#text[this.#at] !== ' ') throw NOT_PLAIN;
      const next = this.#text[this.#at + 1];
      if (next === undefined || next === ' ' || next === '\n' || next === '#' || next === '-') throw NOT_PLAIN;
      this.#at++;
      items.push(this.#isKey() ? this.#map(column + 2) : this.#scalar());
    } while (this.#indent === column && this.#isDash());
    if (this.#indent > column) throw NOT_PLAIN;
    return { kind: 'list', items };
  }

  /** What stands after a key: a scalar on its line, a block below it, or nothing. */
  #value(column: number, mayListBeAtColumn: boolean): PlainNode {
    if (this.#match(LINE_END) === undefined) {
      if (this.#text[this.#at] !== ' ') throw NOT_PLAIN;
      while (this.#text[this.#at] === ' ') this.#at++;
      return this.#scalar();
    }
    this.#line++;
    this.#skipToContent();
    if (this.#isDash() && (this.#indent > column || (mayListBeAtColumn && this.#indent === column)))
      return this.#list(this.#indent);
    if (this.#indent > column) return this.#map(this.#indent);
    return { kind: 'scalar', value: null, start: 0, end: 0 };
  }

  /** A scalar up to the end of its line. */
  #scalar(): PlainNode {
    const start = this.#at;
    const node = this.#scalarAt(start);
    if (this.#match(LINE_END) === undefined) throw NOT_PLAIN;
    this.#line++;
    this.#skipToContent();
    return node;
  }

  #scalarAt(start: number): PlainNode {
    const plain = this.#match(PLAIN_VALUE);
    if (plain !== undefined) {
      if (plain === 'true' || plain === 'false')
        return { kind: 'scalar', value: plain === 'true', start, end: this.#at };
      if (NO_STRINGS.has(plain.toLowerCase())) throw NOT_PLAIN;
      return { kind: 'scalar', value: plain, start, end: this.#at };
    }
    const quoted = this.#match(QUOTED_VALUE);
    if (quoted !== undefined) return { kind: 'scalar', value: quoted.slice(1, -1), start, end: this.#at };
    const integer = this.#match(INTEGER_VALUE);
    if (integer !== undefined) return { kind: 'scalar', value: Number(integer), start, end: this.#at };
    const empty = this.#match(EMPTY_VALUE);
    if (empty !== undefined) return empty === '[]' ? { kind: 'list', items: [] } : { kind: 'map', entries: [] };
    throw NOT_PLAIN;
  }

  #isAtEnd(): boolean {
    return this.#indent === -1;
  }

  #isDash(): boolean {
    return this.#indent >= 0 && this.#text[this.#at] === '-';
  }

  /** Does a key with its colon stand here? */
  #isKey(): boolean {
    const at = this.#at;
    const isKey = this.#match(KEY) !== undefined && /^:(?: |\n|$)/.test(this.#text.slice(this.#at, this.#at + 2));
    this.#at = at;
    return isKey;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[0];
  }
}
