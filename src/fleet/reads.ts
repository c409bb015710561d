/** Is a command certainly a read? Rule: in doubt, it is a write, which is shown and asked about. */
import { hasFlag, isDryRun, type KubectlLine, parseKubectlLine } from '../kubectl/line.ts';
import { KUBECTL_VERBS } from '../kubectl/verbs.ts';

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
  // A word that is no verb of kubectl can be a plugin, which may do anything, also with --help or --dry-run.
  if (line.problem !== undefined || line.hasUnknownFlag || !KUBECTL_VERBS.has(line.verb.split(' ')[0] ?? ''))
    return false;
  if (READS.has(line.verb)) return !(line.verb === 'get' && hasFlag(line, '--raw') && line.words.length > 0);
  // `create NAME` can be a plugin, too.
  return !(line.verb === 'create' && line.words.length > 0) && isDryRun(line);
}

/** Does the command read what is piped? kubectl does only where `-` stands; of other programs nobody knows. */
export function readsStdin({ line, words }: FleetCommand): boolean {
  return line === undefined || words.some(word => word === '-' || word.endsWith('=-') || word === '-f-');
}
