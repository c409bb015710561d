/**
 * Profiles in the user's AWS files, edited line by line (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
 * Rules: every other line, comments and line endings stay as they are. Only the keys that are set or removed change.
 * A key's further lines are indented; they belong to the key.
 */

/** Keys of a profile and their new values; undefined: the key is removed. */
export type ProfileChange = Readonly<Record<string, string | undefined>>;

/** The title of a profile's section in `~/.aws/config`. `~/.aws/credentials` uses the name alone. */
export function configSection(profile: string): string {
  return profile === 'default' ? profile : `profile ${profile}`;
}

/** The value of a key in a section. Undefined: there is no such key. */
export function valueIn(text: string, section: string, key: string): string | undefined {
  const lines = linesOf(text);
  const range = sectionRange(lines, section);
  const at = range && keyLine(lines, range, key);
  return at === undefined ? undefined : lines[at]?.replace(/^[^=]*=/, '').trim();
}

/** The text with a section changed. A section that is not there is added at the end, unless nothing is set in it. */
export function withProfile(text: string, section: string, change: ProfileChange): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = linesOf(text);
  const set = Object.entries(change).flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}`]));
  if (sectionRange(lines, section) === undefined) {
    if (set.length === 0) return text;
    const before = lines.length > 0 && lines.at(-1)?.trim() !== '' ? [''] : [];
    return [...lines, ...before, `[${section}]`, ...set, ''].join(eol);
  }
  for (const [key, value] of Object.entries(change)) changeKey(lines, section, key, value);
  return [...lines, ''].join(eol);
}

function changeKey(lines: string[], section: string, key: string, value: string | undefined): void {
  const range = sectionRange(lines, section);
  if (range === undefined) return;
  const at = keyLine(lines, range, key);
  const line = value === undefined ? [] : [`${key} = ${value}`];
  if (at === undefined) {
    // After the last line that is not empty, so that an empty line before the next section stays.
    let end = range.end;
    while (end > range.start + 1 && lines[end - 1]?.trim() === '') end--;
    lines.splice(end, 0, ...line);
    return;
  }
  let next = at + 1;
  while (next < range.end && /^\s+\S/.test(lines[next] ?? '')) next++;
  lines.splice(at, next - at, ...line);
}

/** The line of a title, and the line after the section. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The last section with this title: a later one wins. */
function sectionRange(lines: readonly string[], section: string): Range | undefined {
  const start = lines.findLastIndex(line => titleOf(line) === section);
  if (start === -1) return undefined;
  const next = lines.findIndex((line, i) => i > start && titleOf(line) !== undefined);
  return { start, end: next === -1 ? lines.length : next };
}

function titleOf(line: string): string | undefined {
  return /^\[\s*([^\]]*?)\s*\]/
    .exec(line)?.[1]
    ?.replace(/^(profile)\s+/, '$1 ')
    .replace(/^(profile )"(.*)"$/, '$1$2');
}

function keyLine(lines: readonly string[], { start, end }: Range, key: string): number | undefined {
  for (let i = end - 1; i > start; i--)
    if (/^([^\s#;=][^=]*?)\s*=/.exec(lines[i] ?? '')?.[1]?.toLowerCase() === key) return i;
  return undefined;
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}
