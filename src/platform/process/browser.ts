/** Finds the command that opens a URL in the user's browser. */
import { findOnPath } from '../files/path-search.ts';
import type { Io } from '../io.ts';
import { commandWords } from './command-words.ts';

/**
 * The command without the URL: `$BROWSER`, split into words like a shell does (without expansion and operators), else the
 * system's opener.
 */
export async function browserCommand(io: Pick<Io, 'env' | 'platform' | 'self'>): Promise<string[]> {
  const [file, ...args] = await wantedCommand(io);
  if (file === undefined) throw new Error('BROWSER is empty');
  // `zkubectl sandbox sign-in` as browser, also where zkubectl is not on PATH.
  if (file === 'zkubectl') return [io.self.file, ...io.self.args, ...args];
  // Look a bare name up on PATH here: a relative PATH entry would run a file from the current directory.
  if (/[\\/]/.test(file)) return [file, ...args];
  const found = findOnPath(io, file);
  if (found === undefined) throw new Error(`${file} is not on PATH`);
  return [found, ...args];
}

async function wantedCommand(io: Pick<Io, 'env' | 'platform'>): Promise<string[]> {
  const browser = io.env['BROWSER'];
  if (browser?.trim()) return commandWords(browser);
  if (io.platform === 'darwin') return ['open'];
  if (io.platform === 'win32')
    return [`${io.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\rundll32.exe`, 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}
