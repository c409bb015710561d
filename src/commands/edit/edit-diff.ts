/**
 * What an edit changes, as a unified diff for people.
 * Rule: where there is a Secret, only names, labels and types are shown as they are; of every other value, that it changed.
 */
import { isRecord } from '../../lib/json.ts';
import { escapeLogText } from '../../lib/terminal-text.ts';
import type { Style } from '../../output/style.ts';

const CONTEXT_LINES = 3;

/** Lines to print. What the text holds cannot steer the terminal. */
export async function changesOf(before: string, after: string, style: Style): Promise<string[]> {
  const [{ structuredPatch }, shown] = await Promise.all([
    import('../../platform/libraries/diff.ts'),
    masked(before, after),
  ]);
  if (shown === undefined) return ['(what was changed is no valid YAML, and may hold secrets: it is not shown)'];
  const patch = structuredPatch('', '', shown.before, shown.after, '', '', { context: CONTEXT_LINES });
  if (patch.hunks.length === 0) return ['(only comments or the form were changed)'];
  const paint = (line: string) => {
    const text = escapeLogText(line);
    if (line.startsWith('+')) return style.green(text);
    return line.startsWith('-') ? style.red(text) : text;
  };
  return patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    style.cyan(`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`),
    ...lines.filter(line => !line.startsWith('\\')).map(paint),
  ]);
}

/** Both texts without the comment at their head, and without secrets. Undefined: there may be some, and they cannot be told. */
async function masked(before: string, after: string): Promise<{ before: string; after: string } | undefined> {
  const texts = { before: withoutHead(before), after: withoutHead(after) };
  const { parseAllDocuments, Document } = await import('../../platform/libraries/yaml.ts');
  try {
    const objects = [texts.before, texts.after].map(text =>
      [...parseAllDocuments(text, { merge: true })].map(document => {
        if (document.errors[0]) throw document.errors[0];
        return document.toJS({ maxAliasCount: 100 }) as unknown;
      }),
    );
    if (!holdsSecret(objects)) return texts;
    const names = new Map<unknown, string>();
    const [a, b] = objects.map(documents =>
      documents.map(object => new Document(outline(object, names)).toString()).join('---\n'),
    );
    return { before: a ?? '', after: b ?? '' };
  } catch {
    // What the parser says of a mistake quotes it. A kind can be written in escapes.
    return /secret|\\[xu]/i.test(before + after) ? undefined : texts;
  }
}

function withoutHead(text: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex(line => !line.startsWith('#'));
  return lines.slice(Math.max(first, 0)).join('\n');
}

/** Is there a Secret, or a list of them, or a text that holds one? */
function holdsSecret(value: unknown): boolean {
  if (typeof value === 'string') return /\bkind["']?\s*:\s*["']?Secret/.test(value);
  if (Array.isArray(value)) return value.some(holdsSecret);
  if (!isRecord(value)) return false;
  return /^Secret/.test(String(value['kind'])) || Object.values(value).some(holdsSecret);
}

/** What of an object with a Secret in it is shown as it is: by where it stands, as a value may have come to the wrong place. */
const SHOWN =
  /^((items\.\d+\.)?(apiVersion|kind|type|immutable|metadata\.(name|namespace|labels\.[^.]+|uid|resourceVersion|creationTimestamp)))$/;

/** The object with every other value replaced by a name for it: the same name for the same value. */
function outline(value: unknown, names: Map<unknown, string>, path: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item, i) => outline(item, names, [...path, String(i)]));
  if (isRecord(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [key, outline(field, names, [...path, key])]),
    );
  if (SHOWN.test(path.join('.'))) return value;
  const name = names.get(value) ?? `(value ${names.size + 1}, not shown)`;
  names.set(value, name);
  return name;
}
