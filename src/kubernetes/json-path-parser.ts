/** Parses the JSONPath templates of kubectl. Rule: the parser rejects syntax whose meaning is not certain. */
export type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'slice'; readonly from: number; readonly to: number | undefined; readonly step: number }
  | { readonly kind: 'index'; readonly at: number }
  | { readonly kind: 'union'; readonly steps: readonly Step[] }
  | { readonly kind: 'filter'; readonly left: Operand; readonly operator: string; readonly right: Operand | undefined };

export type Operand =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'path'; readonly steps: readonly Step[] };

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly steps: readonly Step[] }
  | { readonly kind: 'range'; readonly steps: readonly Step[]; readonly parts: readonly TemplatePart[] };

export type Template = readonly TemplatePart[];

/** Undefined: not understood. */
export function parseJsonPath(text: string): Template | undefined {
  try {
    return new Parser(text).template();
  } catch (error) {
    if (error instanceof Unclear) return undefined;
    throw error;
  }
}

class Unclear extends Error {}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  template(): Template {
    const parts = this.#parts(false);
    if (this.#at < this.#text.length) throw new Unclear();
    return parts;
  }

  /** Up to `{end}`, or to the end of the text. */
  #parts(isInRange: boolean): TemplatePart[] {
    const parts: TemplatePart[] = [];
    while (this.#at < this.#text.length) {
      const text = this.#take(/[^{]+/y);
      if (text !== undefined) {
        // A backslash has a meaning of its own there.
        if (text.includes('}') || text.includes('\\')) throw new Unclear();
        parts.push({ kind: 'text', text });
        continue;
      }
      this.#need(/\{\s*/y);
      if (this.#take(/end\s*\}/y) !== undefined) {
        if (!isInRange) throw new Unclear();
        return parts;
      }
      if (this.#take(/range\s+/y) !== undefined) {
        const steps = this.#path(/[.@$]/);
        this.#need(/\s*\}/y);
        parts.push({ kind: 'range', steps, parts: this.#parts(true) });
        continue;
      }
      const quoted = this.#quoted();
      parts.push(quoted === undefined ? { kind: 'path', steps: this.#path(/[.@$[]/) } : { kind: 'text', text: quoted });
      this.#need(/\s*\}/y);
    }
    if (isInRange) throw new Unclear();
    return parts;
  }

  #path(begins: RegExp): Step[] {
    if (!begins.test(this.#text[this.#at] ?? '')) throw new Unclear();
    this.#take(/[@$]/y);
    const steps: Step[] = [];
    for (;;) {
      if (this.#take(/\.\*/y) !== undefined) steps.push({ kind: 'wildcard' });
      else if (this.#text[this.#at] === '.') {
        const name = this.#need(/\.(?!\.)((?:\\.|[^\s.[\]{}()'"=!<>,*?@$\\])*)/y).slice(1);
        // A dot alone is the value itself.
        if (name !== '') steps.push({ kind: 'field', name: name.replace(/\\(.)/g, '$1') });
      } else if (this.#text[this.#at] === '[') steps.push(this.#bracket());
      else return steps;
    }
  }

  #bracket(): Step {
    this.#need(/\[\s*/y);
    if (this.#take(/\?\(\s*/y) !== undefined) {
      const filter = this.#filter();
      this.#need(/\s*\)\s*\]/y);
      return filter;
    }
    const steps: Step[] = [];
    do steps.push(this.#element());
    while (this.#take(/\s*,\s*/y) !== undefined);
    this.#need(/\s*\]/y);
    const [only] = steps;
    return steps.length === 1 && only ? only : { kind: 'union', steps };
  }

  #element(): Step {
    if (this.#take(/\*/y) !== undefined) return { kind: 'wildcard' };
    const quoted = this.#text[this.#at] === "'" ? this.#quoted() : undefined;
    if (quoted !== undefined) return { kind: 'field', name: quoted };
    const slice = this.#take(/-?\d*:-?\d*(?::\d+)?/y);
    if (slice !== undefined) {
      const [from = '', to = '', step = '1'] = slice.split(':');
      if (Number(step) < 1) throw new Unclear();
      return { kind: 'slice', from: Number(from), to: to === '' ? undefined : Number(to), step: Number(step) };
    }
    return { kind: 'index', at: Number(this.#need(/-?\d+/y)) };
  }

  #filter(): Step {
    const left = this.#operand();
    const operator = this.#take(/\s*(==|!=|<=|>=|<|>)\s*/y)?.trim();
    if (operator === undefined) {
      if (left.kind === 'literal') throw new Unclear();
      return { kind: 'filter', left, operator: 'exists', right: undefined };
    }
    return { kind: 'filter', left, operator, right: this.#operand() };
  }

  #operand(): Operand {
    const quoted = this.#quoted();
    if (quoted !== undefined) return { kind: 'literal', value: quoted };
    const word = this.#take(/true|false/y);
    if (word !== undefined) return { kind: 'literal', value: word === 'true' };
    const number = this.#take(/-?\d+(\.\d+)?/y);
    if (number !== undefined) return { kind: 'literal', value: Number(number) };
    return { kind: 'path', steps: this.#path(/[@$.]/) };
  }

  /** `"…"` or `'…'`. */
  #quoted(): string | undefined {
    const text = this.#take(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y);
    return text?.slice(1, -1).replace(/\\(.)/gs, (_, char: string) => {
      const meant = ESCAPES[char];
      if (meant === undefined) throw new Unclear();
      return meant;
    });
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }

  #need(pattern: RegExp): string {
    const found = this.#take(pattern);
    if (found === undefined) throw new Unclear();
    return found;
  }
}
