/** Signals and exit codes, as a shell shows them. */
import os from 'node:os';

const NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = os.constants.signals;

/** The exit code of a process that a signal ended: 128 + its number. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + (NUMBERS[signal] ?? 0);
}
