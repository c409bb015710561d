/** One table for all clusters: kubectl's own cells behind the alias. Clusters whose servers send other columns are in a table of their own. */
import { cellsOf, formOf, type TableForm } from '../kubernetes/table.ts';
import { escapeForTerminal, widthMeasure } from '../lib/terminal-text.ts';
import type { TableResult } from './api-answers.ts';

const GAP = 3;

/** The lines. Empty: no cluster has an object. */
export async function tableLines(form: TableForm, results: readonly TableResult[]): Promise<string[]> {
  const byHead = new Map<string, string[][]>();
  const all = results.flatMap(({ tables = [] }) => tables);
  const shared = formOf(form, all);
  for (const { cluster, tables = [] } of results)
    for (const table of tables) {
      const { head, rows } = cellsOf(table, shared);
      const { group, plural } = table.resource;
      const key = JSON.stringify([group, plural, head]);
      const known = byHead.get(key) ?? [['CLUSTER', ...head]];
      byHead.set(key, known);
      for (const row of rows) known.push([cluster.alias, ...row]);
    }
  const shown = [...byHead.values()].filter(rows => rows.length > 1);
  const texts = await Promise.all(shown.map(rows => aligned(rows, form.withHeaders)));
  return texts.flatMap((lines, i) => (i === 0 || !form.withHeaders ? lines : ['', ...lines]));
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
