/** Prints a list in every output format. Each kind of resource has one View, which defines all formats. */
import { UsageError } from '../errors.ts';
import type { JsonObject } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { escapeForTerminal, escapeInDocument, isSafeForTerminal, widthMeasure } from '../lib/terminal-text.ts';
import type { Io } from '../platform/io.ts';
import { type ColorMode, type Style, styleFor } from './style.ts';

export const API_VERSION = 'zkubectl/v1';

export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'yaml', 'name', 'tsv'] as const;
/** The formats of log lines (stern's names). */
export const LOG_FORMATS = ['default', 'raw', 'json', 'extjson', 'ppextjson'] as const;
/** The formats of a time line. */
export const JOURNAL_FORMATS = [...OUTPUT_FORMATS, 'markdown'] as const;
/** The formats of one token (zign's names). */
export const TOKEN_FORMATS = ['text', 'json', 'tsv'] as const;
export type OutputFormat =
  | (typeof JOURNAL_FORMATS)[number]
  | (typeof LOG_FORMATS)[number]
  | (typeof TOKEN_FORMATS)[number];

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  /** Only shown by `-o wide`. */
  readonly wide?: boolean;
  /** Where a terminal is too narrow, columns with this number are left out, the lowest first. */
  readonly dropFirst?: number;
  /** On a narrow terminal, the column comes last. */
  readonly isLastWhenNarrow?: boolean;
  readonly style?: (row: T, style: Style) => ((text: string) => string) | undefined;
}

export interface View<T> {
  /** `Cluster`; lists of it are `ClusterList`. */
  readonly kind: string;
  readonly name: (row: T) => string;
  readonly columns: readonly Column<T>[];
  readonly toJson: (row: T) => JsonObject;
  /** The row as JSON text on one line, if it is already available. */
  readonly jsonText?: (row: T) => string | undefined;
  /** The message on stderr when the list is empty. */
  readonly empty: string;
}

export interface PrintOptions {
  readonly format: OutputFormat;
  readonly color: ColorMode;
  /** Additional fields next to `items` in JSON and YAML. */
  readonly extra?: JsonObject;
}

/** Throws UsageError (2) with the list of formats when the format is unknown. */
export function parseOutputFormat(word: string, allowed: readonly OutputFormat[] = OUTPUT_FORMATS): OutputFormat {
  // Upstream's name of the table.
  const named = word === 'text' && !allowed.includes('text') ? 'table' : word;
  const format = allowed.find(f => f === named);
  if (format !== undefined) return format;
  const [best] = nearest(word, allowed, 1);
  throw new UsageError(`unknown output format "${word}", allowed formats are: ${allowed.join(', ')}`, {
    code: 'unknown_format',
    hint: best === undefined ? undefined : `did you mean -o ${best}?`,
  });
}

type OutIo = Pick<Io, 'stdout' | 'stderr' | 'isTTY' | 'env' | 'columns'>;

/** Prints rows on stdout in the wanted format. */
export async function printList<T>(io: OutIo, view: View<T>, rows: readonly T[], options: PrintOptions): Promise<void> {
  switch (options.format) {
    case 'json':
    case 'yaml': {
      const fields = { apiVersion: API_VERSION, kind: `${view.kind}List`, ...options.extra };
      if (options.format === 'json' && !io.isTTY.stdout) return printLines(io, fields, view, rows);
      return printDocument(io, { ...fields, items: rows.map(view.toJson) }, options.format);
    }
    case 'name':
      io.stdout.write(rows.map(row => `${escapeForTerminal(view.name(row))}\n`).join(''));
      return;
    case 'tsv': {
      const lines = [view.columns.map(c => c.title.toLowerCase().replaceAll(' ', '_'))];
      for (const row of rows) lines.push(view.columns.map(c => escapeForTerminal(c.value(row))));
      io.stdout.write(lines.map(cells => `${cells.join('\t')}\n`).join(''));
      return;
    }
    default:
      if (rows.length === 0) io.stderr.write(`${view.empty}\n`);
      else io.stdout.write(await renderTable(io, view, rows, options));
  }
}

/** Prints one thing as JSON or YAML: its own fields, with `apiVersion` and `kind` before them. */
export function printObject(io: OutIo, kind: string, fields: JsonObject, format: 'json' | 'yaml'): Promise<void> {
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = fields;
  return printDocument(io, { apiVersion: API_VERSION, kind, ...rest }, format);
}

/** JSON for programs, with one item per line: fast to write, and easy to grep and diff. */
function printLines<T>(io: OutIo, fields: JsonObject, view: View<T>, rows: readonly T[]): void {
  const head = JSON.stringify(fields).slice(0, -1);
  const items = rows.map(row => view.jsonText?.(row) ?? JSON.stringify(view.toJson(row)));
  printJson(io, rows.length === 0 ? `${head},"items":[]}` : `${head},"items":[\n${items.join(',\n')}\n]}`);
}

