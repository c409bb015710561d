/**
 * The guard: before a command that destroys something on a guarded cluster it shows what goes, and wants the cluster's name typed.
 * Rules: a line that cannot be read for certain is refused; where it leads is decided once; what was shown is what happens; nothing is sent before the
 * answer but dry runs; a cluster that nobody vouches for is guarded.
 */
import { isGuarded } from '../clusters/guarded.ts';
import { UsageError } from '../errors.ts';
import { isInteractive } from '../platform/io.ts';
import { type Guard, type GuardWorld, placeOf } from './confirm.ts';
import { argsOf, hasFlag, isDryRun, isSwitchedOn, type KubectlLine, TABLE_VERSION, withoutFlags } from './line.ts';
import { pinned } from './pinned-target.ts';
import { type GuardedVerb, isGuardedVerb } from './verbs.ts';

interface VerbGuard {
  /** May a line of this verb destroy anything? */
  readonly destroys: (line: KubectlLine) => boolean;
  readonly load: () => Promise<Guard>;
}

/** kubectl's verbs that are guarded (docs/plugins.md says what is not). */
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

/** Is it a line that the guard must see? */
export function isGuardedLine(line: KubectlLine): boolean {
  return isGuardedVerb(line.verb) && GUARDED[line.verb].destroys(line);
}

/** A line of a guarded verb without our --yes, which kubectl does not know. Undefined: there is none in it. */
export function withoutYes(line: KubectlLine): KubectlLine | undefined {
  if (!isGuardedVerb(line.verb) || !hasFlag(line, '--yes')) return undefined;
  return { ...line, flags: withoutFlags(line.flags, '--yes') };
}

/** Runs a line of a guarded verb. Throws UsageError (2) where it cannot be read for certain, or must be confirmed and cannot be. */
export async function runGuarded(world: GuardWorld, given: KubectlLine): Promise<number> {
  refuseUncertain(given);
  if (given.verb === 'delete' && hasFlag(given, '--all'))
    throw new UsageError('delete --all is refused: it takes everything of a kind with one word', {
      code: 'delete_all',
      hint: 'name what is to go, or choose it by labels: -l app=checkout',
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
        hint: 'there is no terminal to ask on: add --yes',
      });
    if (!isGuardedVerb(line.verb)) throw new Error(`no guard for ${line.verb}`);
    const guard = await GUARDED[line.verb].load();
    return await guard(world, there, target);
  } finally {
    target.remove();
  }
}

/** Throws UsageError (2) for a line that kubectl would refuse, or that may mean something else than it seems to. */
export function refuseUncertain({ verb, problem }: KubectlLine): void {
  if (problem === undefined) return;
  const isNew = problem.startsWith('unknown');
  throw new UsageError(problem, {
    code: 'uncertain_line',
    hint: isNew
      ? `nothing was sent; a flag that is newer than kubectl ${TABLE_VERSION} must be written as --flag=VALUE`
      : `nothing was sent; zkubectl kubectl ${verb} --help shows the flags`,
  });
}
