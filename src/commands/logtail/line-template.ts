/**
 * `--template`: the part of Go's text/template that stern's examples use: fields, printf, json, color, and `|` between them.
 * Rule: what is not supported is an error before any line is read.
 */
import { UsageError } from '../../errors.ts';
import type { LogSource } from '../../kubernetes/container-log.ts';
import { escapeForTerminal, escapeLogText } from '../../lib/terminal-text.ts';

export interface TemplateLine {
  readonly source: LogSource;
  readonly message: string;
  readonly paintPod: (text: string) => string;
  readonly paintContainer: (text: string) => string;
}

type Value = (line: TemplateLine) => unknown;

const FIELDS: Readonly<Record<string, Value>> = {
  '.Message': line => escapeLogText(line.message),
  '.ClusterName': line => escapeForTerminal(line.source.cluster ?? ''),
  '.NodeName': line => escapeForTerminal(line.source.node),
  '.Namespace': line => escapeForTerminal(line.source.namespace),
  '.PodName': line => escapeForTerminal(line.source.pod),
  '.ContainerName': line => escapeForTerminal(line.source.container),
  '.Labels': line => line.source.labels,
  '.Annotations': line => line.source.annotations,
  '.PodColor': line => line.paintPod,
  '.ContainerColor': line => line.paintContainer,
  '.': line => ({ message: line.message, ...line.source }),
};

const FUNCTIONS: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
  color: (paint, text) =>
    typeof paint === 'function' ? (paint as (text: string) => string)(String(text)) : String(text),
  json: value => JSON.stringify(value),
  parseJSON: text => JSON.parse(String(text)),
  print: (...values) => values.map(String).join(''),
  printf: (format, ...values) => printf(String(format), values),
};

/** Throws UsageError (2) for what is not supported. */
export function compileTemplate(template: string): (line: TemplateLine) => string {
  const parts = template.split(/(\{\{-?[\s\S]*?-?\}\})/).map(part => {
    const [, action] = /^\{\{-?([\s\S]*?)-?\}\}$/.exec(part) ?? [];
    return action === undefined ? part : compileAction(action.trim());
  });
  return line => parts.map(part => (typeof part === 'string' ? part : String(part(line) ?? ''))).join('');
}

function compileAction(action: string): Value {
  const words = action.match(/"(?:\\.|[^"\\])*"|`[^`]*`|\||[()]|[^\s|()]+/g) ?? [];
  const stages: string[][] = [[]];
  for (const word of words) {
    if (word === '|') stages.push([]);
    else stages.at(-1)?.push(word);
  }
  return stages
    .map(compileCall)
    .reduce<Value | undefined>(
      (before, call) => line => call(line, before?.(line), before !== undefined),
      undefined,
    ) as Value;
}

/** One stage of a pipeline: a value, or a function and its arguments; the result of the stage before is the last argument. */
function compileCall(words: readonly string[]): (line: TemplateLine, piped: unknown, isPiped: boolean) => unknown {
  const [first = '', ...rest] = words;
  const call = Object.hasOwn(FUNCTIONS, first) ? FUNCTIONS[first] : undefined;
  if (call === undefined) {
    if (rest.length > 0) throw unsupported(words.join(' '));
    const value = compileOperand(first);
    return line => value(line);
  }
  const operands = rest.map(compileOperand);
  return (line, piped, isPiped) => {
    try {
      return call(...operands.map(operand => operand(line)), ...(isPiped ? [piped] : []));
    } catch {
      // As in stern: a line that is no JSON has no fields.
      return '';
    }
  };
}

function compileOperand(word: string): Value {
  if (/^"|^`/.test(word)) {
    const text = word.startsWith('"') ? unquoted(word) : word.slice(1, -1);
    return () => text;
  }
  if (/^-?\d+$/.test(word)) return () => Number(word);
  const field = Object.hasOwn(FIELDS, word) ? FIELDS[word] : undefined;
  if (field !== undefined) return field;
  throw unsupported(word);
}

function unquoted(word: string): string {
  try {
    return String(JSON.parse(word));
  } catch {
    throw unsupported(word);
  }
}

function unsupported(what: string): UsageError {
  return new UsageError(`not supported in a template: ${what}`, {
    code: 'bad_template',
    hint: `fields: ${Object.keys(FIELDS).join(' ')}; functions: ${Object.keys(FUNCTIONS).join(' ')}`,
  });
}

/** Go's %s, %v, %d and %q, with width and `-`. */
function printf(format: string, values: readonly unknown[]): string {
  let next = 0;
  return format.replace(/%(-?)(\d*)([svdq%])/g, (_, left: string, width: string, verb: string) => {
    if (verb === '%') return '%';
    const value = values[next++];
    const text = verb === 'q' ? JSON.stringify(String(value)) : String(value);
    return left ? text.padEnd(Number(width)) : text.padStart(Number(width));
  });
}
