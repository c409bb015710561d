/** A time line as Markdown, for a ticket. Rule: foreign text cannot leave its cell or make a link. */
import { foldedNames } from '../lib/names.ts';
import { escapeForTerminal } from '../lib/terminal-text.ts';
import { type Event, tookText } from './event.ts';

export function markdownOf(title: string, events: readonly Event[]): string {
  const rows = events.map(event => [
    utcText(event.time),
    localText(event.time),
    cell(event.who ?? ''),
    cell([foldedNames(event.clusters), event.namespace].filter(Boolean).join(' / ')),
    code(event.what),
    cell([event.outcome, tookText(event)].filter(Boolean).join(', ')),
  ]);
  const head = ['UTC', 'Local', 'Who', 'Cluster', 'What', 'Outcome'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `## ${cell(title)}\n\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

function cell(text: string): string {
  return escapeForTerminal(text).replace(/[\\`*_{}[\]<>()#+!|~&@]/g, '\\$&');
}

/** As code. Within it, only backticks and the cell's border have a meaning. */
function code(text: string): string {
  return `\`${escapeForTerminal(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

/** `2026-11-29 10:03:11` */
export function utcText(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}

/** In the machine's time zone: `2026-11-29 11:03:11`. */
export function localText(time: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}
