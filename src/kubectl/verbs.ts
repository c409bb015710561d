/** kubectl's commands: the names from the pinned kubectl (generated/flags.json), and properties that its help does not give. */
import table from './generated/flags.json' with { type: 'json' };

/** The names of kubectl's commands. A prefix of a zkubectl command never hides one of these. kubectl's help does not list `help` and `options`. */
export const KUBECTL_VERBS: ReadonlySet<string> = new Set([
  ...Object.keys(table.commands).filter(name => !name.includes(' ')),
  'help',
  'options',
]);

/** Commands that can destroy objects. kubectl/guard.ts checks each line. */
const GUARDED = ['apply', 'delete', 'drain', 'patch', 'replace', 'rollout undo', 'scale', 'taint'] as const;
export type GuardedVerb = (typeof GUARDED)[number];

export function isGuardedVerb(verb: string): verb is GuardedVerb {
  return (GUARDED as readonly string[]).includes(verb);
}

/** Commands that do not use an API server. */
const LOCAL: ReadonlySet<string> = new Set(['completion', 'config', 'help', 'kustomize', 'options', 'plugin']);

/** Does the command use no API server? @param verb may have a subcommand */
export function isLocalCommand(verb: string): boolean {
  return verb === '' || LOCAL.has(verb.split(' ')[0] ?? '');
}

/** Does the command use an API server? Also false for a word that is not a kubectl command. */
export function talksToServer(verb: string): boolean {
  return KUBECTL_VERBS.has(verb) && !LOCAL.has(verb);
}

/** Commands that do not take over the terminal: kubectl writes only errors and warnings to stderr. */
const QUIET: ReadonlySet<string> = new Set(
  'annotate api-resources api-versions apply auth autoscale cluster-info cordon create delete describe drain events explain expose get label logs patch replace rollout scale set taint top uncordon version wait'.split(
    ' ',
  ),
);

/** Commands that ask the server although no argument follows. The others print their usage. */
const WITHOUT_ARGUMENTS: ReadonlySet<string> = new Set([
  'api-resources',
  'api-versions',
  'auth whoami',
  'cluster-info',
  'cluster-info dump',
  'events',
  'proxy',
  'top node',
  'top pod',
  'version',
]);

/** @param verb with its subcommand, as in the generated table */
export function needsNoArguments(verb: string): boolean {
  return WITHOUT_ARGUMENTS.has(verb);
}

export function isQuiet(verb: string): boolean {
  return QUIET.has(verb);
}

/** The commands in this file. A test checks that the generated table has them. */
export const NAMED_COMMANDS: readonly string[] = [...GUARDED, ...LOCAL, ...QUIET, ...WITHOUT_ARGUMENTS];
