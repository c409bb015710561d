/** The syntax and the values of scalars in plain YAML (plain-yaml.ts). */
import type { PlainValue } from './plain-yaml-nodes.ts';

/** Only printable characters and line feeds: no tabs, carriage returns, byte order marks or line separators. */
export const READABLE = /^[\n\x20-\x7e\u00a1-\u1fff\u3000-\ud7ff]*$/;
export const KEY = /[A-Za-z_][A-Za-z0-9_./-]{0,200}(?=:(?:[ \n]|$))/y;
/** Starts with a letter or slash. Contains no colon followed by a space, and no comment sign. */
export const PLAIN = /[A-Za-z/](?:[A-Za-z0-9_./@=+,%$()~^!*?&<>;|{}-]+|:(?=[^ \n])| (?=[^ #\n]))*/y;
/** A quoted string without escapes. It may span several lines, because kubectl folds long strings. */
export const QUOTED = /"[^"\\]*"|'[^']*'/y;
export const OTHER = /(?:0|[1-9][0-9]{0,8})(?=[ \n]|$)|\[\]|\{\}/y;
export const WORDS: Readonly<Record<string, PlainValue>> = { true: true, false: false, null: null };
/** Words that are null, true or false in YAML 1.1 or 1.2. */
const NO_STRINGS = new Set(['null', 'true', 'false', 'yes', 'no', 'y', 'n', 'on', 'off']);
/** Some parsers read an exponent without digits before it as a number. */
const EXPONENT = /^e[-+]?[0-9]+$/i;

/** Is a plain word a string, not null, a boolean or a number? */
export function isString(word: string): boolean {
  return !EXPONENT.test(word) && (word.length > 5 || !NO_STRINGS.has(word.toLowerCase()));
}

/** Does this unquoted text mean the same string in every YAML version? */
export function isPlainString(text: string): boolean {
  PLAIN.lastIndex = 0;
  return PLAIN.test(text) && PLAIN.lastIndex === text.length && isString(text);
}
