/** Is a command certainly a read? Rule: in doubt, it is a write, which is shown and asked about. */
import { hasFlag, isDryRun, isSwitchedOn, type KubectlLine, parseKubectlLine } from '../kubectl/line.ts';

/** kubectl's reading verbs, with their subcommands. */
const READS: ReadonlySet<string> = new Set([
  'api-resources',
  'api-versions',
  'auth can-i',
  'auth whoami',
  'cluster-info',
  'config current-context',
  'config get-clusters',
  'config get-contexts',
  'config get-users',
  'config view',
  'describe',
  'diff',
  'events',
  'explain',
  'get',
  'logs',
  'rollout history',
  'rollout status',
  'top node',
  'top pod',
  'version',
  'wait',
]);

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
  return { words, line, isRead: line !== undefined && isRead(line) };
}

function isRead(line: KubectlLine): boolean {
  if (line.problem !== undefined) return false;
  if (isSwitchedOn(line, '--help')) return true;
  // A plugin of kubectl with the name of a subcommand cannot be told from one: kubectl's own verbs alone are certain.
  if (READS.has(line.verb)) return !(line.verb === 'get' && hasFlag(line, '--raw') && line.words.length > 0);
  return line.verb !== '' && isDryRun(line);
}
