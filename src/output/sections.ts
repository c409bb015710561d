/** Prints the details of one resource as labelled lines, wrapped by cli-table3 to the terminal's width. */
import type { JsonObject } from '../lib/json.ts';
import { escapeForTerminal } from '../lib/terminal-text.ts';
import type { Io } from '../platform/io.ts';
import { type ColorMode, styleFor } from './style.ts';
import { type OutputFormat, printObject } from './view.ts';

/** A label and its value. A field with an empty value is omitted. */
export type Field = readonly [label: string, value: string];

export interface Section {
  readonly title?: string;
  readonly fields: readonly Field[];
}

/** The details of one resource, for every output format. */
export interface Thing {
  readonly kind: string;
  readonly name: string;
  readonly json: JsonObject;
  readonly sections: readonly Section[];
}

/** Prints one resource on stdout in the given format. */
export async function printThing(
  io: Pick<Io, 'stdout' | 'stderr' | 'env' | 'isTTY' | 'columns'>,
  thing: Thing,
  options: { format: OutputFormat; color: ColorMode },
): Promise<void> {
  switch (options.format) {
    case 'json':
    case 'yaml':
      return printObject(io, thing.kind, thing.json, options.format);
    case 'name':
      io.stdout.write(`${escapeForTerminal(thing.name)}\n`);
      return;
    case 'tsv': {
      const fields = thing.sections.flatMap(section => section.fields);
      io.stdout.write(
        fields.map(([label, value]) => `${escapeForTerminal(label)}\t${escapeForTerminal(value)}\n`).join(''),
      );
      return;
    }
    default:
      return printSections(io, thing.sections, options.color);
  }
}

const NARROWEST_VALUE = 20;

export async function printSections(
  io: Pick<Io, 'stdout' | 'env' | 'isTTY' | 'columns'>,
  sections: readonly Section[],
  color: ColorMode,
): Promise<void> {
  const style = await styleFor(io, 'stdout', color);
  const shown = sections
    .map(section => ({ ...section, fields: section.fields.filter(([, value]) => value !== '') }))
    .filter(section => section.fields.length > 0);
  const labelWidth = shown
    .flatMap(section => section.fields)
    .reduce((max, [label]) => Math.max(max, escapeForTerminal(label).length), 0);
  const valueWidth = io.columns - labelWidth - 2;
  const wrap =
    io.isTTY.stdout &&
    valueWidth >= NARROWEST_VALUE &&
    shown.some(s => s.fields.some(([, v]) => v.length > valueWidth));
  const lines: string[] = [];
  for (const section of shown) {
    if (section.title !== undefined) lines.push('', style.bold(section.title));
    if (wrap) {
      // No colours here: wrapping could split an escape sequence.
      const { Table } = await import('../platform/libraries/cli-table3.ts');
      const table = new Table({
        chars: NO_CHARS,
        style: { 'padding-left': 0, 'padding-right': 0, compact: true, head: [], border: [] },
        colWidths: [labelWidth + 2, valueWidth],
        wordWrap: true,
        // A word that is longer than its column, such as a URL, can only be broken.
        wrapOnWordBoundary: section.fields.every(([, value]) => value.split(/\s+/).every(w => w.length <= valueWidth)),
      });
      for (const [label, value] of section.fields) table.push([escapeForTerminal(label), escapeForTerminal(value)]);
      lines.push(table.toString().replace(/[ \t]+$/gm, ''));
    } else {
      for (const [label, value] of section.fields) {
        lines.push(
          `${style.dim(escapeForTerminal(label))}${' '.repeat(labelWidth + 2 - escapeForTerminal(label).length)}${escapeForTerminal(value)}`,
        );
      }
    }
  }
  if (lines[0] === '') lines.shift();
  if (lines.length > 0) io.stdout.write(`${lines.join('\n')}\n`);
}

const NO_CHARS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