/** JSON.stringify escapes the controls below U+0020. In ASCII text, only DEL remains to be escaped. */
function printJson(io: OutIo, text: string): void {
  io.stdout.write(`${isAscii(text) && !text.includes('\x7f') ? text : escapeInDocument(text)}\n`);
}

async function printDocument(io: OutIo, value: JsonObject, format: 'json' | 'yaml'): Promise<void> {
  if (format === 'json') {
    printJson(io, JSON.stringify(value, null, 2));
    return;
  }
  const { Document, isScalar, Scalar, visit } = await import('../platform/libraries/yaml.ts');
  const document = new Document(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === 'string' && !isSafeForTerminal(node.value))
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  io.stdout.write(
    escapeInDocument(
      document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER, blockQuote: false }),
    ),
  );
}

/** In UTF-8, only ASCII characters take a single byte. */
function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

const TITLE_SEPARATOR = '│';

/** From this width on, a table is the one that users know, and a line may wrap. */
const USUAL_COLUMNS = 80;

/** The columns that fit the terminal; all of them for `-o wide` and where there is no terminal. */
async function fitting<T>(io: OutIo, wanted: readonly Column<T>[], rows: readonly T[], isWide: boolean) {
  const isNarrow = io.isTTY.stdout && io.columns < USUAL_COLUMNS && !isWide;
  const all = isNarrow
    ? [...wanted.filter(column => !column.isLastWhenNarrow), ...wanted.filter(column => column.isLastWhenNarrow)]
    : wanted;
  const allCells = rows.map(row => all.map(column => escapeForTerminal(column.value(row))));
  const width = await widthMeasure(allCells.flat());
  const allWidths = all.map((column, i) =>
    allCells.reduce((max, row) => Math.max(max, width(row[i] ?? '')), column.title.length),
  );
  const left = new Set(all.keys());
  const total = () => [...left].reduce((sum, i) => sum + (allWidths[i] ?? 0) + 1, -1);
  const order = [...all.entries()]
    .filter(([, { dropFirst }]) => dropFirst !== undefined)
    .sort(([, a], [, b]) => (a.dropFirst ?? 0) - (b.dropFirst ?? 0));
  const dropped: string[] = [];
  for (const [i, { title }] of isNarrow ? order : []) {
    if (total() <= io.columns) break;
    left.delete(i);
    dropped.push(title);
  }
  if (dropped.length > 0)
    io.stderr.write(`(narrow terminal, not shown: ${dropped.join(', ')}; all columns: -o wide)\n`);
  const keep = <V>(values: readonly V[]) => values.filter((_, i) => left.has(i));
  return { columns: keep(all), cells: allCells.map(keep), width, widths: keep(allWidths) };
}

async function renderTable<T>(io: OutIo, view: View<T>, rows: readonly T[], options: PrintOptions): Promise<string> {
  const style = await styleFor(io, 'stdout', options.color);
  const isWide = options.format === 'wide';
  const { columns, cells, width, widths } = await fitting(
    io,
    view.columns.filter(column => isWide || !column.wide),
    rows,
    isWide,
  );
  const lines = linesOf(widths, isWide && io.isTTY.stdout ? io.columns : Number.POSITIVE_INFINITY);
  const isLast = (i: number) => lines.some(line => line.at(-1) === i);
  // Add the padding after the colour, so that the colour codes do not count as width.
  const padded = (text: string, i: number, paint?: (text: string) => string) =>
    (paint ? paint(text) : text) + (isLast(i) ? '' : ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(text))));
  const joined = (separator: string, cell: (column: Column<T>, i: number) => string) =>
    lines.map((line, n) => {
      const text = line.map(i => cell(columns[i] as Column<T>, i)).join(separator);
      return `${n === 0 ? '' : CONTINUED}${text}`.trimEnd();
    });
  const header = joined(TITLE_SEPARATOR, (column, i) => padded(column.title, i, style.bold));
  const body = rows.flatMap((row, r) =>
    joined(' ', (column, i) => padded(cells[r]?.[i] ?? '', i, column.style?.(row, style))),
  );
  return `${[...header, ...body].join('\n')}\n`;
}

/** Before the further lines of a row. */
const CONTINUED = '    ';

/** The columns of each line: a row that is wider than the terminal goes on in the next line, between two cells. */
function linesOf(widths: readonly number[], most: number): number[][] {
  const lines: number[][] = [[]];
  let used = 0;
  for (const [i, width] of widths.entries()) {
    if (used > 0 && used + width > most) {
      lines.push([]);
      used = CONTINUED.length;
    }
    lines.at(-1)?.push(i);
    used += width + 1;
  }
  return lines;
}
