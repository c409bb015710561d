/**
 * The guard: before a destructive command on a guarded cluster, it shows the affected objects and asks the user to type the cluster's name.
 * Rules: an ambiguous line is refused. The target is resolved once. Only the objects shown are changed. Before the answer, only
 * dry runs are sent. A cluster whose environment cannot be verified is guarded.
 */
import { isGuarded } from '../clusters/guarded.ts';
import { UsageError } from '../errors.ts';
import { isInteractive } from '../platform/io.ts';
import { type Guard, type GuardWorld, placeOf } from './confirm.ts';
import { argsOf, hasFlag, isDryRun, isSwitchedOn, type KubectlLine, TABLE_VERSION, withoutFlags } from './line.ts';
import { pinned } from './pinned-target.ts';
import { type GuardedVerb, isGuardedVerb } from './verbs.ts';

interface VerbGuard {
  /** Can this line destroy objects? */
  readonly destroys: (line: KubectlLine) => boolean;
  readonly load: () => Promise<Guard>;
}

/** The guarded kubectl verbs (docs/plugins.md lists what is not guarded). */
const GUARDED: Readonly<Record<GuardedVerb, VerbGuard>> = {
  delete: { destroys: () => true, load: async () => (await import('./guard-delete.ts')).guardDelete },
  drain: { destroys: () => true, load: async () => (await import('./guard-drain.ts')).guardDrain },
  replace: {
    destroys: line => isSwitchedOn(line, '--force'),
    load: async () => (await import('./guard-files.ts')).guardReplace,
  },
  apply: {
    destroys: line => isSwitchedOn(line, '--prune'),
    load: async () => (await import('./guard-files.ts')).guardPrune,
  },
};

/** Does the guard apply to this line? */
export function isGuardedLine(line: KubectlLine): boolean {
  return isGuardedVerb(line.verb) && GUARDED[line.verb].destroys(line);
}

/** The line without zkubectl's --yes, which kubectl does not have. Undefined: no --yes, or the verb is not guarded. */
export function withoutYes(line: KubectlLine): KubectlLine | undefined {
  if (!isGuardedVerb(line.verb) || !hasFlag(line, '--yes')) return undefined;
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
  if (world.yes || isSwitchedOn(given, '--yes') || isDryRun(line) || isSwitchedOn(line, '--help'))
    return world.run(argsOf(line));
  const target = await world.target(line);
  try {
    const there = pinned(line, target);
    if (!isGuarded(target.environment)) return await world.run(argsOf(there));
    if (!isInteractive(world.io))
      throw new UsageError(`${line.verb} on ${placeOf(target)} must be confirmed`, {
        code: 'needs_yes',
        hint: 'add --yes, as there is no terminal for the question',
      });
    if (!isGuardedVerb(line.verb)) throw new Error(`no guard for ${line.verb}`);
    const guard = await GUARDED[line.verb].load();
    return await guard(world, there, target);
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
