/**
 * Profiles in the user's AWS files, edited line by line (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
 * Rules: every other line, comments and each line's ending stay as they are. Only the keys that are set or removed change.
 * As Python's configparser reads it (the AWS CLI): a key may be indented; a line that is indented more than its key continues it.
 */

/** Keys of a profile and their new values; undefined: the key is removed. */
export type ProfileChange = Readonly<Record<string, string | undefined>>;

/** The title of a profile's section in `~/.aws/config`. `~/.aws/credentials` uses the name alone. */
export function configSection(profile: string): string {
  return profile === 'default' ? profile : `profile ${profile}`;
}

/** The value of a key in the sections with this title. Undefined: there is no such key. */
export function valueIn(text: string, section: string, key: string): string | undefined {
  const lines = linesOf(text);
  const at = keysIn(lines, section).findLast(one => one.key === key)?.line;
  return at === undefined ? undefined : lines[at]?.replace(/^[^=:]*[=:]/, '').trim();
}

/**
 * The text with a section changed. A section that is not there is added at the end, unless nothing is set in it.
 * Throws RangeError for a value with a control character: it would be a line of its own.
 */
export function withProfile(text: string, section: string, change: ProfileChange): string {
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
  const lines = linesOf(text);
  const set = Object.entries(change).flatMap(([key, value]) => (value === undefined ? [] : [lineOf(key, value)]));
  if (!lines.some(line => titleOf(line) === section)) {
    if (set.length === 0) return text;
    const last = lines.at(-1);
    if (last !== undefined && !last.endsWith('\n')) lines[lines.length - 1] = last + eol;
    const before = last === undefined || last.trim() === '' ? [] : [eol];
    return [...lines, ...before, ...[`[${section}]`, ...set].map(line => line + eol)].join('');
  }
  for (const [key, value] of Object.entries(change)) changeKey(lines, section, key, value, eol);
  return lines.join('');
}

function lineOf(key: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what is looked for
  if (/[\u0000-\u001f\u007f]/.test(value)) throw new RangeError(`the value of ${key} has a control character`);
  return `${key} = ${value}`;
}

/** Sets a key where it is last, and removes it everywhere else; without it, adds it to the last section with this title. */
function changeKey(lines: string[], section: string, key: string, value: string | undefined, eol: string): void {
  const all = keysIn(lines, section);
  const found = all.filter(one => one.key === key);
  const keep = value === undefined ? undefined : found.at(-1);
  for (const one of found.toReversed()) {
    const [first = ''] = lines.slice(one.line, one.line + 1);
    const rest = lines.slice(one.line + 1, one.end).filter(isComment);
    const own = one === keep && value !== undefined ? [`${one.indent}${lineOf(key, value)}${eolOf(first, eol)}`] : [];
    lines.splice(one.line, one.end - one.line, ...own, ...rest);
  }
  if (value === undefined || keep !== undefined) return;
  const { start, end } = sectionsOf(lines, section).at(-1) ?? { start: lines.length, end: lines.length };
  // After the last line that is not empty, so that an empty line before the next section stays.
  let at = end;
  while (at > start + 1 && lines[at - 1]?.trim() === '') at--;
  const last = lines[at - 1];
  if (last !== undefined && !last.endsWith('\n')) lines[at - 1] = last + eol;
  const indent = all.findLast(one => one.line > start)?.indent ?? '';
  lines.splice(at, 0, `${indent}${lineOf(key, value)}${eolOf(last ?? '', eol)}`);
}

interface KeyLine {
  /** In lower case. */
  readonly key: string;
  readonly indent: string;
  readonly line: number;
  /** The line after the key and the lines that continue it. */
  readonly end: number;
}

function keysIn(lines: readonly string[], section: string): KeyLine[] {
  return sectionsOf(lines, section).flatMap(({ start, end }) => {
    const keys: KeyLine[] = [];
    for (let i = start + 1; i < end; i++) {
      const line = lines[i] ?? '';
      if (line.trim() === '' || isComment(line)) continue;
      const indent = /^\s*/.exec(line)?.[0] ?? '';
      const before = keys.at(-1);
      if (before !== undefined && indent.length > before.indent.length) {
        keys[keys.length - 1] = { ...before, end: i + 1 };
        continue;
      }
      const key = /^\s*([^=:]+?)\s*[=:]/.exec(line)?.[1]?.toLowerCase();
      if (key !== undefined) keys.push({ key, indent, line: i, end: i + 1 });
    }
    return keys;
  });
}

/** The sections with a title: the line of the title, and the line after the section. Of a key in several, the last wins. */
function sectionsOf(lines: readonly string[], section: string): { readonly start: number; readonly end: number }[] {
  return lines.flatMap((line, start) => {
    if (titleOf(line) !== section) return [];
    const next = lines.findIndex((other, i) => i > start && titleOf(other) !== undefined);
    return [{ start, end: next === -1 ? lines.length : next }];
  });
}

function titleOf(line: string): string | undefined {
  return /^\[\s*([^\]]*?)\s*\]/
    .exec(line)?.[1]
    ?.replace(/^(profile)\s+/, '$1 ')
    .replace(/^(profile )"(.*)"$/, '$1$2');
}

function isComment(line: string): boolean {
  return /^\s*[#;]/.test(line);
}

function eolOf(line: string, fallback: string): string {
  return /\r?\n$/.exec(line)?.[0] ?? fallback;
}

/** Each with its ending. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
