/** Counts how often zkubectl and what it runs have started each other, so that a kubectl or a plugin on PATH that is a script around us ends. */
import { CliError } from '../../errors.ts';
import type { Env } from '../io.ts';

const VARIABLE = 'ZKUBECTL_DEPTH';
const MAX_DEPTH = 8;

/** The variable for a child's environment. Throws CliError when it would never end. */
export function childDepth(env: Env): Record<string, string> {
  const depth = Number(env[VARIABLE] ?? 0) || 0;
  if (depth < MAX_DEPTH) return { [VARIABLE]: String(depth + 1) };
  throw new CliError('what is run from PATH runs zkubectl again, which would never end', {
    code: 'endless',
    hint: 'if it is kubectl, set the real one: zkubectl configure kubectl.path=/path/to/kubectl',
  });
}
