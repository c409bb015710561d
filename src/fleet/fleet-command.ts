/** What the command of a run is. */
import { type KubectlLine, parseKubectlLine } from '../kubectl/line.ts';
import { isCertainRead } from '../kubectl/reads.ts';

export interface FleetCommand {
  /** As it was typed: the program and its arguments. */
  readonly words: readonly string[];
  /** Undefined: the program is neither kubectl nor zkubectl. */
  readonly line: KubectlLine | undefined;
  readonly isRead: boolean;
}

export function fleetCommand(words: readonly string[]): FleetCommand {
  const [program = '', ...args] = words;
  // zkubectl passes kubectl's reading verbs on.
  const line = program === 'kubectl' || program === 'zkubectl' ? parseKubectlLine(args) : undefined;
  return { words, line, isRead: line !== undefined && isCertainRead(line) };
}

/** Does the command read stdin? kubectl reads it only if an argument is `-`. For any other program this is unknown, so the answer is yes. */
export function readsStdin({ line, words }: FleetCommand): boolean {
  return line === undefined || words.some(word => word === '-' || word.endsWith('=-') || word === '-f-');
}
