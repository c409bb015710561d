/**
 * Expected failures, each with the exit code that scripts rely on (docs/exit-codes.md).
 * Rules: imports nothing; a message says what failed and why, the hint says what to type next.
 */

/** The process exit codes of zkubectl. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  forbidden: 5,
  unreachable: 6,
  waiting: 8,
  stopped: 9,
  bug: 70,
  interrupted: 130,
} as const;

export interface CliErrorOptions {
  /** What to do next, one line each. */
  readonly hint?: string | undefined;
  /** The underlying error, shown with --debug. */
  readonly cause?: unknown;
  /** A stable word for scripts and tests, e.g. `no_such_cluster`. */
  readonly code?: string | undefined;
}

/** An expected failure: shown as `zkubectl: error: …` without a stack. */
export class CliError extends Error {
  readonly exitCode: number = ExitCode.failed;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(message: string, options: CliErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code ?? 'failed';
    this.hint = options.hint;
  }
}

/** Wrong flags, arguments or configuration (2). */
export class UsageError extends CliError {
  override readonly exitCode = ExitCode.usage;
}

/** The error for a question without a terminal to ask on. `flags`: the flags that answer the question. */
export function needsYes(question: string, flags = '--yes'): UsageError {
  return new UsageError(`confirmation needed: ${question}`, {
    code: 'needs_yes',
    hint: `add ${flags}: there is no terminal to ask on`,
  });
}

/** No such cluster, context or request (3). */
export class NotFoundError extends CliError {
  override readonly exitCode = ExitCode.notFound;
}

/** Not logged in, or the login was refused (4). */
export class AuthError extends CliError {
  override readonly exitCode = ExitCode.auth;
}

/** The server refused the request: HTTP 403 (5). */
export class ForbiddenError extends CliError {
  override readonly exitCode = ExitCode.forbidden;
}

/** Network, TLS, timeout, 5xx, or an invalid response (6). */
export class UnreachableError extends CliError {
  override readonly exitCode = ExitCode.unreachable;
}

/** A request is still waiting for somebody's approval (8). */
export class WaitingError extends CliError {
  override readonly exitCode = ExitCode.waiting;
}

/** Ctrl-C, or a cancelled prompt (130). */
export class InterruptedError extends CliError {
  override readonly exitCode: number = ExitCode.interrupted;
  constructor(message = 'interrupted', options: CliErrorOptions = {}) {
    super(message, { code: 'interrupted', ...options });
  }
}

/** The `code` of a Node or undici error (`ENOENT`, `ECONNREFUSED`, …), looked for along the chain of causes. */
export function systemErrorCode(error: unknown): string | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 6; e = (e as { cause?: unknown }).cause, depth++) {
    const code = (e as { code?: unknown }).code;
    if (typeof code === 'string' && !(e instanceof CliError)) return code;
    if (e instanceof AggregateError && e.errors.length > 0) {
      const inner = systemErrorCode(e.errors[0]);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

/** The message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
