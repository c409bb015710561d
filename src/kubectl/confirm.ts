/** Asking before something is destroyed. */
import { CliError } from '../errors.ts';
import type { Io, SpawnResult } from '../platform/io.ts';
import type { KubectlLine } from './line.ts';
import type { PinnedTarget } from './pinned-target.ts';

/** What the guard works with. */
export interface GuardWorld {
  readonly io: Pick<Io, 'isTTY' | 'prompt' | 'cwd'>;
  readonly yes: boolean;
  readonly say: (line: string) => void;
  /** Decides where a line leads. */
  readonly target: (line: KubectlLine) => Promise<PinnedTarget>;
  /** kubectl with our terminal; its exit code. */
  readonly run: (args: readonly string[]) => Promise<number>;
  /** kubectl with its output kept. */
  readonly capture: (args: readonly string[]) => Promise<SpawnResult>;
  /** Says what a kubectl that failed has said; its exit code. */
  readonly failed: (target: PinnedTarget, result: SpawnResult) => Promise<number>;
}

/** Shows, asks and acts on a guarded cluster; the line leads to the target already. Resolves to the exit code. */
export type Guard = (world: GuardWorld, line: KubectlLine, target: PinnedTarget) => Promise<number>;

/** `foobarlab (production)` */
export function placeOf({ name, environment }: Pick<PinnedTarget, 'name' | 'environment'>): string {
  return `${name} (${environment?.trim() || 'perhaps production'})`;
}

/** Throws CliError (1) unless the cluster's name is typed. @param act completes "type NAME to" */
export async function confirmByName({ io }: GuardWorld, { name }: PinnedTarget, act: string): Promise<void> {
  const typed = await io.prompt.input(`type ${name} to ${act}:`);
  if (typed.trim() !== name) throw new CliError(`that is not ${name}: nothing was done`, { code: 'not_confirmed' });
}

/** What a look has found. */
export interface Look {
  /** Lines for a person; none: nothing would be destroyed. */
  readonly lines: readonly string[];
  /** All that it has found, also what is only counted in the lines. */
  readonly whole: string;
}

/**
 * Shows a look and asks, and looks once more before it acts: what has changed while the person was reading is shown and asked about anew.
 * @param look resolves to an exit code where it is the end
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
    if (seen.lines.length === 0) return undefined;
    for (const line of seen.lines) world.say(line);
    await confirmByName(world, target, act);
    const now = await look();
    if (typeof now !== 'number' && now.whole === seen.whole) return undefined;
    if (typeof now !== 'number') world.say('this has changed meanwhile, and nothing was done yet; now:');
    seen = now;
  }
}
