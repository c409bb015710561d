/** Runs the program in a pseudo-terminal. */
import * as pty from '@lydell/node-pty';
import { expect, vi } from 'vitest';
import { PROGRAM } from './program.ts';

/** Starts the program, or another one, in a new pseudo-terminal. */
export function openTerminal(
  argv: readonly string[],
  env: Record<string, string>,
  cols = 80,
  program: readonly string[] = PROGRAM,
) {
  const [file = '', ...script] = program;
  const child = pty.spawn(file, [...script, ...argv], {
    name: 'xterm-256color',
    cols,
    rows: 24,
    env: { ...env, TERM: 'xterm-256color' },
  });
  let screen = '';
  child.onData(text => {
    screen += text;
  });
  const ended = new Promise<number>(resolve => child.onExit(({ exitCode }) => resolve(exitCode)));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal gets
  const text = () => screen.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
  const shows = (what: string | RegExp) => vi.waitFor(() => expect(text()).toMatch(what), { timeout: 90_000 });
  return { child, ended, text, raw: () => screen, shows };
}
