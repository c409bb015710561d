/**
 * Foreign strings for a terminal: whatever could move the cursor, colour, hide or forge lines is shown escaped.
 * Covered: C0 and C1 controls (ESC, CSI, OSC, CR, LF, TAB), DEL, bidi controls, line separators, everything that Unicode shows as nothing
 * (Default_Ignorable_Code_Point: zero-width characters, fillers, variation selectors, tags), the Braille blank, lone surrogates.
 */

const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u2800\ufff9-\ufffb\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The string with every unsafe character escaped (`\x1b`, `\n`, `\u202e`). Safe strings come back as they are. */
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

/** What a log may have beside safe text: tabs, and emoji in colour. */
const IN_LOGS = /(\t|\p{Extended_Pictographic}\ufe0f)/u;

/** A line of a program's log, made safe; tabs and emoji stay, and its colours are taken away rather than shown escaped. */
export function escapeLogText(text: string): string {
  const plain = text.includes('\u001b') ? text.replace(COLOURS, '') : text;
  const parts = plain.split(IN_LOGS);
  return parts.map((part, i) => (i % 2 === 1 ? part : escapeForTerminal(part))).join('');
}

export function isSafeForTerminal(text: string): boolean {
  UNSAFE.lastIndex = 0;
  return !UNSAFE.test(text);
}

/** The same for text that is JSON or YAML in double quotes already: `\uXXXX` keeps the value and stays valid. Line breaks are the document's own. */
export function escapeInDocument(text: string): string {
  return text.replace(UNSAFE, character => {
    if (character === '\n') return character;
    let out = '';
    for (let i = 0; i < character.length; i++) out += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
    return out;
  });
}

/** Characters of one column each: ASCII, Latin letters, and those our own texts are made of. */
const NARROW = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2013\u2014\u2026\u2192\u2502]*$/;

/** Columns that a string takes on a terminal. Narrow characters are counted; the rest is measured by `string-width`, loaded where there is any. */
export async function widthMeasure(texts: Iterable<string>): Promise<(text: string) => number> {
  for (const text of texts) {
    if (NARROW.test(text)) continue;
    const { default: stringWidth } = await import('string-width');
    return text => (NARROW.test(text) ? text.length : stringWidth(text));
  }
  return text => text.length;
}
