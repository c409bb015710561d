/**
 * A check of `doctor`, and the runner: all checks run in parallel, each with its own deadline.
 * Rule: a finding contains no secrets, because people paste it into tickets.
 */
import { CliError, messageOf } from '../../errors.ts';
import type { Io } from '../../platform/io.ts';

/** `warning`: it works, but needs attention. `skipped`: there is nothing to check, or --offline is set. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Finding {
  readonly status: Status;
  /** What was found, on one line. */
  readonly found: string;
  /** What to do about it. */
  readonly remedy?: string | undefined;
}

export interface Check {
  readonly name: string;
  run(): Promise<Finding>;
}

export interface CheckReport extends Finding {
  readonly name: string;
  readonly milliseconds: number;
}

export const ok = (found: string): Finding => ({ status: 'ok', found });
export const warning = (found: string, remedy?: string): Finding => ({ status: 'warning', found, remedy });
export const failed = (found: string, remedy?: string): Finding => ({ status: 'failed', found, remedy });
export const skipped = (found: string): Finding => ({ status: 'skipped', found });
export const NOT_ASKED = skipped('not checked: --offline is set');

/** `1 context`, `2 contexts`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** What went wrong, as a finding. */
export function findingOf(error: unknown): Finding {
  return failed(messageOf(error), error instanceof CliError ? error.hint : undefined);
}

/** The worst status of several findings, with the texts of all findings that have this status. */
export function worst(findings: readonly Finding[]): Finding {
  const order: readonly Status[] = ['failed', 'warning', 'ok', 'skipped'];
  const status = order.find(s => findings.some(f => f.status === s)) ?? 'skipped';
  const bad = findings.filter(f => f.status === status);
  return {
    status,
    found: bad.map(f => f.found).join('; '),
    remedy: [...new Set(bad.flatMap(f => f.remedy ?? []))].join('; ') || undefined,
  };
}

/** Runs all checks in parallel. Resolves to a report for each check, in the same order; a check that exceeds the deadline fails. */
export function runChecks(
  io: Pick<Io, 'now' | 'sleep' | 'signal'>,
  checks: readonly Check[],
  deadlineMs: number,
): Promise<CheckReport[]> {
  return Promise.all(
    checks.map(async check => {
      const started = performance.now();
      const over = new AbortController();
      const late = io
        .sleep(deadlineMs, AbortSignal.any([over.signal, io.signal]))
        .then(() => failed(`timed out after ${Math.round(deadlineMs / 1000)} s`, 'try again'));
      late.catch(() => undefined);
      try {
        const finding = await Promise.race([check.run(), late]).catch(error => {
          if (io.signal.aborted) throw error;
          return findingOf(error);
        });
        return { ...finding, name: check.name, milliseconds: Math.round(performance.now() - started) };
      } finally {
        over.abort(new Error('over'));
      }
    }),
  );
}
