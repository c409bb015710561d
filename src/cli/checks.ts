/** Checks of user input, and the confirmation before a change. */
import { ExitCode, InterruptedError, messageOf, needsYes, UsageError } from '../errors.ts';
import { parseDuration } from '../lib/time.ts';
import type { OutputFormat } from '../output/view.ts';
import { type Io, isInteractive } from '../platform/io.ts';
import type { Context } from './context.ts';

/** The output format. The parser has already checked that the command supports it. */
export function formatOf(ctx: Pick<Context, 'globals'>): OutputFormat {
  return ctx.globals.output ?? 'table';
}

/** True with --yes, else asks the user. Throws UsageError (2) that names --yes when there is no terminal. */
export async function confirmOrFail(ctx: Pick<Context, 'io' | 'globals'>, question: string): Promise<boolean> {
  if (ctx.globals.yes) return true;
  if (!isInteractive(ctx.io)) throw needsYes(question);
  return ctx.io.prompt.confirm(question);
}

/** Runs what goes on until Ctrl-C: there it is no error. */
export async function untilCtrlC(io: Pick<Io, 'signal'>, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!isCtrlC(io)) throw error;
  }
}

/** Was the run ended by SIGINT? */
export function isCtrlC({ signal }: Pick<Io, 'signal'>): boolean {
  const { reason } = signal;
  return signal.aborted && reason instanceof InterruptedError && reason.exitCode === ExitCode.interrupted;
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Throws UsageError (2) when `name` is not a valid namespace name (RFC 1123 label). */
export function checkNamespaceName(name: string): void {
  if (NAMESPACE.test(name)) return;
  throw new UsageError(`invalid namespace name: ${name}`, {
    code: 'bad_namespace',
    hint: 'lower-case letters, digits and dashes, 63 at most',
  });
}

const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Throws UsageError (2) when `name` is not a valid object name (RFC 1123 subdomain). */
export function checkObjectName(kind: string, name: string): void {
  if (!OBJECT_NAME.test(name)) throw new UsageError(`invalid ${kind} name: ${name}`, { code: 'bad_name' });
}

/**
 * Parses a duration to whole seconds: in Go's syntax (`90s`, `1h30m`), with days (`2d`), or as a number of seconds. Throws UsageError (2).
 * @param least the shortest allowed duration, in seconds
 */
export function parseSpan(flag: string, text: string, least = 0): number {
  const ms = /^\d{1,7}$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  const seconds = ms === undefined ? Number.NaN : Math.ceil(ms / 1000);
  if (seconds >= least) return seconds;
  throw new UsageError(`${flag} takes a duration such as 30s, 10m or 48h, or a number of seconds, not ${text}`, {
    code: 'bad_flag',
  });
}

/** A regular expression of JavaScript. Throws UsageError (2). */
export function parseRegExp(name: string, text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch {
    // Unicode mode rejects some common escapes, such as `\-`.
    try {
      return new RegExp(text);
    } catch (error) {
      throw new UsageError(`${name} is not a valid regular expression: ${messageOf(error)}`, { code: 'bad_regex' });
    }
  }
}

/** A whole number of at least 1. Throws UsageError (2). */
export function countOf(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new UsageError(`${flag} is a number of at least 1, not ${value}`, { code: 'bad_flag' });
}
