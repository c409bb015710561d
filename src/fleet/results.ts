/**
 * What became of each cluster of a run, counted so that it adds up to the selection.
 * Rule: an outcome says what was seen. What was not seen to end is `unknown`, never a success and never "not begun".
 */
import { ExitCode } from '../errors.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { foldedNames } from '../lib/names.ts';
import { formatSeconds } from '../lib/time.ts';
import type { Cluster } from '../registry/cluster.ts';

export const OUTCOMES = [
  'ok',
  'failed',
  'unreachable',
  'timedOut',
  'notLoggedIn',
  'forbidden',
  'interrupted',
  'unknown',
  'skipped',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The words of the last line. */
const WORDS: Readonly<Record<Outcome, string>> = {
  ok: 'answered',
  failed: 'failed',
  unreachable: 'unreachable',
  timedOut: 'timed out',
  notLoggedIn: 'not logged in',
  forbidden: 'forbidden',
  interrupted: 'interrupted',
  unknown: 'unknown',
  skipped: 'skipped',
};

export interface FleetResult {
  readonly cluster: Cluster;
  readonly outcome: Outcome;
  /** The command's exit code. Undefined: it did not run, or a signal ended it. */
  readonly exitCode: number | undefined;
  readonly seconds: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The objects of a `kubectl get` that this process answered, for JSON. */
  readonly objects?: readonly Json[];
}

/** A result of a cluster on which nothing ran. */
export function notRun(cluster: Cluster, outcome: Outcome, why = ''): FleetResult {
  return { cluster, outcome, exitCode: undefined, seconds: 0, stdout: '', stderr: why === '' ? '' : `${why}\n` };
}

export function clusterJson({ id, alias, environment, channel }: Cluster): JsonObject {
  return { id, alias, environment: environment || null, channel: channel || null };
}

/** `forbidden, exit code 1` */
export function outcomeText({ outcome, exitCode }: FleetResult): string {
  return exitCode === undefined ? WORDS[outcome] : `${WORDS[outcome]}, exit code ${exitCode}`;
}

/** The fields of a result, as in `-o json`. */
export function resultJson({ cluster, outcome, exitCode, seconds, stdout, stderr, objects }: FleetResult): JsonObject {
  const answer = objects === undefined ? { stdout } : { objects };
  return { cluster: clusterJson(cluster), outcome, exitCode: exitCode ?? null, seconds, ...answer, stderr };
}

/** Why kubectl or zkubectl failed: from zkubectl's exit codes, or from the messages of client-go and zkubectl on stderr. */
export function outcomeOfFailure(exitCode: number | undefined, stderr: string): Outcome {
  if (exitCode === ExitCode.auth) return 'notLoggedIn';
  if (exitCode === ExitCode.forbidden) return 'forbidden';
  if (exitCode === ExitCode.unreachable) return 'unreachable';
  if (/^error: You must be logged in|zkubectl: error: you are not logged in|\(Unauthorized\)/m.test(stderr))
    return 'notLoggedIn';
  if (/Error from server \(Forbidden\)|User "[^"\n]*" cannot [\w-]+ (resource|path) "/.test(stderr)) return 'forbidden';
  if (UNREACHABLE.test(stderr)) return 'unreachable';
  return 'failed';
}

/** kubectl could not reach the API server, or the server could not serve (5xx). */
const UNREACHABLE =
  /^Unable to connect to the server|connection (to the server .*was )?refused|no such host|x509: |i\/o timeout|TLS handshake|Error from server \((ServiceUnavailable|InternalError|Timeout|ServerTimeout)\)|unexpected EOF|connection reset/m;

/** `abckub, cart, checkout and 243 more` */
export function namesOf(clusters: readonly Pick<Cluster, 'alias'>[]): string {
  return foldedNames(clusters.map(({ alias }) => alias));
}

/** `243 answered, 4 unreachable (a, b, c, d) · 1.8 s`. Outcomes without a cluster are left out. */
export function summaryOf(results: readonly FleetResult[], seconds: number, okWord = WORDS.ok): string {
  const parts = OUTCOMES.flatMap(outcome => {
    const clusters = results.filter(result => result.outcome === outcome).map(({ cluster }) => cluster);
    if (clusters.length === 0) return [];
    const names = outcome === 'ok' ? '' : ` (${namesOf(clusters)})`;
    return [`${clusters.length} ${outcome === 'ok' ? okWord : WORDS[outcome]}${names}`];
  });
  return `${parts.join(', ')} · ${formatSeconds(seconds)}`;
}

/** The exit code of a run: 0, a class's own code when all that failed are of that class, else 1. */
export function exitCodeOfResults(results: readonly FleetResult[], wasStopped = false): number {
  const failed = results.filter(({ outcome }) => outcome !== 'ok');
  if (failed.length === 0) return ExitCode.ok;
  if (failed.some(({ outcome }) => outcome === 'interrupted')) return ExitCode.interrupted;
  if (wasStopped) return ExitCode.stopped;
  const codes = new Set(failed.map(({ outcome }) => CODES[outcome] ?? ExitCode.failed));
  const [code = ExitCode.failed] = codes;
  return codes.size === 1 ? code : ExitCode.failed;
}

const CODES: Partial<Record<Outcome, number>> = {
  unreachable: ExitCode.unreachable,
  timedOut: ExitCode.unreachable,
  notLoggedIn: ExitCode.auth,
  forbidden: ExitCode.forbidden,
};
