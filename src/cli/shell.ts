/** The shell that evaluates our output. */
import { SHELLS, type Shell } from '../lib/shell-words.ts';
import type { Io } from '../platform/io.ts';

/** The shell of `env` in this terminal. */
export const SHELL_VARIABLE = 'ZKUBECTL_ENV_SHELL';

/** By the programs that start us. Other shells read the code of sh. */
const BY_PROGRAM: Readonly<Record<string, Shell>> = { fish: 'fish', pwsh: 'powershell', powershell: 'powershell' };

/** The shell of `env` in this terminal, else the program that started us, else the platform's shell. */
export function shellOf({ env, platform, parentProgram }: Pick<Io, 'env' | 'platform' | 'parentProgram'>): Shell {
  const noted = SHELLS.find(name => name === env[SHELL_VARIABLE]);
  return noted ?? BY_PROGRAM[parentProgram ?? ''] ?? (platform === 'win32' ? 'powershell' : 'sh');
}
