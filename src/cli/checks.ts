/** Checks of what was typed, and the question before a change. */
import { messageOf, needsYes, UsageError } from '../errors.ts';
import type { OutputFormat } from '../output/view.ts';
import { isInteractive } from '../platform/io.ts';
import type { Context } from './context.ts';

/** The output format: one of the command's own, which was checked when the command line was read. */
export function formatOf(ctx: Pick<Context, 'globals'>): OutputFormat {
  return ctx.globals.output ?? 'table';
}

/** A yes: from --yes, else asked. Without a terminal it is a UsageError (2) that names the flag. */
export async function confirmOrFail(ctx: Pick<Context, 'io' | 'globals'>, question: string): Promise<boolean> {
  if (ctx.globals.yes) return true;
  if (!isInteractive(ctx.io)) throw needsYes(question);
  return ctx.io.prompt.confirm(question);
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Throws UsageError (2) for what cannot be the name of a namespace (RFC 1123 label). */
export function checkNamespaceName(name: string): void {
  if (NAMESPACE.test(name)) return;
  throw new UsageError(`not a namespace's name: ${name}`, {
    code: 'bad_namespace',
    hint: 'lower-case letters, digits and dashes, 63 at most',
  });
}

const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Throws UsageError (2) for what cannot be the name of an object (RFC 1123 subdomain). */
export function checkObjectName(kind: string, name: string): void {
  if (!OBJECT_NAME.test(name)) throw new UsageError(`not the name of a ${kind}: ${name}`, { code: 'bad_name' });
}

const SPAN_UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * A span of time, in whole seconds: as Go writes it (`90s`, `1h30m`), days too, or a bare number of seconds. Throws UsageError (2).
 * @param least the shortest that makes sense
 */
export function parseSpan(flag: string, text: string, least = 0): number {
  const parts = [...text.matchAll(/(\d{1,7})(ms|[smhd])/g)];
  const isSpan = parts.length > 0 && parts.map(part => part[0]).join('') === text;
  const seconds = isSpan
    ? Math.ceil(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (SPAN_UNITS[unit ?? ''] ?? 0), 0))
    : /^\d{1,7}$/.test(text)
      ? Number(text)
      : Number.NaN;
  if (seconds >= least) return seconds;
  throw new UsageError(`${flag} takes a span such as 30s, 10m or 48h, or seconds, not ${text}`, { code: 'bad_flag' });
}

/** A regular expression of JavaScript. Throws UsageError (2). */
export function parseRegExp(name: string, text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch {
    // Some that others take, such as `\-`, are none in Unicode mode.
    try {
      return new RegExp(text);
    } catch (error) {
      throw new UsageError(`${name} is no regular expression: ${messageOf(error)}`, { code: 'bad_regex' });
    }
  }
}
