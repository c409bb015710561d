/** Server-side tables (meta.k8s.io/v1), and the text that kubectl makes of them (k8s.io/cli-runtime, printers). */
import { isRecord, recordAt, recordsAt } from '../lib/json.ts';
import { kubectlAge } from '../lib/time.ts';
import { type ApiResource, kindPrefix } from './api-resources.ts';

export const TABLE_TYPE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export interface TableColumn {
  readonly name: string;
  /** 0: always shown; else only with -o wide. */
  readonly priority: number;
  /** Has the object's name. */
  readonly isName: boolean;
}

export interface TableRow {
  readonly cells: readonly unknown[];
  /** The whole object if the request asked for it; otherwise only its metadata. */
  readonly object: Readonly<Record<string, unknown>>;
}

/** The objects of one kind. */
export interface ResourceTable {
  readonly resource: ApiResource;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

/** kubectl's flags for tables. */
export interface TableForm {
  readonly isWide: boolean;
  readonly withHeaders: boolean;
  readonly isAllNamespaces: boolean;
  readonly labelColumns: readonly string[];
  readonly showLabels: boolean;
  /** Names have their kind in front. */
  readonly withKind: boolean;
}

/** The table in a response. If the server sends no Table: the name and the age of each object, as kubectl shows them. */
export function tableIn(body: unknown, now: Date): Omit<ResourceTable, 'resource'> {
  if (isRecord(body) && body['kind'] === 'Table')
    return {
      columns: recordsAt(body, 'columnDefinitions').map(({ name, priority, format, type }) => ({
        name: String(name),
        priority: Number(priority ?? 0),
        isName: format === 'name' && type === 'string',
      })),
      rows: recordsAt(body, 'rows').map(row => ({
        cells: Array.isArray(row['cells']) ? (row['cells'] as unknown[]) : [],
        object: recordAt(row, 'object'),
      })),
    };
  const objects =
    isRecord(body) && Array.isArray(body['items']) ? recordsAt(body, 'items') : isRecord(body) ? [body] : [];
  return {
    columns: [
      { name: 'Name', priority: 0, isName: true },
      { name: 'Age', priority: 0, isName: false },
    ],
    rows: objects.map(object => {
      const { name, creationTimestamp } = recordAt(object, 'metadata');
      return { cells: [name, kubectlAge(creationTimestamp, now)], object };
    }),
  };
}

/** Where there are several kinds, names have their kind in front. */
export function formOf(form: TableForm, tables: readonly ResourceTable[]): TableForm {
  const kinds = new Set(tables.map(({ resource }) => kindPrefix(resource)));
  return { ...form, withKind: form.withKind || kinds.size > 1 };
}

/** The heading and the cells of a table. */
export function cellsOf(
  table: ResourceTable,
  form: TableForm,
  withNamespace = form.isAllNamespaces && table.resource.isNamespaced,
): { head: string[]; rows: string[][] } {
  const shown = table.columns.map((column, i) => ({ ...column, i })).filter(c => form.isWide || c.priority === 0);
  const named = form.withKind ? table.columns.findIndex(({ isName }) => isName) : -1;
  return {
    head: [
      ...(withNamespace ? ['NAMESPACE'] : []),
      ...shown.map(({ name }) => name.toUpperCase()),
      ...form.labelColumns.map(label => (label.split('/').at(-1) ?? label).toUpperCase()),
      ...(form.showLabels ? ['LABELS'] : []),
    ],
    rows: table.rows.map(({ cells, object }) => {
      const metadata = recordAt(object, 'metadata');
      const labels = recordAt(metadata, 'labels');
      return [
        ...(withNamespace ? [String(metadata['namespace'] ?? '')] : []),
        ...shown.map(({ i }) => `${i === named ? `${kindPrefix(table.resource)}/` : ''}${cellText(cells[i])}`),
        ...form.labelColumns.map(label => String(labels[label] ?? '')),
        ...(form.showLabels ? [labelsText(labels)] : []),
      ];
    }),
  };
}

/** kubectl cuts a cell at its first line break. */
function cellText(cell: unknown): string {
  const text = cell === null || cell === undefined ? '' : String(cell);
  const at = text.search(/[\n\r\f]/);
  return at === -1 ? text : `${text.slice(0, at)}...`;
}

function labelsText(labels: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

/** kubectl's output. Empty: no objects. */
export function tablesText(tables: readonly ResourceTable[], form: TableForm): string {
  const texts = tables
    .filter(({ rows }) => rows.length > 0)
    .map((table, i, shown) => {
      // kubectl keeps the column from the first kind that has it.
      const hasNamespaces = shown.slice(0, i + 1).some(({ resource }) => resource.isNamespaced);
      const { head, rows } = cellsOf(table, form, form.isAllNamespaces && hasNamespaces);
      return alignedText(form.withHeaders ? [head, ...rows] : rows);
    });
  return texts.join(form.withHeaders ? '\n' : '');
}

const MIN_WIDTH = 6;
const GAP = 3;

/** Aligns columns as kubectl's tab writer does: widths in characters, no padding after the last column. */
export function alignedText(rows: readonly (readonly string[])[]): string {
  const count = Math.max(0, ...rows.map(row => row.length));
  const widths = Array.from({ length: count }, (_, i) =>
    Math.max(MIN_WIDTH, ...rows.map(row => [...(row[i] ?? '')].length + GAP)),
  );
  return rows
    .map(row => {
      const cells = row.map((text, i) =>
        i === row.length - 1 ? text : text + ' '.repeat((widths[i] ?? 0) - [...text].length),
      );
      return `${cells.join('')}\n`;
    })
    .join('');
}
