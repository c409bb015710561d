/** kubectl's commands: their names from the pinned kubectl (generated/flags.json), and what its help does not say of them. */
import table from './generated/flags.json' with { type: 'json' };

/** The names of kubectl's own commands: a prefix of ours never takes one of these away. `help` and `options` are not in its help. */
export const KUBECTL_VERBS: ReadonlySet<string> = new Set([
  ...Object.keys(table.commands).filter(name => !name.includes(' ')),
  'help',
  'options',
]);

/** Commands that can destroy objects: kubectl/guard.ts decides for each line. */
const GUARDED = ['apply', 'delete', 'drain', 'replace'] as const;
export type GuardedVerb = (typeof GUARDED)[number];

export function isGuardedVerb(verb: string): verb is GuardedVerb {
  return (GUARDED as readonly string[]).includes(verb);
}

/** Commands that talk to no API server. */
const LOCAL: ReadonlySet<string> = new Set(['completion', 'config', 'help', 'kustomize', 'options', 'plugin']);

/** Does it talk to an API server? False, too, for what is no command of kubectl's. */
export function talksToServer(verb: string): boolean {
  return KUBECTL_VERBS.has(verb) && !LOCAL.has(verb);
}

/** Commands that neither take over the terminal nor run for long. */
const QUIET: ReadonlySet<string> = new Set(
  'annotate apply autoscale cordon create delete drain expose get describe label patch replace rollout scale set taint uncordon'.split(
    ' ',
  ),
);

export function isQuiet(verb: string): boolean {
  return QUIET.has(verb);
}

/** The verbs that this file names; a test holds them against the generated table. */
export const NAMED_VERBS: readonly string[] = [...GUARDED, ...LOCAL, ...QUIET];
