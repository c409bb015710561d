/** The scalars of plain YAML (plain-yaml.ts): what they look like, and what they are. */
import type { PlainValue } from './plain-yaml-nodes.ts';

/** Printable characters and line feeds alone: no tabs, carriage returns, byte order marks or line separators. */
export const READABLE = /^[\n\x20-\x7e\u00a1-\u1fff\u3000-\ud7ff]*$/;
export const KEY = /[A-Za-z_][A-Za-z0-9_./-]{0,200}(?=:(?:[ \n]|$))/y;
/** Begins with a letter or slash; a colon stands before no space; no comment sign. */
export const PLAIN = /[A-Za-z/](?:[A-Za-z0-9_./@=+,%$()~^!*?&<>;|{}-]+|:(?=[^ \n])| (?=[^ #\n]))*/y;
/** Quoted, without escapes; also over several lines, as kubectl folds long ones. */
export const QUOTED = /"[^"\\]*"|'[^']*'/y;
export const OTHER = /(?:0|[1-9][0-9]{0,8})(?=[ \n]|$)|\[\]|\{\}/y;
export const WORDS: Readonly<Record<string, PlainValue>> = { true: true, false: false, null: null };
/** Words that are null, true or false in YAML 1.1 or 1.2. */
const NO_STRINGS = new Set(['null', 'true', 'false', 'yes', 'no', 'y', 'n', 'on', 'off']);
/** Some take a number's exponent alone for a number. */
const EXPONENT = /^e[-+]?[0-9]+$/i;

/** Is a plain word no null, boolean or number? */
export function isString(word: string): boolean {
  return !EXPONENT.test(word) && (word.length > 5 || !NO_STRINGS.has(word.toLowerCase()));
}

/** Is this text, written without quotes, that very string in every YAML? */
export function isPlainString(text: string): boolean {
  PLAIN.lastIndex = 0;
  return PLAIN.test(text) && PLAIN.lastIndex === text.length && isString(text);
}
