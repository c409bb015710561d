/**
 * What an edit changes, as a unified diff for people.
 * Rule: a value of a Secret is never shown, nor what it was made from; that it changed is.
 */
import { isRecord } from '../json.ts';
import type { Style } from '../output/style.ts';
import { harmlessLogText } from '../output/text.ts';

const CONTEXT_LINES = 3;

/** Lines to print. What the text holds cannot steer the terminal. */
export async function changesOf(before: string, after: string, style: Style): Promise<string[]> {
  const [{ structuredPatch }, shown] = await Promise.all([import('../libraries/diff.ts'), masked(before, after)]);
  if (shown === undefined) return ['(what was changed is no valid YAML, and may hold secrets: it is not shown)'];
  const patch = structuredPatch('', '', shown.before, shown.after, '', '', { context: CONTEXT_LINES });
  if (patch.hunks.length === 0) return ['(only comments or the form were changed)'];
  const paint = (line: string) => {
    const text = harmlessLogText(line);
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
  if (!mayHoldSecret(texts.before) && !mayHoldSecret(texts.after)) return texts;
  const { parseDocument, Document } = await import('../libraries/yaml.ts');
  const objects: unknown[] = [];
  for (const text of [texts.before, texts.after]) {
    const document = parseDocument(text);
    if (document.errors.length > 0) return undefined;
    objects.push(document.toJS({ maxAliasCount: 100 }));
  }
  const names = new Map<unknown, string>();
  for (const object of objects) collectSecrets(object, names);
  const [a, b] = objects.map(object => new Document(withoutSecrets(object, names)).toString());
  return { before: a ?? '', after: b ?? '' };
}

/** The word as a kind, also in JSON, in flow style or quoted. */
function mayHoldSecret(text: string): boolean {
  return /kind["']?\s*:\s*["']?Secret/.test(text) || /\\u|[!&*]\w/.test(text);
}

function withoutHead(text: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex(line => !line.startsWith('#'));
  return lines.slice(Math.max(first, 0)).join('\n');
}

/** What `kubectl apply` keeps there is the whole object, with its values. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Names every value of every Secret: the same name for the same value. */
function collectSecrets(value: unknown, names: Map<unknown, string>): void {
  if (Array.isArray(value)) for (const item of value) collectSecrets(item, names);
  if (!isRecord(value)) return;
  if (/^Secret/.test(String(value['kind']))) {
    const { metadata, data, stringData } = value;
    const annotations = isRecord(metadata) && isRecord(metadata['annotations']) ? metadata['annotations'] : {};
    for (const field of [data, stringData, annotations[LAST_APPLIED]]) collectValues(field, names);
  }
  for (const field of Object.values(value)) collectSecrets(field, names);
}

function collectValues(field: unknown, names: Map<unknown, string>): void {
  if (field !== null && typeof field === 'object')
    for (const inner of Object.values(field)) collectValues(inner, names);
  else if (field !== undefined && !names.has(field)) names.set(field, `(secret value ${names.size + 1}, not shown)`);
}

/** The same with those values replaced by their names, wherever they stand. */
function withoutSecrets(value: unknown, names: ReadonlyMap<unknown, string>): unknown {
  if (Array.isArray(value)) return value.map(item => withoutSecrets(item, names));
  if (!isRecord(value)) return names.get(value) ?? value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withoutSecrets(field, names)]));
}
