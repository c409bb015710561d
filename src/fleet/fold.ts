/**
 * Which clusters gave the same answer. Before two answers are compared, what differs in every cluster is masked: the cluster's own names and addresses,
 * ages, and the random ends of pod names.
 * Rule: equal texts are equal answers; masks only add more equal ones.
 */
import { sha256Hex } from '../platform/files/hash.ts';
import type { Cluster } from '../registry/cluster.ts';
import { type FleetResult, outcomeText } from './results.ts';

export interface Group {
  /** By alias. The first one gave the text that is shown. */
  readonly results: readonly FleetResult[];
}

/** The groups, the largest first; of groups of one size, answers before failures, then by the first alias. */
export function foldResults(results: readonly FleetResult[]): Group[] {
  const groupOf = new Map<string, FleetResult[]>();
  for (const result of results) {
    const keys = [answerOf(result, text => text), answerOf(result, withoutRandom), answerKey(result)];
    const group = [...new Set(keys.map(key => groupOf.get(key)).filter(known => known !== undefined))];
    const [first = [], ...others] = group;
    // One answer can join groups that seemed to differ.
    for (const other of others) {
      first.push(...other);
      for (const [key, value] of groupOf) if (value === other) groupOf.set(key, first);
    }
    first.push(result);
    for (const key of keys) groupOf.set(key, first);
  }
  const groups = [...new Set(groupOf.values())].map(list => ({ results: list.sort(byAlias) }));
  const isOk = ({ results: [first] }: Group) => first?.outcome === 'ok';
  return groups.sort(
    (a, b) =>
      b.results.length - a.results.length ||
      Number(isOk(b)) - Number(isOk(a)) ||
      (a.results[0] && b.results[0] ? byAlias(a.results[0], b.results[0]) : 0),
  );
}

function byAlias(a: FleetResult, b: FleetResult): number {
  return a.cluster.alias < b.cluster.alias ? -1 : 1;
}

/** Two answers of one cluster with the same key are equal. */
export function answerKey(result: FleetResult): string {
  return answerOf(result, text => masked(text, result.cluster));
}

const SHORT_CHARS = 60;

/** An answer in a few words: its first line, or why there is none. */
export function shortAnswer(result: FleetResult): string {
  if (result.outcome !== 'ok') return outcomeText(result);
  const lines = result.stdout.split('\n').filter(line => line.trim() !== '');
  const [first] = lines;
  if (first === undefined) return '(no output)';
  const cut = first.length > SHORT_CHARS ? `${first.slice(0, SHORT_CHARS)}…` : first;
  return lines.length === 1 ? cut : `${cut} (${lines.length} lines)`;
}

/** For a failure, stderr is compared too. */
function answerOf(result: FleetResult, mask: (text: string) => string): string {
  const { outcome, exitCode, stdout, stderr } = result;
  const words = outcome === 'ok' ? '' : stderr;
  // A long answer is not kept twice.
  return sha256Hex(JSON.stringify([outcome, exitCode ?? null, mask(stdout), mask(words)]));
}

/** The text with marks in the place of what differs in every cluster. Within a line, runs of spaces count as two: a column is as wide as its longest name. */
export function masked(text: string, cluster: Cluster): string {
  let result = withoutRandom(text);
  for (const [name, mark] of ownNames(cluster)) result = result.replace(name, mark);
  return result;
}

/** Without ages and the random ends of pod names. A cluster can have the name of an application, so this alone is compared too. */
function withoutRandom(text: string): string {
  return withoutAges(text)
    .replace(POD_NAME, '$1-…')
    .replace(/(?<=\S) {2,}/g, '  ')
    .replace(/ +$/gm, '');
}

/** The alphabet of random names (k8s.io/apimachinery, util/rand), and the two forms of a pod's name. */
const POD_NAME =
  /(?<=^|[\s/"'])([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)-(?:[bcdfghjklmnpqrstvwxz0-9a-f]{6,10}-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;

/** The cluster's own words, the longest first. A word counts only where it stands alone. */
function ownNames({ alias, id, localId, infrastructureAccount, region, apiServerUrl }: Cluster): [RegExp, string][] {
  const host = URL.canParse(apiServerUrl) ? new URL(apiServerUrl).host : '';
  const words: [string, string][] = [
    [id, '<id>'],
    [apiServerUrl, '<server>'],
    [host, '<host>'],
    [infrastructureAccount, '<account>'],
    [infrastructureAccount.replace(/^.*:/, ''), '<account number>'],
    [alias, '<alias>'],
    [localId, '<local id>'],
    [region, '<region>'],
  ];
  return words
    .filter(([word]) => word.length > 1)
    .sort(([a], [b]) => b.length - a.length)
    .map(([word, mark]) => [
      new RegExp(`(?<![A-Za-z0-9])${word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![A-Za-z0-9])`, 'g'),
      mark,
    ]);
}

const SPAN = /(?:\d+[ydhms]){1,3}|<unknown>|<invalid>/;
/** kubectl's columns that hold a time span. Other columns, such as CPU, can hold `100m` too, and are compared as they stand. */
const AGE_TITLES = /\b(AGE|LAST SEEN|FIRST SEEN|LAST SCHEDULE|Age)\b/;

function withoutAges(text: string): string {
  let column: number | undefined;
  return text
    .split('\n')
    .map(line => {
      const title = AGE_TITLES.exec(line);
      // A header has words that begin with capitals, not spans.
      if (title && !/\d[smhd]\b/.test(line)) {
        column = title.index;
        return line;
      }
      if (line.trim() === '') column = undefined;
      if (column === undefined) return line.replace(new RegExp(`^(\\s*Age:\\s+)${SPAN.source}`), '$1<age>');
      return maskedAt(line, column);
    })
    .join('\n');
}

/** Masks the span that begins at this column, and the restarts' age before it: `3 (5m ago)`. */
function maskedAt(line: string, column: number): string {
  const span = new RegExp(`^(?:${SPAN.source})(?=\\s|$)`);
  const at = line.slice(column);
  const shown = span.test(at) ? line.slice(0, column) + at.replace(span, '<age>') : line;
  return shown.replace(new RegExp(`\\((${SPAN.source}) ago\\)`, 'g'), '(<age> ago)');
}
