/** Exit codes for signals, as in a shell. */
import os from 'node:os';
import type { ExitStatus } from '../io.ts';

const NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = os.constants.signals;

/** The exit code of a process that a signal ended: 128 + its number. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + (NUMBERS[signal] ?? 0);
}

/** The exit code that a shell reports for a child: its own code, or 128 + n after signal n. */
export function exitCodeOf({ code, signal }: ExitStatus): number {
  return signal === null ? (code ?? 1) : exitCodeOfSignal(signal);
}
