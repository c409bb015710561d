/**
 * Completion candidates, and the output format for each shell.
 * Rules: a candidate must be one plain word in every shell. Words with a metacharacter, a space or a control character are dropped, from any
 * source. Descriptions are shown but never inserted; control characters in them are escaped.
 */
import { escapeForTerminal } from '../lib/terminal-text.ts';

export interface Candidate {
  readonly word: string;
  readonly description?: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Add no space after the candidate: the word continues. */
  readonly noSpace?: boolean;
  /** The shell completes names of files or folders. */
  readonly files?: 'files' | 'folders';
}

export const NOTHING: Completion = { candidates: [] };

export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type CompletionShell = (typeof COMPLETION_SHELLS)[number];

/** One plain word in every shell; never a flag by accident. */
const PLAIN_WORD = /^[A-Za-z0-9_./:-][A-Za-z0-9_./:@%+,=-]*$/;

/** The candidates that begin with `partial` and are plain words, without duplicates, in order. `flags`: allow a leading dash. */
export function fitting(candidates: Iterable<Candidate>, partial: string, flags = false): Candidate[] {
  const seen = new Set<string>();
  const fit: Candidate[] = [];
  for (const candidate of candidates) {
    const { word } = candidate;
    if (!word.startsWith(partial) || !PLAIN_WORD.test(word) || (!flags && word !== '-' && word.startsWith('-')))
      continue;
    if (seen.has(word)) continue;
    seen.add(word);
    fit.push(candidate);
  }
  return fit;
}

export interface Presentation {
  readonly columns: number;
  /** bash: COMP_TYPE. With 37 (menu) and 42 (insert all), bash inserts the candidates literally. */
  readonly completionType: number;
  /** bash: the length of the part of the word that bash does not replace. */
  readonly cut: number;
}

/** Output for the completion script: first the directive (`nospace`, `described`, `files`, `folders`, or `-`), then one candidate per line. */
export function linesFor(shell: CompletionShell, completion: Completion, how: Presentation): string[] {
  if (completion.files !== undefined) return [completion.files];
  const described = completion.candidates.some(candidate => candidate.description);
  const directive =
    [completion.noSpace ? 'nospace' : '', described ? 'described' : ''].filter(Boolean).join(' ') || '-';
  return [directive, ...candidateLines(shell, completion.candidates, how)];
}

function candidateLines(shell: CompletionShell, candidates: readonly Candidate[], how: Presentation): string[] {
  if (shell === 'fish' || shell === 'powershell')
    return candidates.map(({ word, description }) => tabbed(word, description));
  const words = candidates.map(({ word }) => (shell === 'bash' ? word.slice(how.cut) : word));
  const isInserted = how.completionType === 37 || how.completionType === 42;
  if (shell === 'bash' && (candidates.length === 1 || isInserted)) return words;
  const width = Math.min(40, Math.max(0, ...words.map(word => word.length)));
  return candidates.map(({ description }, i) => {
    const word = words[i] ?? '';
    const line = description ? display(word, description, width, how.columns, shell) : word;
    return shell === 'zsh' ? `${word}\t${line}` : line;
  });
}

/** A candidate with its description, for a list. */
function display(word: string, description: string, width: number, columns: number, shell: CompletionShell): string {
  const room = columns - Math.max(width, word.length) - 6;
  const text = plainLine(description);
  if (room < 8) return word;
  const cut = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  // Remove glob characters: bash would expand them.
  return shell === 'bash'
    ? `${word.padEnd(width)}  (${cut.replace(/[*?[\]\\]/g, ' ')})`
    : `${word.padEnd(width)}  -- ${cut}`;
}

function tabbed(word: string, description: string | undefined): string {
  return description ? `${word}\t${plainLine(description)}` : word;
}

function plainLine(text: string): string {
  return escapeForTerminal(text.replace(/\s+/g, ' ').trim()).slice(0, 300);
}

const NO_SPACE = 2;
const NO_FILES = 4;
const FOLDERS = 16;

/** The output of `__complete` in cobra's format, as in kubectl: candidates, then a directive number. */
export function cobraLines({ candidates, noSpace, files }: Completion, withDescriptions: boolean): string[] {
  const directive = files === 'files' ? 0 : files === 'folders' ? FOLDERS : NO_FILES + (noSpace ? NO_SPACE : 0);
  return [
    ...candidates.map(({ word, description }) => tabbed(word, withDescriptions ? description : undefined)),
    `:${directive}`,
  ];
}

/** Reads cobra's `__complete` output. */
export function readCobra(text: string): Completion {
  const lines = text.split('\n').filter(line => line !== '');
  const last = /^:(\d+)$/.exec(lines.at(-1) ?? '');
  const directive = Number(last?.[1] ?? NO_FILES);
  const candidates = (last ? lines.slice(0, -1) : lines).map(line => {
    const [word = '', description] = line.split('\t');
    return { word, ...(description ? { description } : {}) };
  });
  // 1: error. 8: complete files; the candidates are their extensions.
  if (directive & 1) return NOTHING;
  if (directive & 8) return { candidates: [], files: 'files' };
  if (directive & FOLDERS) return { candidates: [], files: 'folders' };
  if (candidates.length === 0 && !(directive & NO_FILES)) return { candidates: [], files: 'files' };
  return { candidates, noSpace: Boolean(directive & NO_SPACE) };
}
