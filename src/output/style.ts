/** Colours for a terminal, subject to NO_COLOR, FORCE_COLOR and --color. */
import type { Io } from '../platform/io.ts';

export type ColorMode = 'auto' | 'always' | 'never';

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly magenta: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const plain = (text: string) => text;
const PLAIN: Style = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  blue: plain,
  magenta: plain,
  cyan: plain,
};

/** Use colours on this stream? Order: --color, NO_COLOR (no-color.org: any non-empty value), FORCE_COLOR, whether it is a terminal. */
export function wantsColor(io: Pick<Io, 'env' | 'isTTY'>, stream: 'stdout' | 'stderr', mode: ColorMode): boolean {
  if (mode !== 'auto') return mode === 'always';
  if (io.env['NO_COLOR']) return false;
  const force = io.env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return io.isTTY[stream] && io.env['TERM'] !== 'dumb';
}

/** The styles for a stream. chalk is loaded only when colours are used. */
export async function styleFor(
  io: Pick<Io, 'env' | 'isTTY'>,
  stream: 'stdout' | 'stderr',
  mode: ColorMode,
): Promise<Style> {
  if (!wantsColor(io, stream, mode)) return PLAIN;
  const { Chalk } = await import('chalk');
  return new Chalk({ level: 1 });
}
