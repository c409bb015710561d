/** Writes messages, errors, hints and progress to stderr. All of them pass here, for one style and for the escaping of untrusted text. */
import { CliError, messageOf } from '../errors.ts';
import { escapeForTerminal } from '../lib/terminal-text.ts';
import { formatSpan } from '../lib/time.ts';
import type { Io } from '../platform/io.ts';
import { type ColorMode, wantsColor } from './style.ts';

type MessageIo = Pick<Io, 'stdout' | 'stderr' | 'isTTY' | 'env' | 'columns'>;

const RED = '31';
const YELLOW = '33';
const CYAN = '36';

export class Messages {
  readonly #io: MessageIo;
  readonly #debug: boolean;
  readonly #color: boolean;
  #progress = false;

  constructor(io: MessageIo, options: { debug: boolean; color: ColorMode }) {
    this.#io = io;
    this.#debug = options.debug;
    this.#color = wantsColor(io, 'stderr', options.color);
  }

  /** Prints an informational line. */
  say(line: string): void {
    this.#write(escapeForTerminal(line));
  }

  warn(line: string): void {
    this.#write(`zkubectl: ${this.#paint('warning:', YELLOW)} ${escapeForTerminal(line)}`);
  }

  /** A line that must be seen, in red. */
  alarm(line: string): void {
    this.#write(this.#paint(escapeForTerminal(line), RED));
  }

  hint(line: string): void {
    this.#write(`zkubectl: ${this.#paint('hint:', CYAN)} ${escapeForTerminal(line)}`);
  }

  /** Prints only with --debug or ZKUBECTL_DEBUG. Callers must not pass secrets. */
  debug(line: string): void {
    if (this.#debug) this.#write(`zkubectl: debug: ${escapeForTerminal(line)}`);
  }

  error(error: unknown): void {
    this.#write(`zkubectl: ${this.#paint('error:', RED)} ${escapeForTerminal(messageOf(error))}`);
    if (error instanceof CliError && error.hint) this.hint(error.hint);
    if (!this.#debug || !(error instanceof Error)) return;
    for (let cause = error.cause, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
      this.debug(`caused by ${cause.name}: ${cause.message}`);
    }
  }

  /** Reports a bug in zkubectl. Prints the stack with --debug. */
  bug(error: unknown): void {
    this.#write(
      `zkubectl: ${this.#paint('error:', RED)} this is a bug in zkubectl: ${escapeForTerminal(messageOf(error))}`,
    );
    if (!this.#debug) return this.hint('run the command again with --debug and report the stack trace');
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    for (const line of stack.split('\n')) this.debug(line);
  }

  /** Shows a progress line that the next one replaces. Only on a terminal. */
  progress(line: string): void {
    if (!this.#io.isTTY.stderr) return;
    // Leave room for the terminal's own `^C`: on a second line, it could not be removed.
    this.#io.stderr.write(`\r\x1b[K${escapeForTerminal(line).slice(0, Math.max(10, this.#io.columns - 3))}`);
    this.#progress = true;
    this.#io.stdout.beforeWrite = () => this.endProgress();
  }

  /** Shows what the command waits for and the time left (milliseconds). */
  waiting(what: string, leftMs: number): void {
    this.progress(`${formatSpan(leftMs)} left, waiting ${what}`);
  }

  endProgress(): void {
    if (this.#progress) this.#io.stderr.write('\r\x1b[K');
    this.#progress = false;
    this.#io.stdout.beforeWrite = undefined;
  }

  #write(line: string): void {
    this.endProgress();
    this.#io.stderr.write(`${line}\n`);
  }

  #paint(text: string, code: string): string {
    return this.#color ? `\x1b[${code}m${text}\x1b[39m` : text;
  }
}
