/**
 * The guard: before a destructive command on a guarded cluster, it shows the affected objects and asks the user to type the cluster's name.
 * Rules: an ambiguous line is refused. The target is resolved once. Only the objects shown are changed. Before the answer, only
 * dry runs are sent. A cluster whose environment cannot be verified is guarded.
 */
import { isGuarded } from '../clusters/guarded.ts';
import { UsageError } from '../errors.ts';
import { confirmPlain, type Guard, type GuardWorld, needTerminal } from './confirm.ts';
import { argsOf, hasFlag, isDryRun, isSwitchedOn, type KubectlLine, TABLE_VERSION, withoutFlags } from './line.ts';
import { pinned } from './pinned-target.ts';
import { type GuardedVerb, isGuardedVerb, KUBECTL_VERBS } from './verbs.ts';

interface VerbGuard {
  /** Can this line destroy objects? */
  readonly destroys: (line: KubectlLine) => boolean;
  /** True: only a preview shows whether the line destroys something. */
  readonly isByEffect?: (line: KubectlLine) => boolean;
  readonly load: (line: KubectlLine) => Promise<Guard>;
}

/** The guarded kubectl verbs (docs/plugins.md lists what is not guarded). */
const GUARDED: Readonly<Record<GuardedVerb, VerbGuard>> = {
  delete: { destroys: () => true, load: async () => (await import('./guard-delete.ts')).guardDelete },
  drain: { destroys: () => true, load: async () => (await import('./guard-drain.ts')).guardDrain },
  replace: {
    destroys: () => true,
    isByEffect: line => !isSwitchedOn(line, '--force'),
    load: async line =>
      isSwitchedOn(line, '--force')
        ? (await import('./guard-files.ts')).guardReplace
        : (await import('./guard-effect.ts')).guardFiles,
  },
  apply: {
    destroys: () => true,
    isByEffect: line => !isSwitchedOn(line, '--prune') && !isSwitchedOn(line, '--force'),
    load: async line => {
      const files = await import('./guard-files.ts');
      if (isSwitchedOn(line, '--prune')) return files.guardPrune;
      return isSwitchedOn(line, '--force') ? files.guardForce : (await import('./guard-effect.ts')).guardFiles;
    },
  },
  scale: {
    destroys: () => true,
    isByEffect: () => true,
    load: async () => (await import('./guard-effect.ts')).guardScale,
  },
  patch: {
    destroys: () => true,
    isByEffect: () => true,
    load: async () => (await import('./guard-effect.ts')).guardPatch,
  },
  'rollout undo': { destroys: () => true, load: async () => (await import('./guard-undo.ts')).guardUndo },
  taint: {
    // One NoExecute taint of several is enough. A node's name has no colon, so only a taint matches.
    destroys: ({ words }) => words.some(word => word.endsWith(':NoExecute')),
    load: async () => (await import('./guard-taint.ts')).guardTaint,
  },
};

/** Does the guard apply to this line? @param ask always: to every line that may write */
export function isGuardedLine(line: KubectlLine, ask: GuardWorld['policy']['ask']): boolean {
  if (ask === 'off') return false;
  return ask === 'always' || (isGuardedVerb(line.verb) && GUARDED[line.verb].destroys(line));
}

/** The line without zkubectl's --yes, which kubectl does not have. Undefined: no --yes, or the verb is not kubectl's. */
export function withoutYes(line: KubectlLine): KubectlLine | undefined {
  if (!KUBECTL_VERBS.has(line.verb.split(' ')[0] ?? '') || !hasFlag(line, '--yes')) return undefined;
  return { ...line, flags: withoutFlags(line.flags, '--yes') };
}

/** Runs a line with a guarded verb. Throws UsageError (2) if the line is ambiguous, or needs a confirmation and there is no terminal. */
export async function runGuarded(world: GuardWorld, given: KubectlLine): Promise<number> {
  refuseUncertain(given);
  if (given.verb === 'delete' && hasFlag(given, '--all'))
    throw new UsageError('delete --all is refused: it deletes every object of a kind', {
      code: 'delete_all',
      hint: 'name the objects, or select them by label: -l app=checkout',
    });
  const line = withoutYes(given) ?? given;
  const isFree = isDryRun(line) || isSwitchedOn(line, '--help') || world.policy.ask === 'off';
  if (world.yes || isSwitchedOn(given, '--yes') || isFree) return world.run(argsOf(line));
  const target = await world.target(line);
  try {
    const there = pinned(line, target);
    if (!isGuarded(target.environment, world.policy.environments)) return await world.run(argsOf(there));
    const own = isGuardedVerb(line.verb) && GUARDED[line.verb].destroys(line) ? GUARDED[line.verb] : undefined;
    // Without a terminal, only a line that needs a preview goes on; every other line fails here.
    if (!own?.isByEffect?.(line)) needTerminal(world, line.verb, target);
    if (own) return await (await own.load(line))(world, there, target);
    await confirmPlain(world, target, `run kubectl ${line.verb}`);
    return await world.run(argsOf(there));
  } finally {
    target.remove();
  }
}

/** Throws UsageError (2) for a line that kubectl would refuse, or that is ambiguous. */
export function refuseUncertain({ verb, problem }: KubectlLine): void {
  if (problem === undefined) return;
  const isNew = problem.startsWith('unknown');
  throw new UsageError(problem, {
    code: 'uncertain_line',
    hint: isNew
      ? `write a flag that is newer than kubectl ${TABLE_VERSION} as --flag=VALUE; nothing was sent`
      : `list the flags: zkubectl kubectl ${verb} --help; nothing was sent`,
  });
}
