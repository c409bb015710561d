/** Counts nested starts of zkubectl. This stops an endless loop when a kubectl or plugin on PATH is a script that runs zkubectl. */
import { CliError } from '../../errors.ts';
import type { Env } from '../io.ts';

const VARIABLE = 'ZKUBECTL_DEPTH';
const MAX_DEPTH = 8;

/** The counter variable for a child's environment. Throws CliError when the limit is reached. */
export function childDepth(env: Env): Record<string, string> {
  const depth = Number(env[VARIABLE] ?? 0) || 0;
  if (depth < MAX_DEPTH) return { [VARIABLE]: String(depth + 1) };
  throw new CliError('endless loop: a program on PATH runs zkubectl again', {
    code: 'endless',
    hint: 'if the program is kubectl, set the real one: zkubectl configure kubectl.path=/path/to/kubectl',
  });
}
