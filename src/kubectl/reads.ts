/** Is a kubectl line certainly a read? Rule: in doubt, it is a write, which is shown, asked about and noted. */
import { hasFlag, isDryRun, type KubectlLine } from './line.ts';
import { KUBECTL_VERBS } from './verbs.ts';

/** kubectl's reading commands, with their subcommands. */
const READS: ReadonlySet<string> = new Set([
  'api-resources',
  'api-versions',
  'auth can-i',
  'auth whoami',
  'cluster-info',
  'completion',
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
  'help',
  'logs',
  'options',
  'plugin list',
  'rollout history',
  'rollout status',
  // Also by the aliases of its subcommands: `top nodes`.
  'top',
  'top node',
  'top pod',
  'version',
  'wait',
]);

export function isCertainRead(line: KubectlLine): boolean {
  // A word that is no verb of kubectl can be a plugin, which may do anything, also with --help or --dry-run.
  if (line.problem !== undefined || line.hasUnknownFlag || !KUBECTL_VERBS.has(line.verb.split(' ')[0] ?? ''))
    return false;
  if (READS.has(line.verb)) return !(line.verb === 'get' && hasFlag(line, '--raw') && line.words.length > 0);
  // `create NAME` can be a plugin, too.
  return !(line.verb === 'create' && line.words.length > 0) && isDryRun(line);
}
