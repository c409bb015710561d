/**
 * Blocks automatic logins after a failed one, until an explicit login succeeds. kubectl requests a token many times in a row, and each request would
 * open a browser.
 */
import path from 'node:path';
import { AuthError } from '../errors.ts';
import { removeFile, writeStateFile } from '../platform/files/files.ts';
import { fileNameFor } from '../platform/files/hash.ts';
import { STATE } from '../platform/files/paths.ts';
import { exists } from '../platform/files/stat.ts';

export interface AutoLoginBlock {
  /** Throws AuthError (4) while automatic logins are blocked. @param loginCommand the command that removes the block */
  check(loginCommand: string): void;
  set(now: Date): void;
  clear(): void;
}

export function createAutoLoginBlock(stateDir: string, issuer: string): AutoLoginBlock {
  const file = path.join(stateDir, STATE.autoLoginBlocks, `${fileNameFor(issuer)}.json`);
  return {
    check: loginCommand => {
      if (!exists(file)) return;
      throw new AuthError('automatic login is blocked: the last one failed', {
        code: 'login_latched',
        hint: loginCommand,
      });
    },
    set: now => writeStateFile(file, `${JSON.stringify({ failedAt: now.toISOString() })}\n`),
    clear: () => removeFile(file),
  };
}
