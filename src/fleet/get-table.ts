/** One table for all clusters: kubectl's own cells behind the alias (k8s.io/cli-runtime, printers). */
import { escapeForTerminal, widthMeasure } from '../lib/terminal-text.ts';
import type { GetRequest } from './get-request.ts';
import type { TableResult } from './get-run.ts';

const GAP = 3;

/** The lines. Clusters whose servers send other columns are in a table of their own. Empty: no cluster has an object. */
export async function tableLines(request: GetRequest, results: readonly TableResult[]): Promise<string[]> {
  const byHead = new Map<string, string[][]>();
  for (const { cluster, table } of results) {
    if (table === undefined) continue;
    const shown = table.columns.map((column, i) => ({ ...column, i })).filter(c => request.isWide || c.priority === 0);
    const head = [
      'CLUSTER',
      ...(request.isAllNamespaces ? ['NAMESPACE'] : []),
      ...shown.map(({ name }) => name.toUpperCase()),
      ...request.labelColumns.map(label => (label.split('/').at(-1) ?? label).toUpperCase()),
      ...(request.showLabels ? ['LABELS'] : []),
    ];
    const key = JSON.stringify(head);
    const rows = byHead.get(key) ?? [head];
    byHead.set(key, rows);
    for (const { cells, namespace, labels } of table.rows)
      rows.push([
        cluster.alias,
        ...(request.isAllNamespaces ? [namespace] : []),
        ...shown.map(({ i }) => cellText(cells[i])),
        ...request.labelColumns.map(label => labels[label] ?? ''),
        ...(request.showLabels ? [labelsText(labels)] : []),
      ]);
  }
  const tables = [...byHead.values()].filter(rows => rows.length > 1);
  const texts = await Promise.all(tables.map(rows => aligned(rows, request.withHeaders)));
  return texts.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

async function aligned(rows: readonly string[][], withHeaders: boolean): Promise<string[]> {
  const [head = [], ...body] = rows;
  const cells = (withHeaders ? [head, ...body] : body).map(row => row.map(escapeForTerminal));
  const width = await widthMeasure(cells.flat());
  const widths = head.map((_, i) => Math.max(...cells.map(row => width(row[i] ?? ''))));
  return cells.map(row =>
    row
      .map((text, i) => (i === row.length - 1 ? text : text + ' '.repeat((widths[i] ?? 0) - width(text) + GAP)))
      .join('')
      .trimEnd(),
  );
}

/** kubectl cuts a cell at its first line break. */
function cellText(cell: unknown): string {
  const text = cell === null || cell === undefined ? '<none>' : String(cell);
  const at = text.search(/[\n\r\f]/);
  return at === -1 ? text : `${text.slice(0, at)}...`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}
