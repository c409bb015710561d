/**
 * Notifies the user: terminal bell, terminal notification (OSC 9), and desktop notification if available.
 * Rules: the text is passed as an argument, never as a script; a failed notification is ignored.
 */

import { findOnPath } from '../files/path-search.ts';
import type { Io } from '../io.ts';

const TIMEOUT_MS = 5_000;
/** The osascript program. Title and text are its arguments. */
const DISPLAY = ['-e', 'on run {what, who}', '-e', 'display notification what with title who', '-e', 'end run'];

type NotifyIo = Pick<Io, 'stderr' | 'isTTY' | 'env' | 'platform' | 'self' | 'spawn'>;

/** @param text one escaped line without secrets */
export async function notify(io: NotifyIo, text: string): Promise<void> {
  if (io.isTTY.stderr) io.stderr.write(`\x07\x1b]9;${text}\x07`);
  const command = desktopCommand(io, text);
  if (command === undefined) return;
  try {
    await io.spawn(command.file, command.args, { stdio: 'capture', timeoutMs: TIMEOUT_MS });
  } catch {
    // Ignore the error: the bell has already rung.
  }
}

function desktopCommand(io: NotifyIo, text: string): { file: string; args: string[] } | undefined {
  if (io.platform === 'darwin') {
    const file = findOnPath(io, 'osascript');
    return file === undefined ? undefined : { file, args: [...DISPLAY, text, 'zkubectl'] };
  }
  if (!io.env['DISPLAY'] && !io.env['WAYLAND_DISPLAY']) return undefined;
  const file = findOnPath(io, 'notify-send');
  return file === undefined ? undefined : { file, args: ['--app-name=zkubectl', '--', 'zkubectl', text] };
}
