/** Prints the results of a run: folded, as a difference, a block for each cluster, or for programs. */
import type { Context } from '../cli/context.ts';
import type { TableForm } from '../kubernetes/table.ts';
import type { JsonObject } from '../lib/json.ts';
import { escapeForTerminal, escapeLogText } from '../lib/terminal-text.ts';
import { type Style, styleFor } from '../output/style.ts';
import { printObject } from '../output/view.ts';
import type { TableResult } from './api-answers.ts';
import { foldResults } from './fold.ts';
import { tableLines } from './get-table.ts';
import { type FleetResult, namesOf, outcomeText, resultJson } from './results.ts';

export type Layout = 'fold' | 'diff' | 'blocks';

const DIFF_CONTEXT = 3;

export async function showResults(
  ctx: Pick<Context, 'io' | 'globals'>,
  results: readonly FleetResult[],
  layout: Layout,
): Promise<void> {
  const { io } = ctx;
  const format = ctx.globals.output ?? 'table';
  if (format === 'json' || format === 'yaml')
    return printObject(io, 'RunResult', { items: results.map(resultJson) } as JsonObject, format);
  if (format === 'name') {
    for (const { cluster, outcome } of results) if (outcome === 'ok') io.stdout.write(`${cluster.alias}\n`);
    return;
  }
  const style = await styleFor(io, 'stdout', ctx.globals.color);
  const shown = results.filter(({ outcome }) => outcome !== 'skipped');
  const groups = layout === 'blocks' ? shown.map(result => ({ results: [result] })) : foldResults(shown);
  const [reference] = groups;
  const texts: string[] = [];
  for (const group of groups) {
    const [first] = group.results;
    if (first === undefined) continue;
    const isReference = group === reference || layout !== 'diff';
    const body = isReference ? textOf(first) : await differenceTo(reference?.results[0], first, style);
    texts.push(`${style.bold(headerOf(group.results))}\n${body}`);
  }
  io.stdout.write(texts.join('\n'));
  showWarnings(ctx, shown);
}

/** What commands that succeeded said on stderr, such as warnings. */
function showWarnings({ io }: Pick<Context, 'io'>, results: readonly FleetResult[]): void {
  const said = results.filter(({ outcome, stderr }) => outcome === 'ok' && stderr.trim() !== '');
  for (const group of foldResults(said.map(result => ({ ...result, stdout: result.stderr })))) {
    const [first] = group.results;
    if (first) io.stderr.write(`${headerOf(group.results)}: on stderr\n${textOf(first)}`);
  }
}

/** The table of all answers on stdout, and what failed on stderr. */
export async function showTable(
  ctx: Pick<Context, 'io' | 'globals'>,
  form: TableForm,
  results: readonly TableResult[],
  layout: Layout,
): Promise<void> {
  if (ctx.globals.output === 'name') return showResults(ctx, results, layout);
  const { io } = ctx;
  const lines = await tableLines(form, results);
  for (const line of lines) io.stdout.write(`${line}\n`);
  const tables = results.filter(result => result.tables !== undefined && result.outcome === 'ok');
  const others = results.filter(result => !tables.includes(result) && result.outcome !== 'skipped');
  if (lines.length === 0 && others.length === 0) io.stderr.write('No resources found\n');
  showWarnings(ctx, tables);
  // An answer that kubectl gave is data; the rest is not.
  const answered = others.filter(({ outcome }) => outcome === 'ok');
  const failed = others.filter(({ outcome }) => outcome !== 'ok');
  if (answered.length > 0) await showResults(ctx, answered, layout);
  if (failed.length > 0) await showResults({ globals: ctx.globals, io: { ...io, stdout: io.stderr } }, failed, layout);
}

/** `== 246 clusters: abckub, cart, checkout and 243 more`, `== cart: forbidden, exit code 1` */
function headerOf(results: readonly FleetResult[]): string {
  const [first] = results;
  const count = results.length === 1 ? '' : `${results.length} clusters: `;
  const ended = first === undefined || first.outcome === 'ok' ? '' : `: ${outcomeText(first)}`;
  return escapeForTerminal(`== ${count}${namesOf(results.map(({ cluster }) => cluster))}${ended}`);
}

/** The stderr of a failure follows its stdout. */
function textOf({ outcome, stdout, stderr }: FleetResult): string {
  const text = outcome === 'ok' ? stdout : `${endLine(stdout)}${stderr}`;
  // A line of the output must not look like a heading.
  const lines = text.split('\n').map(line => escapeLogText(line).replace(/^==/, ' =='));
  return text.trim() === '' ? '(no output)\n' : endLine(lines.join('\n'));
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

async function differenceTo(reference: FleetResult | undefined, result: FleetResult, style: Style): Promise<string> {
  if (reference === undefined) return textOf(result);
  const { structuredPatch } = await import('../platform/libraries/diff.ts');
  const { hunks } = structuredPatch('', '', textOf(reference), textOf(result), '', '', { context: DIFF_CONTEXT });
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: changed }) => [
    style.cyan(`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`),
    ...changed.map(line => (line.startsWith('+') ? style.green(line) : line.startsWith('-') ? style.red(line) : line)),
  ]);
  return `${lines.join('\n')}\n`;
}
