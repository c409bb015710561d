/** Asks for confirmation before objects are destroyed. */
import { CliError, UsageError } from '../errors.ts';
import { canAsk, type Io, type SpawnResult } from '../platform/io.ts';
import type { KubectlLine } from './line.ts';
import type { PinnedTarget } from './pinned-target.ts';

/** The dependencies of the guard. */
export interface GuardWorld {
  readonly io: Pick<Io, 'isTTY' | 'hasTerminal' | 'prompt' | 'cwd' | 'stdin'>;
  readonly yes: boolean;
  readonly policy: { readonly ask: 'off' | 'effect' | 'always'; readonly environments: readonly string[] | undefined };
  readonly say: (line: string) => void;
  /** Resolves and pins the target of a command line. */
  readonly target: (line: KubectlLine) => Promise<PinnedTarget>;
  /** Runs kubectl on the terminal. Resolves to its exit code. */
  readonly run: (args: readonly string[]) => Promise<number>;
  /** Runs kubectl and captures its output. */
  readonly capture: (args: readonly string[]) => Promise<SpawnResult>;
  /** Prints the output of a failed kubectl. Resolves to its exit code. */
  readonly failed: (target: PinnedTarget, result: SpawnResult) => Promise<number>;
}

/** Shows the effect, asks and runs the line on a guarded cluster. The line is already pinned to the target. Resolves to the exit code. */
export type Guard = (world: GuardWorld, line: KubectlLine, target: PinnedTarget) => Promise<number>;

/** `foobarlab (production)` */
export function placeOf({ name, environment }: Pick<PinnedTarget, 'name' | 'environment'>): string {
  return `${name} (${environment?.trim() || 'environment unknown'})`;
}

/** Throws UsageError (2) when there is no terminal for the question. @param flag how to answer yes */
export function needTerminal(
  { io }: Pick<GuardWorld, 'io'>,
  what: string,
  target: Pick<PinnedTarget, 'name' | 'environment'>,
  flag = '--yes',
): void {
  if (canAsk(io)) return;
  throw new UsageError(`${what} on ${placeOf(target)} must be confirmed`, {
    code: 'needs_yes',
    hint: `add ${flag}, as there is no terminal for the question`,
  });
}

/** Does the user type the cluster's name? @param act completes "type NAME to" */
export async function typesName({ prompt }: Pick<Io, 'prompt'>, name: string, act: string): Promise<boolean> {
  return (await prompt.input(`type ${name} to ${act}:`)).trim() === name;
}

/** Throws CliError (1) unless the user types the cluster's name. @param act completes "type NAME to" */
export async function confirmByName(world: GuardWorld, target: PinnedTarget, act: string): Promise<void> {
  needTerminal(world, 'this command', target);
  const { name } = target;
  if (!(await typesName(world.io, name, act)))
    throw new CliError(`not confirmed: the answer is not ${name}; nothing changed`, { code: 'not_confirmed' });
}

/** `guard.ask: always`: throws CliError (1) unless the user says yes. */
export async function confirmPlain(
  { io }: GuardWorld,
  target: Pick<PinnedTarget, 'name' | 'environment'>,
  act: string,
): Promise<void> {
  needTerminal({ io }, 'this command', target);
  if (await io.prompt.confirm(`${act} on ${placeOf(target)}?`)) return;
  throw new CliError('not confirmed; nothing changed', { code: 'not_confirmed' });
}

/** The result of a preview. */
export interface Look {
  /** The lines to show. Empty: nothing would be destroyed. */
  readonly lines: readonly string[];
  /** The full result, for comparison. The lines may only count some objects. */
  readonly whole: string;
}

/**
 * Shows a preview and asks. Then it runs the preview again: if the result has changed in the meantime, it shows the new one and asks again.
 * @param look makes the preview; an exit code ends the command
 */
export async function confirmLook(
  world: GuardWorld,
  target: PinnedTarget,
  act: string,
  look: () => Promise<Look | number>,
): Promise<number | undefined> {
  let seen = await look();
  for (;;) {
    if (typeof seen === 'number') return seen;
    if (seen.lines.length === 0) {
      if (world.policy.ask === 'always') await confirmPlain(world, target, act);
      return undefined;
    }
    for (const line of seen.lines) world.say(line);
    await confirmByName(world, target, act);
    const now = await look();
    if (typeof now !== 'number' && now.whole === seen.whole) return undefined;
    if (typeof now !== 'number') world.say('the preview has changed since; nothing was done yet; it is now:');
    seen = now;
  }
}
