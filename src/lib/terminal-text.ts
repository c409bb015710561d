/**
 * Escapes untrusted text for a terminal, so that it cannot move the cursor, set colours, or hide or forge lines.
 * Escaped: C0 and C1 controls (ESC, CSI, OSC, CR, LF, TAB), DEL, bidi controls, line separators, invisible characters
 * (Default_Ignorable_Code_Point: zero-width characters, fillers, variation selectors, tags), the Braille blank, lone surrogates.
 */

const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u2800\ufff9-\ufffb\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes every unsafe character (`\x1b`, `\n`, `\u202e`). Safe strings are returned unchanged. */
export function escapeForTerminal(text: string): string {
  return text.replace(UNSAFE, character => {
    const named = NAMED[character];
    if (named !== undefined) return named;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const COLOURS = /\u001b\[[0-9;:]*m/g;

/** Allowed in logs in addition to safe text: tabs and colour emoji. */
const IN_LOGS = /(\t|\p{Extended_Pictographic}\ufe0f)/u;

/** Escapes a log line. Tabs and emoji are kept; colour sequences are removed, not escaped. */
export function escapeLogText(text: string): string {
  const plain = text.includes('\u001b') ? text.replace(COLOURS, '') : text;
  const parts = plain.split(IN_LOGS);
  return parts.map((part, i) => (i % 2 === 1 ? part : escapeForTerminal(part))).join('');
}

export function isSafeForTerminal(text: string): boolean {
  UNSAFE.lastIndex = 0;
  return !UNSAFE.test(text);
}

/** Escapes text inside JSON or double-quoted YAML: `\uXXXX` keeps the value and stays valid. Line breaks of the document are kept. */
export function escapeInDocument(text: string): string {
  return text.replace(UNSAFE, character => {
    if (character === '\n') return character;
    let out = '';
    for (let i = 0; i < character.length; i++) out += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
    return out;
  });
}

/** Characters that take one column: ASCII, Latin letters and the symbols in our own messages. */
const NARROW = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2013\u2014\u2026\u2192\u2502]*$/;

/** Returns a function that measures a string in terminal columns. `string-width` is loaded only when a text has other than narrow characters. */
export async function widthMeasure(texts: Iterable<string>): Promise<(text: string) => number> {
  for (const text of texts) {
    if (NARROW.test(text)) continue;
    const { default: stringWidth } = await import('string-width');
    return text => (NARROW.test(text) ? text.length : stringWidth(text));
  }
  return text => text.length;
}
