/** The flags that every command takes. Every start loads this file, so it imports only types. */
import type { ColorMode } from '../output/style.ts';
import type { OutputFormat } from '../output/view.ts';

export interface Globals {
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly output?: OutputFormat | undefined;
  readonly debug: boolean;
  readonly offline: boolean;
  readonly yes: boolean;
  readonly color: ColorMode;
}

export const NO_GLOBALS: Globals = { debug: false, offline: false, yes: false, color: 'auto' };

/** zkubectl's global flags that take a value. */
export const OUR_VALUE_FLAGS: readonly string[] = [
  '--context',
  '-n',
  '--namespace',
  '--kubeconfig',
  '-o',
  '--output',
  '--color',
];

/** zkubectl's global flags that kubectl does not have. */
export const OURS_ALONE: ReadonlySet<string> = new Set(['--debug', '--offline', '--yes', '--color']);

/** The arguments before `--`. No flags follow `--`. */
export function beforeDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}
