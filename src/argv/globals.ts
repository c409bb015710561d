/** The flags that every command takes. Every start reads this: it imports nothing. */
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

/** Our global flags with a value. */
export const OUR_VALUE_FLAGS: readonly string[] = [
  '--context',
  '-n',
  '--namespace',
  '--kubeconfig',
  '-o',
  '--output',
  '--color',
];

/** Our global flags that kubectl does not know. */
export const OURS_ALONE: ReadonlySet<string> = new Set(['--debug', '--offline', '--yes', '--color']);

/** What stands before `--`: after it there are no flags. */
export function beforeDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}
