/**
 * The changes of an edit, as a unified diff for the user.
 * Rule: in a text with a Secret, only names, labels and types are shown; for every other value, only the fact that it changed.
 */
import { isRecord } from '../../lib/json.ts';
import { escapeLogText } from '../../lib/terminal-text.ts';
import type { Style } from '../../output/style.ts';

const CONTEXT_LINES = 3;

/** The lines to print. Control characters of the text are escaped. */
export async function changesOf(before: string, after: string, style: Style): Promise<string[]> {
  const [{ structuredPatch }, shown] = await Promise.all([
    import('../../platform/libraries/diff.ts'),
    masked(before, after),
  ]);
  if (shown === undefined) return ['(changes not shown: the text is not valid YAML and may contain secrets)'];
  const patch = structuredPatch('', '', shown.before, shown.after, '', '', { context: CONTEXT_LINES });
  if (patch.hunks.length === 0) return ['(only comments or formatting changed)'];
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

/** Both texts without their leading comment and without secrets. Undefined: the texts may contain secrets that cannot be found. */
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
    // The parser's error quotes the text, so it is not shown. `kind: Secret` can also be written with escapes.
    return /secret|\\[xu]/i.test(before + after) ? undefined : texts;
  }
}

function withoutHead(text: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex(line => !line.startsWith('#'));
  return lines.slice(Math.max(first, 0)).join('\n');
}

/** Does the value contain a Secret, a list of Secrets, or a text with a Secret in it? */
function holdsSecret(value: unknown): boolean {
  if (typeof value === 'string') return /\bkind["']?\s*:\s*["']?Secret/.test(value);
  if (Array.isArray(value)) return value.some(holdsSecret);
  if (!isRecord(value)) return false;
  return /^Secret/.test(String(value['kind'])) || Object.values(value).some(holdsSecret);
}

/** The fields that are shown in an object with a Secret. Matched by their full path, because a secret value may be in the wrong place. */
const SHOWN =
  /^((items\.\d+\.)?(apiVersion|kind|type|immutable|metadata\.(name|namespace|labels\.[^.]+|uid|resourceVersion|creationTimestamp)))$/;

/** A copy of the object with every other value replaced by a placeholder; equal values get the same placeholder. */
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
