/**
 * Output of a failed command that a shell evaluates (`env`, `sandbox env`): code that fails, so that `eval "$(zkubectl env X)" && kubectl delete …` stops.
 * The shell sees an empty output as success.
 */
import { CliError, ExitCode } from '../errors.ts';
import { failLine, SHELLS } from '../lib/shell-words.ts';
import type { Io } from '../platform/io.ts';
import { shellOf } from './shell.ts';

/** Writes the code. On a terminal, where nothing is evaluated, it writes nothing. */
export function writeFailedEval(
  io: Pick<Io, 'stdout' | 'isTTY' | 'platform' | 'signal' | 'env' | 'parentProgram'>,
  argv: readonly string[],
  error: unknown,
): void {
  if (io.isTTY.stdout) return;
  const reason: unknown = io.signal.aborted ? io.signal.reason : error;
  const typed = argv.flatMap((arg, i) => (arg === '--shell' ? [argv[i + 1]] : (/^--shell=(.*)$/.exec(arg)?.[1] ?? [])));
  const shell = SHELLS.find(name => name === typed.at(-1)) ?? shellOf(io);
  io.stdout.write(`${failLine(shell, reason instanceof CliError ? reason.exitCode : ExitCode.bug)}\n`);
}
