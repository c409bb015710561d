/** Signals and exit codes, as a shell shows them. */
import os from 'node:os';
import type { ExitStatus } from '../io.ts';

const NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = os.constants.signals;

/** The exit code of a process that a signal ended: 128 + its number. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + (NUMBERS[signal] ?? 0);
}

/** What a shell would say of a child that ended so: its own code, or 128 + n when a signal killed it. */
export function exitCodeOf({ code, signal }: ExitStatus): number {
  return signal === null ? (code ?? 1) : exitCodeOfSignal(signal);
}
