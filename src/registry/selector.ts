/**
 * Kubernetes' label-selector grammar over any keys and values:
 * `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x,y)`, `a`, `!a`, joined by commas (apimachinery, labels.Parse).
 * As in Kubernetes, `!=` and `notin` also match if the key is absent.
 */
import { UsageError } from '../errors.ts';

export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | '!';
  readonly values: readonly string[];
}

export type Selector = readonly Requirement[];

/** Parses a selector. Throws UsageError (2) with the position of the error. The empty selector matches everything. */
export function parseSelector(text: string): Selector {
  const tokens = tokenize(text);
  let position = 0;
  const peek = () => tokens[position];
  const next = () => tokens[position++];
  const fail = (expected: string): never => {
    const at = peek();
    throw new UsageError(
      `bad selector "${text}": expected ${expected}${at ? `, found "${at.text}" at ${at.at + 1}` : ' at its end'}`,
      {
        code: 'bad_selector',
        hint: "for example: -l 'environment=production,channel in (stable,beta)'",
      },
    );
  };
  const word = (what: string): string => {
    const token = peek();
    if (token?.kind !== 'word') return fail(what);
    position++;
    return token.text;
  };
  const requirements: Requirement[] = [];
  while (position < tokens.length) {
    if (peek()?.text === '!') {
      next();
      requirements.push({ key: word('a key'), operator: '!', values: [] });
    } else {
      const key = word('a key');
      const operator = peek();
      if (operator?.kind === 'operator' && operator.text !== '!') {
        next();
        const value = peek()?.kind === 'word' ? word('a value') : '';
        requirements.push({ key, operator: operator.text === '!=' ? 'notin' : 'in', values: [value] });
      } else if (operator?.kind === 'word' && (operator.text === 'in' || operator.text === 'notin')) {
        next();
        requirements.push({ key, operator: operator.text, values: valueList() });
      } else {
        requirements.push({ key, operator: 'exists', values: [] });
      }
    }
    if (position < tokens.length) {
      if (peek()?.text !== ',') fail('a comma');
      next();
      if (position === tokens.length) fail('another requirement');
    }
  }
  return requirements;

  function valueList(): string[] {
    if (peek()?.text !== '(') fail('"("');
    next();
    const values: string[] = [];
    for (;;) {
      values.push(peek()?.kind === 'word' ? word('a value') : '');
      const separator = next();
      if (separator?.text === ')') return values;
      if (separator?.text !== ',') {
        position--;
        fail('"," or ")"');
      }
    }
  }
}

interface Token {
  readonly kind: 'word' | 'operator' | 'mark';
  readonly text: string;
  readonly at: number;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s+|(==|!=|=|!)|([(),])|([^\s=!(),]+)/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, operator, mark, word] = match;
    if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, at: match.index });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark, at: match.index });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, at: match.index });
  }
  return tokens;
}

/** Do the values from `lookup` satisfy every requirement? */
export function matchesSelector(selector: Selector, lookup: (key: string) => string | undefined): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = lookup(key);
    switch (operator) {
      case 'exists':
        return value !== undefined;
      case '!':
        return value === undefined;
      case 'in':
        return value !== undefined && values.includes(value);
      default:
        return value === undefined || !values.includes(value);
    }
  });
}
